// <callback-preview>: shows the report of a LibreNMS install exactly as it would be sent.
//
//   src     address of a facts document (JSON)
//   facts   (property) a facts document: text, bytes or an object
//   host    address of the API of `callback-agent serve`; with it the switch works
//   token   its token, where it listens on loopback
//   module  address of collector.wasm; without it, the file beside this script, or the agent's own
//   lang    en or de; without it, the page's language or the browser's
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { Engine, EngineProblem } from './engine.js';
import { Host, HostProblem, received, type Entry, type HostState, type Snapshot } from './host.js';
import './list.js';
import type { Answer, Choices, FactsInput, Stage, Summary } from './protocol.js';
import { strings, type Strings } from './strings/index.js';
import { styles } from './styles.js';
import './views/bytes.js';
import './views/difference.js';
import './views/fields.js';
import './views/history.js';
import './views/removed.js';
import './views/sent.js';
import './views/switch.js';
import { copy, digest, family, plain } from './words.js';

/** What loading is made of, in order; the module starts while the facts come. */
type Step = 'asking' | 'facts' | 'module' | Stage;
const STEPS: Step[] = ['asking', 'facts', 'module', 'reading', 'building', 'arranging'];

type Phase =
  | { name: 'empty' | 'locked' | 'refused' | 'no-wasm' | 'cancelled' | 'ready' }
  | { name: 'loading'; stage: Step; done: number; total: number | null; shown: boolean }
  | { name: 'error'; code: string; path: string; message: string; lang: string };

type Tab = 'removed' | 'bytes' | 'sent' | 'fields' | 'difference' | 'history';

/** Loading that is quicker than this shows nothing. */
const SILENCE = 200;

const NO_CHOICES: Choices = { categories: null, withheld: [], included: [], terms: [] };

export class CallbackPreview extends LitElement {
  static override properties = {
    src: { type: String },
    host: { type: String },
    token: { type: String },
    module: { type: String },
    lang: { type: String },
    facts: { attribute: false },
    phase: { state: true },
    summary: { state: true },
    moduleInfo: { state: true },
    hostState: { state: true },
    entries: { state: true },
    choices: { state: true },
    allowed: { state: true },
    snapshot: { state: true },
    tab: { state: true },
    said: { state: true },
    busy: { state: true },
  };

  static override styles = styles;

  declare src: string;
  declare host: string;
  declare token: string;
  declare module: string;
  declare lang: string;
  declare facts: FactsInput | undefined;
  declare protected phase: Phase;
  declare protected summary: Summary | undefined;
  declare protected moduleInfo: { sha256: string | null; bytes: number } | undefined;
  declare protected hostState: HostState | undefined;
  declare protected entries: Entry[];
  declare protected choices: Choices;
  /** The choices that every report is built with. */
  declare protected allowed: Choices;
  declare protected snapshot: Snapshot | undefined;
  declare protected tab: Tab;
  declare protected said: string;
  declare protected busy: boolean;

  private engine: Engine | undefined;
  private agent: Host | undefined;
  /** What was chosen before the load that is under way, and is chosen again once there is a report. */
  private wanted: Choices | undefined;
  private fixedTerms: string[] = [];
  private run = 0;
  /** Aborts what is under way when it is cancelled or the element goes. */
  private abort = new AbortController();

  constructor() {
    super();
    this.src = '';
    this.host = '';
    this.token = '';
    this.module = '';
    this.lang = '';
    this.phase = { name: 'empty' };
    this.entries = [];
    this.choices = NO_CHOICES;
    this.allowed = NO_CHOICES;
    this.tab = 'removed';
    this.said = '';
    this.busy = false;
  }

