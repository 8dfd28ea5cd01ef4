import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginning, family, reason } from '../../../www/src/render.ts';
import { de } from '../../../www/src/strings/de.ts';
import { en } from '../../../www/src/strings/en.ts';

const row = (original, removals) => {
  const redactions = removals.map(([start, end]) => ({ rule: 'mail', kind: 'email', start, end, replacement: '…' }));
  let result = '';
  let at = 0;
  for (const { start, end } of redactions) {
    result += `${original.slice(at, start)}…`;
    at = end;
  }
  return { field: 'info.sysDescr', original, result: result + original.slice(at), rows: 1, redactions };
};

test('short texts have no excerpt', () => {
  assert.equal(beginning(row('Linux', []), 2, 10), undefined);
});

test('an excerpt ends at the limit, or before a removal that it would cut', () => {
  const long = beginning(row('x'.repeat(30), []), 2, 10);
  assert.deepEqual([long.original, long.result], [`${'x'.repeat(10)}…`, `${'x'.repeat(10)}…`]);
  const cut = beginning(row('ab jane@example.org and more text', [[3, 19]]), 2, 10);
  assert.deepEqual([cut.original, cut.result, cut.redactions.length], ['ab …', 'ab …', 0]);
});

test('an excerpt shows no more than the given removals, and none of the originals after them', () => {
  const excerpt = beginning(row('a b c d', [[0, 1], [2, 3], [4, 5]]), 2, 100);
  assert.deepEqual([excerpt.original, excerpt.result, excerpt.redactions.length], ['a b …', '… … …', 2]);
});

test('reasons come from the language, then the rules, then the kind', () => {
  assert.deepEqual(reason('mail', 'email', de), { text: de.reasons.mail, lang: 'de' });
  assert.equal(reason('mail', 'email', en).lang, 'en');
  assert.equal(reason('known.hostname', 'hostname', en).text, en.known.hostname);
  assert.equal(reason('too-entangled', 'hostname', de).text, de.known.entangled);
  assert.equal(reason('a-rule-of-a-newer-module', 'term', en).text, en.known.term);
  assert.equal(reason('a-rule-of-a-newer-module', 'ip', en).text, en.known.other);
});

test('kinds of a newer module have a colour too', () => {
  assert.equal(family('ip'), 'addresses');
  assert.equal(family('a-new-kind'), 'others');
});
