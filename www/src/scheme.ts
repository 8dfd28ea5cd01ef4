// The colour scheme: that of the page. Pages such as LibreNMS's mark dark mode with a class instead of CSS's color-scheme.
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Whether an ancestor, also outside of shadow roots, has the class `dark`. */
export class SchemeController implements ReactiveController {
  isDark = false;
  private observer: MutationObserver | undefined;

  constructor(private readonly host: ReactiveControllerHost & Element) {
    host.addController(this);
  }

  hostConnected(): void {
    this.observer = new MutationObserver(() => this.look());
    for (const ancestor of this.ancestors()) this.observer.observe(ancestor, { attributes: true, attributeFilter: ['class'] });
    this.look();
  }

  hostDisconnected(): void {
    this.observer?.disconnect();
  }

  private *ancestors(): Generator<Element> {
    for (let node: Node | null = this.host; node !== null; node = node instanceof ShadowRoot ? node.host : node.parentNode) {
      if (node instanceof Element) yield node;
    }
  }

  private look(): void {
    const isDark = [...this.ancestors()].some((ancestor) => ancestor.classList.contains('dark'));
    if (isDark === this.isDark) return;
    this.isDark = isDark;
    this.host.requestUpdate();
  }
}
