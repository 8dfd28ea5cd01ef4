// Text as it is, with what cannot be seen made visible: control, direction-changing and other invisible characters.

export interface Piece {
  text: string;
  /** True for a stand-in, as in `U+202E`. */
  sign: boolean;
}

const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const SIGNS: Record<string, string> = { '\n': '↵', '\r': 'CR', '\t': '→' };

/** Cuts a text into what is shown as it is and what is shown as a sign. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > at) found.push({ text: text.slice(at, match.index), sign: false });
    found.push({ text: sign(match[0]), sign: true });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), sign: false });
  return found;
}

function sign(character: string): string {
  return SIGNS[character] ?? `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** The same as one string. */
export const visible = (text: string): string => text.replace(HIDDEN, sign);

/** How many columns of a monospace font a text takes, roughly: wide characters take two. */
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

/** Where a line is broken so that no part is wider than `most` columns: the start of each part. */
export function breaks(line: string, most: number): number[] {
  const starts = [0];
  // Almost every line is plain and short, or plain and one.
  if (/^[\x20-\x7e]*$/.test(line)) {
    for (let at = most; at < line.length; at += most) starts.push(at);
    return starts;
  }
  let used = 0;
  let at = 0;
  for (const character of line) {
    HIDDEN.lastIndex = 0;
    const takes = HIDDEN.test(character) ? sign(character).length + 1 : width(character);
    if (used + takes > most && used > 0) {
      starts.push(at);
      used = 0;
    }
    used += takes;
    at += character.length;
  }
  HIDDEN.lastIndex = 0;
  return starts;
}
