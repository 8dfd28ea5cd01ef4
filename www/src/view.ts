// A section of the preview: a custom element without its own shadow root, so that all sections share one style sheet
// and one scope for ids and labels.
import { LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import type { Strings } from './strings/index.js';

export class View extends LitElement {
  @property({ attribute: false }) t!: Strings;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected emit(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
