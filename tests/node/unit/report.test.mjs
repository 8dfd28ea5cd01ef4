import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contents, difference, fields, pretty } from '../../../www/src/report.ts';

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
