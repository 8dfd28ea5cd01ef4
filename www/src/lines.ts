// A text as rows on screen: its lines, wrapped at a number of columns, without copying the text.
import { breaks } from './visible.js';
import type { ByteRow } from './protocol.js';

export class Lines {
  /** Each row's offset in the text, and the number of the line that it starts (0 if it continues one). */
  private starts: number[] = [];
  private lines: number[] = [];

  constructor(
    private readonly text: string,
    columns: number,
  ) {
    this.wrap(columns);
  }

  get rows(): number {
    return this.starts.length;
  }

  wrap(columns: number): void {
    this.starts = [];
    this.lines = [];
    const max = Math.max(8, columns);
    let line = 1;
    let at = 0;
    while (at <= this.text.length) {
      const found = this.text.indexOf('\n', at);
      const end = found < 0 ? this.text.length : found;
      if (end - at <= max / 2) {
        this.starts.push(at);
        this.lines.push(line);
      } else {
        for (const [n, start] of breaks(this.text.slice(at, end), max).entries()) {
          this.starts.push(at + start);
          this.lines.push(n === 0 ? line : 0);
        }
      }
      line += 1;
      at = end + 1;
      if (found < 0) break;
    }
  }

  /** Rows with the hits of a search. `current` is the offset of the hit that the reader is at. */
  window(from: number, to: number, query: string, current = -1): ByteRow[] {
    const rows: ByteRow[] = [];
    const needle = query.toLowerCase();
    for (let row = Math.max(0, from); row < Math.min(to, this.rows); row += 1) {
      const start = this.starts[row] ?? 0;
      const end = this.end(row);
      const text = this.text.slice(start, end);
      rows.push({ line: this.lines[row] || null, text, hits: needle === '' ? [] : this.hits(start, end, needle, current) });
    }
    return rows;
  }

  /** How often a text occurs, and row and offset of the first `max` hits. */
  find(query: string, max: number): { hits: number; places: { row: number; at: number }[] } {
    const needle = query.toLowerCase();
    const places: { row: number; at: number }[] = [];
    let hits = 0;
    if (needle === '') return { hits, places };
    const folded = this.folded();
    let row = 0;
    for (let at = folded.indexOf(needle); at >= 0; at = folded.indexOf(needle, at + needle.length)) {
      hits += 1;
      if (places.length >= max) continue;
      row = this.rowOf(at, row);
      places.push({ row, at });
    }
    return { hits, places };
  }

  private lower: string | undefined;

  /** In lower case, at the same offsets: letters whose lower case is longer stay as they are. */
  private folded(): string {
    if (this.lower === undefined) {
      const lower = this.text.toLowerCase();
      this.lower =
        lower.length === this.text.length
          ? lower
          : Array.from({ length: this.text.length }, (_, at) => {
              const unit = this.text.charAt(at);
              return unit.toLowerCase().length === 1 ? unit.toLowerCase() : unit;
            }).join('');
    }
    return this.lower;
  }

  private hits(start: number, end: number, needle: string, current: number): ByteRow['hits'] {
    const hits: ByteRow['hits'] = [];
    const folded = this.folded();
    // A hit may start in the previous row.
    for (
      let at = folded.indexOf(needle, Math.max(0, start - needle.length + 1));
      at >= 0 && at < end;
      at = folded.indexOf(needle, at + needle.length)
    ) {
      const from = Math.max(at, start) - start;
      const to = Math.min(at + needle.length, end) - start;
      if (to > from) hits.push([from, to, at === current]);
    }
    return hits;
  }

  private end(row: number): number {
    const next = this.starts[row + 1];
    if (next === undefined) return this.text.length;
    return this.lines[row + 1] === 0 ? next : next - 1;
  }

  private rowOf(at: number, after: number): number {
    let low = after;
    let high = this.rows - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
