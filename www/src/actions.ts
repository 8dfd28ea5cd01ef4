// What an admin can do: opt in and out, save choices, send the report, delete sent reports. One request at a time; only opting
// out does not wait.
import type { Receipt } from './generated/agent-api.js';
import { HostError, type Host } from './host.js';
import type { Session } from './session.js';
import { formatDay, type Strings } from './strings/index.js';

/** Where the message about an action is shown: beside the control that started it. */
export type Place = 'buttons' | 'panel' | 'bar';

/** The result of an action. Tests read the code, people the lines. */
export interface Result {
  code: string;
  lines: string[];
  isError?: boolean;
  /** What the page shows is out of date; offers a refresh. */
  isStale?: boolean;
}

export type Panel = 'none' | 'opt-in' | 'delete';

/** Codes of the agent that mean: what the page shows is out of date. */
const isOutdated = (problem: HostError | undefined): boolean => problem?.status === 409 || problem?.status === 410;

export class Actions extends EventTarget {
  busy = false;
  sending = false;
  result: (Result & { place: Place }) | undefined;
  panel: Panel = 'none';
  /** The agent did not answer the last request. */
  isUnreachable = false;

  /** Requests in flight. Opting out does not wait for a report that is being sent. */
  private inFlight = 0;
  /** Opted out while a report was being sent. */
  private stopped = false;

  constructor(
    private readonly session: Session,
    private readonly texts: () => Strings,
  ) {
    super();
  }

  /** Tells the views. */
  private changed(): void {
    this.dispatchEvent(new Event('change'));
  }

  /** Tells the views that the pressed control may be gone, or that there is an error to read. */
  private finished(): void {
    this.dispatchEvent(new Event('finished'));
  }

  show(panel: Panel): void {
    this.panel = panel;
    this.result = undefined;
    this.changed();
  }

  dismiss(): void {
    this.result = undefined;
    this.changed();
  }

  /** Runs a request, shows its result, and reads the state again. */
  private async perform(place: Place, request: (host: Host) => Promise<Result | undefined>, concurrent = false): Promise<void> {
    const host = this.session.agent;
    if (host === undefined || (this.busy && !concurrent)) return;
    this.inFlight += 1;
    this.busy = true;
    this.result = undefined;
    this.changed();
    let result: Result | undefined;
    try {
      result = await this.withCurrentSnapshot(host, request);
      this.isUnreachable = false;
    } catch (error) {
      result = this.problem(error);
    }
    // The message appears together with the new state.
    await this.session.refresh();
    this.inFlight -= 1;
    this.busy = this.inFlight > 0;
    // A panel closes with success, not before: its message is beside the buttons then.
    if (result?.isError !== true) this.panel = 'none';
    this.result = result === undefined ? undefined : { ...result, place: place === 'panel' && this.panel === 'none' ? 'buttons' : place };
    this.changed();
    this.finished();
  }

  /**
   * The agent keeps the facts only for some time. If they have expired, the install is read again, and the request is repeated
   * if the report is still the same, byte for byte.
   */
  private async withCurrentSnapshot(host: Host, request: (host: Host) => Promise<Result | undefined>): Promise<Result | undefined> {
    try {
      return await request(host);
    } catch (error) {
      if (!(error instanceof HostError) || error.code !== 'preview-expired') throw error;
      if (await this.session.renew()) return request(host);
      return { code: 'report-changed', lines: [this.texts().reportChanged], isError: true };
    }
  }

  private problem(error: unknown): Result {
    const t = this.texts();
    const problem = error instanceof HostError ? error : undefined;
    if (this.stopped && problem?.code === 'opted-out') return { code: 'opted-out', lines: [t.optedOut, t.sendStopped] };
    this.isUnreachable = problem?.status === 0;
    // 5xx: something failed behind the agent, such as the receiver.
    const prefix = problem !== undefined && problem.status < 500 ? t.rejected : t.failed;
    const line = this.isUnreachable ? t.offline : `${prefix}: ${problem?.message || String(error)}`;
    return { code: problem?.code ?? 'failed', lines: [line], isError: true, isStale: isOutdated(problem) };
  }

