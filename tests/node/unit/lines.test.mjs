import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lines } from '../../../www/src/lines.ts';

const rows = (lines, query = '') => lines.window(0, lines.rows, query);

test('rows join to the text, line by line', () => {
  const text = '{\n  "label": "0123456789"\n}';
  const lines = new Lines(text, 8);
  const joined = rows(lines).reduce((sum, { line, text }) => sum + (line === null || line === 1 ? text : `\n${text}`), '');
  assert.equal(joined, text);
  assert.deepEqual(rows(lines).map(({ line }) => line), [1, 2, null, null, 3]);
});

test('a text that ends with a line break has an empty last row', () => {
  assert.deepEqual(rows(new Lines('a\n', 80)).map(({ text }) => text), ['a', '']);
  assert.equal(new Lines('', 80).rows, 1);
});

test('wrapping again at another width keeps the text', () => {
  const lines = new Lines('x'.repeat(100), 10);
  assert.equal(lines.rows, 10);
  lines.wrap(50);
  assert.deepEqual(rows(lines).map(({ text }) => text.length), [50, 50]);
});

test('a window outside the rows is cut', () => {
  assert.deepEqual(new Lines('a\nb', 80).window(-5, 50, '').map(({ text }) => text), ['a', 'b']);
});

test('search ignores case and counts hits, not rows', () => {
  const lines = new Lines('Linux linux\nios\nLINUX', 80);
  assert.deepEqual(lines.find('linux', 10), { hits: 3, places: [{ row: 0, at: 0 }, { row: 0, at: 6 }, { row: 2, at: 16 }] });
  assert.deepEqual(lines.find('linux', 1), { hits: 3, places: [{ row: 0, at: 0 }] });
  assert.deepEqual(lines.find('', 10), { hits: 0, places: [] });
  assert.deepEqual(rows(lines, 'linux').map(({ hits }) => hits), [[[0, 5, false], [6, 11, false]], [], [[0, 5, false]]]);
  // The hit that the reader is at is distinguished from the others in its row.
  assert.deepEqual(lines.window(0, 1, 'linux', 6)[0].hits, [[0, 5, false], [6, 11, true]]);
});

test('a hit across two rows is marked in both', () => {
  const lines = new Lines('aaaaaalinuxaaaa', 8);
  assert.deepEqual(rows(lines, 'linux').map(({ hits }) => hits), [[[6, 8, false]], [[0, 3, false]]]);
  assert.deepEqual(lines.find('linux', 10).places, [{ row: 0, at: 6 }]);
  assert.deepEqual(lines.window(0, 2, 'linux', 6).map(({ hits }) => hits[0][2]), [true, true]);
});

test('letters whose lower case is longer do not shift the hits', () => {
  const lines = new Lines('İİ linux', 80);
  assert.deepEqual(rows(lines, 'linux')[0].hits, [[3, 8, false]]);
});
