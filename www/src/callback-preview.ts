// <callback-preview>: shows the report of a LibreNMS install exactly as it would be sent.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { Actions } from './actions.js';
import { FocusController } from './focus.js';
import './list.js';
import type { Choices, FactsInput, Summary } from './protocol.js';
import { SchemeController } from './scheme.js';
import { Session } from './session.js';
import { formatTime, strings, type Strings } from './strings/index.js';
import { styles } from './styles.js';
import { element, heading } from './view.js';
import './views/choices.js';
import './views/consent.js';
import './views/details.js';
import './views/overview.js';
import { loading, stopped } from './views/states.js';
import './views/unsaved.js';

/**
 * Previews the report of a LibreNMS install, exactly as it would be sent.
 *
 * @tag callback-preview
 * @fires {CustomEvent<{ sha256: string, bytes: number, devices: number }>} callback-built - A report is on screen. The detail has its SHA-256, size in bytes and number of devices.
 * @csspart body - Everything, in a state in which a report is shown.
 * @csspart state - Everything, while loading and after an error.
 * @csspart consent - Status and buttons.
 * @csspart sent - What is sent.
 * @csspart removed - What was removed.
 * @csspart verify - Digests.
 * @csspart details - The tabs.
 * @csspart unsaved - The bar about unsaved changes.
 * @cssprop --ink - Colour of text.
 * @cssprop --quiet - Colour of secondary text.
 * @cssprop --paper - Background.
 * @cssprop --shade - Background of panels, commands and pressed buttons.
 * @cssprop --line - Colour of rules and borders.
 * @cssprop --accent - Colour of links, the main button and focus.
 * @cssprop --on-accent - Colour of text on it.
 * @cssprop --bad - Colour of errors and of buttons that delete.
 */
@element('callback-preview')
export class CallbackPreview extends LitElement {
  static override styles = styles;

  /** Address of a facts document (JSON), to show a report without an agent. */
  @property() src = '';
  /** Address of the API of `callback-agent serve`; needed to opt in, send and delete. */
  @property() host = '';
  /** Its access token, if it listens on loopback. */
  @property() token = '';
  /** Address of `collector.wasm`. Default: the agent's, or the file beside the script. */
  @property() module = '';
  /** `en` or `de`. Default: the page's language, then the browser's. */
  @property() override lang = '';
  /** `light` or `dark`. Default: dark inside of the class `dark`, else as the page. */
  @property({ attribute: 'color-scheme' }) colorScheme = '';
  /** Level of the element's own heading, 1 to 4. */
  @property({ attribute: 'heading-level', type: Number }) headingLevel = 1;
  /** A facts document: JSON text, its bytes, or an object, which may be reactive. */
  @property({ attribute: false }) facts: FactsInput | null | undefined;

  private readonly session = new Session(this);
  private readonly actions = new Actions(this.session, () => this.t);
  private readonly scheme = new SchemeController(this);
  /** What a screen reader says once a report was rebuilt. */
  private announcement = '';
  private announced: Summary | undefined;

  constructor() {
    super();
    new FocusController(this);
  }

  private get t(): Strings {
    return strings(this.lang);
  }

  private get level(): number {
    return Math.min(4, Math.max(1, Math.trunc(this.headingLevel) || 1));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.session.load();
  }

  /** Renders first in a task of its own, so that neither parsing this script nor rendering blocks the page for long. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await new Promise((resolve) => setTimeout(resolve));
    await super.scheduleUpdate();
  }

  override willUpdate(changed: PropertyValues): void {
    if (['src', 'host', 'token', 'module', 'facts'].some((name) => changed.has(name)) && this.isConnected) {
      this.session.forgetUnsaved();
      void this.session.load();
    }
    const { summary, building } = this.session;
    if (summary !== this.announced && !building) {
      // The first report is what the page is about; only later ones are news.
      this.announcement = this.announced === undefined || summary === undefined ? '' : this.t.rebuilt(summary.bytes, summary.pairs);
      this.announced = summary;
    }
  }

  /** Reads the facts again and rebuilds the report. */
  load(): Promise<void> {
    return this.session.load();
  }

