// What was removed: each text before and after, with the rule and its reason; and words that the admin adds.
import type { IdentifierKind } from 'callback-collector';
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { List } from '../list.js';
import type { Choices, RedactedRow, Summary } from '../protocol.js';
import { beginning, download, kindLabel, original, plain, prose, reason, result } from '../render.js';
import { element, View } from '../view.js';

/** How much of a text is shown at first. Some have 60,000 characters and hundreds of removals. */
const MAX_REMOVALS = 20;
const MAX_CHARACTERS = 1000;

@element('callback-preview-removed')
export class Removed extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  /** Lines about the report, for the copy to share. */
  @property({ attribute: false }) about: string[] = [];
  @state() private kind = '';
  @state() private query = '';
  @state() private total: number | undefined;
  @state() private selected = '';

  /** Rows whose other texts are shown. */
  private readonly opened = new Set<string>();
  /** Keys of texts that are shown in full. */
  private readonly whole = new Set<string>();

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('selectionchange', this.onSelectionChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('selectionchange', this.onSelectionChange);
  }

  private onSelectionChange = (): void => {
    const root = this.getRootNode() as ShadowRoot & { getSelection?: () => Selection | null };
    const selection = root.getSelection?.() ?? document.getSelection();
    const within = selection?.anchorNode?.parentElement?.closest('.side');
    const text = within === null || within === undefined ? '' : (selection?.toString().trim() ?? '');
    this.selected = text.length > 0 && text.length <= 200 && !text.includes('\n') ? text : '';
  };

  private load = async (from: number, to: number): Promise<RedactedRow[]> => {
    const page = await this.engine.ask('removed', { from, to, kind: this.kind, query: this.query });
    this.total = page.total;
    return page.rows;
  };

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('kind') || changed.has('query')) {
      // A rebuilt report keeps the list and its scroll position; a new search resets them.
      if (this.kind !== '' && !(this.kind in this.summary.kinds)) this.kind = '';
      if (changed.has('kind') || changed.has('query')) this.total = undefined;
      // Any page of rows brings their number.
      void this.load(0, 0).catch(() => undefined);
    }
  }

  private change(choices: Choices): void {
    this.emit('callback-choices', choices);
  }

  private addTerm(term: string): void {
    const word = term.trim();
    if (word === '' || this.choices.terms.includes(word)) return;
    this.change({ ...this.choices, terms: [...this.choices.terms, word] });
    this.selected = '';
  }

  private async share(): Promise<void> {
    const texts = { ...this.t.shareTexts, ...this.t.kindName };
    const page = await this.engine.ask('share', { title: this.t.title, texts, about: this.about, lang: this.t.lang });
    download('report-to-share.html', 'text/html', page);
  }

  /** The other texts that became the same; rendered only when they are open, since there are up to 50 in a row. */
  private renderOthers({ field, result, texts, others, rows }: RedactedRow): TemplateResult {
    const { t } = this;
    const key = `${field} ${result}`;
    const isOpen = this.opened.has(key);
    const toggle = (event: Event): void => {
      const details = event.currentTarget as HTMLDetailsElement;
      if (details.open === this.opened.has(key)) return;
      if (details.open) this.opened.add(key);
      else this.opened.delete(key);
      details.closest<List>('callback-preview-list')?.requestUpdate();
    };
    return html`<details class="same-result" data-texts=${texts} .open=${isOpen} @toggle=${toggle}><summary>${t.sameResult(texts - 1)}</summary>
      ${isOpen
        ? html`<ul>${others.map((other) => html`<li class="text bytes" dir="auto">${original(beginning(other, MAX_REMOVALS, MAX_CHARACTERS) ?? other)}</li>`)}</ul>
          ${texts - 1 > others.length ? html`<p class="quiet">${t.moreTexts(texts - 1 - others.length, rows)}</p>` : nothing}`
        : nothing}</details>`;
  }

  private row = (row: RedactedRow): TemplateResult => {
    const t = this.t;
    const group = row.field.startsWith('info.') ? 'info' : row.field;
    const isWithheld = this.choices.withheld.some(([of, label]) => of === group && label === row.sent);
    const others = this.choices.withheld.filter(([of, label]) => of !== group || label !== row.sent);
    const canWithhold = row.field === 'info.sysDescr' || !row.field.includes('.');
    const key = `${row.field} ${row.original}`;
    const excerpt = this.whole.has(key) ? undefined : beginning(row, MAX_REMOVALS, MAX_CHARACTERS);
    const shown = excerpt ?? row;
    const showWhole = (event: Event): void => {
      const list = (event.currentTarget as HTMLElement).closest<List>('callback-preview-list');
      this.whole.add(key);
      // The button disappears; focus stays in the list.
      list?.querySelector<HTMLElement>('.viewport')?.focus({ preventScroll: true });
      list?.requestUpdate();
    };
    return html`<div class="change">
      <div class="row"><code>${row.field}</code><span class="quiet">${t.times(row.rows)}</span>
        ${isWithheld ? html`<strong>${t.leftOut}</strong>` : nothing}
        ${isWithheld || canWithhold
          ? html`<button class="small" data-action=${isWithheld ? 'include-again' : 'leave-out'} aria-label=${isWithheld ? t.includeAgainRow(row.sent) : t.leaveOutRow(row.sent)}
              @click=${() => this.change({ ...this.choices, withheld: isWithheld ? others : [...this.choices.withheld, [group, row.sent]] })}>${isWithheld ? t.includeAgain : t.leaveOut}</button>`
          : nothing}
      </div>
      <div class="sides">
        <div class="side"><span>${t.before}</span><span class="text bytes" dir="auto">${original(shown)}</span></div>
        <div class="side"><span>${t.after}</span><span class="text bytes" dir="auto">${result(shown)}</span></div>
      </div>
      <ul class="why">
        ${row.redactions.slice(0, excerpt === undefined ? undefined : MAX_REMOVALS).map(({ kind, rule, start, end, replacement }) => {
          const why = reason(rule, kind, t);
          return html`<li>${kindLabel(kind, t.kindName[kind] ?? kind)}
            <span class="text bytes">${plain(row.original.slice(start, end))}</span> ${t.replacedWith}
            <span class="text bytes">${plain(replacement)}</span>.
            <span class="quiet" lang=${why.lang}>${prose(why.text)}</span> <code class="quiet">${rule}</code></li>`;
        })}
      </ul>
      ${row.texts === 1 ? nothing : this.renderOthers(row)}
      ${excerpt === undefined ? nothing : html`<button class="small" data-action="show-whole" data-characters=${row.original.length} data-removals=${row.redactions.length} @click=${showWhole}>${t.showWhole(row.original.length, row.redactions.length)}</button>`}
    </div>`;
  };

  override render() {
    const t = this.t;
    const kinds = Object.entries(this.summary.kinds) as [IdentifierKind, number][];
    return html`
      <div class="tools">
        <label>${t.filterKind}
          <select @change=${(event: Event) => (this.kind = (event.target as HTMLSelectElement).value)}>
            <option value="">${t.allKinds} (${t.texts(this.summary.redacted)})</option>
            ${kinds.map(([kind, count]) => html`<option value=${kind} ?selected=${this.kind === kind}>${t.kindName[kind] ?? kind} (${t.texts(count)})</option>`)}
          </select>
        </label>
        <label>${t.search}<input type="search" @input=${(event: InputEvent) => (this.query = (event.target as HTMLInputElement).value)} /></label>
        <form class="row" @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          const field = (event.target as HTMLFormElement).querySelector('input');
          this.addTerm(field?.value ?? '');
          if (field) field.value = '';
        }}>
          <label>${t.removeWord}<input type="text" name="term" maxlength="200" aria-describedby="remove-word" autocomplete="off" /></label>
          <button data-action="remove-word">${t.removeWordDo}</button>
        </form>
        ${this.selected === '' ? nothing : html`<button class="main" @click=${() => this.addTerm(this.selected)}>${t.removeSelection(this.selected)}</button>`}
      </div>
      <p class="quiet" id="remove-word">${t.removeWordHelp}</p>
      ${this.total === 0
        ? html`<p class="stack">${this.summary.redacted === 0 ? t.nothingRemoved : t.noMatch}</p>`
        : html`<callback-preview-list
            .total=${this.total ?? 0}
            .estimate=${130}
            .measured=${true}
            .label=${t.removedTab}
            .version=${`${this.summary.sha256}|${this.kind}|${this.query}|${t.lang}`}
            .load=${this.load}
            .row=${this.row}
          ></callback-preview-list>`}
      <div class="row" id="share"><button data-action="share" @click=${() => this.share()}>${t.share}</button><p class="quiet">${t.shareHelp}</p></div>
    `;
  }
}
