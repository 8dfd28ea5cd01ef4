// What the admin removed, left out or included, each with a button to undo it.
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Choices, Summary } from '../protocol.js';
import { plain } from '../render.js';
import { element, View } from '../view.js';

@element('callback-preview-choices')
export class ChoicesView extends View {
  @property({ attribute: false }) choices!: Choices;
  @property({ attribute: false }) summary!: Summary;
  /** The report with these choices is still being built. */
  @property({ attribute: false }) busy = false;

  override render() {
    const { t, summary } = this;
    const { terms } = this.choices;
    const undo = (text: string, label: string, choices: () => Choices, note: string | typeof nothing = nothing): TemplateResult =>
      html`<li><button class="small choice-chip" data-action="undo" data-undo=${text} aria-label=${label} @click=${() => this.emit('callback-choices', choices())}><span class="text">${plain(text)}</span><span
        aria-hidden="true">&nbsp;×</span></button>${note === nothing ? nothing : html` <span class="quiet" data-unused=${text}>${note}</span>`}</li>`;
    const group = (title: string, items: TemplateResult[]): TemplateResult | typeof nothing =>
      items.length === 0 ? nothing : html`<div class="stack">${this.heading(2, title)}<ul class="row">${items}</ul></div>`;
    const labels = (key: 'withheld' | 'included', label: (text: string) => string): TemplateResult[] =>
      this.choices[key].map((choice) => {
        const text = choice.join(' ');
        return undo(text, label(text), () => ({ ...this.choices, [key]: this.choices[key].filter((other) => other.join(' ') !== text) }));
      });
    const isUnused = (term: string): boolean => !this.busy && summary.unused.includes(term);
    return html`<section class="columns" id="choices">
      ${group(t.yourWords, terms.map((term) =>
        undo(term, t.keepWord(term), () => ({ ...this.choices, terms: terms.filter((other) => other !== term) }), isUnused(term) ? t.notFound : nothing)))}
      ${group(t.leftOut, labels('withheld', t.includeAgainRow))} ${group(t.included, labels('included', t.leaveOutAgainRow))}
    </section>`;
  }
}
