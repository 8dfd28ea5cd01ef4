// The texts that were changed, for the list on the page and for the copy to share.
import type { Redacted } from 'callback-collector';
import type { RedactedRow } from './protocol.js';

/** The module cuts longer texts. */
export const MAX_CHARACTERS = 255;

/** Texts that are listed under the one that stands for them. */
const MAX_OTHERS = 50;

/** Texts of a field that became the same as one row, the most devices first. */
export function byResult(redactions: Redacted[]): RedactedRow[] {
  const rows = new Map<string, RedactedRow>();
  for (const redacted of redactions) {
    const key = JSON.stringify([redacted.field, redacted.result]);
    const row = rows.get(key);
    if (row === undefined) {
      rows.set(key, { ...redacted, sent: [...redacted.result].slice(0, MAX_CHARACTERS).join(''), others: [], texts: 1 });
      continue;
    }
    row.rows += redacted.rows;
    row.texts += 1;
    if (row.others.length < MAX_OTHERS) row.others.push(redacted);
  }
  return [...rows.values()].sort((a, b) => b.rows - a.rows);
}
