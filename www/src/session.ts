// The report on the page: reads the facts, starts the module, builds the report, and builds it again with other choices.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { Engine, EngineError } from './engine.js';
import { Host, HostError, readBody, type Entry, type HostState, type Snapshot } from './host.js';
import { completeChoices, NO_CHOICES, type Answer, type Choices, type FactsInput, type Stage, type Summary } from './protocol.js';

/** The steps of loading, in order. The module is loaded while the install is read. */
export type Step = 'asking' | 'facts' | 'module' | Stage;
export const STEPS: Step[] = ['asking', 'facts', 'module', 'reading', 'building', 'arranging'];

export type Phase =
  | { name: 'empty' | 'locked' | 'forbidden' | 'no-wasm' | 'cancelled' | 'ready' }
  /** `done` and `total` in bytes. */
  | { name: 'loading'; stage: Step; done: number; total: number | null; shown: boolean }
  /** `path` is set if the facts are invalid. */
  | { name: 'error'; code: string; path: string | undefined; message: string };

/** What the element's attributes say. */
export interface Source {
  src: string;
  host: string;
  token: string;
  module: string;
  facts: FactsInput | null | undefined;
}

/** Milliseconds before progress is shown: most loads are quicker and would only flicker. */
const PROGRESS_DELAY = 200;

/** Columns to wrap the bytes at before the page has measured its own. */
const COLUMNS = 96;

/** Objects as JSON text: proxies, such as Vue's and MobX's, cannot be posted to a worker. */
const transferable = (facts: FactsInput): FactsInput =>
  typeof facts === 'string' || facts instanceof ArrayBuffer || ArrayBuffer.isView(facts) ? facts : JSON.stringify(facts);

export class Session implements ReactiveController {
  phase: Phase = { name: 'empty' };
  summary: Summary | undefined;
  moduleInfo: Answer<'start'> | undefined;
  hostState: HostState | undefined;
  entries: Entry[] = [];
  choices: Choices = NO_CHOICES;
  /** The choices that every report is built with. */
  saved: Choices = NO_CHOICES;
  snapshot: Snapshot | undefined;
  /** Another report is being built, so the one on screen is not what would be sent. */
  building = false;
  engine: Engine | undefined;
  agent: Host | undefined;

  /** Unsaved choices from before a reload, applied again once there is a report. */
  private unsavedChoices: Choices | undefined;
  private fixedTerms: string[] = [];
  /** Number of the current load; older ones stop when they notice. */
  private loadId = 0;
  /** Aborts requests when the load is cancelled or the element is removed. */
  private abort = new AbortController();
  /** What changes the report at the moment. */
  private work: Promise<void> = Promise.resolve();
  /** Bytes of the module that have arrived. */
  private moduleDone = 0;

  constructor(private readonly element: ReactiveControllerHost & EventTarget & Source) {
    element.addController(this);
  }

