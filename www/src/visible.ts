// Makes control, direction-changing and other invisible characters visible.
import { INVISIBLE_RANGES } from './generated/invisible.js';

export interface Segment {
  text: string;
  /** True for a placeholder such as `U+202E`. */
  isSign: boolean;
}

const hex = (code: number): string => `\\u{${code.toString(16)}}`;
/** The agent's table of invisible characters, and lone surrogates. */
const INVISIBLE = new RegExp(`[${INVISIBLE_RANGES.map(([first, last]) => `${hex(first)}-${hex(last)}`).join('')}\\ud800-\\udfff]`, 'gu');

const SIGNS: Record<string, string> = { '\n': '↵', '\r': 'CR', '\t': '→' };

/** Splits a text into visible parts and placeholders for invisible characters. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let at = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), isSign: false });
    found.push({ text: sign(match[0]), isSign: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), isSign: false });
  return found;
}

function sign(character: string): string {
  return SIGNS[character] ?? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The same, as one string. */
export const visible = (text: string): string => text.replace(INVISIBLE, sign);

/** Columns that a text takes in a monospace font, roughly: wide characters take two. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) count += width(character);
  return count;
}

function width(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x1100) return 1;
  const wide =
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    code >= 0x1f300;
  return wide ? 2 : 1;
}

/** Wraps a line at `max` columns: the start of each part. */
export function breaks(line: string, max: number): number[] {
  const starts = [0];
  // Fast path: almost every line is ASCII.
  if (/^[\x20-\x7e]*$/.test(line)) {
    for (let at = max; at < line.length; at += max) starts.push(at);
    return starts;
  }
  let used = 0;
  let at = 0;
  for (const character of line) {
    INVISIBLE.lastIndex = 0;
    const takes = INVISIBLE.test(character) ? sign(character).length + 1 : width(character);
    if (used + takes > max && used > 0) {
      starts.push(at);
      used = 0;
    }
    used += takes;
    at += character.length;
  }
  INVISIBLE.lastIndex = 0;
  return starts;
}
