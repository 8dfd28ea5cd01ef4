// What changed since the last report that was sent, and since opting in.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { Entry, Host, HostState } from '../host.js';
import type { ChangeRow, Summary } from '../protocol.js';
import { plain } from '../render.js';
import { formatTime } from '../strings/index.js';
import { element, View } from '../view.js';

@element('callback-preview-changes')
export class Changes extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) host: Host | undefined;
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) entries: Entry[] = [];
  /** The report to compare with; null if there is no earlier one. */
  @state() private earlier: Entry | null | undefined;
  /** The entry that the reader chose to compare with; undefined for the last report. */
  @state() private chosen: number | undefined;
  @state() private total = 0;

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('summary') || changed.has('entries') || changed.has('chosen')) void this.compare();
  }

  /** Reports that were sent, newest first. */
  private get sent(): Entry[] {
    return this.entries.filter(({ begun, ended }) => begun && begun.subject !== 'clear' && ended?.outcome === 'sent').toReversed();
  }

  private async compare(): Promise<void> {
    const last = this.sent.find(({ id }) => id === this.chosen) ?? this.sent[0];
    if (last === undefined || this.host === undefined) {
      this.earlier = null;
      return;
    }
    try {
      const before = await this.host.payload(last.id);
      this.total = (await this.engine.ask('compare', { before }, [before])).changes;
      this.earlier = last;
    } catch {
      this.earlier = null; // deleted or expired
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
      ${this.heading(3, this.earlier ? t.sinceLast(formatTime(this.earlier.moment, t.lang)) : t.changesTab)}
      ${this.sent.length < 2
        ? nothing
        : html`<div class="tools part"><label>${t.compareWith}<select @change=${(event: Event) => (this.chosen = Number((event.target as HTMLSelectElement).value))}>${this.sent.map(
            ({ id, moment }) => html`<option value=${id} ?selected=${id === this.earlier?.id}>${formatTime(moment, t.lang)}</option>`,
          )}</select></label></div>`}
      ${this.earlier === undefined
        ? nothing
        : this.earlier === null
          ? html`<p>${t.noneBefore}</p>`
          : this.total === 0
            ? html`<p data-changes="0">${t.noDifference}</p>`
            : html`<p data-changes=${this.total}>${t.changes(this.total)}</p>
                <callback-preview-list .total=${this.total} .estimate=${38} .measured=${true} .label=${t.changesTab}
                  .version=${`${this.summary.sha256}|${this.earlier.id}|${t.lang}`}
                  .load=${async (from: number, to: number) => (await this.engine.ask('changes', { from, to })).rows}
                  .row=${this.row}></callback-preview-list>`}
      <div class="part">${this.heading(3, t.sinceOptIn)}</div>
      <p>${given ? (newer.length === 0 ? t.noNewFields : t.newer(newer.join(', '))) : t.notOptedIn}</p>
    `;
  }
}
