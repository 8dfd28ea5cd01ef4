// Overview of the report: what is sent, what was removed, and how to verify both.
import { html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Answer, Summary } from '../protocol.js';
import { copy, digest, family } from '../render.js';
import type { Strings } from '../strings/index.js';
import { View } from '../view.js';

export class Overview extends View {
  @property({ attribute: false }) summary!: Summary;
  /** The module that runs here. */
  @property({ attribute: false }) moduleInfo: Answer<'start'> | undefined;
  /** Digest of the module that the agent runs. */
  @property({ attribute: false }) agentModule: string | undefined;
  @property({ attribute: false }) unsaved = false;
  @property({ attribute: false }) busy = false;
  @state() private copyResult = '';

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary')) this.copyResult = '';
  }

  private async copyText(text: string): Promise<void> {
    this.copyResult = (await copy(text)) ? this.t.copied : this.t.copyFailed;
  }

  override render() {
    const { t, summary } = this;
    const removed = Object.entries(summary.removed).sort(([, a], [, b]) => b - a) as [keyof Strings['kind'], number][];
    const identifying = summary.leftOut.reduce((sum, { reason, entries }) => sum + (reason === 'identifying' ? (entries ?? 1) : 0), 0);
    const rare = summary.rare.filter(({ included }) => !included).length;
    const cleaned = summary.cleaned.reduce((sum, { rows }) => sum + rows, 0);
    const agrees = this.agentModule === undefined || this.moduleInfo?.sha256 == null ? undefined : this.agentModule === this.moduleInfo.sha256;
    return html`<div class="columns" aria-busy=${this.busy}>
      <section class="stack" aria-labelledby="what-is-sent"><h2 id="what-is-sent">${t.whatIsSent}</h2>
        <p class="big">${t.bytes(summary.bytes)}</p>
        <p>${t.inside(summary.labels, summary.groups, summary.pairs)}</p>
        <p>${t.fromDevices(summary.devices)}</p>
        <p class="quiet">${t.builtIn(summary.time)}</p>
        <div><button class="small" data-action="refresh" ?disabled=${this.busy} @click=${() => this.emit('callback-refresh')}>${t.refresh}</button></div>
      </section>
      <section class="stack" aria-labelledby="what-was-removed"><h2 id="what-was-removed">${t.whatWasRemoved}</h2>
        ${removed.length === 0 ? html`<p>${t.nothingRemoved}</p>` : html`<ul class="counts">${removed.map(
          ([kind, count]) => html`<li><span class="chip ${family(kind)}"></span>${(t.kind[kind] ?? String)(count)}</li>`,
        )}</ul>`}
        ${identifying > 0 ? html`<p>${t.stillIdentifying(identifying)}</p>` : nothing}
        ${rare > 0 ? html`<p>${t.rareLabels(rare)}</p>` : nothing}
        ${cleaned > 0 ? html`<p class="quiet">${t.cleaned(cleaned)}</p>` : nothing}
      </section>
      <section class="stack" aria-labelledby="verify"><h2 id="verify">${t.verify}</h2>
        ${agrees === undefined ? nothing : agrees ? html`<p id="module-agrees">${t.digestsAgree}</p>` : html`<p class="bad" role="alert">${t.digestsDiffer}</p>`}
        <p class="quiet">${t.payloadDigest}</p>
        <div class="row" id="payload-digest">${digest(summary.sha256)}<button class="small" @click=${() => this.copyText(summary.sha256)}>${t.copy}</button></div>
        <p class="quiet">${t.moduleDigest}</p>
        ${this.moduleInfo?.sha256 == null
          ? html`<p>${t.noDigest}</p>`
          : html`<div class="row" id="module-digest">${digest(this.moduleInfo.sha256)}<button class="small" @click=${() => this.copyText(this.moduleInfo?.sha256 ?? '')}>${t.copy}</button></div>`}
        <span role="status">${this.copyResult}</span>
        <details><summary>${t.verifyYourself}</summary><div class="stack">
          <p>${t.verifyPayload}</p><code class="command">callback-agent preview --raw | sha256sum</code>
          ${this.unsaved ? html`<p>${t.verifyUnsaved}</p>` : nothing}
          <p>${t.verifyDownload}</p><code class="command">sha256sum report.json</code>
          <p>${t.verifyModule}</p><code class="command">callback-agent module; sha256sum node_modules/callback-collector/dist/collector.wasm</code>
        </div></details>
      </section>
    </div>`;
  }
}

customElements.define('callback-preview-overview', Overview);
