import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contents, difference, examples, fields, grouped, pretty, withLeftOut } from '../../../www/src/report.ts';

const payload = (data, info = []) => ({ uuid: '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11', data, info, schema: 1, module: { name: 'callback-collector', version: '0.1.0' } });
const pair = (count, sysDescr) => ({ count, os: 'linux', sysDescr, sysObjectID: '.1.3.6.1.4.1.8072.3.2.10' });

test('contents has one row per label, then the device descriptions', () => {
  const report = payload({ os: [{ total: 3, os: 'linux' }, { total: 1, os: null }], vmware: [{ total: 7 }] }, [pair(2, 'Linux')]);
  assert.deepEqual(contents(report), [
    { group: 'os', label: 'linux', total: 3 },
    { group: 'os', label: 'NULL', total: 1 },
    { group: 'vmware', label: null, total: 7 },
    { group: 'info', label: 'Linux', total: 2, os: 'linux', sysObjectID: '.1.3.6.1.4.1.8072.3.2.10' },
  ]);
});

test('the difference names what was added, removed and changed, and nothing else', () => {
  const before = payload({ os: [{ total: 3, os: 'linux' }, { total: 1, os: 'ios' }, { total: 4, os: 'junos' }] });
  const after = payload({ os: [{ total: 5, os: 'linux' }, { total: 2, os: 'vrp' }, { total: 4, os: 'junos' }] }, [pair(1, 'Linux')]);
  assert.deepEqual(difference(before, after), [
    { group: 'os', label: 'ios', before: 1, after: null },
    { group: 'os', label: 'linux', before: 3, after: 5 },
    { group: 'os', label: 'vrp', before: null, after: 2 },
    { group: 'info', label: 'linux .1.3.6.1.4.1.8072.3.2.10 Linux', before: null, after: 1 },
  ]);
  assert.deepEqual(difference(after, after), []);
});

test('fields count the entries and totals of a group', () => {
  const field = (name, place) => ({ field: name, place, kind: 'count', category: 'devices', since: 1, purpose: '' });
  const found = fields([field('os', 'data'), field('vrfs', 'data'), field('info.count', 'info')], payload({ os: [{ total: 3, os: 'a' }, { total: 4, os: 'b' }] }, [pair(1, 'x')]));
  assert.deepEqual(found.map(({ entries, total }) => [entries, total]), [[2, 7], [null, null], [1, null]]);
});

test('formatting keeps the order of keys', () => {
  assert.equal(pretty('{"b":1,"a":[]}'), '{\n  "b": 1,\n  "a": []\n}');
});

const label = (group, label, total) => ({ group, label, total });

test('rows that are left out keep their place and count', () => {
  const all = [label('os', 'ios', 1), label('os', 'linux', 3), label('os', 'vrp', 2), label('vmware', null, 7)];
  const sent = all.filter((row) => row.label !== 'linux');
  const merged = withLeftOut(sent, all, [['os', 'linux']]);
  assert.deepEqual(merged.map(({ label, leftOut }) => [label, leftOut]), [['ios', undefined], ['linux', true], ['vrp', undefined], [null, undefined]]);
  // Also after another rebuild, and if the first row of a list is left out.
  assert.deepEqual(withLeftOut(sent.slice(1), merged, [['os', 'linux'], ['os', 'ios']]).map(({ label }) => label), ['ios', 'linux', 'vrp', null]);
  // Included again, it is an ordinary row.
  assert.deepEqual(withLeftOut(all, merged, []), all);
});

test('a row that was left out before the page was loaded is at the end of its group, without a count', () => {
  assert.deepEqual(withLeftOut([label('os', 'ios', 1), label('vmware', null, 7)], [], [['os', 'linux'], ['hardware', 'X']]), [
    label('os', 'ios', 1), { ...label('os', 'linux', null), leftOut: true }, label('vmware', null, 7), { ...label('hardware', 'X', null), leftOut: true },
  ]);
});

test('all descriptions of a text that is left out are kept', () => {
  const pairs = ['a', 'b'].map((os) => ({ ...label('info', 'Linux', 1), os, sysObjectID: '.1' }));
  assert.deepEqual(withLeftOut([], pairs, [['info', 'Linux']]).map(({ os, leftOut }) => [os, leftOut]), [['a', true], ['b', true]]);
});

test('a group has a heading with the sum of what is sent, and no row of its own without labels', () => {
  const rows = [label('os', 'ios', 1), { ...label('os', 'linux', 3), leftOut: true }, label('vmware', null, 7)];
  assert.deepEqual(grouped(rows), [{ group: 'os', labels: 2, sum: 1 }, rows[0], rows[1], { group: 'vmware', labels: 1, sum: 7 }]);
});

test('examples are the most frequent descriptions and labels', () => {
  const rows = [label('hardware', 'NULL', 9), label('hardware', 'X', 2), label('hardware', 'Y', 3), label('info', 'a', 1), label('info', 'b', 4), label('info', 'c', 2), label('os', 'ios', 8)];
  assert.deepEqual(examples(rows).map(({ label }) => label), ['b', 'c', 'Y']);
});
