// The first screen: what would be sent, what was removed, and how to verify both.
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Answer, LabelRow, Summary } from '../protocol.js';
import { command, digest, kindLabel, plain } from '../render.js';
import { formatClock } from '../strings/index.js';
import type { Strings } from '../strings/index.js';
import { element, View } from '../view.js';

@element('callback-preview-overview')
export class Overview extends View {
  @property({ attribute: false }) summary!: Summary;
  /** The module that runs here. */
  @property({ attribute: false }) moduleInfo: Answer<'start'> | undefined;
  /** Digest of the module that the agent runs; undefined without an agent. */
  @property({ attribute: false }) agentModule: string | undefined;
  /** When the agent read the install. */
  @property({ attribute: false }) readAt: string | undefined;
  @property({ attribute: false }) unsaved = false;
  @property({ attribute: false }) busy = false;

  private example({ group, label, total, os }: LabelRow): TemplateResult {
    return html`<li><span class="quiet">${this.t.number(total ?? 0)} × ${group === 'info' ? plain(os ?? '') : html`<code>${group}</code>`}</span>
      <span class="text bytes" dir="auto">${plain(label ?? '')}</span></li>`;
  }

  private renderSent(): TemplateResult {
    const { t, summary } = this;
    return html`<section class="stack" aria-labelledby="what-is-sent" part="sent">${this.heading(2, t.whatIsSent, 'what-is-sent')}
      <p class="big">${t.inside(summary.labels, summary.pairs)}</p>
      <p>${t.fromDevices(summary.devices)}. ${summary.examples.length > 0 ? t.forExample : nothing}</p>
      <ul class="examples">${summary.examples.map((row) => this.example(row))}</ul>
      <p class="quiet">${t.bytes(summary.bytes)}${this.readAt === undefined ? nothing : html`. ${t.readAt(formatClock(this.readAt, t.lang))}`}</p>
      ${this.agentModule === undefined
        ? nothing
        : html`<div><button class="small" data-action="refresh" @click=${() => this.emit('callback-refresh')}>${t.refresh}</button>
            ${this.busy ? html`<span class="quiet late">${t.updating}</span>` : nothing}</div>`}
    </section>`;
  }

  private renderRemoved(): TemplateResult {
    const { t, summary } = this;
    const removed = Object.entries(summary.removed).sort(([, a], [, b]) => b - a) as [keyof Strings['kind'], number][];
    const total = removed.reduce((sum, [, count]) => sum + count, 0);
    const identifying = summary.leftOut.reduce((sum, { reason, entries }) => sum + (reason === 'identifying' ? (entries ?? 1) : 0), 0);
    const rare = summary.rare.filter(({ included }) => !included).length;
    const cleaned = summary.cleaned.reduce((sum, { rows }) => sum + rows, 0);
    return html`<section class="stack" aria-labelledby="what-was-removed" part="removed">${this.heading(2, t.whatWasRemoved, 'what-was-removed')}
      <p class="big">${total === 0 ? t.nothingRemoved : t.removedTotal(total)}</p>
      <ul class="counts">${removed.map(([kind, count]) => html`<li>${kindLabel(kind, (t.kind[kind] ?? String)(count))}</li>`)}</ul>
      ${identifying > 0 ? html`<p>${t.stillIdentifying(identifying)}</p>` : nothing}
      ${rare > 0 ? html`<p>${t.rareLabels(rare)}</p>` : nothing}
      ${cleaned > 0 ? html`<p class="quiet">${t.cleaned(cleaned)}</p>` : nothing}
    </section>`;
  }

  private renderDigest(id: string, label: string, sha256: string): TemplateResult {
    return html`<p class="quiet">${label}</p>
      <div class="row" id=${id}>${digest(sha256)}<callback-preview-copy .t=${this.t} .text=${sha256} .label=${label}></callback-preview-copy></div>`;
  }

  private renderVerify(): TemplateResult {
    const { t, summary, moduleInfo } = this;
    const agrees = this.agentModule === undefined || moduleInfo?.sha256 == null ? undefined : this.agentModule === moduleInfo.sha256;
    return html`<section class="stack" aria-labelledby="verify" part="verify">${this.heading(2, t.verify, 'verify')}
      ${agrees === undefined ? nothing : agrees ? html`<p id="module-agrees">${t.digestsAgree}</p>` : html`<p class="bad" role="alert">${t.digestsDiffer}</p>`}
      ${this.renderDigest('payload-digest', t.payloadDigest, summary.sha256)}
      <details id="verify-yourself"><summary>${t.verifyYourself}</summary><div class="stack">
        ${moduleInfo?.sha256 == null ? html`<p>${t.noDigest}</p>` : this.renderDigest('module-digest', t.moduleDigest, moduleInfo.sha256)}
        <p>${t.verifyPayload}</p>${command('callback-agent preview --raw | sha256sum', t)}<p class="quiet">${t.verifyOptions}</p>
        ${this.unsaved ? html`<p>${t.verifyUnsaved}</p>` : nothing}
        <p>${t.verifyDownload}</p>${command('sha256sum report.json', t)}
        <p>${t.verifyModule}</p>${command('callback-agent module', t)}
        <p class="quiet">${t.builtIn(summary.time)}</p>
      </div></details>
    </section>`;
  }

  override render() {
    return html`<div class="columns" aria-busy=${this.busy}>${this.renderSent()} ${this.renderRemoved()} ${this.renderVerify()}</div>`;
  }
}
