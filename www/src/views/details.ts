// The tabs below the overview.
import { html, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Engine } from '../engine.js';
import type { Entry, Host, HostState } from '../host.js';
import type { Choices, Summary } from '../protocol.js';
import { element, View } from '../view.js';
import './bytes.js';
import './changes.js';
import './contents.js';
import './fields.js';
import './history.js';
import './removed.js';

type Tab = 'contents' | 'removed' | 'bytes' | 'fields' | 'changes' | 'history';

@element('callback-preview-details')
export class Details extends View {
  @property({ attribute: false }) engine!: Engine;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @property({ attribute: false }) host: Host | undefined;
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) entries: Entry[] = [];
  /** Lines about the report, for the copy to share. */
  @property({ attribute: false }) about: string[] = [];
  @state() private tab: Tab = 'contents';

  private get tabs(): [Tab, string][] {
    const t = this.t;
    const tabs: [Tab, string][] = [['contents', t.contentsTab], ['removed', t.removedTab], ['bytes', t.bytesTab], ['fields', t.fieldsTab]];
    return this.host === undefined ? tabs : [...tabs, ['changes', t.changesTab], ['history', t.historyTab]];
  }

  private async onTabKey(event: KeyboardEvent): Promise<void> {
    const tabs = this.tabs.map(([name]) => name);
    const index = tabs.indexOf(this.tab);
    const target = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.tab = tabs[(target + tabs.length) % tabs.length] ?? 'contents';
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus();
  }

  private renderView(): TemplateResult {
    const { t, level, engine, summary, choices } = this;
    switch (this.tab) {
      case 'contents':
        return html`<callback-preview-contents .t=${t} .level=${level} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-contents>`;
      case 'removed':
        return html`<callback-preview-removed .t=${t} .level=${level} .engine=${engine} .summary=${summary} .choices=${choices} .about=${this.about}></callback-preview-removed>`;
      case 'bytes':
        return html`<callback-preview-bytes .t=${t} .engine=${engine} .summary=${summary}></callback-preview-bytes>`;
      case 'fields':
        return html`<callback-preview-fields .t=${t} .level=${level} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-fields>`;
      case 'changes':
        return html`<callback-preview-changes .t=${t} .level=${level} .engine=${engine} .summary=${summary} .host=${this.host} .state=${this.state} .entries=${this.entries}></callback-preview-changes>`;
      case 'history':
        return html`<callback-preview-history .t=${t} .host=${this.host} .entries=${this.entries}></callback-preview-history>`;
    }
  }

  override render() {
    const t = this.t;
    return html`<section aria-label=${t.details} part="details">
      <div role="tablist" aria-label=${t.details} @keydown=${(event: KeyboardEvent) => this.onTabKey(event)}>
        ${this.tabs.map(([name, label]) => html`<button role="tab" id="tab-${name}" aria-selected=${name === this.tab} aria-controls="tab-panel"
          tabindex=${name === this.tab ? 0 : -1} @click=${() => (this.tab = name)}>${label}</button>`)}
      </div>
      <p class="on-paper">${t.printed}</p>
      <div role="tabpanel" id="tab-panel" aria-labelledby="tab-${this.tab}">${this.renderView()}</div>
    </section>`;
  }
}
