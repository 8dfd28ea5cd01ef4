// What is sent, row by row, and the button that withholds a row; rare labels, and the button that includes one.
import { html, nothing, type TemplateResult } from 'lit';
import type { Engine } from '../engine.js';
import { Part } from '../part.js';
import type { Choices, SentRow, Summary } from '../protocol.js';
import { plain } from '../words.js';

/** Most rare labels that are shown; the command line lists them all. */
const MOST_RARE = 100;

export class Sent extends Part {
  static override properties = {
    t: { attribute: false },
    engine: { attribute: false },
    summary: { attribute: false },
    choices: { attribute: false },
    find: { state: true },
    total: { state: true },
  };

  declare engine: Engine;
  declare summary: Summary;
  declare choices: Choices;
  declare protected find: string;
  declare protected total: number | undefined;

  constructor() {
    super();
    this.find = '';
  }

  private load = async (from: number, to: number): Promise<SentRow[]> => {
    const page = await this.engine.ask('sent', { from, to, find: this.find });
    this.total = page.total;
    return page.rows;
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('find')) void this.load(0, 0).catch(() => undefined);
  }

  private row = (row: SentRow): TemplateResult => {
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
        : html`<button class="small" aria-label=${this.t.withholdRow(what)}
            @click=${() => this.tell('callback-choices', { ...this.choices, withheld: [...this.choices.withheld, [row.group, label]] })}>${this.t.withhold}</button>`}
    </div>`;
  };

  private rare(): TemplateResult | typeof nothing {
    const t = this.t;
    const rare = this.summary.rare.filter(({ included }) => !included);
    if (rare.length === 0) return nothing;
    return html`<details id="rare"><summary>${t.rareLabels(rare.length)}</summary><div class="stack">
      <p class="quiet">${t.rareHelp}</p>
      ${rare.slice(0, MOST_RARE).map(({ field, label, rows }) => html`<div class="sent-row">
        <code>${field}</code><span class="number count">${t.number(rows)}</span><span class="text bytes" dir="auto">${plain(label)}</span>
        <button class="small" aria-label=${t.includeRow(`${field} ${label}`)}
          @click=${() => this.tell('callback-choices', { ...this.choices, included: [...this.choices.included, [field, label]] })}>${t.include}</button>
      </div>`)}
      ${rare.length > MOST_RARE ? html`<p>${t.rareMore(rare.length - MOST_RARE)}</p>` : nothing}
    </div></details>`;
  }

  override render() {
    const t = this.t;
    return html`
      ${this.rare()}
      <div class="tools">
        <label>${t.search}<input type="search" @input=${(event: InputEvent) => (this.find = (event.target as HTMLInputElement).value)} /></label>
      </div>
      <div class="sent-row head" aria-hidden="true"><span>${t.group}</span><span class="number">${t.total}</span><span>${t.label}</span><span></span></div>
      ${this.total === 0
        ? html`<p>${t.noMatch}</p>`
        : html`<callback-preview-list
            .total=${this.total ?? 0}
            .estimate=${46}
            .measured=${true}
            .label=${t.sentTab}
            .version=${`${this.summary.sha256}|${this.find}|${t.lang}`}
            .load=${this.load}
            .row=${this.row}
          ></callback-preview-list>`}
    `;
  }
}

customElements.define('callback-preview-sent', Sent);
