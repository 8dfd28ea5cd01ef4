// Keeps the keyboard's place: if the focused control disappears with a change, focus moves to what is next to it.
import type { ReactiveController, ReactiveControllerHost } from 'lit';

const CONTROLS = 'button:not(:disabled), input, select, textarea, summary, [tabindex]';

export class FocusController implements ReactiveController {
  private observer: MutationObserver | undefined;
  /** The focused control and its ancestors, with its place among the controls of each. */
  private path: { node: Element; index: number }[] = [];

  constructor(private readonly host: ReactiveControllerHost & { renderRoot: HTMLElement | DocumentFragment }) {
    host.addController(this);
  }

  hostUpdated(): void {
    if (this.observer !== undefined) return;
    const root = this.host.renderRoot;
    root.addEventListener('focusin', this.onFocus);
    this.observer = new MutationObserver(() => this.check());
    this.observer.observe(root, { childList: true, subtree: true });
  }

  hostDisconnected(): void {
    this.observer?.disconnect();
    this.host.renderRoot.removeEventListener('focusin', this.onFocus);
    this.observer = undefined;
    this.path = [];
  }

  private onFocus = (event: Event): void => {
    const control = event.target as Element;
    this.path = [{ node: control, index: 0 }];
    for (let node = control.parentElement; node !== null; node = node.parentElement) {
      this.path.push({ node, index: [...node.querySelectorAll(CONTROLS)].indexOf(control) });
    }
  };

  private check(): void {
    const [focused] = this.path;
    if (focused === undefined || focused.node.isConnected) return;
    const root = this.host.renderRoot as ShadowRoot;
    const elsewhere = document.activeElement !== null && document.activeElement !== document.body && document.activeElement !== root.host;
    const place = this.path.find(({ node }) => node.isConnected);
    this.path = [];
    if (root.activeElement !== null || elsewhere) return;
    const isNear = place?.node.closest('li, ul, tr, form, .row, .tools, .change, section') !== null;
    const near = isNear && place !== undefined ? [...place.node.querySelectorAll<HTMLElement>(CONTROLS)] : [];
    const target = near[Math.min(place?.index ?? 0, near.length - 1)] ?? root.querySelector<HTMLElement>('#message') ?? root.querySelector<HTMLElement>('[role=tab][aria-selected=true]');
    target?.focus({ preventScroll: true });
  }
}