  private changed(): void {
    this.element.requestUpdate();
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.onVisibilityChange);
    addEventListener('beforeunload', this.onBeforeUnload);
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.onVisibilityChange);
    removeEventListener('beforeunload', this.onBeforeUnload);
    this.stop();
  }

  private stop(): void {
    this.loadId += 1;
    this.abort.abort();
    this.engine?.terminate();
    this.engine = undefined;
  }

  /** Cancels loading. */
  cancel(): void {
    this.stop();
    this.enter({ name: 'cancelled' });
  }

  get isUnsaved(): boolean {
    return JSON.stringify(this.choices) !== JSON.stringify(this.saved);
  }

  save(choices: Choices): void {
    this.saved = choices;
    this.changed();
  }

  /** Reads the facts, starts the module and builds the report. */
  async load(): Promise<void> {
    this.stop();
    const id = this.loadId;
    const current = (): boolean => id === this.loadId;
    this.abort = new AbortController();
    this.building = false;
    this.summary = undefined;
    this.snapshot = undefined;
    this.hostState = undefined;
    this.moduleDone = 0;
    const { host, token, facts: given, src } = this.element;
    this.agent = host === '' ? undefined : new Host(host, token);
    if (this.agent === undefined && given == null && src === '') return this.enter({ name: 'empty' });
    if (typeof WebAssembly !== 'object' || typeof WebAssembly.instantiate !== 'function') return this.enter({ name: 'no-wasm' });
    const isShown = this.phase.name === 'loading' && this.phase.shown;
    this.enter({ name: 'loading', stage: this.agent === undefined ? 'facts' : 'asking', done: 0, total: null, shown: isShown });
    setTimeout(() => {
      if (current() && this.phase.name === 'loading') this.enter({ ...this.phase, shown: true });
    }, PROGRESS_DELAY);
    // Render before starting the worker.
    await new Promise((resolve) => setTimeout(resolve));
    if (!current()) return;
    try {
      const engine = new Engine((stage) => {
        if (current()) this.progress(stage);
      });
      this.engine = engine;
      // The module is loaded and compiled while the install is read.
      const reading = this.read(current).then((read) => {
        if (current()) this.progress('module', this.moduleDone, this.moduleTotal() ?? null);
        return read;
      });
      const [moduleInfo, { facts, snapshot }] = await Promise.all([this.start(engine, current), reading]);
      if (!current()) return;
      this.moduleInfo = moduleInfo;
      await this.take(engine, facts, snapshot);
      this.summary = await engine.ask('build', { choices: null, fixedTerms: [], columns: COLUMNS });
      if (!current()) return;
      this.enter({ name: 'ready' });
      this.announce();
    } catch (error) {
      if (current()) this.fail(error);
    }
  }

  private announce(): void {
    this.element.dispatchEvent(new CustomEvent('callback-built', { detail: this.summary }));
  }

  /** Passes facts to the worker, with the choices that are saved for them. */
  private async take(engine: Engine, facts: FactsInput, snapshot: Snapshot | undefined): Promise<void> {
    const transfer = facts instanceof ArrayBuffer && facts !== this.element.facts ? [facts] : [];
    const loaded = await engine.ask('facts', { facts }, transfer);
    if (engine !== this.engine) return;
    const before = this.isUnsaved && this.summary !== undefined ? this.choices : undefined;
    // With an agent, some terms come from its configuration and cannot be changed here.
    this.saved = snapshot === undefined ? loaded.choices : completeChoices(snapshot.choices);
    this.choices = before ?? this.saved;
    this.fixedTerms = snapshot?.fixed_terms ?? [];
    this.snapshot = snapshot;
  }

  private moduleTotal = (): number | undefined => this.hostState?.module.bytes;

  private async start(engine: Engine, current: () => boolean): Promise<Answer<'start'>> {
    const progress = (done: number, total: number | null): void => {
      this.moduleDone = done;
      if (current() && this.phase.name === 'loading' && this.phase.stage === 'module') this.progress('module', done, total);
    };
    const { agent } = this;
    const url = this.element.module;
    const response = agent !== undefined && url === '' ? await agent.module() : await this.fetch(url === '' ? besideScript : new URL(url, document.baseURI).href);
    const module = await readBody(response, progress, agent !== undefined && url === '' ? this.moduleTotal : undefined);
    return engine.ask('start', { module }, [module]);
  }

  private async fetch(url: string): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(url, { signal: this.abort.signal, credentials: 'same-origin' });
    } catch {
      throw new EngineError(`${url}: cannot connect`, 'not_loaded', '');
    }
    if (!response.ok) throw new EngineError(`${url}: status ${response.status}`, 'not_loaded', '');
    return response;
  }

  private async read(current: () => boolean): Promise<{ facts: FactsInput; snapshot?: Snapshot }> {
    const { facts, src } = this.element;
    if (facts != null) return { facts: transferable(facts) };
    const withProgress = (response: Response, bytes?: number): Promise<ArrayBuffer> =>
      readBody(response, (done, total) => { if (current()) this.progress('facts', done, total); }, () => bytes);
    const { agent } = this;
    if (agent === undefined) return { facts: await withProgress(await this.fetch(new URL(src, document.baseURI).href)) };
    const throwIfCancelled = (): void => {
      if (!current()) throw new EngineError('cancelled', 'cancelled', '');
    };
    // Check access first, before the agent reads the install.
    const hostState = await agent.state();
    throwIfCancelled();
    this.hostState = hostState;
    const entries = await agent.ledger();
    throwIfCancelled();
    this.entries = entries;
    this.progress('facts');
    const snapshot = await agent.snapshot();
    throwIfCancelled();
    return { snapshot, facts: await withProgress(await agent.facts(snapshot.snapshot), snapshot.bytes) };
  }

  private progress(stage: Step, done = 0, total: number | null = null): void {
    if (this.phase.name === 'loading') this.enter({ ...this.phase, stage, done, total });
  }

  private fail(error: unknown): void {
    const phase = phaseOf(error);
    if (phase === undefined) return;
    this.stop();
    this.enter(phase);
  }

  /** Loads again and keeps unsaved choices, even if loading fails first and is retried. */
  async reload(): Promise<void> {
    if (this.summary !== undefined && this.isUnsaved) this.unsavedChoices = this.choices;
    await this.load();
    const choices = this.unsavedChoices;
    if (choices === undefined || this.phase.name !== 'ready') return;
    this.unsavedChoices = undefined;
    await this.rebuild(choices);
  }

  forgetUnsaved(): void {
    this.unsavedChoices = undefined;
  }

  /**
   * Reads the install again without leaving the page, and keeps the choices. Returns whether the report is the same, byte
   * for byte. Nothing can be sent meanwhile.
   */
  async renew(): Promise<boolean> {
    while (this.building) await this.work;
    const { agent, engine, summary } = this;
    if (agent === undefined || engine === undefined || summary === undefined) return false;
    let failure: unknown;
    await this.exclusively(engine, async () => {
      const snapshot = await agent.snapshot();
      const facts = await (await agent.facts(snapshot.snapshot)).arrayBuffer();
      if (engine !== this.engine) return;
      await this.take(engine, facts, snapshot);
      await this.buildLatest(engine);
    }, (error) => {
      failure = error;
      if (error instanceof EngineError) this.fail(error);
    });
    if (failure !== undefined) throw failure;
    return this.summary?.sha256 === summary.sha256;
  }

  /**
   * Rebuilds the report with other choices. The page shows them at once, but nothing can be sent until the report is built.
   * Choices that change during a build are built next.
   */
  async rebuild(choices: Choices): Promise<void> {
    this.choices = choices;
    this.changed();
    const engine = this.engine;
    if (engine === undefined || this.building) return;
    await this.exclusively(engine, () => this.buildLatest(engine), (error) => this.fail(error));
  }

  /** Runs what changes the report. Meanwhile nothing can be sent. */
  private exclusively(engine: Engine, work: () => Promise<void>, failed: (error: unknown) => void): Promise<void> {
    this.building = true;
    this.changed();
    this.work = work().catch(failed).then(() => {
      if (engine === this.engine) this.building = false;
      this.changed();
    });
    return this.work;
  }

  private async buildLatest(engine: Engine): Promise<void> {
    for (let building: Choices | undefined; building !== this.choices; ) {
      building = this.choices;
      const summary = await engine.ask('build', { choices: building, fixedTerms: this.fixedTerms, columns: COLUMNS });
      if (engine !== this.engine) return;
      this.summary = summary;
      this.changed();
    }
    this.announce();
  }

  /** Reads the agent's state and history again. */
  refresh = async (): Promise<void> => {
    if (this.agent === undefined) return;
    try {
      this.hostState = await this.agent.state();
      this.entries = await this.agent.ledger();
      this.changed();
    } catch {
      // The consent view reports that the agent cannot be reached.
    }
  };

  /** Another tab or a command may have changed the agent's state. */
  private onVisibilityChange = (): void => {
    if (document.visibilityState === 'visible' && this.phase.name === 'ready' && !this.building) void this.refresh();
  };

  private onBeforeUnload = (event: BeforeUnloadEvent): void => {
    if (this.phase.name === 'ready' && this.agent !== undefined && this.isUnsaved) event.preventDefault();
  };
}

/** The state of the page after an error; undefined if the load was cancelled. */
function phaseOf(error: unknown): Phase | undefined {
  // 401: the agent does not accept the token. 403: nginx reports that the user is not an administrator.
  if (error instanceof HostError && error.status === 401) return { name: 'locked' };
  if (error instanceof HostError && error.status === 403) return { name: 'forbidden' };
  const code = error instanceof EngineError || error instanceof HostError ? error.code : 'failed';
  if (code === 'cancelled') return undefined;
  if (code === 'no_wasm') return { name: 'no-wasm' };
  const message = (error instanceof Error && error.message) || String(error);
  const path = error instanceof EngineError && !['failed', 'trap', 'not_loaded', 'bad_call'].includes(code) ? error.path : undefined;
  return { name: 'error', code, path, message };
}

const besideScript = new URL(/* @vite-ignore */ './collector.wasm', import.meta.url).href;
