// A button that copies a text and says whether it worked.
import { html } from 'lit';
import { property, state } from 'lit/decorators.js';
import { element, View } from './view.js';

@element('callback-preview-copy')
export class Copy extends View {
  /** The text, or what makes it. */
  @property({ attribute: false }) text: string | (() => Promise<string>) = '';
  /** What is copied; it distinguishes buttons of the same name. */
  @property({ attribute: false }) label = '';
  @state() private result = '';

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('text') && typeof this.text === 'string') this.result = '';
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(typeof this.text === 'string' ? this.text : await this.text());
      this.result = this.t.copied;
    } catch {
      this.result = this.t.copyFailed;
    }
  }

  override render() {
    return html`<button type="button" class="small" data-action="copy" aria-label="${this.t.copy}: ${this.label}" @click=${() => this.copy()}>${this.t.copy}</button> <span role="status">${this.result}</span>`;
  }
}
