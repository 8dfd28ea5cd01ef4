// A view that follows the admin's actions: it renders again when they change, and moves focus to their message.
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Actions, Place } from '../actions.js';
import { prose } from '../render.js';
import { View } from '../view.js';

export class ActionView extends View {
  @property({ attribute: false }) actions!: Actions;

  override connectedCallback(): void {
    super.connectedCallback();
    this.actions.addEventListener('change', this.onChange);
    this.actions.addEventListener('finished', this.onFinished);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.actions.removeEventListener('change', this.onChange);
    this.actions.removeEventListener('finished', this.onFinished);
  }

  private onChange = (): void => this.requestUpdate();

  /** An error is read at once. After a success, the pressed control may be gone. */
  private onFinished = async (): Promise<void> => {
    await this.updateComplete;
    const root = this.getRootNode() as ShadowRoot;
    if (this.actions.result?.isError === true) this.querySelector<HTMLElement>('#message')?.focus();
    else if (root.activeElement === null) this.querySelector<HTMLElement>('#message')?.focus({ preventScroll: true });
  };

  /** The message about the last action, if this is where it belongs. */
  protected message(place: Place): TemplateResult {
    const { result } = this.actions;
    return html`<div role="status">${result?.place !== place
      ? nothing
      : html`<div id="message" data-code=${result.code} tabindex="-1" class="note stack ${result.isError === true ? 'error' : ''}">${result.lines.map((line) => html`<p>${prose(line)}</p>`)}
          ${result.isStale === true ? html`<button type="button" class="small" data-action="refresh-stale" @click=${() => this.actions.refresh(place)}>${this.t.refresh}</button>` : nothing}</div>`}</div>`;
  }
}
