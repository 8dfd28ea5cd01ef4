// Everything that is sent, row by row, each with a button to leave it out; and rare labels, each with one to include it.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { Choices, ContentsRow, Summary } from '../protocol.js';
import { plain } from '../render.js';
import { View } from '../view.js';

/** Rare labels shown at most; the command line lists all of them. */
const MAX_RARE = 100;

export class Contents extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @state() private query = '';
  @state() private total: number | undefined;

  private load = async (from: number, to: number): Promise<ContentsRow[]> => {
    const page = await this.engine.ask('contents', { from, to, query: this.query });
    this.total = page.total;
    return page.rows;
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('query')) void this.load(0, 0).catch(() => undefined);
  }

  private row = (row: ContentsRow): TemplateResult => {
    const label = row.label ?? '';
    const what = `${row.group} ${label}`.trim();
    return html`<div class="sent-row">
      <code>${row.group}</code>
      <span class="number count">${this.t.number(row.total)}</span>
      <span class="text bytes" dir="auto">${row.group === 'info'
        ? html`<span class="quiet">${plain(row.os ?? '')} ${plain(row.sysObjectID ?? '')}</span> ${plain(label)}`
        : row.label === null ? nothing : plain(label)}</span>
      ${row.label === null || row.label === 'NULL'
        ? html`<span></span>`
        : html`<button class="small" data-action="leave-out" aria-label=${this.t.leaveOutRow(what)}
            @click=${() => this.emit('callback-choices', { ...this.choices, withheld: [...this.choices.withheld, [row.group, label]] })}>${this.t.leaveOut}</button>`}
    </div>`;
  };

  private rare(): TemplateResult | typeof nothing {
    const t = this.t;
    const rare = this.summary.rare.filter(({ included }) => !included);
    if (rare.length === 0) return nothing;
    return html`<details id="rare"><summary>${t.rareLabels(rare.length)}</summary><div class="stack">
      <p class="quiet">${t.rareHelp}</p>
      ${rare.slice(0, MAX_RARE).map(({ field, label, rows }) => html`<div class="sent-row">
        <code>${field}</code><span class="number count">${t.number(rows)}</span><span class="text bytes" dir="auto">${plain(label)}</span>
        <button class="small" data-action="include" data-label=${label} aria-label=${t.includeRow(`${field} ${label}`)}
          @click=${() => this.emit('callback-choices', { ...this.choices, included: [...this.choices.included, [field, label]] })}>${t.include}</button>
      </div>`)}
      ${rare.length > MAX_RARE ? html`<p>${t.rareMore(rare.length - MAX_RARE)}</p>` : nothing}
    </div></details>`;
  }

  override render() {
    const t = this.t;
    return html`
      ${this.rare()}
      <div class="tools">
        <label>${t.search}<input type="search" @input=${(event: InputEvent) => (this.query = (event.target as HTMLInputElement).value)} /></label>
      </div>
      <div class="sent-row head" aria-hidden="true"><span>${t.group}</span><span class="number">${t.total}</span><span>${t.label}</span><span></span></div>
      ${this.total === 0
        ? html`<p>${t.noMatch}</p>`
        : html`<callback-preview-list
            .total=${this.total ?? 0}
            .estimate=${46}
            .measured=${true}
            .label=${t.contentsTab}
            .version=${`${this.summary.sha256}|${this.query}|${t.lang}`}
            .load=${this.load}
            .row=${this.row}
          ></callback-preview-list>`}
    `;
  }
}

customElements.define('callback-preview-contents', Contents);
