// The exact bytes, formatted or raw, to search, copy and download.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { List } from '../list.js';
import type { Answer, ByteRow, Summary } from '../protocol.js';
import { download, plain } from '../render.js';
import { element, View } from '../view.js';

/** Columns taken up by line numbers and a scroll bar. */
const MARGIN = 11;

@element('callback-preview-bytes')
export class Bytes extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @state() private raw = false;
  @state() private query = '';
  @state() private found: Answer<'find'> | undefined;
  @state() private hit = -1;
  @state() private columns = 0;
  /** In pixels; depends on the page's font size. */
  @state() private rowHeight = 24;
  @state() private counts = { prettyRows: 0, rawRows: 0 };
  @state() private isTall = false;

  private observer: ResizeObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer = new ResizeObserver(() => void this.measure());
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('summary')) {
      this.columns = 0;
      this.found = undefined;
    }
  }

  override updated(changed: PropertyValues): void {
    if (changed.has('summary')) void this.measure();
  }

  private async measure(): Promise<void> {
    const ruler = this.querySelector('.ruler');
    const width = this.querySelector('callback-preview-list')?.getBoundingClientRect().width ?? 0;
    const character = (ruler?.getBoundingClientRect().width ?? 0) / 20;
    if (character === 0 || width === 0) return;
    this.rowHeight = ruler?.getBoundingClientRect().height ?? this.rowHeight;
    const columns = Math.max(8, Math.floor(width / character) - MARGIN);
    if (columns === this.columns) return;
    this.columns = columns;
    this.counts = await this.engine.ask('wrap', { columns }).catch(() => this.counts);
    if (this.query !== '') await this.search(this.query);
  }

  private async search(query: string): Promise<void> {
    this.query = query;
    this.found = query === '' ? undefined : await this.engine.ask('find', { raw: this.raw, query }).catch(() => undefined);
    this.hit = -1;
    await this.nextHit();
  }

  private async nextHit(): Promise<void> {
    const places = this.found?.places ?? [];
    if (places.length === 0) return;
    this.hit = (this.hit + 1) % places.length;
    await this.updateComplete;
    await this.querySelector<List>('callback-preview-list')?.reveal(places[this.hit]?.row ?? 0);
  }

  private async show(raw: boolean): Promise<void> {
    this.raw = raw;
    await this.search(this.query);
  }

  private text = async (): Promise<string> => new TextDecoder().decode(await this.engine.ask('payload', { pretty: !this.raw }));

  private async downloadReport(): Promise<void> {
    // Always the exact bytes, whose digest is shown, never the formatted text.
    download('report.json', 'application/json', await this.engine.ask('payload', { pretty: false }));
  }

  private row = (row: ByteRow): TemplateResult => {
    const parts: TemplateResult[] = [];
    let at = 0;
    for (const [from, to, isCurrent] of row.hits) {
      parts.push(html`${plain(row.text.slice(at, from))}<mark class="hit ${isCurrent ? 'current' : ''}" aria-current=${isCurrent ? 'true' : nothing}>${plain(row.text.slice(from, to))}</mark>`);
      at = to;
    }
    parts.push(plain(row.text.slice(at)));
    return html`<div class="byte-row bytes"><span class="line" aria-hidden=${row.line === null}>${row.line ?? ''}</span><span class="text">${parts}</span></div>`;
  };

  override render() {
    const t = this.t;
    const total = this.raw ? this.counts.rawRows : this.counts.prettyRows;
    const { found } = this;
    const current = found?.places[this.hit]?.at ?? -1;
    return html`
      <div class="tools">
        <fieldset class="row">
          <legend class="hidden">${t.bytesTab}</legend>
          <label class="choice"><input type="radio" name="raw" value="pretty" .checked=${!this.raw} @change=${() => this.show(false)} />${t.pretty}</label>
          <label class="choice"><input type="radio" name="raw" value="raw" .checked=${this.raw} @change=${() => this.show(true)} />${t.raw}</label>
        </fieldset>
        <label>${t.search}
          <input type="search" .value=${this.query}
            @input=${(event: InputEvent) => this.search((event.target as HTMLInputElement).value)}
            @keydown=${(event: KeyboardEvent) => (event.key === 'Enter' ? this.nextHit() : undefined)} />
        </label>
        ${found === undefined
          ? nothing
          : html`<button data-action="next-hit" @click=${() => this.nextHit()} ?disabled=${found.hits === 0}>${t.nextHit}</button>
              <span role="status" id="hits" class="beside" data-hits=${found.hits} data-hit=${this.hit + 1}>${t.hits(found.hits, this.hit + 1)}</span>`}
        <callback-preview-copy .t=${t} .text=${this.text} .label=${this.raw ? t.raw : t.pretty}></callback-preview-copy>
        <button data-action="download" @click=${() => this.downloadReport()}>${t.download}</button>
        <button data-action="taller" aria-pressed=${this.isTall} @click=${() => (this.isTall = !this.isTall)}>${t.taller}</button>
      </div>
      <span class="ruler bytes" aria-hidden="true">00000000000000000000</span>
      <callback-preview-list
        class=${this.isTall ? 'tall' : ''}
        .total=${total}
        .estimate=${this.rowHeight}
        .label=${t.bytesTab}
        .version=${`${this.summary.sha256}|${this.raw}|${this.columns}|${this.query}|${current}`}
        .load=${(from: number, to: number) => this.engine.ask('bytes', { raw: this.raw, from, to, query: this.query, current })}
        .row=${this.row}
      ></callback-preview-list>
    `;
  }
}