  private async record(host: Host, form: { who: string | null; takeOver: boolean }, done: Result): Promise<Result | undefined> {
    // Consent covers what was posted, even if the choices change while the request runs.
    const { hostState: state, snapshot, choices } = this.session;
    if (!state?.receiver || snapshot === undefined) return undefined;
    const { clear_cancelled, librenms } = await host.optIn({
      snapshot: snapshot.snapshot,
      state: state.code,
      receiver: state.receiver.url,
      kind: state.receiver.kind,
      text_version: state.text_version,
      module_sha256: state.module.sha256,
      payload_schema: state.payload_schema,
      choices,
      who: form.who,
      take_over: form.takeOver,
    });
    this.session.save(choices);
    return { ...done, lines: [...done.lines, ...(clear_cancelled ? [this.texts().deletionWasCancelled] : []), ...librenms] };
  }

  optIn(who: string | null, takeOver: boolean): Promise<void> {
    return this.perform('panel', (host) => this.record(host, { who, takeOver }, { code: 'opted-in', lines: [this.texts().optedIn] }));
  }

  save(place: Place, who: string | null, takeOver = false): Promise<void> {
    return this.perform(place, (host) => this.record(host, { who, takeOver }, { code: 'saved', lines: [this.texts().saved] }));
  }

  async send(): Promise<void> {
    if (this.busy) return;
    this.sending = true;
    this.stopped = false;
    await this.perform('buttons', async (host) => {
      const t = this.texts();
      const { hostState: state, snapshot, summary, choices } = this.session;
      if (!state?.given || snapshot === undefined || summary === undefined) return undefined;
      const { sha256 } = summary;
      const answer = await host.send({ snapshot: snapshot.snapshot, consent: state.given.at, choices, payload_sha256: sha256, again: state.sent_today });
      if ('already_sent' in answer) return { code: 'already-sent', lines: [t.alreadySent] };
      const receipt = 'receipt' in answer ? (answer.receipt as Receipt | null) : null;
      if (receipt?.payload_sha256 !== sha256) return { code: 'sent-without-receipt', lines: [t.sentNoReceipt] };
      return { code: 'sent', lines: [t.sent(sha256.slice(0, 8), formatDay(receipt.day, t.lang), formatDay(receipt.expires, t.lang))] };
    });
    this.sending = false;
    this.changed();
  }

  /** Takes effect at once, also while a report is being sent or waits for a retry. */
  optOut(): Promise<void> {
    return this.perform('buttons', async (host) => {
      const { not_recorded } = await host.optOut();
      this.stopped = this.sending;
      this.sending = false;
      return { code: 'opted-out', lines: [this.texts().optedOut, ...(not_recorded ? [not_recorded] : [])] };
    }, true);
  }

  deleteSent(now: boolean): Promise<void> {
    return this.perform(this.panel === 'delete' ? 'panel' : 'buttons', async (host) => {
      const t = this.texts();
      const { pending, cleared } = await host.deleteSent(now);
      if (pending) return { code: 'deletion-requested', lines: [t.deletionRequested] };
      if (cleared.length === 0) return { code: 'nothing-to-delete', lines: [t.nothingToDelete] };
      // The report on the page still has the random ID that is gone now.
      const isRenewed = await this.session.renew().then(() => true, () => false);
      return { code: 'deleted', lines: [t.deleted], isStale: !isRenewed };
    });
  }

  cancelDeletion(): Promise<void> {
    return this.perform('buttons', async (host) => {
      await host.cancelDeletion();
      return { code: 'deletion-cancelled', lines: [this.texts().deletionCancelled] };
    });
  }

  /** Reads the install again. */
  refresh(place: Place = 'buttons'): Promise<void> {
    return this.perform(place, async () => {
      await this.session.renew();
      return undefined;
    });
  }
}
