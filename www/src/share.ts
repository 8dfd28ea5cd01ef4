// A copy to share, with a data-protection officer for example: one HTML file without scripts, the originals blacked out.
import type { Findings } from 'callback-collector';
import { byResult } from './redacted.js';
import { visible } from './visible.js';

export interface Copy {
  title: string;
  /** Texts in the reader's language: `intro`, `removed`, `payload`, `digest`, `row`, and one for each kind. */
  texts: Record<string, string>;
  /** Lines about the report: when and by what it was built, and for whom. */
  about: string[];
  lang: string;
  findings: Findings;
  pretty: string;
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => visible(text).replace(/[&<>"']/g, (character) => escapes[character] ?? character);

/** The original with the removed parts blacked out. Each bar names the kind, so its length reveals nothing. */
function blackedOut(row: Findings['redactions'][number], texts: Record<string, string>): string {
  let html = '';
  let at = 0;
  for (const { start, end, kind } of row.redactions) {
    html += `${escaped(row.original.slice(at, start))}<b>${escaped(texts[kind] ?? kind)}</b>`;
    at = end;
  }
  return html + escaped(row.original.slice(at));
}

export function shareable({ title, texts, about, lang, findings, pretty: whole }: Copy): string {
  // Anyone who knows the uuid could ask for this install's reports to be deleted.
  const pretty = whole.replace(/"uuid": ?"[^"]*"/, '"uuid": "████████"');
  const text = (key: string): string => escaped(texts[key] ?? '');
  // A text that is not sent may still contain what it was left out for.
  const sent = new Set<string>();
  JSON.parse(whole, (_, value: unknown) => {
    if (typeof value === 'string') sent.add(value);
    return value;
  });
  const all = byResult(findings.redactions);
  const shown = all.filter((row) => sent.has(row.sent));
  const absent = all.reduce((sum, row) => sum + (sent.has(row.sent) ? 0 : row.texts), 0);
  const rows = shown.map(
    (row) =>
      `<tr role="row"><td role="cell">${escaped(row.field)}</td><td role="cell">${row.rows}</td><td role="cell">${row.texts}</td><td role="cell" class="bytes">${blackedOut(row, texts)}</td>` +
      `<td role="cell" class="bytes">${escaped(row.result)}</td><td role="cell">${[...new Set(row.redactions.map(({ rule }) => escaped(rule)))].join(', ')}</td></tr>`,
  );
  return `<!doctype html>
<html lang="${escaped(lang)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>${escaped(title)}</title><style>
:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8886}
.bytes,pre{font:.875rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}b{background:#000;color:#fff;padding:0 .4em;font-weight:400}
@media(max-width:45rem){table,tbody,tr,td{display:block}thead{position:absolute;clip-path:inset(50%)}tr{border-bottom:1px solid #8886;padding:.5rem 0}td{border:0;padding:0;overflow-wrap:anywhere}code{overflow-wrap:anywhere}}
</style></head><body><h1>${escaped(title)}</h1><p>${text('intro')}</p><ul>${about.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul><p>${text('digest')}<br><code>${escaped(findings.payload_sha256)}</code></p>
<h2>${text('removed')}</h2><table role="table"><thead role="rowgroup"><tr role="row">${['field', 'rows', 'texts', 'before', 'after', 'rule'].map((key) => `<th role="columnheader">${text(key)}</th>`).join('')}</tr></thead>
<tbody role="rowgroup">${rows.join('\n')}</tbody></table>${absent === 0 ? '' : `<p>${text('notSent')} ${absent}</p>`}<h2>${text('payload')}</h2><pre>${pretty.split('\n').map(escaped).join('\n')}</pre></body></html>
`;
}
