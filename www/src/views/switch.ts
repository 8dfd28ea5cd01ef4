// The switch: on or off, clear, send exactly this; each with its present state, what it will do, and when.
import { html, nothing, type TemplateResult } from 'lit';
import { HostProblem, type Host, type HostState, type Snapshot } from '../host.js';
import { Part } from '../part.js';
import type { Choices, Summary } from '../protocol.js';
import { day, moment } from '../strings/index.js';
import { CATEGORIES, hasCategory, withCategory } from './fields.js';

export class Switch extends Part {
  static override properties = {
    t: { attribute: false },
    host: { attribute: false },
    state: { attribute: false },
    summary: { attribute: false },
    snapshot: { attribute: false },
    choices: { attribute: false },
    changed: { attribute: false },
    building: { attribute: false },
    refresh: { attribute: false },
    panel: { state: true },
    busy: { state: true },
    sending: { state: true },
    said: { state: true },
    wrong: { state: true },
    gone: { state: true },
  };

  declare host: Host | undefined;
  declare state: HostState | undefined;
  declare summary: Summary;
  declare snapshot: Snapshot | undefined;
  declare choices: Choices;
  /** Whether the choices are others than those that were allowed. */
  declare changed: boolean;
  /** Whether another report is being built, so that what is shown is not what would be sent. */
  declare building: boolean;
  /** Has the agent's state read again. */
  declare refresh: () => Promise<void>;
  declare protected panel: 'none' | 'allow' | 'clear';
  declare protected busy: boolean;
  declare protected sending: boolean;
  declare protected said: string[];
  declare protected wrong: boolean;
  /** Whether the agent did not answer when it was last asked. */
  declare protected gone: boolean;

  constructor() {
    super();
    this.panel = 'none';
    this.busy = false;
    this.sending = false;
    this.said = [];
    this.wrong = false;
    this.gone = false;
  }

  /** How much is under way at the agent: what stops a report does not wait for it. */
  private underWay = 0;

  /** Does something at the agent, says what came of it, and has the state read again. */
  private async act(work: (host: Host) => Promise<string[]>, alongside = false): Promise<void> {
    if (this.host === undefined || (this.busy && !alongside)) return;
    this.underWay += 1;
    this.busy = true;
    this.said = [];
    let said: string[];
    try {
      said = await work(this.host);
      this.wrong = false;
      this.gone = false;
      this.panel = 'none';
    } catch (error) {
      this.wrong = true;
      const problem = error instanceof HostProblem ? error : undefined;
      this.gone = problem?.status === 0;
      // 5xx is what went wrong elsewhere, such as at the receiver.
      const who = problem !== undefined && problem.status < 500 ? this.t.noteStopped : this.t.noteFailed;
      said = [this.gone ? this.t.offline : `${who}: ${problem?.message || String(error)}`];
      if (this.panel === 'clear') this.panel = 'none';
    }
    // Together with the state that it led to.
    await this.refresh();
    this.said = said;
    this.underWay -= 1;
    this.busy = this.underWay > 0;
    // The button that was pressed may be gone; who came by keyboard is told where things stand.
    await this.updateComplete;
    const root = this.getRootNode() as Document | ShadowRoot;
    if (root.activeElement === null || root.activeElement === document.body) this.querySelector<HTMLElement>('#said')?.focus({ preventScroll: true });
  }

  private allow(form: { who: string | null; takeOver: boolean }, done: string): Promise<void> {
    return this.act(async (host) => {
      // What is posted is what counts as allowed, whatever is chosen meanwhile.
      const { state, snapshot, choices } = this;
      if (state?.receiver === undefined || state.receiver === null || snapshot === undefined) return [];
      const { clear_cancelled, librenms } = await host.allow({
        snapshot: snapshot.snapshot,
        receiver: state.receiver.url,
        kind: state.receiver.kind,
        text_version: state.text_version,
        module_sha256: state.module.sha256,
        payload_schema: state.payload_schema,
        choices,
        who: form.who,
        take_over: form.takeOver,
      });
      this.tell('callback-kept', choices);
      return [done, ...(clear_cancelled ? [this.t.clearWasCancelled] : []), ...librenms];
    });
  }

  private async send(): Promise<void> {
    this.sending = true;
    const { sha256 } = this.summary;
    await this.act(async (host) => {
      const { state, snapshot, t } = this;
      if (!state?.given || snapshot === undefined) return [];
      const { receipt, already_sent } = await host.send({
        snapshot: snapshot.snapshot,
        consent: state.given.at,
        choices: this.choices,
        payload_sha256: sha256,
        again: state.sent_today,
      });
      if (already_sent !== undefined) return [t.sentAlready];
      if (receipt?.payload_sha256 === sha256) {
        return [t.sentNow(sha256.slice(0, 8), day(receipt.day ?? '', t.lang), day(receipt.expires ?? '', t.lang))];
      }
      return [t.sentNoReceipt];
    });
    this.sending = false;
  }

