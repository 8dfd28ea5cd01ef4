// Consent, reports and deletions of this install, newest first; each report with its payload and receipt.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Receipt } from '../generated/agent-api.js';
import type { Entry, Host } from '../host.js';
import { digest, download, plain } from '../render.js';
import { pretty } from '../report.js';
import { formatDay, formatTime } from '../strings/index.js';
import { element, View } from '../view.js';

/** Longer payloads are shown up to here; downloads are whole. */
const MAX_SHOWN = 100_000;

@element('callback-preview-history')
export class History extends View {
  @property({ attribute: false }) entries: Entry[] = [];
  @property({ attribute: false }) host: Host | undefined;
  /** Payloads that are open, by entry; null if deleted or expired. */
  @state() private open = new Map<number, string | null>();

  private async toggle({ id }: Entry): Promise<void> {
    const open = new Map(this.open);
    if (!open.delete(id)) {
      const bytes = await this.host?.payload(id).catch(() => null);
      open.set(id, bytes == null ? null : new TextDecoder().decode(bytes));
    }
    this.open = open;
  }

  private renderPayload(entry: Entry, payload: string | null): TemplateResult {
    const { t } = this;
    if (payload === null) return html`<p>${t.payloadGone}</p>`;
    const text = pretty(payload);
    return html`<button class="small" data-action="download-payload" @click=${() => download(`report-${entry.id}.json`, 'application/json', payload)}>${t.download}</button>
      <pre class="bytes scroll" tabindex="0" aria-label=${t.openPayload} role="region">${text.slice(0, MAX_SHOWN).split('\n').map((line) => html`${plain(line)}\n`)}${text.length > MAX_SHOWN ? '…' : ''}</pre>`;
  }

  private renderReceipt(entry: Entry): TemplateResult | typeof nothing {
    const { t } = this;
    const receipt = entry.ended?.receipt as Partial<Receipt> | null | undefined;
    if (typeof receipt !== 'object' || receipt === null) return nothing;
    const proof = entry.ended?.proof;
    const rows: [string, unknown][] = [
      [t.receiptDay, receipt.day === undefined ? undefined : formatDay(receipt.day, t.lang)],
      [t.receiptExpires, receipt.expires === undefined ? undefined : formatDay(receipt.expires, t.lang)],
      [t.receiptCheck, proof ? t.proof[proof] : undefined],
      [t.optInReceiver, receipt.receiver],
      ['SHA-256', receipt.payload_sha256 === undefined ? undefined : digest(receipt.payload_sha256)],
    ];
    return html`<details class="receipt" data-proof=${proof ?? ''}><summary>${t.receipt}</summary>
      <dl class="pairs">${rows.map(([name, value]) => (value === undefined ? nothing : html`<dt>${name}</dt><dd class="text">${value}</dd>`))}</dl>
      <button class="small" data-action="download-receipt" @click=${() => download(`receipt-${entry.id}.json`, 'application/json', JSON.stringify(receipt))}>${t.download}</button></details>`;
  }

  private renderEntry(entry: Entry): TemplateResult {
    const { t } = this;
    const { moment, what, begun, ended, note } = entry;
    const outcome = ended?.outcome ?? 'open';
    const who = (note as { who?: string | null } | null | undefined)?.who;
    const payload = this.open.get(entry.id);
    const isReport = begun?.subject === 'report' || begun?.subject === 'file';
    return html`<tr role="row" data-what=${begun?.subject ?? what} data-outcome=${begun ? outcome : ''}>
      <td role="cell"><time datetime=${moment}>${formatTime(moment, t.lang)}</time></td>
      <td role="cell">${begun ? `${t.historyWhat[begun.subject]}: ${t.outcome[outcome]}` : t.historyWhat[what as 'consent-on']}${who ? html`, <span class="text who">${t.by(who)}</span>` : nothing}
        ${this.renderReceipt(entry)}
        ${isReport && begun.payload_sha256
          ? html`<button class="small" data-action="open-payload" aria-expanded=${payload !== undefined} aria-label="${payload === undefined ? t.openPayload : t.close}: ${formatTime(moment, t.lang)}" @click=${() => this.toggle(entry)}>${payload === undefined ? t.openPayload : t.close}</button>`
          : nothing}
        ${payload === undefined ? nothing : this.renderPayload(entry, payload)}</td>
      <td role="cell" class="text">${begun?.receiver ?? ''}</td>
      <td role="cell" class="number">${begun?.payload_bytes == null ? '' : t.bytes(begun.payload_bytes)}</td>
      <td role="cell">${begun?.payload_sha256 ? html`<code title=${begun.payload_sha256}>${begun.payload_sha256.slice(0, 16)}…</code>` : ''}</td></tr>`;
  }

  override render() {
    const { t } = this;
    if (this.entries.length === 0) return html`<p>${t.historyEmpty}</p>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t.historyTab}><table class="cards" role="table">
      <thead role="rowgroup"><tr role="row">${[t.when, t.what, t.optInReceiver, t.size, 'SHA-256'].map((name) => html`<th role="columnheader">${name}</th>`)}</tr></thead>
      <tbody role="rowgroup">${this.entries.toReversed().map((entry) => this.renderEntry(entry))}</tbody></table></div>`;
  }
}
