// Everything that is sent, row by row, each with a button to leave it out; and rare labels, each with one to include it.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { Choices, ContentsRow, GroupRow, LabelRow, Summary } from '../protocol.js';
import { plain } from '../render.js';
import { element, View } from '../view.js';

/** Rare labels shown at most; the command line lists all of them. */
const MAX_RARE = 100;

@element('callback-preview-contents')
export class Contents extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @state() private query = '';
  @state() private total: number | undefined;
  /** What each group is for, in English. */
  @state() private purposes = new Map<string, string>();

  private load = async (from: number, to: number): Promise<ContentsRow[]> => {
    const page = await this.engine.ask('contents', { from, to, query: this.query });
    this.total = page.total;
    return page.rows;
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('query')) void this.load(0, 0).catch(() => undefined);
    if (changed.has('engine')) {
      void this.engine.ask('fields', {}).then((rows) => (this.purposes = new Map(rows.filter(({ place }) => place === 'data').map(({ field, purpose }) => [field, purpose]))), () => undefined);
    }
  }

  private purpose(group: string): TemplateResult {
    if (group === 'info') return html`${this.t.infoPurpose}`;
    const translated = this.t.purposes[`data.${group}`];
    return translated === undefined ? html`<span lang="en">${this.purposes.get(group) ?? ''}</span>` : html`${translated}`;
  }

  private renderGroup({ group, sum }: GroupRow): TemplateResult {
    return html`<div class="sent-group"><strong class="number count">${this.t.number(sum)}</strong>
      <span><code>${group}</code> <span class="quiet">${this.purpose(group)}</span></span></div>`;
  }

  private renderLabel(row: LabelRow): TemplateResult {
    const { t, choices } = this;
    const label = row.label ?? '';
    const what = `${row.group} ${label}`.trim();
    const isLeftOut = choices.withheld.some(([group, other]) => group === row.group && other === label);
    const others = choices.withheld.filter(([group, other]) => group !== row.group || other !== label);
    return html`<div class="sent-row ${isLeftOut ? 'left-out' : ''}">
      <span class="number count">${row.total === null ? '' : t.number(row.total)}</span>
      <span class="text bytes" dir="auto">${row.group === 'info' && row.os !== undefined
        ? html`<span class="quiet">${plain(row.os)} ${plain(row.sysObjectID ?? '')}</span> ${plain(label)}`
        : plain(label)}</span>
      ${label === 'NULL'
        ? html`<span></span>`
        : html`<button class="small" data-action=${isLeftOut ? 'include-again' : 'leave-out'} aria-label=${isLeftOut ? t.includeAgainRow(what) : t.leaveOutRow(what)}
            @click=${() => this.emit('callback-choices', { ...choices, withheld: isLeftOut ? others : [...others, [row.group, label]] })}>${isLeftOut ? t.includeAgain : t.leaveOut}</button>`}
    </div>`;
  }

  private row = (row: ContentsRow): TemplateResult => ('sum' in row ? this.renderGroup(row) : this.renderLabel(row));

  private rare(): TemplateResult | typeof nothing {
    const t = this.t;
    const rare = this.summary.rare.filter(({ included }) => !included);
    if (rare.length === 0) return nothing;
    return html`<details id="rare"><summary>${t.rareLabels(rare.length)}</summary><div class="stack">
      <p class="quiet">${t.rareHelp}</p>
      ${rare.slice(0, MAX_RARE).map(({ field, label, rows }) => html`<div class="sent-row">
        <span class="number count">${t.number(rows)}</span><span class="text bytes" dir="auto"><span class="quiet">${field}</span> ${plain(label)}</span>
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
      ${this.total === 0
        ? html`<p>${t.noMatch}</p>`
        : html`<callback-preview-list
            .total=${this.total ?? 0}
            .estimate=${46}
            .measured=${true}
            .label=${t.contentsTab}
            .version=${`${this.summary.sha256}|${this.query}|${t.lang}|${JSON.stringify(this.choices.withheld)}|${this.purposes.size}`}
            .load=${this.load}
            .row=${this.row}
          ></callback-preview-list>`}
    `;
  }
}
