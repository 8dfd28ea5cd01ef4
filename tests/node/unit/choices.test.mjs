import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATEGORIES, changesBetween, hasCategory, withCategory } from '../../../www/src/choices.ts';
import { keptAddresses } from '../../../www/src/kept.ts';
import { NO_CHOICES } from '../../../www/src/protocol.ts';
import { byResult } from '../../../www/src/redacted.ts';

test('all categories are the same as none chosen', () => {
  const without = withCategory(NO_CHOICES, 'pairs', false);
  assert.deepEqual(without.categories, CATEGORIES.filter((name) => name !== 'pairs'));
  assert.equal(hasCategory(without, 'pairs'), false);
  assert.equal(withCategory(without, 'pairs', true).categories, null);
});

test('changes are counted one by one, in any order', () => {
  assert.equal(changesBetween(NO_CHOICES, NO_CHOICES), 0);
  const choices = { categories: ['usage'], withheld: [['os', 'ios'], ['os', 'vrp']], included: [], terms: ['Acme'] };
  assert.equal(changesBetween(NO_CHOICES, choices), CATEGORIES.length - 1 + 2 + 1);
  assert.equal(changesBetween(choices, { ...choices, withheld: choices.withheld.toReversed() }), 0);
  assert.equal(changesBetween(choices, { ...choices, terms: ['Other'] }), 2);
});

test('dotted numbers that may be addresses are named once', () => {
  assert.deepEqual(keptAddresses('10.1.2.3, 10.1.2.3 and 172.16.0.255/24'), ['10.1.2.3', '172.16.0.255']);
  assert.deepEqual(keptAddresses('1.3.6.1.4.1 v10.1.2.3 300.1.1.1 15.2(7)'), []);
});

test('texts of a field that became the same are one row, the most devices first', () => {
  const redacted = (field, original, result, rows) => ({ field, original, result, rows, redactions: [] });
  const rows = byResult([redacted('info.sysDescr', 'a1', 'a', 1), redacted('hardware', 'b', 'c', 2), redacted('info.sysDescr', 'a2', 'a', 5), redacted('hardware', 'a', 'a', 1)]);
  assert.deepEqual(rows.map(({ field, original, rows, texts, others }) => [field, original, rows, texts, others.length]), [['info.sysDescr', 'a1', 6, 2, 1], ['hardware', 'b', 2, 1, 0], ['hardware', 'a', 1, 1, 0]]);
  // At most 50 are listed, but all are counted.
  const [many] = byResult(Array.from({ length: 80 }, (_, n) => redacted('os', `x${n}`, 'x', 1)));
  assert.deepEqual([many.rows, many.texts, many.others.length], [80, 80, 50]);
});
