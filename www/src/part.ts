// A part of the element: an element of its own that renders into the tree of the one around it, so that there is one style
// sheet and one scope for labels.
import { LitElement } from 'lit';
import type { Strings } from './strings/index.js';

export class Part extends LitElement {
  declare t: Strings;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
