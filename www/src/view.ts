// A section of the preview: a custom element without its own shadow root, so that all sections share one style sheet
// and one scope for ids and labels.
import { LitElement, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { html, literal } from 'lit/static-html.js';
import type { Strings } from './strings/index.js';

/** Defines a custom element, unless another copy of this script on the page has done so. */
export const element =
  (name: string) =>
  (type: CustomElementConstructor): void => {
    if (customElements.get(name) === undefined) customElements.define(name, type);
  };

const TAGS = [literal`h1`, literal`h2`, literal`h3`, literal`h4`, literal`h5`, literal`h6`];

/** A heading that is `depth` levels (1 to 3) into the element, whose own heading has the level `top`. */
export function heading(depth: 1 | 2 | 3, top: number, content: unknown, id?: string) {
  const tag = TAGS[Math.min(TAGS.length, top + depth - 1) - 1] ?? TAGS[0];
  return html`<${tag} class="heading-${depth}" id=${id ?? nothing} tabindex=${id === undefined ? nothing : -1}>${content}</${tag}>`;
}

export class View extends LitElement {
  @property({ attribute: false }) t!: Strings;
  /** Level of the element's own heading. */
  @property({ attribute: false }) level = 1;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected heading(depth: 2 | 3, content: unknown, id?: string) {
    return heading(depth, this.level, content, id);
  }

  protected emit(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }
}
