// Status, and what an admin can do about it: opt in or out, send this report, delete sent reports.
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Receipt } from '../generated/agent-api.js';
import { HostError, type Host, type HostState, type Snapshot } from '../host.js';
import type { Choices, Summary } from '../protocol.js';
import { formatDay, formatTime } from '../strings/index.js';
import { View } from '../view.js';
import { CATEGORIES, hasCategory, withCategory } from './fields.js';

/** The result of an action. Tests read the code, people the lines. */
interface Result {
  code: string;
  lines: string[];
  /** What the page shows is out of date; offers a refresh. */
  isStale?: boolean;
}

/** The status that the page shows; also `data-status`, for tests. */
type Status = 'on' | 'not-scheduled' | 'blocked' | 'deletion-pending' | 'built-in-sender' | 'never-opted-in' | 'off';

export class Consent extends View {
  @property({ attribute: false }) host: Host | undefined;
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) snapshot: Snapshot | undefined;
  @property({ attribute: false }) choices!: Choices;
  /** The choices differ from the saved ones. */
  @property({ attribute: false }) unsaved = false;
  /** Another report is being built, so the one on screen is not what would be sent. */
  @property({ attribute: false }) building = false;
  /** Reads the agent's state again. */
  @property({ attribute: false }) refresh!: () => Promise<void>;
  @state() private panel: 'none' | 'opt-in' | 'delete' = 'none';
  @state() private busy = false;
  @state() private sending = false;
  @state() private result: Result | undefined;
  @state() private isError = false;
  /** The agent did not answer the last request. */
  @state() private isUnreachable = false;

  /** Requests in flight. Opting out does not wait for a report that is being sent. */
  private inFlight = 0;

  /** Runs a request, shows its result, and reads the state again. */
  private async perform(request: (host: Host) => Promise<Result | undefined>, concurrent = false): Promise<void> {
    if (this.host === undefined || (this.busy && !concurrent)) return;
    this.inFlight += 1;
    this.busy = true;
    this.result = undefined;
    let result: Result | undefined;
    try {
      result = await request(this.host);
      this.isError = false;
      this.isUnreachable = false;
      this.panel = 'none';
    } catch (error) {
      this.isError = true;
      const problem = error instanceof HostError ? error : undefined;
      this.isUnreachable = problem?.status === 0;
      // 5xx: something failed behind the agent, such as the receiver.
      const prefix = problem !== undefined && problem.status < 500 ? this.t.rejected : this.t.failed;
      const line = this.isUnreachable ? this.t.offline : `${prefix}: ${problem?.message || String(error)}`;
      // 409: the agent's state changed since the page was loaded. 410: the snapshot expired.
      result = { code: problem?.code ?? 'failed', lines: [line], isStale: problem?.status === 409 || problem?.status === 410 };
      if (this.panel === 'delete') this.panel = 'none';
    }
    // The message appears together with the new state.
    await this.refresh();
    this.result = result;
    this.inFlight -= 1;
    this.busy = this.inFlight > 0;
    // The pressed button may be gone. Keyboard users land on the message instead of the page's start.
    await this.updateComplete;
    const root = this.getRootNode() as Document | ShadowRoot;
    if (root.activeElement === null || root.activeElement === document.body) this.querySelector<HTMLElement>('#message')?.focus({ preventScroll: true });
  }

  private optIn(form: { who: string | null; takeOver: boolean }, done: Result): Promise<void> {
    return this.perform(async (host) => {
      // Consent covers what was posted, even if the choices change while the request runs.
      const { state, snapshot, choices } = this;
      if (!state?.receiver || snapshot === undefined) return undefined;
      const { clear_cancelled, librenms } = await host.optIn({
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
      this.emit('callback-saved', choices);
      return { ...done, lines: [...done.lines, ...(clear_cancelled ? [this.t.deletionWasCancelled] : []), ...librenms] };
    });
  }

  private async send(): Promise<void> {
    this.sending = true;
    const { sha256 } = this.summary;
    await this.perform(async (host) => {
      const { state, snapshot, t } = this;
      if (!state?.given || snapshot === undefined) return undefined;
      const answer = await host.send({
        snapshot: snapshot.snapshot,
        consent: state.given.at,
        choices: this.choices,
        payload_sha256: sha256,
        again: state.sent_today,
      });
      if ('already_sent' in answer) return { code: 'already-sent', lines: [t.alreadySent] };
      const receipt = 'receipt' in answer ? (answer.receipt as Receipt | null) : null;
      if (receipt?.payload_sha256 !== sha256) return { code: 'sent-without-receipt', lines: [t.sentNoReceipt] };
      return { code: 'sent', lines: [t.sent(sha256.slice(0, 8), formatDay(receipt.day, t.lang), formatDay(receipt.expires, t.lang))] };
    });
    this.sending = false;
  }

  /** Takes effect at once, also while a report is being sent or waits for a retry. */
  private optOut(): Promise<void> {
    return this.perform(async (host) => {
      const { not_recorded } = await host.optOut();
      return { code: 'opted-out', lines: [this.t.optedOut, ...(not_recorded ? [not_recorded] : [])] };
    }, true);
  }

  private deleteSent(now: boolean): Promise<void> {
    return this.perform(async (host) => {
      const { t } = this;
      const { pending, cleared } = await host.deleteSent(now);
      if (pending) return { code: 'deletion-requested', lines: [t.deletionRequested] };
      // The page still shows the old random ID.
      return cleared.length > 0 ? { code: 'deleted', lines: [t.deleted], isStale: true } : { code: 'nothing-to-delete', lines: [t.nothingToDelete] };
    });
  }

  private cancelDeletion(): Promise<void> {
    return this.perform(async (host) => {
      await host.cancelDeletion();
      return { code: 'deletion-cancelled', lines: [this.t.deletionCancelled] };
    });
  }

  /** LibreNMS's built-in sender is on, which reports without this agent. */
  private get builtInSender(): boolean {
    return this.state?.switches.some(({ name, says }) => name === 'callback.enabled' && says === 'no') ?? false;
  }

  private status(state: HostState): Status {
    if (state.status === 'clear pending') return 'deletion-pending';
    if (state.status === 'on') return state.next_run ? 'on' : 'not-scheduled';
    if (state.consent === 'on') return 'blocked';
    if (this.builtInSender) return 'built-in-sender';
    return state.consent === 'never asked' && !state.held ? 'never-opted-in' : 'off';
  }

  private renderStatus(): TemplateResult {
    const { state, t } = this;
    if (this.host === undefined || state === undefined) {
      return html`<p class="status"><span class="lamp"></span><span>${t.viewOnly}</span></p>`;
    }
    const status = this.status(state);
    const isOn = state.status === 'on';
    const isPending = status === 'deletion-pending';
    const text = {
      on: t.on, 'not-scheduled': t.notScheduled, blocked: t.blocked, 'deletion-pending': t.deletionPending,
      'built-in-sender': t.builtInSenderOn, 'never-opted-in': t.neverOptedIn, off: t.off,
    }[status];
    const lamp = this.isUnreachable ? '' : status === 'on' ? 'lit' : isPending || isOn ? 'half' : '';
    const last = state.last_run;
    const lines = [
      ...(status === 'blocked' ? [state.because] : []),
      ...(state.receiver ? [t.to(state.receiver.url)] : []),
      ...(isOn || isPending ? [state.next_run ? t.nextRun(formatTime(state.next_run, t.lang)) : t.noSchedule] : []),
      ...(last
        ? [t.lastRun(formatTime(last.moment, t.lang), t.outcome[last.ended?.outcome ?? 'open'])]
        : state.consent === 'never asked' ? [] : [t.neverSent]),
      ...(state.unread ? [state.unread] : []),
      ...(state.given && isOn && state.given.module_sha256 !== state.module.sha256 ? [t.otherModule] : []),
    ];
    return html`<div class="stack">
      <p class="status big"><span class="lamp ${lamp}"></span><span id="status" data-status=${status}>${this.isUnreachable ? t.unreachable(text) : text}</span></p>
      ${lines.map((line) => html`<p class="quiet text">${line}</p>`)}
    </div>`;
  }

  private renderButtons(): TemplateResult {
    const { state, t, busy, building, panel } = this;
    if (this.host === undefined || state === undefined) return html``;
    const optedIn = state.consent === 'on';
    const canSend = state.status === 'on';
    if (state.status === 'clear pending') {
      return html`<div class="row">
          <button class="main" data-action="cancel-deletion" ?disabled=${busy} @click=${() => this.cancelDeletion()}>${t.cancelDeletion}</button>
          <button class="loss" data-action="delete-now" ?disabled=${busy} @click=${() => this.deleteSent(true)}>${t.deleteNow}</button>
        </div>
        <p class="quiet">${t.cancelDeletionWhat}</p>`;
    }
    const hint = this.sending ? t.sendingWhat : !canSend ? nothing : state.sent_today ? t.alreadySent : t.sendWhat(this.summary.bytes);
    return html`<div class="row">
        ${optedIn
          ? html`<button class="main" data-action="send" ?disabled=${busy || building || !canSend} @click=${() => this.send()}>${this.sending ? t.sending : state.sent_today ? t.sendAgain : t.send}</button>
              <button data-action="opt-out" ?disabled=${busy && !this.sending} @click=${() => this.optOut()}>${t.optOut}</button>`
          : nothing}
        <button id="open-opt-in" data-action="open-opt-in" class=${optedIn ? '' : 'main'} aria-expanded=${panel === 'opt-in'} @click=${() => this.open('opt-in')}>${optedIn ? t.change : t.optIn}</button>
        <button id="open-delete" data-action="open-delete" class="loss" aria-expanded=${panel === 'delete'} @click=${() => this.open('delete')}>${t.deleteSent}</button>
      </div>
      <p class="quiet">${hint}</p>
      ${this.unsaved && optedIn
        ? html`<div id="unsaved" class="note stack"><p>${t.unsaved}</p><div class="row">
            <button class="small" data-action="save" ?disabled=${busy || building} @click=${() => this.save(state.given?.who ?? null)}>${t.save}</button>
            <button class="small" data-action="discard" @click=${() => this.emit('callback-discard')}>${t.discard}</button></div></div>`
        : nothing}`;
  }

  private save(who: string | null, takeOver = false): Promise<void> {
    return this.optIn({ who, takeOver }, { code: 'saved', lines: [this.t.saved] });
  }

  private async open(panel: 'opt-in' | 'delete'): Promise<void> {
    this.panel = this.panel === panel ? 'none' : panel;
    this.result = undefined;
    await this.updateComplete;
    this.querySelector<HTMLElement>('#panel-start')?.focus();
  }

  private async close(): Promise<void> {
    const panel = this.panel;
    this.panel = 'none';
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#open-${panel}`)?.focus();
  }

  private onKeydown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') void this.close();
  };

  private renderDeletePanel(): TemplateResult {
    const { t, busy } = this;
    return html`<section class="panel" aria-label=${t.deleteSent} @keydown=${this.onKeydown}>
      <p id="panel-start" tabindex="-1">${t.deleteWhat}</p>
      <div class="row">
        <button class="loss" data-action="delete-next-run" ?disabled=${busy} @click=${() => this.deleteSent(false)}>${t.deleteNextRun}</button>
        <button class="loss" data-action="delete-now" ?disabled=${busy} @click=${() => this.deleteSent(true)}>${t.deleteNow}</button>
        <button data-action="close" @click=${() => this.close()}>${t.cancel}</button>
      </div>
    </section>`;
  }

  private onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const who = String(data.get('who') ?? '').trim() || null;
    const takeOver = data.has('take-over');
    if (this.state?.consent === 'on') void this.save(who, takeOver);
    else void this.optIn({ who, takeOver }, { code: 'opted-in', lines: [this.t.optedIn] });
  };

  private renderOptInPanel(): TemplateResult {
    const { state, t, summary } = this;
    const receiver = state?.receiver;
    if (state === undefined || !receiver) return html``;
    const optedIn = state.consent === 'on';
    const publication = t.publication(receiver.kind, state.text_version);
    return html`<form class="panel" aria-labelledby="panel-start" @keydown=${this.onKeydown} @submit=${this.onSubmit}>
      <h2 id="panel-start" tabindex="-1">${optedIn ? t.changeTitle : t.optInTitle}</h2>
      <p>${t.optInFacts}</p>
      <div class="columns">
        <div class="stack"><h3>${t.whatIsSent}</h3><p>${t.inside(summary.labels, summary.groups, summary.pairs)}, ${t.fromDevices(summary.devices)}</p>
          <fieldset><legend class="quiet">${t.optInCategories}</legend>${CATEGORIES.map(
            (category) => html`<label class="choice"><input type="checkbox" data-category=${category} .checked=${hasCategory(this.choices, category)}
              @change=${(event: Event) => this.emit('callback-choices', withCategory(this.choices, category, (event.target as HTMLInputElement).checked))} />${t.categoryName[category]}</label>`,
          )}</fieldset></div>
        <div class="stack"><h3>${t.optInReceiver}</h3><p class="text">${receiver.url}</p><p>${receiver.kind === 'stock' ? t.optInStock : t.optInCallbackStats}</p>
          <h3>${t.optInRemains}</h3><p>${t.optInRemainsText}</p>
          <h3>${t.optInContact}</h3><p>${t.optInContactText(new URL(receiver.url).host)}</p></div>
        <div class="stack"><h3>${t.optInUse}</h3>${publication === null
          ? html`<div class="stack" lang="en">${paragraphs(state.publication ?? '').map((text) => html`<p>${text}</p>`)}</div>`
          : publication.map((text) => html`<p>${text}</p>`)}</div>
      </div>
      <div class="stack"><label class="stack">${t.optInWho}<br /><input type="text" name="who" maxlength="100" autocomplete="off" .value=${state.given?.who ?? ''} /></label>
        ${this.builtInSender ? html`<label class="choice"><input type="checkbox" name="take-over" />${t.optInTakeOver}</label>` : nothing}</div>
      <div class="row"><button class="main" data-action="opt-in" ?disabled=${this.busy || this.building}>${optedIn ? t.save : t.optInConfirm}</button><button type="button" data-action="close" @click=${() => this.close()}>${t.cancel}</button></div>
    </form>`;
  }

  private renderWhy(state: HostState): TemplateResult {
    const { t } = this;
    const title = t.why(state.status === 'on');
    return html`<details><summary class="quiet">${title}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label=${title}><table>
        <thead><tr><th>${t.whyHead.setting}</th><th>${t.whyHead.value}</th><th>${t.whyHead.effect}</th></tr></thead>
        <tbody>${state.switches.map(
          ({ name, value, says, decides }) => html`<tr aria-current=${decides ? 'true' : nothing}><td>${name === 'here' ? t.yourConsent : html`<code>${name}</code>`}</td><td lang="en">${value}</td><td>${decides ? html`<strong>${t.effect[says]}</strong>` : t.effect[says]}</td></tr>`,
        )}</tbody></table></div><p class="quiet">${t.whyNote}</p></details>`;
  }

  private renderResult({ code, lines, isStale }: Result): TemplateResult {
    return html`<div id="message" data-code=${code} tabindex="-1" class="note stack ${this.isError ? 'error' : ''}">${lines.map((line) => html`<p>${line}</p>`)}
      ${isStale ? html`<button class="small" data-action="refresh-stale" @click=${() => this.emit('callback-refresh')}>${this.t.refresh}</button>` : nothing}</div>`;
  }

  override render() {
    const { state, result, panel } = this;
    return html`<div class="stack">
      ${this.renderStatus()} ${this.renderButtons()}
      <div role="status">${result === undefined ? nothing : this.renderResult(result)}</div>
      ${panel === 'opt-in' ? this.renderOptInPanel() : panel === 'delete' ? this.renderDeletePanel() : nothing}
      ${state === undefined || this.host === undefined ? nothing : this.renderWhy(state)}
    </div>`;
  }
}

/** The agent's text is wrapped for a terminal: a line that starts at the margin begins a paragraph. */
function paragraphs(text: string): string[] {
  return text.replace(/\n\s+/g, ' ').split('\n');
}

customElements.define('callback-preview-consent', Consent);