  private get t(): Strings {
    return strings(this.lang);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.seen);
    if (this.hasUpdated) void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.seen);
    this.run += 1;
    this.abort.abort();
    this.engine?.end();
    this.engine = undefined;
  }

  /** The first drawing is a task of its own, after the one that read this script: neither holds the page up for long. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await new Promise((resolve) => setTimeout(resolve));
    await super.scheduleUpdate();
  }

  override willUpdate(changed: PropertyValues): void {
    if (['src', 'host', 'token', 'module', 'facts'].some((name) => changed.has(name)) && this.isConnected) {
      this.wanted = undefined;
      void this.load();
    }
  }

  /** Reads the facts, starts the module and builds the report. */
  async load(): Promise<void> {
    const run = (this.run += 1);
    const current = (): boolean => run === this.run;
    this.abort.abort();
    this.abort = new AbortController();
    this.engine?.end();
    this.busy = false;
    this.summary = undefined;
    this.snapshot = undefined;
    this.hostState = undefined;
    this.agent = this.host === '' ? undefined : new Host(this.host, this.token);
    if (this.agent === undefined && this.facts === undefined && this.src === '') {
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
    }, SILENCE);
    // What is on the screen comes first, then the worker.
    await new Promise((resolve) => setTimeout(resolve));
    if (!current()) return;
    try {
      const engine = new Engine((stage) => {
        if (current()) this.progress(stage);
      });
      this.engine = engine;
      // The module, which is nobody's secret, is compiled while the install is read.
      const reading = this.read(current).then((read) => {
        if (current()) this.progress('module');
        return read;
      });
      const [moduleInfo, { facts, snapshot }] = await Promise.all([this.start(engine), reading]);
      if (!current()) return;
      [this.moduleInfo, this.snapshot] = [moduleInfo, snapshot];
      const transfer = facts instanceof ArrayBuffer && facts !== this.facts ? [facts] : [];
      const taken = await engine.ask('facts', { facts }, transfer);
      if (!current()) return;
      // The agent says which terms are the configuration's; elsewhere all are the page's to change.
      this.allowed = snapshot?.choices ?? taken.choices;
      this.choices = this.allowed;
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
    const beside = new URL(/* @vite-ignore */ './collector.wasm', import.meta.url).href;
    const module = this.module === '' ? beside : new URL(this.module, document.baseURI).href;
    return engine.ask('start', { module });
  }

  private async read(current: () => boolean): Promise<{ facts: FactsInput; snapshot?: Snapshot }> {
    if (this.facts !== undefined) return { facts: this.facts };
    const arriving = (response: Response): Promise<ArrayBuffer> =>
      received(response, (done, total) => {
        if (current()) this.progress('facts', Math.round(done / 1000), total === null ? null : Math.round(total / 1000));
      });
    const { agent } = this;
    if (agent !== undefined) {
      const still = (): void => {
        if (!current()) throw new EngineProblem('cancelled', 'cancelled', '');
      };
      // First whether we may: nothing of the install is asked of an agent that does not know us.
      const hostState = await agent.state();
      still();
      const entries = await agent.ledger();
      still();
      [this.hostState, this.entries] = [hostState, entries];
      this.progress('facts');
      const snapshot = await agent.snapshot();
      still();
      return { snapshot, facts: await arriving(await agent.facts(snapshot.snapshot)) };
    }
    const response = await fetch(new URL(this.src, document.baseURI), { signal: this.abort.signal, credentials: 'same-origin' });
    if (!response.ok) throw new EngineProblem(`status ${response.status}`, 'not_loaded', '');
    return { facts: await arriving(response) };
  }

  private progress(stage: Step, done = 0, total: number | null = null): void {
    if (this.phase.name === 'loading') this.phase = { ...this.phase, stage, done, total };
  }

  private fail(error: unknown): void {
    if (error instanceof HostProblem && (error.status === 401 || error.status === 403)) {
      // Nginx answers 403 where the login is no administrator's; the agent 401 where the token is not right.
      this.phase = { name: error.status === 401 ? 'locked' : 'refused' };
      return;
    }
    const { code, path, message } = error instanceof EngineProblem ? error : { code: 'failed', path: '', message: '' };
    if (code === 'cancelled') return;
    this.engine?.end();
    this.engine = undefined;
    const unreachable = error instanceof HostProblem && error.status === 0;
    const what = unreachable ? this.t.noAgent : error instanceof HostProblem ? error.message : message || String(error);
    // A policy without 'wasm-unsafe-eval' is, for whoever reads this, no WebAssembly.
    if (error instanceof EngineProblem && /wasm-unsafe-eval|Content Security Policy|WebAssembly is not defined/.test(what)) {
      this.phase = { name: 'no-wasm' };
      return;
    }
    this.phase = { name: 'error', code, path, message: what, lang: unreachable ? this.t.lang : 'en' };
  }

  /** Reads everything anew; what was chosen here stays chosen, also if reading fails or is cancelled and tried again. */
  private async reload(): Promise<void> {
    if (this.summary !== undefined && this.isChanged) this.wanted = this.choices;
    await this.load();
    const { wanted } = this;
    if (wanted === undefined || this.phase.name !== 'ready') return;
    this.wanted = undefined;
    await this.choose(wanted);
  }

  /** Another tab or a command may have changed something meanwhile. */
  private seen = (): void => {
    if (document.visibilityState === 'visible' && this.phase.name === 'ready' && !this.busy) void this.refresh();
  };

  /** Stops what is under way. */
  cancel(): void {
    this.run += 1;
    this.abort.abort();
    this.engine?.end();
    this.engine = undefined;
    this.phase = { name: 'cancelled' };
  }

  /**
   * Builds again with other choices. They are shown at once, so that the next one starts from them; until the report is
   * built, nothing can be sent. What is chosen meanwhile is built after that.
   */
  private async choose(choices: Choices): Promise<void> {
    this.choices = choices;
    const engine = this.engine;
    if (engine === undefined || this.busy) return;
    this.busy = true;
    try {
      for (let chosen: Choices | undefined; chosen !== this.choices; ) {
        chosen = this.choices;
        const summary = await engine.ask('build', { choices: chosen, fixedTerms: this.fixedTerms, columns: 96 });
        if (engine !== this.engine) return;
        this.summary = summary;
        this.said = '';
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
      // The switch says that the agent cannot be reached.
    }
  };

  private get isChanged(): boolean {
    return JSON.stringify(this.choices) !== JSON.stringify(this.allowed);
  }

  override render() {
    const t = this.t;
    const lang = t.lang;
    switch (this.phase.name) {
      case 'ready':
        return html`<div lang=${lang}>${this.ready()}</div>`;
      case 'loading':
        return html`<div class="state stack" lang=${lang} role="status" aria-busy="true">${this.loading(this.phase)}</div>`;
      default:
        return html`<div class="state stack" lang=${lang}>${this.other(this.phase)}</div>`;
    }
  }

  private loading(phase: Phase & { name: 'loading' }): TemplateResult {
    const t = this.t;
    if (!phase.shown) return html`<h1 class="hidden">${t.title}</h1><span class="hidden">${t.loadingFacts}</span>`;
    const stages = { asking: t.loadingAsking, module: t.loadingModule, facts: t.loadingFacts, reading: t.loadingReading, building: t.loadingBuilding, arranging: t.loadingArranging };
    const part = phase.total !== null && phase.total > 0 ? Math.min(1, phase.done / phase.total) : 0;
    return html`<h1>${t.title}</h1><p>${stages[phase.stage]}${phase.done > 0 ? html` <span class="quiet">${t.loaded(phase.done, phase.total)}</span>` : nothing}</p>
      <progress aria-label=${stages[phase.stage]} max=${STEPS.length} value=${STEPS.indexOf(phase.stage) + part}></progress>
      <div><button @click=${() => this.cancel()}>${t.cancel}</button></div>`;
  }

  private other(phase: Phase): TemplateResult {
    const t = this.t;
    const again = html`<div><button class="main" @click=${() => this.reload()}>${t.tryAgain}</button></div>`;
    switch (phase.name) {
      case 'locked':
        return html`<h1>${t.lockedTitle}</h1><p>${t.lockedText}</p><code class="command">callback-agent serve</code>`;
      case 'refused':
        return html`<h1>${t.refusedTitle}</h1><p>${t.refusedText}</p>`;
      case 'no-wasm':
        return html`<h1>${t.noWasmTitle}</h1><p>${t.noWasmText}</p><code class="command">callback-agent --install /opt/librenms preview --explain</code>`;
      case 'cancelled':
        return html`<h1>${t.title}</h1><p role="status">${t.cancelled}</p>${again}`;
      case 'error': {
        const isFacts = !['failed', 'trap', 'not_loaded', 'bad_call'].includes(phase.code);
        return html`<div role="alert" class="stack"><h1>${t.errorTitle}</h1>
          <p>${phase.code === 'trap' ? t.errorTrap : isFacts ? t.errorFacts(phase.path) : nothing}</p>
          <p class="text quiet" lang=${phase.lang}>${phase.message}</p><p>${t.errorKept}</p></div>${again}`;
      }
      default:
        return html`<h1>${t.emptyTitle}</h1><p>${t.emptyText}</p>`;
    }
  }

  private ready(): TemplateResult {
    const t = this.t;
    const summary = this.summary;
    if (summary === undefined || this.engine === undefined) return html``;
    return html`<div class="body" @callback-choices=${(event: CustomEvent<Choices>) => this.choose(event.detail)}
      @callback-kept=${(event: CustomEvent<Choices>) => (this.allowed = event.detail)}
      @callback-discard=${() => this.choose(this.allowed)}>
      <h1>${t.title}</h1>
      <callback-preview-switch .t=${t} .host=${this.agent} .state=${this.hostState} .summary=${summary}
        .snapshot=${this.snapshot} .choices=${this.choices} .changed=${this.isChanged} .building=${this.busy}
        .refresh=${this.refresh}></callback-preview-switch>
      ${this.overview(summary)} ${this.taken()} ${this.details(summary)}
    </div>`;
  }

  private overview(summary: Summary): TemplateResult {
    const t = this.t;
    const removed = Object.entries(summary.removed).sort(([, a], [, b]) => b - a) as [keyof Strings['kind'], number][];
    const held = summary.leftOut.reduce((sum, { reason, entries }) => sum + (reason === 'identifying' ? (entries ?? 1) : 0), 0);
    const rare = summary.rare.filter(({ included }) => !included).length;
    const cleaned = summary.cleaned.reduce((sum, { rows }) => sum + rows, 0);
    const agrees = this.hostState === undefined || this.moduleInfo?.sha256 == null ? undefined : this.hostState.module.sha256 === this.moduleInfo.sha256;
    return html`<div class="columns" aria-busy=${this.busy}>
      <section class="stack" aria-labelledby="leaves"><h2 id="leaves">${t.whatLeaves}</h2>
        <p class="big">${t.bytes(summary.bytes)}</p>
        <p>${t.inside(summary.labels, summary.groups, summary.pairs)}</p>
        <p>${t.behind(summary.devices)}</p>
        <p class="quiet">${t.builtIn(summary.time)}</p>
        <div><button class="small" ?disabled=${this.busy} @click=${() => this.reload()}>${t.readAgain}</button></div>
      </section>
      <section class="stack" aria-labelledby="was-removed"><h2 id="was-removed">${t.whatWasRemoved}</h2>
        ${removed.length === 0 ? html`<p>${t.nothingRemoved}</p>` : html`<ul class="counts">${removed.map(
          ([kind, count]) => html`<li><span class="chip ${family(kind)}"></span>${(t.kind[kind] ?? String)(count)}</li>`,
        )}</ul>`}
        ${held > 0 ? html`<p>${t.heldBack(held)}</p>` : nothing}
        ${rare > 0 ? html`<p>${t.rareLabels(rare)}</p>` : nothing}
        ${cleaned > 0 ? html`<p class="quiet">${t.cleaned(cleaned)}</p>` : nothing}
      </section>
      <section class="stack" aria-labelledby="real"><h2 id="real">${t.theRealThing}</h2>
        ${agrees === undefined ? nothing : agrees ? html`<p>${t.digestsAgree}</p>` : html`<p class="bad" role="alert">${t.digestsDiffer}</p>`}
        <p class="quiet">${t.payloadDigest}</p>
        <div class="row" id="payload-digest">${digest(summary.sha256)}<button class="small" @click=${() => this.copyText(summary.sha256)}>${t.copy}</button></div>
        <p class="quiet">${t.moduleDigest}</p>
        ${this.moduleInfo?.sha256 == null
          ? html`<p>${t.noDigest}</p>`
          : html`<div class="row" id="module-digest">${digest(this.moduleInfo.sha256)}<button class="small" @click=${() => this.copyText(this.moduleInfo?.sha256 ?? '')}>${t.copy}</button></div>`}
        <span role="status">${this.said}</span>
        <details><summary>${t.checkYourself}</summary><div class="stack">
          <p>${t.checkPayload}</p><code class="command">callback-agent preview --raw | sha256sum</code>
          ${this.isChanged ? html`<p>${t.checkChanged}</p>` : nothing}
          <p>${t.checkDownload}</p><code class="command">sha256sum report.json</code>
          <p>${t.checkModule}</p><code class="command">callback-agent module; sha256sum node_modules/callback-collector/dist/collector.wasm</code>
        </div></details>
      </section>
    </div>`;
  }

  private async copyText(text: string): Promise<void> {
    this.said = (await copy(text)) ? this.t.copied : this.t.copyFailed;
  }

  /** What the admin took out besides or included, and can take back. */
  private taken(): TemplateResult | typeof nothing {
    const t = this.t;
    const { terms, withheld, included } = this.choices;
    if (terms.length + withheld.length + included.length === 0) return nothing;
    const labels = (title: string, key: 'withheld' | 'included') => {
      const list = this.choices[key];
      return list.length === 0 ? nothing : html`<div class="stack"><h2>${title}</h2><ul class="row">${list.map(([group, label]) =>
        back(`${group} ${label}`, () => ({ ...this.choices, [key]: list.filter((other) => other[0] !== group || other[1] !== label) })))}</ul></div>`;
    };
    const back = (what: string, choices: () => Choices, nowhere = false): TemplateResult =>
      html`<li><button class="small" aria-label=${t.takeBack(what)} @click=${() => this.choose(choices())}><span class="text">${plain(what)}</span><span aria-hidden="true">&nbsp;×</span></button>${nowhere ? html` <span class="quiet">${t.foundNowhere}</span>` : nothing}</li>`;
    return html`<section class="columns" id="taken">
      ${terms.length === 0 ? nothing : html`<div class="stack"><h2>${t.yourWords}</h2><ul class="row">${terms.map((term) =>
        back(term, () => ({ ...this.choices, terms: terms.filter((other) => other !== term) }), !this.busy && (this.summary?.unused.includes(term) ?? false)))}</ul></div>`}
      ${labels(t.withheld, 'withheld')} ${labels(t.included, 'included')}
    </section>`;
  }

  private get tabs(): [Tab, string][] {
    const t = this.t;
    const tabs: [Tab, string][] = [['removed', t.removedTab], ['bytes', t.bytesTab], ['sent', t.sentTab], ['fields', t.fieldsTab]];
    return this.agent === undefined ? tabs : [...tabs, ['difference', t.differenceTab], ['history', t.historyTab]];
  }

  private async turn(event: KeyboardEvent): Promise<void> {
    const tabs = this.tabs.map(([name]) => name);
    const rtl = getComputedStyle(this).direction === 'rtl';
    const at = tabs.indexOf(this.tab);
    const to = { ArrowRight: at + (rtl ? -1 : 1), ArrowLeft: at + (rtl ? 1 : -1), Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.tab = tabs[(to + tabs.length) % tabs.length] ?? 'removed';
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus();
  }

  private details(summary: Summary): TemplateResult {
    const t = this.t;
    const { engine, choices } = this;
    const part = {
      removed: () => html`<callback-preview-removed .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-removed>`,
      bytes: () => html`<callback-preview-bytes .t=${t} .engine=${engine} .summary=${summary}></callback-preview-bytes>`,
      sent: () => html`<callback-preview-sent .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-sent>`,
      fields: () => html`<callback-preview-fields .t=${t} .engine=${engine} .summary=${summary} .choices=${choices}></callback-preview-fields>`,
      difference: () => html`<callback-preview-difference .t=${t} .engine=${engine} .summary=${summary} .host=${this.agent} .state=${this.hostState} .entries=${this.entries}></callback-preview-difference>`,
      history: () => html`<callback-preview-history .t=${t} .entries=${this.entries}></callback-preview-history>`,
    }[this.tab];
    return html`<section aria-label=${t.parts}>
      <div role="tablist" aria-label=${t.parts} @keydown=${(event: KeyboardEvent) => this.turn(event)}>
        ${this.tabs.map(([name, label]) => html`<button role="tab" id="tab-${name}" aria-selected=${name === this.tab} aria-controls="tab-panel"
          tabindex=${name === this.tab ? 0 : -1} @click=${() => (this.tab = name)}>${label}</button>`)}
      </div>
      <p class="on-paper">${t.printed}</p>
      <div role="tabpanel" id="tab-panel" aria-labelledby="tab-${this.tab}">${part()}</div>
    </section>`;
  }
}

customElements.define('callback-preview', CallbackPreview);
