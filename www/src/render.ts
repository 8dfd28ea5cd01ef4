// Template helpers that several views use.
import type { IdentifierKind, Redacted } from 'callback-collector';
import { html, type TemplateResult } from 'lit';
import './copy.js';
import type { Receiver } from './generated/agent-api.js';
import rules from './rules.json';
import type { Strings } from './strings/index.js';
import { segments } from './visible.js';

const FAMILIES: Record<IdentifierKind, string> = {
  hostname: 'names', fqdn: 'names', userhost: 'names', url: 'names',
  ip: 'addresses', mac: 'addresses', asn: 'addresses',
  serial: 'numbers', asset: 'numbers', licence: 'numbers', imei: 'numbers', circuit: 'numbers',
  email: 'people', phone: 'people', person: 'people', user: 'people',
  location: 'places', gps: 'places',
  customer: 'others', secret: 'others', term: 'others',
};

/** CSS class with a kind's colour. Its name is always shown too. */
export const family = (kind: IdentifierKind): string => FAMILIES[kind] ?? 'others';

/** Text of an install as text, never markup, with invisible characters made visible. */
export const plain = (text: string): TemplateResult =>
  html`${segments(text).map(({ text, isSign }) => (isSign ? html`<span class="sign ${text.startsWith('U+') ? 'bad' : 'quiet'}">${text}</span>` : text))}`;

/** The original text, with the removed parts marked. */
export function original(row: Redacted): TemplateResult {
  const parts: TemplateResult[] = [];
  let at = 0;
  for (const { start, end, kind } of row.redactions) {
    parts.push(html`${plain(row.original.slice(at, start))}<mark class=${family(kind)}>${plain(row.original.slice(start, end))}</mark>`);
    at = end;
  }
  return html`${parts}${plain(row.original.slice(at))}`;
}

/** The resulting text, with the replacements marked. */
export function result(row: Redacted): TemplateResult {
  const parts: TemplateResult[] = [];
  let from = 0;
  let at = 0;
  let after = 0;
  for (const { start, end, kind, replacement } of row.redactions) {
    const same = start - at;
    // If the parts do not add up to the result, show it unmarked rather than marked wrongly.
    if (!row.result.startsWith(row.original.slice(at, start) + replacement, from)) return plain(row.result);
    parts.push(html`${plain(row.result.slice(from, from + same))}<mark class=${family(kind)}>${plain(replacement)}</mark>`);
    from += same + replacement.length;
    at = end;
    after = from;
  }
  return html`${parts}${plain(row.result.slice(after))}`;
}

/** An excerpt of a text that is very long or has very many removals; undefined for others. */
export function beginning(row: Redacted, maxRemovals: number, maxCharacters: number): Redacted | undefined {
  if (row.redactions.length <= maxRemovals && row.original.length <= maxCharacters) return undefined;
  const redactions = row.redactions.slice(0, maxRemovals).filter(({ end }) => end <= maxCharacters);
  const next = row.redactions[redactions.length];
  const cut = Math.min(next?.start ?? row.original.length, maxCharacters);
  const grown = redactions.reduce((sum, { start, end, replacement }) => sum + replacement.length - (end - start), 0);
  return { ...row, original: `${row.original.slice(0, cut)}…`, result: `${row.result.slice(0, cut + grown)}…`, redactions };
}

/** Why a rule removed something from a device's text; `known` has the reasons for what is in the database. */
export function reason(rule: string, kind: IdentifierKind, t: Strings, known: Partial<Strings['known']> = t.known): { text: string; lang: string } {
  const own = (text: string): { text: string; lang: string } => ({ text, lang: t.lang });
  const translated = t.reasons[rule];
  if (translated !== undefined) return own(translated);
  if (rule in rules) return { text: (rules as Record<string, string>)[rule] ?? '', lang: 'en' };
  if (rule === 'too-entangled') return own(t.known.entangled);
  const name = rule.startsWith('known.') ? rule.slice('known.'.length) : '';
  if (name in t.known) return own(known[name as keyof Strings['known']] ?? t.known[name as keyof Strings['known']]);
  return own(kind === 'term' ? t.known.term : t.known.other);
}

/** A digest in groups of eight. */
export const digest = (text: string): TemplateResult =>
  html`<span class="digest">${(text.match(/.{1,8}/g) ?? []).map((group) => html`<span>${group}</span>`)}</span>`;

/** A command to run in a terminal, with a button to copy it. */
export const command = (text: string, t: Strings): TemplateResult =>
  html`<div class="command row"><code>${text}</code><callback-preview-copy .t=${t} .text=${text} .label=${text}></callback-preview-copy></div>`;

/** Where a receiver publishes what it receives; undefined if its address is not a web page's. */
export function publicPage({ url }: Receiver): string | undefined {
  return /^https?:/.test(url) ? new URL('./', url).href : undefined;
}

/** The name of a kind of identifier, in its colour. */
export const kindLabel = (kind: IdentifierKind, text: string): TemplateResult => html`<mark class="kind ${family(kind)}">${text}</mark>`;

/** A sentence; parts between backticks are code. */
export const prose = (text: string): TemplateResult =>
  html`${text.split('`').map((part, n) => (n % 2 === 1 ? html`<code>${part}</code>` : part))}`;

/** Starts a download. */
export function download(name: string, kind: string, bytes: BlobPart): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: kind }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
