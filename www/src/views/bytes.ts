// The exact bytes: with line breaks or raw, searched, copied, downloaded.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Engine } from '../engine.js';
import type { List } from '../list.js';
import { Part } from '../part.js';
import type { ByteRow, Summary } from '../protocol.js';
import { copy, plain, save } from '../words.js';

/** Columns of the line numbers, and of what a scroll bar takes. */
const MARGIN = 11;

export class Bytes extends Part {
  static override properties = {
    t: { attribute: false },
    engine: { attribute: false },
    summary: { attribute: false },
    raw: { state: true },
    find: { state: true },
    found: { state: true },
    hit: { state: true },
    columns: { state: true },
    rowHeight: { state: true },
    counts: { state: true },
    said: { state: true },
  };

  declare engine: Engine;
  declare summary: Summary;
  declare protected raw: boolean;
  declare protected find: string;
  declare protected found: { hits: number; rows: number[] } | undefined;
  declare protected hit: number;
  declare protected columns: number;
  /** Pixels, by the size of the page's text. */
  declare protected rowHeight: number;
  declare protected counts: { prettyRows: number; rawRows: number };
  declare protected said: string;

  private observer: ResizeObserver | undefined;

  constructor() {
    super();
    this.raw = false;
    this.find = '';
    this.hit = -1;
    this.columns = 0;
    this.rowHeight = 24;
    this.counts = { prettyRows: 0, rawRows: 0 };
    this.said = '';
  }

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
    this.rowHeight = 1.5 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    const columns = Math.max(8, Math.floor(width / character) - MARGIN);
    if (columns === this.columns) return;
    this.columns = columns;
    this.counts = await this.engine.ask('wrap', { columns }).catch(() => this.counts);
    if (this.find !== '') await this.search(this.find);
  }

  private async search(find: string): Promise<void> {
    this.find = find;
    this.found = find === '' ? undefined : await this.engine.ask('find', { raw: this.raw, find }).catch(() => undefined);
    this.hit = -1;
    await this.step();
  }

  private async step(): Promise<void> {
    const rows = this.found?.rows ?? [];
    if (rows.length === 0) return;
    this.hit = (this.hit + 1) % rows.length;
    await this.updateComplete;
    await this.querySelector<List>('callback-preview-list')?.reveal(rows[this.hit] ?? 0);
  }

  private async show(raw: boolean): Promise<void> {
    this.raw = raw;
    await this.search(this.find);
  }

  private async copyAll(): Promise<void> {
    const bytes = await this.engine.ask('payload', { pretty: !this.raw });
    this.said = (await copy(new TextDecoder().decode(bytes))) ? this.t.copied : this.t.copyFailed;
  }

  private async download(): Promise<void> {
    // Always the bytes as they are sent: it is their digest that counts.
    save('report.json', 'application/json', await this.engine.ask('payload', { pretty: false }));
  }

  private row = (row: ByteRow): TemplateResult => {
    const parts: TemplateResult[] = [];
    let at = 0;
    for (const [from, to] of row.hits) {
      parts.push(html`${plain(row.text.slice(at, from))}<mark class="hit">${plain(row.text.slice(from, to))}</mark>`);
      at = to;
    }
    parts.push(plain(row.text.slice(at)));
    return html`<div class="byte-row bytes"><span class="line" aria-hidden=${row.line === null}>${row.line ?? ''}</span><span class="text">${parts}</span></div>`;
  };

  override render() {
    const t = this.t;
    const total = this.raw ? this.counts.rawRows : this.counts.prettyRows;
    return html`
      <div class="tools">
        <fieldset class="row">
          <legend class="hidden">${t.bytesTab}</legend>
          <label class="choice"><input type="radio" name="raw" .checked=${!this.raw} @change=${() => this.show(false)} />${t.pretty}</label>
          <label class="choice"><input type="radio" name="raw" .checked=${this.raw} @change=${() => this.show(true)} />${t.raw}</label>
        </fieldset>
        <label>${t.search}
          <input type="search" .value=${this.find}
            @input=${(event: InputEvent) => this.search((event.target as HTMLInputElement).value)}
            @keydown=${(event: KeyboardEvent) => (event.key === 'Enter' ? this.step() : undefined)} />
        </label>
        ${this.found === undefined
          ? nothing
          : html`<button class="small" @click=${() => this.step()} ?disabled=${this.found.hits === 0}>${t.nextHit}</button>
              <span role="status">${t.hits(this.found.hits)}</span>`}
        <button @click=${() => this.copyAll()}>${t.copy}</button>
        <button @click=${() => this.download()}>${t.download}</button>
        <span role="status">${this.said}</span>
      </div>
      <span class="ruler bytes" aria-hidden="true">00000000000000000000</span>
      <callback-preview-list
        .total=${total}
        .estimate=${this.rowHeight}
        .label=${t.bytesTab}
        .version=${`${this.summary.sha256}|${this.raw}|${this.columns}|${this.find}`}
        .load=${(from: number, to: number) => this.engine.ask('bytes', { raw: this.raw, from, to, find: this.find })}
        .row=${this.row}
      ></callback-preview-list>
    `;
  }
}

customElements.define('callback-preview-bytes', Bytes);
