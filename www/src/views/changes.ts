// What changed since the last report that was sent, and since opting in.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { Entry, Host, HostState } from '../host.js';
import type { ChangeRow, Summary } from '../protocol.js';
import { plain } from '../render.js';
import { formatTime } from '../strings/index.js';
import { View } from '../view.js';

export class Changes extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) host: Host | undefined;
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) entries: Entry[] = [];
  /** The report to compare with; null if there is no earlier one. */
  @state() private lastSent: Entry | null | undefined;
  @state() private total = 0;

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('entries')) void this.compare();
  }

  private async compare(): Promise<void> {
    const last = this.entries.findLast(({ begun, ended }) => begun && begun.subject !== 'clear' && ended?.outcome === 'sent');
    if (last === undefined || this.host === undefined) {
      this.lastSent = null;
      return;
    }
    try {
      const before = await this.host.payload(last.id);
      this.total = (await this.engine.ask('compare', { before }, [before])).changes;
      this.lastSent = last;
    } catch {
      this.lastSent = null; // deleted or expired
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
      <h3>${this.lastSent ? t.sinceLast(formatTime(this.lastSent.moment, t.lang)) : t.changesTab}</h3>
      ${this.lastSent === undefined
        ? nothing
        : this.lastSent === null
          ? html`<p>${t.noneBefore}</p>`
          : this.total === 0
            ? html`<p data-changes="0">${t.noDifference}</p>`
            : html`<p data-changes=${this.total}>${t.changes(this.total)}</p>
                <callback-preview-list .total=${this.total} .estimate=${38} .measured=${true} .label=${t.changesTab}
                  .version=${`${this.summary.sha256}|${this.lastSent.id}|${t.lang}`}
                  .load=${async (from: number, to: number) => (await this.engine.ask('changes', { from, to })).rows}
                  .row=${this.row}></callback-preview-list>`}
      <h3 class="part">${t.sinceOptIn}</h3>
      <p>${given ? (newer.length === 0 ? t.noNewFields : t.newer(newer.join(', '))) : t.notOptedIn}</p>
    `;
  }
}

customElements.define('callback-preview-changes', Changes);