  /** Off at once, also while a report is on its way or waits for its next try. */
  private stop(): Promise<void> {
    return this.act(async (host) => {
      const { not_recorded } = await host.stop();
      return [this.t.stopped, ...(not_recorded === null ? [] : [not_recorded])];
    }, true);
  }

  /** Whether LibreNMS's own sender is on, which sends without this agent. */
  private get stock(): boolean {
    return this.state?.switches.some(({ name, says }) => name === 'callback.enabled' && says === 'no') ?? false;
  }

  private status(): TemplateResult {
    const { state, t } = this;
    if (this.host === undefined || state === undefined) {
      return html`<p class="status"><span class="lamp"></span><span>${t.readOnly}</span></p>`;
    }
    const isPending = state.status === 'clear pending';
    const isOn = state.status === 'on';
    const word = isPending
      ? t.clearPending
      : isOn
        ? `${t.on}. ${t.onWhat}`
        : state.consent === 'on'
          ? t.onButNot
          : this.stock
            ? t.stockIsOn
          : state.consent === 'never asked' && !state.held
            ? t.neverAsked
            : t.offNow;
    const last = state.last_run;
    const lines = [
      ...(state.consent === 'on' && !isOn && !isPending ? [state.because] : []),
      ...(state.receiver === null ? [] : [t.to(state.receiver.url)]),
      ...(isOn || isPending ? [state.next_run === null ? t.noSchedule : t.nextRun(moment(state.next_run, t.lang))] : []),
      ...(last === null
        ? state.consent === 'never asked' ? [] : [t.neverSent]
        : [t.lastSent(moment(last.moment, t.lang), t.outcome[last.ended?.outcome ?? 'open'])]),
      ...(state.unread === null ? [] : [state.unread]),
      ...(state.given && isOn && state.given.module_sha256 !== state.module.sha256 ? [t.otherModule] : []),
    ];
    return html`<div class="stack">
      <p class="status big"><span class="lamp ${this.gone ? '' : isOn ? 'lit' : isPending ? 'half' : ''}"></span><span id="status">${this.gone ? t.unreachable(word) : word}</span></p>
      ${lines.map((line) => html`<p class="quiet text">${line}</p>`)}
    </div>`;
  }

  private buttons(): TemplateResult {
    const { state, t } = this;
    if (this.host === undefined || state === undefined) return html``;
    const on = state.consent === 'on';
    const pending = state.status === 'clear pending';
    return html`
      <div class="row">
        ${pending
          ? html`<button class="main" ?disabled=${this.busy} @click=${() => this.act(async (host) => (await host.cancelClear(), [t.clearCancelled]))}>${t.cancelClear}</button>
              <button class="loss" ?disabled=${this.busy} @click=${() => this.clear(true)}>${t.clearNow}</button>`
          : html`
              ${on
                ? html`<button class="main" ?disabled=${this.busy || this.building || state.status !== 'on'} @click=${() => this.send()}>${this.sending ? t.sending : state.sent_today ? t.sendAgain : t.send}</button>
                    <button ?disabled=${this.busy && !this.sending} @click=${() => this.stop()}>${t.turnOff}</button>`
                : nothing}
              <button id="open-allow" class=${on ? '' : 'main'} aria-expanded=${this.panel === 'allow'} @click=${() => this.open('allow')}>${on ? t.change : t.turnOn}</button>
              <button id="open-clear" class="loss" aria-expanded=${this.panel === 'clear'} @click=${() => this.open('clear')}>${t.clear}</button>
            `}
      </div>
      <p class="quiet">${pending ? t.cancelClearWhat : this.sending ? t.sendingWhat : state.status === 'on' ? (state.sent_today ? t.sentAlready : t.sendWhat(this.summary.bytes)) : nothing}</p>
      ${this.changed && on && !pending
        ? html`<div class="note stack"><p>${t.unsaved}</p><div class="row">
            <button class="small" ?disabled=${this.busy || this.building} @click=${() => this.allow({ who: state.given?.who ?? null, takeOver: false }, t.kept)}>${t.keep}</button>
            <button class="small" @click=${() => this.tell('callback-discard')}>${t.discard}</button></div></div>`
        : nothing}
    `;
  }

  private async open(panel: 'allow' | 'clear'): Promise<void> {
    this.panel = this.panel === panel ? 'none' : panel;
    this.said = [];
    await this.updateComplete;
    this.querySelector<HTMLElement>('#before')?.focus();
  }

