// A virtual list. Libraries for this write style attributes, which the page's policy forbids; and rows come from the worker
// in windows, a hundred thousand of them in a large install.
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { element, View } from './view.js';

/** Rows rendered above and below the visible ones. */
const OVERSCAN = 8;

@element('callback-preview-list')
export class List<T = unknown> extends View {
  @property({ type: Number }) total = 0;
  /** Height of a row in pixels, or an estimate of it. */
  @property({ type: Number }) estimate = 24;
  /** Rows differ in height and are measured. */
  @property({ type: Boolean }) measured = false;
  /** Changes when the content does. */
  @property() version = '';
  @property() label = '';
  @property({ attribute: false }) load!: (from: number, to: number) => Promise<T[]>;
  @property({ attribute: false }) row!: (item: T, index: number) => TemplateResult;
  @state() private from = 0;
  @state() private to = 0;

  private items = new Map<number, T>();
  private heights = new Float64Array();
  private tops = new Float64Array(1);
  private requested = '';

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('total') || changed.has('estimate') || this.heights.length !== this.total) {
      this.items.clear();
      this.requested = '';
      this.heights = new Float64Array(this.total).fill(this.estimate);
      this.layOut();
      this.updateWindow();
    } else if (changed.has('version')) {
      // Same length, new content: the old rows stay until the new ones arrive, so the scroll position and focus survive.
      this.requested = '';
      void this.fetch(true);
    }
  }

  private layOut(): void {
    this.tops = new Float64Array(this.total + 1);
    for (let at = 0; at < this.total; at += 1) this.tops[at + 1] = (this.tops[at] ?? 0) + (this.heights[at] ?? 0);
  }

  private get viewport(): HTMLElement | null {
    return this.querySelector('.viewport');
  }

  private indexAt(top: number): number {
    let low = 0;
    let high = this.total;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.tops[middle + 1] ?? 0) <= top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private updateWindow(): void {
    const viewport = this.viewport;
    const top = viewport?.scrollTop ?? 0;
    const height = viewport?.clientHeight || 600;
    this.from = Math.max(0, this.indexAt(top) - OVERSCAN);
    this.to = Math.min(this.total, this.indexAt(top + height) + 1 + OVERSCAN);
    void this.fetch();
  }

  private async fetch(all = false): Promise<void> {
    const [from, to] = [this.from, this.to];
    let missing = all;
    for (let at = from; at < to; at += 1) missing ||= !this.items.has(at);
    const requested = `${this.version}|${from}|${to}`;
    if (!missing || requested === this.requested) return;
    this.requested = requested;
    const version = this.version;
    let rows: T[];
    try {
      rows = await this.load(from, to);
    } catch {
      return; // the element shows the error
    }
    if (version !== this.version) return;
    if (all || this.items.size > 5000) this.items.clear();
    for (const [n, row] of rows.entries()) this.items.set(from + n, row);
    this.requestUpdate();
  }

  /** Scrolls a row to the middle. */
  async reveal(at: number): Promise<void> {
    await this.updateComplete;
    const viewport = this.viewport;
    if (viewport === null) return;
    viewport.scrollTop = Math.max(0, (this.tops[at] ?? 0) - viewport.clientHeight / 2);
    this.updateWindow();
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
      const at = Number((element as HTMLElement).dataset.index);
      if (!this.items.has(at)) continue;
      const height = element.getBoundingClientRect().height;
      if (Math.abs((this.heights[at] ?? 0) - height) > 0.5) {
        this.heights[at] = height;
        changed = true;
      }
    }
    if (changed) {
      this.layOut();
      queueMicrotask(() => this.updateWindow());
    }
  }

  override render() {
    const shown = Array.from({ length: Math.max(0, this.to - this.from) }, (_, n) => this.from + n);
    const short = (this.tops[this.total] ?? 0) < 600;
    return html`<div class="viewport ${short ? 'short' : ''}" tabindex="0" role="region" aria-label=${this.label} @scroll=${() => this.updateWindow()}>
      <div class="space">
        <div class="rows" role="list">
          ${repeat(
            shown,
            (index) => index,
            (index) => {
              const item = this.items.get(index);
              return html`<div role="listitem" data-index=${index} aria-setsize=${this.total} aria-posinset=${index + 1}>
                ${item === undefined ? nothing : this.row(item, index)}
              </div>`;
            },
          )}
        </div>
      </div>
    </div>`;
  }
}