  /** Cancels loading. */
  cancel(): void {
    this.session.cancel();
  }

  override render() {
    const { t, level } = this;
    const { phase } = this.session;
    const scheme = ['light', 'dark'].includes(this.colorScheme) ? this.colorScheme : this.scheme.isDark ? 'dark' : nothing;
    // Both languages are written left to right, whatever the page's direction.
    const root = (content: TemplateResult, busy: 'true' | typeof nothing = nothing): TemplateResult =>
      html`<div class="root" lang=${t.lang} dir="ltr" data-scheme=${scheme} data-phase=${phase.name} data-code=${phase.name === 'error' ? phase.code : nothing}
        role=${busy === nothing ? nothing : 'status'} aria-busy=${busy}>${content}</div>`;
    switch (phase.name) {
      case 'ready':
        return root(this.renderReady());
      case 'loading':
        return root(html`<div class="state stack" part="state">${loading(phase, t, level, () => this.cancel())}</div>`, 'true');
      default:
        return root(html`<div class="state stack" part="state">${stopped(phase, t, level, () => void this.session.reload())}</div>`);
    }
  }

  /** When, by what and for whom the report was built. */
  private about(): string[] {
    const { t } = this;
    const { snapshot, hostState, moduleInfo, summary } = this.session;
    if (summary === undefined) return [];
    return [
      ...(snapshot === undefined ? [] : [t.aboutMade(formatTime(snapshot.made, t.lang))]),
      `${t.inside(summary.labels, summary.pairs)}, ${t.fromDevices(summary.devices)}. ${t.removedTotal(Object.values(summary.removed).reduce((sum, count) => sum + (count ?? 0), 0))}`,
      ...(moduleInfo?.sha256 == null ? [] : [`${t.moduleDigest}: ${moduleInfo.sha256}`]),
      ...(hostState?.receiver ? [`${t.optInReceiver}: ${hostState.receiver.url}`] : []),
    ];
  }

  private renderReady(): TemplateResult {
    const { t, level, actions } = this;
    const { summary, engine, agent, hostState, choices, saved, building, isUnsaved, snapshot, moduleInfo, entries } = this.session;
    if (summary === undefined || engine === undefined) return html``;
    const { terms, withheld, included } = choices;
    return html`<div class="body" part="body" @callback-refresh=${() => actions.refresh()}
      @callback-choices=${(event: CustomEvent<Choices>) => this.session.rebuild(event.detail)}>
      ${heading(1, level, t.title)}
      ${hostState === undefined || hostState.consent === 'on' ? nothing : html`<p>${t.whyShare}</p>`}
      <callback-preview-consent part="consent" .t=${t} .level=${level} .actions=${actions} .state=${agent === undefined ? undefined : hostState} .summary=${summary}
        .choices=${choices} .building=${building}></callback-preview-consent>
      <callback-preview-overview .t=${t} .level=${level} .summary=${summary} .moduleInfo=${moduleInfo} .agentModule=${hostState?.module.sha256}
        .readAt=${snapshot?.made} .unsaved=${isUnsaved} .busy=${building}></callback-preview-overview>
      <callback-preview-details .t=${t} .level=${level} .engine=${engine} .summary=${summary} .choices=${choices} .host=${agent} .state=${hostState}
        .entries=${entries} .about=${this.about()}></callback-preview-details>
      ${terms.length + withheld.length + included.length === 0
        ? nothing
        : html`<callback-preview-choices .t=${t} .level=${level} .choices=${choices} .summary=${summary} .busy=${building}></callback-preview-choices>`}
      <div class="hidden" role="status" id="announcement">${this.announcement}</div>
      <callback-preview-unsaved part="unsaved" .t=${t} .actions=${actions} .state=${hostState} .summary=${summary} .choices=${choices} .saved=${saved}
        .building=${building}></callback-preview-unsaved>
    </div>`;
  }
}
