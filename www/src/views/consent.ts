// Status, and what an admin can do about it: opt in or out, send this report, delete sent reports.
import { html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { HostState } from '../host.js';
import type { Choices, Summary } from '../protocol.js';
import { command, prose } from '../render.js';
import { formatTime } from '../strings/index.js';
import { element } from '../view.js';
import { ActionView } from './action-view.js';
import './opt-in.js';

/** The status that the page shows; also `data-status`, for tests. */
type Status = 'on' | 'not-scheduled' | 'blocked' | 'deletion-pending' | 'built-in-sender' | 'never-opted-in' | 'off';

/** LibreNMS's built-in sender is on, which reports without this agent. */
const hasBuiltInSender = (state: HostState): boolean => state.switches.some(({ name, says }) => name === 'callback.enabled' && says === 'no');

function statusOf(state: HostState): Status {
  if (state.status === 'clear pending') return 'deletion-pending';
  if (state.status === 'on') return state.next_run ? 'on' : 'not-scheduled';
  if (state.consent === 'on') return 'blocked';
  if (hasBuiltInSender(state)) return 'built-in-sender';
  return state.consent === 'never asked' && !state.held ? 'never-opted-in' : 'off';
}

@element('callback-preview-consent')
export class Consent extends ActionView {
  /** Undefined without an agent. */
  @property({ attribute: false }) state: HostState | undefined;
  @property({ attribute: false }) summary!: Summary;
  @property({ attribute: false }) choices!: Choices;
  /** Another report is being built, so the one on screen is not what would be sent. */
  @property({ attribute: false }) building = false;

  private renderStatus(state: HostState): TemplateResult {
    const { t } = this;
    const { isUnreachable } = this.actions;
    const status = statusOf(state);
    const isOn = state.status === 'on';
    const isPending = status === 'deletion-pending';
    const text = {
      on: t.on, 'not-scheduled': t.notScheduled, blocked: t.blocked, 'deletion-pending': t.deletionPending,
      'built-in-sender': t.builtInSenderOn, 'never-opted-in': t.neverOptedIn, off: t.off,
    }[status];
    const lamp = isUnreachable ? '' : status === 'on' ? 'lit' : isPending || isOn ? 'half' : '';
    const last = state.last_run;
    const lines = [
      ...(status === 'blocked' ? [state.because] : []),
      ...(state.receiver && state.consent === 'on' ? [t.to(state.receiver.url)] : []),
      ...(isOn || isPending ? (state.next_run ? [t.nextRun(formatTime(state.next_run, t.lang))] : []) : []),
      ...(last
        ? [t.lastRun(formatTime(last.moment, t.lang), t.outcome[last.ended?.outcome ?? 'open'])]
        : state.consent === 'never asked' ? [] : [t.neverSent]),
      ...(state.unread ? [state.unread] : []),
      ...(state.given && isOn && state.given.module_sha256 !== state.module.sha256 ? [t.otherModule] : []),
    ];
    return html`<div class="stack">
      <p class="status big"><span class="lamp ${lamp}"></span><span id="status" data-status=${status}>${isUnreachable ? t.unreachable(text) : text}</span></p>
      ${lines.map((line) => html`<p class="quiet text">${prose(line)}</p>`)}
      ${(isOn || isPending) && !state.next_run
        ? html`<p>${isPending ? t.deletionNotScheduled : t.noSchedule}</p>${command('sudo callback-agent install', t)}`
        : nothing}
    </div>`;
  }

  private renderButtons(state: HostState): TemplateResult {
    const { t, building, actions } = this;
    const { busy, panel, sending } = actions;
    const optedIn = state.consent === 'on';
    const canSend = state.status === 'on';
    if (state.status === 'clear pending') {
      return html`<div class="row">
          <button class="main" data-action="cancel-deletion" ?disabled=${busy} @click=${() => actions.cancelDeletion()}>${t.cancelDeletion}</button>
          <button class="loss" data-action="delete-now" ?disabled=${busy} @click=${() => actions.deleteSent(true)}>${t.deleteNow}</button>
        </div>
        <p class="quiet">${t.cancelDeletionWhat}</p>`;
    }
    // Before anything was sent, there is nothing to delete.
    const canDelete = state.held || hasBuiltInSender(state);
    const hint = sending ? t.sendingWhat : !canSend ? nothing : state.sent_today ? t.alreadySent : t.sendWhat(this.summary.bytes);
    return html`<div class="row">
        ${optedIn
          ? html`<button class="main" data-action="send" ?disabled=${busy || building || !canSend} @click=${() => actions.send()}>${sending ? t.sending : state.sent_today ? t.sendAgain : t.send}</button>
              <button data-action="opt-out" ?disabled=${busy && !sending} @click=${() => actions.optOut()}>${t.optOut}</button>`
          : nothing}
        <button id="open-opt-in" data-action="open-opt-in" class=${optedIn ? '' : 'main'} aria-expanded=${panel === 'opt-in'} @click=${() => this.open('opt-in')}>${optedIn ? t.change : t.optIn}</button>
        ${canDelete ? html`<button id="open-delete" data-action="open-delete" class="loss" aria-expanded=${panel === 'delete'} @click=${() => this.open('delete')}>${t.deleteSent}</button>` : nothing}
      </div>
      ${hint === nothing ? nothing : html`<p class="quiet" id="send-hint">${hint}</p>`}`;
  }

  private async open(panel: 'opt-in' | 'delete'): Promise<void> {
    this.actions.show(this.actions.panel === panel ? 'none' : panel);
    await this.updateComplete;
    await this.querySelector<ActionView>('callback-preview-opt-in')?.updateComplete;
    this.querySelector<HTMLElement>('#panel-start')?.focus();
  }

  private close = async (): Promise<void> => {
    const { panel } = this.actions;
    this.actions.show('none');
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#open-${panel}`)?.focus();
  };

  private onKeydown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') void this.close();
  };

  private renderDeletePanel(state: HostState): TemplateResult {
    const { t, actions } = this;
    const { busy } = actions;
    return html`<section class="panel" aria-label=${t.deleteSent} @keydown=${this.onKeydown}>
      <p id="panel-start" tabindex="-1">${t.deleteWhat}</p>
      <div class="row">
        ${state.next_run ? html`<button class="loss" data-action="delete-next-run" ?disabled=${busy} @click=${() => actions.deleteSent(false)}>${t.deleteNextRun}</button>` : nothing}
        <button class="loss" data-action="delete-now" ?disabled=${busy} @click=${() => actions.deleteSent(true)}>${t.deleteNow}</button>
        <button data-action="close" @click=${this.close}>${t.cancel}</button>
      </div>
      ${this.message('panel')}
    </section>`;
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

  override render() {
    const { state, t } = this;
    if (state === undefined) return html`<p class="status"><span class="lamp"></span><span>${t.viewOnly}</span></p>`;
    const { panel } = this.actions;
    return html`<div class="stack">
      ${this.renderStatus(state)} ${this.renderButtons(state)} ${this.message('buttons')}
      ${panel === 'opt-in'
        ? html`<callback-preview-opt-in .t=${t} .level=${this.level} .actions=${this.actions} .state=${state} .summary=${this.summary} .choices=${this.choices}
            .building=${this.building} .offersTakeOver=${hasBuiltInSender(state)} @keydown=${this.onKeydown} @callback-close=${this.close}></callback-preview-opt-in>`
        : panel === 'delete' ? this.renderDeletePanel(state) : nothing}
      ${this.renderWhy(state)}
    </div>`;
  }
}
