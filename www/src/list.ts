// A list of which only the rows in sight are in the page. Our own, and small, because rows come from the worker in
// windows, a hundred thousand of them are usual, and the page's policy forbids style attributes, which libraries write.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { Part } from './part.js';

/** Rows kept ready above and below those in sight. */
const SPARE = 8;

export class List<T = unknown> extends Part {
  static override properties = {
    total: { type: Number },
    estimate: { type: Number },
    measured: { type: Boolean },
    version: { type: String },
    label: { type: String },
    load: { attribute: false },
    row: { attribute: false },
    from: { state: true },
    to: { state: true },
  };

  declare total: number;
  /** Height of a row in pixels, or a guess at it. */
  declare estimate: number;
  /** Whether rows have heights of their own. */
  declare measured: boolean;
  /** Another version is another list. */
  declare version: string;
  declare label: string;
  declare load: (from: number, to: number) => Promise<T[]>;
  declare row: (item: T, at: number) => TemplateResult;
  declare protected from: number;
  declare protected to: number;

  private items = new Map<number, T>();
  private heights = new Float64Array();
  private tops = new Float64Array(1);
  private asked = '';

  constructor() {
    super();
    this.total = 0;
    this.estimate = 24;
    this.measured = false;
    this.version = '';
    this.label = '';
    this.from = 0;
    this.to = 0;
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('total') || changed.has('estimate') || this.heights.length !== this.total) {
      this.items.clear();
      this.asked = '';
      this.heights = new Float64Array(this.total).fill(this.estimate);
      this.place();
      this.look();
    } else if (changed.has('version')) {
      // As many rows of another list: the old ones stay until the new ones are here, and so does who reads in them.
      this.asked = '';
      void this.fetch(true);
    }
  }

  private place(): void {
    this.tops = new Float64Array(this.total + 1);
    for (let at = 0; at < this.total; at += 1) this.tops[at + 1] = (this.tops[at] ?? 0) + (this.heights[at] ?? 0);
  }

  private get viewport(): HTMLElement | null {
    return this.querySelector('.viewport');
  }

  private at(top: number): number {
    let low = 0;
    let high = this.total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.tops[middle + 1] ?? 0) <= top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private look(): void {
    const viewport = this.viewport;
    const top = viewport?.scrollTop ?? 0;
    const height = viewport?.clientHeight || 600;
    this.from = Math.max(0, this.at(top) - SPARE);
    this.to = Math.min(this.total, this.at(top + height) + 1 + SPARE);
    void this.fetch();
  }

  private async fetch(all = false): Promise<void> {
    const [from, to] = [this.from, this.to];
    let missing = all;
    for (let at = from; at < to; at += 1) missing ||= !this.items.has(at);
    const asked = `${this.version}|${from}|${to}`;
    if (!missing || asked === this.asked) return;
    this.asked = asked;
    const version = this.version;
    let rows: T[];
    try {
      rows = await this.load(from, to);
    } catch {
      return; // the element shows what went wrong
    }
    if (version !== this.version) return;
    if (all || this.items.size > 5000) this.items.clear();
    rows.forEach((row, n) => this.items.set(from + n, row));
    this.requestUpdate();
  }

  /** Shows a row in the middle. */
  async reveal(at: number): Promise<void> {
    await this.updateComplete;
    const viewport = this.viewport;
    if (viewport === null) return;
    viewport.scrollTop = Math.max(0, (this.tops[at] ?? 0) - viewport.clientHeight / 2);
    this.look();
  }

  override updated(): void {
    const space = this.querySelector<HTMLElement>('.space');
    const rows = this.querySelector<HTMLElement>('.rows');
    if (space === null || rows === null) return;
    if (this.measured) this.measure(rows);
    space.style.blockSize = `${this.tops[this.total] ?? 0}px`;
    rows.style.transform = `translateY(${this.tops[this.from] ?? 0}px)`;
  }

  private measure(rows: HTMLElement): void {
    let changed = false;
    for (const element of rows.children) {
      const at = Number((element as HTMLElement).dataset['at']);
      if (!this.items.has(at)) continue;
      const height = element.getBoundingClientRect().height;
      if (Math.abs((this.heights[at] ?? 0) - height) > 0.5) {
        this.heights[at] = height;
        changed = true;
      }
    }
    if (changed) {
      this.place();
      queueMicrotask(() => this.look());
    }
  }

  override render() {
    const shown = Array.from({ length: Math.max(0, this.to - this.from) }, (_, n) => this.from + n);
    const short = (this.tops[this.total] ?? 0) < 600;
    return html`<div class="viewport ${short ? 'short' : ''}" tabindex="0" role="region" aria-label=${this.label} @scroll=${() => this.look()}>
      <div class="space">
        <div class="rows" role="list">
          ${repeat(
            shown,
            (at) => at,
            (at) => {
              const item = this.items.get(at);
              return html`<div role="listitem" data-at=${at} aria-setsize=${this.total} aria-posinset=${at + 1}>
                ${item === undefined ? nothing : this.row(item, at)}
              </div>`;
            },
          )}
        </div>
      </div>
    </div>`;
  }
}

customElements.define('callback-preview-list', List);
