// What differs from the last report that was sent, and from what was allowed.
import { html, nothing, type TemplateResult } from 'lit';
import type { Engine } from '../engine.js';
import type { Entry, Host, HostState } from '../host.js';
import { Part } from '../part.js';
import type { ChangeRow, Summary } from '../protocol.js';
import { moment } from '../strings/index.js';
import { plain } from '../words.js';

export class Difference extends Part {
  static override properties = {
    t: { attribute: false },
    engine: { attribute: false },
    summary: { attribute: false },
    host: { attribute: false },
    state: { attribute: false },
    entries: { attribute: false },
    since: { state: true },
    total: { state: true },
  };

  declare engine: Engine;
  declare summary: Summary;
  declare host: Host | undefined;
  declare state: HostState | undefined;
  declare entries: Entry[];
  declare protected since: Entry | null | undefined;
  declare protected total: number;

  constructor() {
    super();
    this.total = 0;
    this.entries = [];
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('entries')) void this.compare();
  }

  private async compare(): Promise<void> {
    const last = [...this.entries].reverse().find(({ begun, ended }) => begun !== undefined && begun.subject !== 'clear' && ended?.outcome === 'sent');
    if (last === undefined || this.host === undefined) {
      this.since = null;
      return;
    }
    try {
      const before = await this.host.payload(last.id);
      this.total = (await this.engine.ask('compare', { before }, [before])).changes;
      this.since = last;
    } catch {
      this.since = null; // cleared or too old
    }
  }

  private row = (row: ChangeRow): TemplateResult => {
    const shown = (count: number | null): string => (count === null ? this.t.absent : this.t.number(count));
    return html`<div class="change-row"><code>${row.group}</code><span class="number">${shown(row.before)} → ${shown(row.after)}</span>
      <span class="text bytes" dir="auto">${plain(row.label)}</span></div>`;
  };

  override render() {
    const t = this.t;
    const given = this.state?.given;
    const newer = this.summary.leftOut.filter(({ reason }) => reason === 'newer').map(({ field }) => field);
    return html`
      <h3>${this.since ? t.sinceLast(moment(this.since.moment, t.lang)) : t.differenceTab}</h3>
      ${this.since === undefined
        ? nothing
        : this.since === null
          ? html`<p>${t.noneBefore}</p>`
          : this.total === 0
            ? html`<p>${t.noDifference}</p>`
            : html`<p>${t.changes(this.total)}</p>
                <callback-preview-list .total=${this.total} .estimate=${38} .measured=${true} .label=${t.differenceTab}
                  .version=${`${this.summary.sha256}|${this.since.id}|${t.lang}`}
                  .load=${async (from: number, to: number) => (await this.engine.ask('changes', { from, to })).rows}
                  .row=${this.row}></callback-preview-list>`}
      <h3 class="part">${t.schemaTitle}</h3>
      <p>${given ? (newer.length === 0 ? t.schemaSame : t.newer(newer.join(', '))) : t.schemaNever}</p>
    `;
  }
}

customElements.define('callback-preview-difference', Difference);
