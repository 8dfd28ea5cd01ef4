// What to know before opting in, or before changing what is sent.
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { CATEGORIES, hasCategory, withCategory } from '../choices.js';
import type { HostState } from '../host.js';
import type { Choices, Summary } from '../protocol.js';
import { publicPage } from '../render.js';
import { element } from '../view.js';
import { ActionView } from './action-view.js';

/** The agent's text is wrapped for a terminal: a line that starts at the margin begins a paragraph. */
function paragraphs(text: string): string[] {
  return text.replace(/\n\s+/g, ' ').split('\n');
}

@element('callback-preview-opt-in')
export class OptIn extends ActionView {
  @property({ attribute: false }) state!: HostState;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  @property({ attribute: false }) building = false;
  /** LibreNMS's built-in sender is on, and can be turned off. */
  @property({ attribute: false }) offersTakeOver = false;

  private onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const who = String(data.get('who') ?? '').trim() || null;
    const takeOver = data.has('take-over');
    void (this.state.consent === 'on' ? this.actions.save('panel', who, takeOver) : this.actions.optIn(who, takeOver));
  };

  private renderUse(receiver: NonNullable<HostState['receiver']>): TemplateResult {
    const publication = this.t.publication(receiver.kind, this.state.text_version);
    return publication === null
      ? html`<div class="stack" lang="en">${paragraphs(this.state.publication ?? '').map((text) => html`<p>${text}</p>`)}</div>`
      : html`${publication.map((text) => html`<p>${text}</p>`)}`;
  }

  override render() {
    const { state, t, summary } = this;
    const { receiver } = state;
    if (!receiver) return html``;
    const optedIn = state.consent === 'on';
    const site = publicPage(receiver);
    return html`<form class="panel" aria-labelledby="panel-start" @submit=${this.onSubmit}>
      ${this.heading(2, optedIn ? t.changeTitle : t.optInTitle, 'panel-start')}
      <p>${t.optInFacts}</p>
      <div class="columns">
        <div class="stack">${this.heading(3, t.whatIsSent)}<p>${t.inside(summary.labels, summary.pairs)}, ${t.fromDevices(summary.devices)}</p>
          <fieldset><legend class="quiet">${t.optInCategories}</legend>${CATEGORIES.map(
            (category) => html`<label class="choice"><input type="checkbox" data-category=${category} .checked=${hasCategory(this.choices, category)}
              @change=${(event: Event) => this.emit('callback-choices', withCategory(this.choices, category, (event.target as HTMLInputElement).checked))} />${t.categoryName[category]}</label>`,
          )}</fieldset></div>
        <div class="stack">${this.heading(3, t.optInReceiver)}<p class="text">${receiver.url}</p><p>${receiver.kind === 'stock' ? t.optInStock : t.optInCallbackStats}</p>
          ${site === undefined ? nothing : html`<p><a href=${site} target="_blank" rel="noopener noreferrer">${t.seePublished}</a></p>`}
          ${this.heading(3, t.optInRemains)}<p>${t.optInRemainsText}</p>
          ${this.heading(3, t.optInContact)}<p>${t.optInContactText(new URL(receiver.url).host)}</p></div>
        <div class="stack">${this.heading(3, t.optInUse)}${this.renderUse(receiver)}</div>
      </div>
      <div class="stack"><label class="stack">${t.optInWho}<br /><input type="text" name="who" maxlength="100" autocomplete="off" .value=${state.given?.who ?? ''} /></label>
        ${this.offersTakeOver ? html`<label class="choice"><input type="checkbox" name="take-over" />${t.optInTakeOver}</label>` : nothing}</div>
      <div class="row"><button class="main" data-action="opt-in" ?disabled=${this.actions.busy || this.building}>${optedIn ? t.save : t.optInConfirm}</button><button type="button" data-action="close" @click=${() => this.emit('callback-close')}>${t.cancel}</button></div>
      ${this.message('panel')}
    </form>`;
  }
}
