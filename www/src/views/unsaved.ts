// A bar that stays in view while there are unsaved changes: how many, and what to do with them.
import { html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { changesBetween } from '../choices.js';
import type { HostState } from '../host.js';
import type { Choices, Summary } from '../protocol.js';
import { element } from '../view.js';
import { ActionView } from './action-view.js';

@element('callback-preview-unsaved')
export class Unsaved extends ActionView {
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @property({ attribute: false }) saved!: Choices;
  @property({ attribute: false }) building = false;

  override render() {
    const { t, state, actions, building } = this;
    const changes = changesBetween(this.saved, this.choices);
    const hasMessage = actions.result?.place === 'bar';
    if (changes === 0 && !hasMessage) return html``;
    const optedIn = state?.consent === 'on';
    return html`<div id="unsaved" class="bar stack">
      ${changes === 0
        ? nothing
        : html`<div class="row"><p><strong>${t.unsavedChanges(changes)}</strong>, ${t.bytes(this.summary.bytes)}. ${optedIn ? t.unsaved : state === undefined ? t.unsavedViewOnly : t.unsavedOff}</p>
            <span class="row">${optedIn
              ? html`<button class="small" data-action="save" ?disabled=${actions.busy || building} @click=${() => actions.save('bar', state.given?.who ?? null)}>${t.save}</button>`
              : nothing}<button class="small" data-action="discard" @click=${() => this.emit('callback-choices', this.saved)}>${t.discard}</button></span></div>`}
      ${this.message('bar')}
      ${changes === 0 ? html`<div><button class="small" data-action="dismiss" @click=${() => actions.dismiss()}>${t.close}</button></div>` : nothing}
    </div>`;
  }
}
