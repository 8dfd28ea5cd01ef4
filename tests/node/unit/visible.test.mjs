import assert from 'node:assert/strict';
import { test } from 'node:test';
import invisible from '../../../docs/schema/invisible.json';
import { breaks, columns, segments, visible } from '../../../www/src/visible.ts';

test('every character of the shared table gets a placeholder, its neighbours do not', () => {
  const inTable = (code) => invisible.some(([first, last]) => first <= code && code <= last);
  const isSurrogate = (code) => 0xd800 <= code && code <= 0xdfff;
  for (const code of new Set(invisible.flatMap(([first, last]) => [first - 1, first, last, last + 1]))) {
    if (code < 0 || isSurrogate(code)) continue;
    const [segment, ...rest] = segments(String.fromCodePoint(code));
    assert.deepEqual([segment.isSign, rest.length], [inTable(code), 0], code.toString(16));
  }
});

test('placeholders name the character', () => {
  assert.equal(visible('a\r\n\tb'), 'aCR↵→b');
  assert.equal(visible('\u202egnp.exe'), 'U+202Egnp.exe');
  assert.equal(visible('\u{e0041}'), 'U+E0041');
});

test('lone surrogates get a placeholder, pairs do not', () => {
  assert.equal(visible('\ud83d'), 'U+D83D');
  assert.equal(visible('\ude00x'), 'U+DE00x');
  assert.equal(visible('😀'), '😀');
});

test('the segments of a text add up to what is shown', () => {
  const text = 'web\u200b01\u0007 京都';
  assert.equal(segments(text).map((segment) => segment.text).join(''), visible(text));
  assert.deepEqual(segments('plain'), [{ text: 'plain', isSign: false }]);
  assert.deepEqual(segments(''), []);
});

test('wide characters take two columns', () => {
  assert.equal(columns('ab'), 2);
  assert.equal(columns('京都'), 4);
});

test('lines break at the given width, never inside a character', () => {
  assert.deepEqual(breaks('abcdef', 4), [0, 4]);
  assert.deepEqual(breaks('京都京都', 4), [0, 2]);
  assert.deepEqual(breaks('😀😀😀', 4), [0, 4]);
  // A placeholder such as U+202E is counted with its border.
  assert.deepEqual(breaks('a\u202eb', 8), [0, 2]);
});