  private async close(): Promise<void> {
    const panel = this.panel;
    this.panel = 'none';
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#open-${panel}`)?.focus();
  }

  private escape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') void this.close();
  };

  private clear(now: boolean): Promise<void> {
    return this.act(async (host) => {
      const { pending, cleared } = await host.clear(now);
      if (pending) return [this.t.clearAsked];
      return [cleared.length > 0 ? this.t.clearedNow : this.t.clearNothing];
    });
  }

  private clearPanel(): TemplateResult {
    const t = this.t;
    return html`<section class="panel" aria-label=${t.clear} @keydown=${this.escape}>
      <p id="before" tabindex="-1">${t.clearWhat}</p>
      <div class="row">
        <button class="loss" ?disabled=${this.busy} @click=${() => this.clear(false)}>${t.clearAsk}</button>
        <button class="loss" ?disabled=${this.busy} @click=${() => this.clear(true)}>${t.clearNow}</button>
        <button @click=${() => this.close()}>${t.notNow}</button>
      </div>
    </section>`;
  }

  private allowPanel(): TemplateResult {
    const { state, t, summary } = this;
    const receiver = state?.receiver;
    if (state === undefined || !receiver) return html``;
    const own = t.publication(receiver.kind, state.text_version);
    const host = new URL(receiver.url).host;
    return html`<form class="panel" aria-labelledby="before" @keydown=${this.escape} @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      const data = new FormData(event.target as HTMLFormElement);
      const who = String(data.get('who') ?? '').trim();
      void this.allow({ who: who === '' ? null : who, takeOver: data.has('take-over') }, t.allowed);
    }}>
      <h2 id="before" tabindex="-1">${t.optInTitle}</h2>
      <div class="columns">
        <div class="stack"><h3>${t.optInWhat}</h3><p>${t.inside(summary.labels, summary.groups, summary.pairs)}. ${t.behind(summary.devices)}.</p>
          <fieldset><legend class="quiet">${t.optInCategories}</legend>${CATEGORIES.map(
            (category) => html`<label class="choice"><input type="checkbox" .checked=${hasCategory(this.choices, category)}
              @change=${(event: Event) => this.tell('callback-choices', withCategory(this.choices, category, (event.target as HTMLInputElement).checked))} />${t.categoryName[category]}</label>`,
          )}</fieldset></div>
        <div class="stack"><h3>${t.optInWhom}</h3><p class="text">${receiver.url}</p><p>${receiver.kind === 'stock' ? t.optInStock : t.optInOurs}</p>
          <h3>${t.optInRemains}</h3><p>${t.optInRemainsText}</p>
          <h3>${t.optInContact}</h3><p>${t.optInContactText(host)}</p></div>
        <div class="stack"><h3>${t.optInHow}</h3>${own === null
          ? html`<div class="stack" lang="en">${paragraphs(state.publication ?? '').map((text) => html`<p>${text}</p>`)}</div>`
          : own.map((text) => html`<p>${text}</p>`)}</div>
      </div>
      <div class="stack"><label class="stack">${t.optInWho}<br /><input type="text" name="who" maxlength="100" autocomplete="off" /></label>
        ${this.stock ? html`<label class="choice"><input type="checkbox" name="take-over" />${t.optInTakeOver}</label>` : nothing}</div>
      <div class="row"><button class="main" ?disabled=${this.busy || this.building}>${t.allow}</button><button type="button" @click=${() => this.close()}>${t.notNow}</button></div>
    </form>`;
  }

  override render() {
    const { state, t } = this;
    return html`<div class="stack">
      ${this.status()} ${this.buttons()}
      <div role="status">${this.said.length === 0 ? nothing : html`<div id="said" tabindex="-1" class="note stack ${this.wrong ? 'wrong' : ''}">${this.said.map((line) => html`<p>${line}</p>`)}</div>`}</div>
      ${this.panel === 'allow' ? this.allowPanel() : this.panel === 'clear' ? this.clearPanel() : nothing}
      ${state === undefined || this.host === undefined
        ? nothing
        : html`<details><summary class="quiet">${t.switches}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=${t.switches}><table lang="en"><tbody>${state.switches.map(
              ({ name, value, says, decides }) => html`<tr><td><code>${name}</code></td><td>${value}</td><td>${says}</td><td>${decides ? html`<span lang=${t.lang}>${t.decides}</span>` : ''}</td></tr>`,
            )}</tbody></table></div></details>`}
    </div>`;
  }
}

/** The agent's text is wrapped for a terminal: a line that starts at the margin begins a paragraph. */
function paragraphs(text: string): string[] {
  return text.replace(/\n\s+/g, ' ').split('\n');
}

customElements.define('callback-preview-switch', Switch);
