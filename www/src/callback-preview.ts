// <callback-preview>: shows the report of a LibreNMS install exactly as it would be sent.
//
//   src     address of a facts document (JSON)
//   facts   (property) a facts document: text, bytes or an object
//   host    address of the API of `callback-agent serve`; needed to opt in, send and delete
//   token   its access token, if it listens on loopback
//   module  address of collector.wasm; default: the agent's, or the file beside this script
//   lang    en or de; default: the page's language, then the browser's
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { Engine, EngineError } from './engine.js';
import { Host, HostError, readBody, type Entry, type HostState, type Snapshot } from './host.js';
import './list.js';
import { completeChoices, type Answer, type Choices, type FactsInput, type Stage, type Summary } from './protocol.js';
import { strings, type Strings } from './strings/index.js';
import { styles } from './styles.js';
import './views/bytes.js';
import './views/changes.js';
import './views/choices.js';
import './views/consent.js';
import './views/contents.js';
import './views/fields.js';
import './views/history.js';
import './views/overview.js';
import './views/removed.js';

/** The steps of loading, in order. The module starts while the facts are read. */
type Step = 'asking' | 'facts' | 'module' | Stage;
const STEPS: Step[] = ['asking', 'facts', 'module', 'reading', 'building', 'arranging'];

type Phase =
  | { name: 'empty' | 'locked' | 'forbidden' | 'no-wasm' | 'cancelled' | 'ready' }
  | { name: 'loading'; stage: Step; done: number; total: number | null; shown: boolean }
  /** `path` is set if the facts are invalid. */
  | { name: 'error'; code: string; path: string | undefined; message: string; lang: string };

type Tab = 'removed' | 'bytes' | 'contents' | 'fields' | 'changes' | 'history';

/** Milliseconds before progress is shown: most loads are quicker and would only flicker. */
const PROGRESS_DELAY = 200;

/** Objects as JSON text: proxies, such as Vue's and MobX's, cannot be posted to a worker. */
const transferable = (facts: FactsInput): FactsInput =>
  typeof facts === 'string' || facts instanceof ArrayBuffer || ArrayBuffer.isView(facts) ? facts : JSON.stringify(facts);

const NO_CHOICES: Choices = { categories: null, withheld: [], included: [], terms: [] };

export class CallbackPreview extends LitElement {
  static override styles = styles;

  @property() src = '';
  @property() host = '';
  @property() token = '';
  @property() module = '';
  @property() override lang = '';
  @property({ attribute: false }) facts: FactsInput | null | undefined;
  @state() private phase: Phase = { name: 'empty' };
  @state() private summary: Summary | undefined;
  @state() private moduleInfo: Answer<'start'> | undefined;
  @state() private hostState: HostState | undefined;
  @state() private entries: Entry[] = [];
  @state() private choices: Choices = NO_CHOICES;
  /** The choices that every report is built with. */
  @state() private saved: Choices = NO_CHOICES;
  @state() private snapshot: Snapshot | undefined;
  @state() private tab: Tab = 'removed';
  @state() private busy = false;

  private engine: Engine | undefined;
  private agent: Host | undefined;
  /** Unsaved choices from before a reload, applied again once there is a report. */
  private unsavedChoices: Choices | undefined;
  private fixedTerms: string[] = [];
  /** Number of the current load; older ones stop when they notice. */
  private loadId = 0;
  /** Aborts requests when the load is cancelled or the element is removed. */
  private abort = new AbortController();

