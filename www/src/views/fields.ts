// Every field and header of a report, what it is for, and which categories to send.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { CATEGORIES, hasCategory, withCategory } from '../choices.js';
import type { Engine } from '../engine.js';
import type { Choices, FieldRow, Summary } from '../protocol.js';
import { element, View } from '../view.js';

@element('callback-preview-fields')
export class Fields extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @state() private rows: FieldRow[] | undefined;

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary')) {
      void this.engine.ask('fields', {}).then((rows) => (this.rows = rows), () => undefined);
    }
  }

  private inReport(field: FieldRow) {
    if (field.entries === null || field.entries === 0) return this.t.notInReport;
    return this.t.entries(field.entries);
  }

  private purpose({ place, field, purpose }: FieldRow): TemplateResult {
    const translated = this.t.purposes[`${place}.${field}`];
    return translated === undefined ? html`<span lang="en">${purpose}</span>` : html`${translated}`;
  }

  override render() {
    const t = this.t;
    const places = ['payload', 'data', 'info', 'header'] as const;
    return html`
      <fieldset class="stack">
        <legend>${this.heading(3, t.optInCategories)}</legend>
        <div class="checks">${CATEGORIES.map(
          (category) => html`<label class="choice"><input type="checkbox" data-category=${category} .checked=${hasCategory(this.choices, category)}
            @change=${(event: Event) => this.emit('callback-choices', withCategory(this.choices, category, (event.target as HTMLInputElement).checked))} />${t.categoryName[category]}</label>`,
        )}</div>
      </fieldset>
      ${places.map((place) => {
        const rows = (this.rows ?? []).filter((row) => row.place === place);
        // What is in every report has no number.
        const isCounted = place === 'data' || place === 'info';
        return rows.length === 0
          ? nothing
          : html`<div class="part">${this.heading(3, t.place[place])}</div>
              <div class="scroll" tabindex="0" role="region" aria-label=${t.place[place]}><table class="cards" role="table">
                <thead role="rowgroup"><tr role="row">${[t.field, t.purpose, t.category, ...(isCounted ? [t.inReport] : [])].map((name) => html`<th role="columnheader">${name}</th>`)}</tr></thead>
                <tbody role="rowgroup">${rows.map(
                  (row) => html`<tr role="row"><td role="cell"><code>${row.field}</code>${row.table === undefined ? nothing : html`<br /><code class="quiet">${row.table}</code>`}</td>
                    <td role="cell">${this.purpose(row)}<br /><span class="quiet">${t.fieldKind[row.kind]}${row.since > 1 ? `, ${t.since(row.since)}` : ''}</span></td>
                    <td role="cell">${t.categoryName[row.category]}</td>${isCounted ? html`<td role="cell">${this.inReport(row)}</td>` : nothing}</tr>`,
                )}</tbody>
              </table></div>`;
      })}
      ${this.summary.leftOut.length === 0
        ? nothing
        : html`<div class="part">${this.heading(3, t.leftOutTitle)}</div><ul class="counts">${this.summary.leftOut.map(
            ({ field, reason, entries, missing, named_by }) =>
              html`<li><code>${field}</code>: ${t.reason[reason]}${entries === undefined ? nothing : html`, ${t.entries(entries)}`}${missing === undefined ? nothing : html` (<code>${missing}</code>)`}${named_by === undefined ? nothing : html` (<code>${named_by}</code>)`}</li>`,
          )}</ul>`}
    `;
  }
}