  private get t(): Strings {
    return strings(this.lang);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.onVisibilityChange);
    if (this.hasUpdated) void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.onVisibilityChange);
    this.loadId += 1;
    this.abort.abort();
    this.engine?.terminate();
    this.engine = undefined;
  }

  /** Renders first in a task of its own, so that neither parsing this script nor rendering blocks the page for long. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await new Promise((resolve) => setTimeout(resolve));
    await super.scheduleUpdate();
  }

  override willUpdate(changed: PropertyValues): void {
    if (['src', 'host', 'token', 'module', 'facts'].some((name) => changed.has(name)) && this.isConnected) {
      this.unsavedChoices = undefined;
      void this.load();
    }
  }

  /** Reads the facts, starts the module and builds the report. */
  async load(): Promise<void> {
    this.loadId += 1;
    const id = this.loadId;
    const current = (): boolean => id === this.loadId;
    this.abort.abort();
    this.abort = new AbortController();
    this.engine?.terminate();
    this.busy = false;
    this.summary = undefined;
    this.snapshot = undefined;
    this.hostState = undefined;
    this.agent = this.host === '' ? undefined : new Host(this.host, this.token);
    if (this.agent === undefined && this.facts == null && this.src === '') {
      this.phase = { name: 'empty' };
      return;
    }
    if (typeof WebAssembly !== 'object' || typeof WebAssembly.instantiate !== 'function') {
      this.phase = { name: 'no-wasm' };
      return;
    }
    this.phase = { name: 'loading', stage: this.agent === undefined ? 'facts' : 'asking', done: 0, total: null, shown: this.phase.name === 'loading' && this.phase.shown };
    setTimeout(() => {
      if (current() && this.phase.name === 'loading') this.phase = { ...this.phase, shown: true };
    }, PROGRESS_DELAY);
    // Render before starting the worker.
    await new Promise((resolve) => setTimeout(resolve));
    if (!current()) return;
    try {
      const engine = new Engine((stage) => {
        if (current()) this.progress(stage);
      });
      this.engine = engine;
      // The module compiles while the install is read.
      const reading = this.read(current).then((read) => {
        if (current()) this.progress('module');
        return read;
      });
      const [moduleInfo, { facts, snapshot }] = await Promise.all([this.start(engine), reading]);
      if (!current()) return;
      [this.moduleInfo, this.snapshot] = [moduleInfo, snapshot];
      const transfer = facts instanceof ArrayBuffer && facts !== this.facts ? [facts] : [];
      const loaded = await engine.ask('facts', { facts }, transfer);
      if (!current()) return;
      // With an agent, some terms come from its configuration and cannot be changed here.
      this.saved = snapshot === undefined ? loaded.choices : completeChoices(snapshot.choices);
      this.choices = this.saved;
      this.fixedTerms = snapshot?.fixed_terms ?? [];
      this.summary = await engine.ask('build', { choices: null, fixedTerms: [], columns: 96 });
      if (!current()) return;
      this.phase = { name: 'ready' };
      this.dispatchEvent(new CustomEvent('callback-built', { detail: this.summary }));
    } catch (error) {
      if (current()) this.fail(error);
    }
  }

  private async start(engine: Engine): Promise<Answer<'start'>> {
    const { agent } = this;
    if (agent !== undefined && this.module === '') {
      const module = await agent.module();
      return engine.ask('start', { module }, [module]);
    }
    const besideScript = new URL(/* @vite-ignore */ './collector.wasm', import.meta.url).href;
    const module = this.module === '' ? besideScript : new URL(this.module, document.baseURI).href;
    return engine.ask('start', { module });
  }

  private async read(current: () => boolean): Promise<{ facts: FactsInput; snapshot?: Snapshot }> {
    if (this.facts != null) return { facts: transferable(this.facts) };
    const withProgress = (response: Response): Promise<ArrayBuffer> =>
      readBody(response, (done, total) => {
        if (current()) this.progress('facts', Math.round(done / 1000), total === null ? null : Math.round(total / 1000));
      });
    const { agent } = this;
    if (agent !== undefined) {
      const throwIfCancelled = (): void => {
        if (!current()) throw new EngineError('cancelled', 'cancelled', '');
      };
      // Check access first, before the agent reads the install.
      const hostState = await agent.state();
      throwIfCancelled();
      const entries = await agent.ledger();
      throwIfCancelled();
      [this.hostState, this.entries] = [hostState, entries];
      this.progress('facts');
      const snapshot = await agent.snapshot();
      throwIfCancelled();
      return { snapshot, facts: await withProgress(await agent.facts(snapshot.snapshot)) };
    }
    const response = await fetch(new URL(this.src, document.baseURI), { signal: this.abort.signal, credentials: 'same-origin' });
    if (!response.ok) throw new EngineError(`${response.url}: status ${response.status}`, 'not_loaded', '');
    return { facts: await withProgress(response) };
  }

  private progress(stage: Step, done = 0, total: number | null = null): void {
    if (this.phase.name === 'loading') this.phase = { ...this.phase, stage, done, total };
  }

  private fail(error: unknown): void {
    if (error instanceof HostError && (error.status === 401 || error.status === 403)) {
      // 401: the agent does not accept the token. 403: nginx reports that the user is not an administrator.
      this.phase = { name: error.status === 401 ? 'locked' : 'forbidden' };
      return;
    }
    const code = error instanceof EngineError || error instanceof HostError ? error.code : 'failed';
    if (code === 'cancelled') return;
    this.engine?.terminate();
    this.engine = undefined;
    if (code === 'no_wasm') {
      this.phase = { name: 'no-wasm' };
      return;
    }
    const isUnreachable = error instanceof HostError && error.status === 0;
    const message = isUnreachable ? this.t.noAgent : (error instanceof Error && error.message) || String(error);
    const facts = error instanceof EngineError && !['failed', 'trap', 'not_loaded', 'bad_call'].includes(code) ? error.path : undefined;
    this.phase = { name: 'error', code, path: facts, message, lang: isUnreachable ? this.t.lang : 'en' };
  }

  /** Loads again and keeps unsaved choices, even if loading fails first and is retried. */
  private async reload(): Promise<void> {
    if (this.summary !== undefined && this.isUnsaved) this.unsavedChoices = this.choices;
    await this.load();
    const choices = this.unsavedChoices;
    if (choices === undefined || this.phase.name !== 'ready') return;
    this.unsavedChoices = undefined;
    await this.rebuild(choices);
  }

  /** Another tab or a command may have changed the agent's state. */
  private onVisibilityChange = (): void => {
    if (document.visibilityState === 'visible' && this.phase.name === 'ready' && !this.busy) void this.refresh();
  };

  /** Cancels loading. */
  cancel(): void {
    this.loadId += 1;
    this.abort.abort();
    this.engine?.terminate();
    this.engine = undefined;
    this.phase = { name: 'cancelled' };
  }

  /**
   * Rebuilds the report with other choices. The page shows them at once, but nothing can be sent until the report is built.
   * Choices that change during a build are built next.
   */
  private async rebuild(choices: Choices): Promise<void> {
    this.choices = choices;
    const engine = this.engine;
    if (engine === undefined || this.busy) return;
    this.busy = true;
    try {
      for (let building: Choices | undefined; building !== this.choices; ) {
        building = this.choices;
        const summary = await engine.ask('build', { choices: building, fixedTerms: this.fixedTerms, columns: 96 });
        if (engine !== this.engine) return;
        this.summary = summary;
      }
      this.dispatchEvent(new CustomEvent('callback-built', { detail: this.summary }));
    } catch (error) {
      this.fail(error);
    } finally {
      if (engine === this.engine) this.busy = false;
    }
  }

  private refresh = async (): Promise<void> => {
    if (this.agent === undefined) return;
    try {
      this.hostState = await this.agent.state();
      this.entries = await this.agent.ledger();
    } catch {
      // The consent view reports that the agent cannot be reached.
    }
  };

  private get isUnsaved(): boolean {
    return JSON.stringify(this.choices) !== JSON.stringify(this.saved);
  }

  override render() {
    const { lang } = this.t;
    // Both languages are written left to right, whatever the page's direction.
    switch (this.phase.name) {
      case 'ready':
        return html`<div lang=${lang} dir="ltr" data-phase="ready">${this.renderReady()}</div>`;
      case 'loading':
        return html`<div class="state stack" lang=${lang} dir="ltr" data-phase="loading" role="status" aria-busy="true">${this.renderLoading(this.phase)}</div>`;
      default:
        return html`<div class="state stack" lang=${lang} dir="ltr" data-phase=${this.phase.name} data-code=${this.phase.name === 'error' ? this.phase.code : nothing}>${this.renderState(this.phase)}</div>`;
    }
  }

  private renderLoading(phase: Phase & { name: 'loading' }): TemplateResult {
    const t = this.t;
    if (!phase.shown) return html`<h1 class="hidden">${t.title}</h1><span class="hidden">${t.stage.facts}</span>`;
    const fraction = phase.total !== null && phase.total > 0 ? Math.min(1, phase.done / phase.total) : 0;
    return html`<h1>${t.title}</h1><p>${t.stage[phase.stage]}${phase.done > 0 ? html` <span class="quiet">${t.loaded(phase.done, phase.total)}</span>` : nothing}</p>
      <progress aria-label=${t.stage[phase.stage]} max=${STEPS.length} value=${STEPS.indexOf(phase.stage) + fraction}></progress>
      <div><button data-action="cancel" @click=${() => this.cancel()}>${t.cancel}</button></div>`;
  }

  private renderState(phase: Phase): TemplateResult {
    const t = this.t;
    const retry = html`<div><button class="main" data-action="retry" @click=${() => this.reload()}>${t.tryAgain}</button></div>`;
    switch (phase.name) {
      case 'locked':
        return html`<h1>${t.lockedTitle}</h1><p>${t.lockedText}</p><code class="command">callback-agent serve</code>`;
      case 'forbidden':
        return html`<h1>${t.forbiddenTitle}</h1><p>${t.forbiddenText}</p>`;
      case 'no-wasm':
        return html`<h1>${t.noWasmTitle}</h1><p>${t.noWasmText}</p><code class="command">callback-agent --librenms /opt/librenms preview --explain</code>`;
      case 'cancelled':
        return html`<h1>${t.title}</h1><p role="status">${t.cancelled}</p>${retry}`;
      case 'error': {
        const explanation = phase.code === 'trap' ? t.errorTrap : phase.path !== undefined ? t.errorFacts(phase.path) : undefined;
        return html`<div role="alert" class="stack"><h1>${t.errorTitle}</h1>
          ${explanation === undefined ? nothing : html`<p>${explanation}</p>`}
          <p class="text quiet" lang=${phase.lang}>${phase.message}</p><p>${t.errorKept}</p></div>${retry}`;
      }
      default:
        return html`<h1>${t.emptyTitle}</h1><p>${t.emptyText}</p>`;
    }
  }

  private renderReady(): TemplateResult {
    const t = this.t;
    const summary = this.summary;
    if (summary === undefined || this.engine === undefined) return html``;
    const { terms, withheld, included } = this.choices;
    return html`<div class="body" @callback-choices=${(event: CustomEvent<Choices>) => this.rebuild(event.detail)}
      @callback-saved=${(event: CustomEvent<Choices>) => (this.saved = event.detail)}
      @callback-discard=${() => this.rebuild(this.saved)} @callback-refresh=${() => this.reload()}>
      <h1>${t.title}</h1>
      <callback-preview-consent .t=${t} .host=${this.agent} .state=${this.hostState} .summary=${summary}
        .snapshot=${this.snapshot} .choices=${this.choices} .unsaved=${this.isUnsaved} .building=${this.busy}
        .refresh=${this.refresh}></callback-preview-consent>
      <callback-preview-overview .t=${t} .summary=${summary} .moduleInfo=${this.moduleInfo} .agentModule=${this.hostState?.module.sha256}
        .unsaved=${this.isUnsaved} .busy=${this.busy}></callback-preview-overview>
      ${terms.length + withheld.length + included.length === 0
        ? nothing
        : html`<callback-preview-choices .t=${t} .choices=${this.choices} .summary=${summary} .busy=${this.busy}></callback-preview-choices>`}
      ${this.renderDetails(summary)}
    </div>`;
  }

  private get tabs(): [Tab, string][] {
    const t = this.t;
    const tabs: [Tab, string][] = [['removed', t.removedTab], ['bytes', t.bytesTab], ['contents', t.contentsTab], ['fields', t.fieldsTab]];
    return this.agent === undefined ? tabs : [...tabs, ['changes', t.changesTab], ['history', t.historyTab]];
  }

  private async onTabKey(event: KeyboardEvent): Promise<void> {
    const tabs = this.tabs.map(([name]) => name);
    const index = tabs.indexOf(this.tab);
    const target = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.tab = tabs[(target + tabs.length) % tabs.length] ?? 'removed';
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus();
  }

  private renderDetails(summary: Summary): TemplateResult {
    const t = this.t;
    const { engine, choices } = this;
    const view = {
      removed: () => html`<callback-preview-removed .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-removed>`,
      bytes: () => html`<callback-preview-bytes .t=${t} .engine=${engine} .summary=${summary}></callback-preview-bytes>`,
      contents: () => html`<callback-preview-contents .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-contents>`,
      fields: () => html`<callback-preview-fields .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-fields>`,
      changes: () => html`<callback-preview-changes .t=${t} .engine=${engine} .summary=${summary} .host=${this.agent} .state=${this.hostState} .entries=${this.entries}></callback-preview-changes>`,
      history: () => html`<callback-preview-history .t=${t} .entries=${this.entries}></callback-preview-history>`,
    }[this.tab];
    return html`<section aria-label=${t.details}>
      <div role="tablist" aria-label=${t.details} @keydown=${(event: KeyboardEvent) => this.onTabKey(event)}>
        ${this.tabs.map(([name, label]) => html`<button role="tab" id="tab-${name}" aria-selected=${name === this.tab} aria-controls="tab-panel"
          tabindex=${name === this.tab ? 0 : -1} @click=${() => (this.tab = name)}>${label}</button>`)}
      </div>
      <p class="on-paper">${t.printed}</p>
      <div role="tabpanel" id="tab-panel" aria-labelledby="tab-${this.tab}">${view()}</div>
    </section>`;
  }
}

customElements.define('callback-preview', CallbackPreview);
