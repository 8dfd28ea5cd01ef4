// What `callback-agent serve` answers.
import type { Choices } from './protocol.js';

export interface Receiver {
  url: string;
  kind: 'stock' | 'callback-stats';
  clear_url: string;
}

export interface HostState {
  status: 'on' | 'off' | 'clear pending';
  because: string;
  consent: 'never asked' | 'on' | 'off';
  given: {
    at: string;
    who: string | null;
    payload_schema: number;
    module_sha256: string;
    text_version: number;
    receiver: Receiver;
    choices: Choices;
  } | null;
  pending: { asked: string | null; by: string } | null;
  switches: { name: string; value: string; says: string; decides: boolean }[];
  unread: string | null;
  publication: string | null;
  receiver: Receiver | null;
  text_version: number;
  payload_schema: number;
  module: { sha256: string; bytes: number };
  agent: string;
  last_run: Entry | null;
  sent_today: boolean;
  held: boolean;
  next_run: string | null;
}

export interface Entry {
  id: number;
  moment: string;
  what: 'consent-on' | 'consent-off' | 'clear-asked' | 'clear-cancelled' | 'begun';
  begun?: {
    subject: 'report' | 'file' | 'clear';
    day: string;
    receiver: string;
    kind: string;
    payload_sha256: string | null;
    payload_bytes: number | null;
    payload_schema: number | null;
    module_sha256: string | null;
  };
  ended?: { outcome: 'sent' | 'cleared' | 'written' | 'not-sent' | 'unknown' | 'switched-off'; said: string; receipt: Record<string, unknown> | null };
  note?: unknown;
}

export interface Snapshot {
  snapshot: string;
  sha256: string;
  bytes: number;
  made: string;
  seconds: number;
  choices: Choices;
  fixed_terms: string[];
}

export interface Sent {
  outcome?: string;
  said?: string;
  receipt?: { day?: string; expires?: string; payload_sha256?: string } | null;
  already_sent?: string;
  cleared?: unknown[];
}

/** What the agent refused, in its words. */
export class HostProblem extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export class Host {
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  private async call(method: string, path: string, body?: object): Promise<Response> {
    // The header tells this page from forms and links of others; the token goes where there is one.
    const headers: Record<string, string> = { 'Callback-Preview': '1' };
    if (this.token !== '') headers['Authorization'] = `Bearer ${this.token}`;
    // What cannot be a header is no key of an agent's.
    if (!/^[\x21-\x7e]*$/.test(this.token)) throw new HostProblem('', 401);
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response: Response;
    try {
      response = await fetch(new URL(path, new URL(this.base, document.baseURI)), {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
      });
    } catch {
      throw new HostProblem('', 0);
    }
    if (!response.ok) {
      const problem = (await response.json().catch(() => ({}))) as { detail?: string };
      throw new HostProblem(problem.detail ?? `status ${response.status}`, response.status);
    }
    return response;
  }

  private async json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.call(method, path, body)).json()) as T;
  }

  state = (): Promise<HostState> => this.json('GET', 'state');
  snapshot = (): Promise<Snapshot> => this.json('POST', 'snapshots');
  ledger = (): Promise<Entry[]> => this.json('GET', 'ledger');
  stop = (): Promise<{ not_recorded: string | null }> => this.json('DELETE', 'consent');
  clear = (now: boolean): Promise<{ pending: boolean; cleared: unknown[] }> => this.json('POST', 'clear', { now });
  cancelClear = (): Promise<unknown> => this.json('DELETE', 'clear');
  send = (body: { snapshot: string; consent: string; choices: Choices; payload_sha256: string; again: boolean }): Promise<Sent> =>
    this.json('POST', 'send', body);
  allow = (body: {
    snapshot: string;
    receiver: string;
    kind: string;
    text_version: number;
    module_sha256: string;
    payload_schema: number;
    choices: Choices;
    who: string | null;
    take_over: boolean;
  }): Promise<{ clear_cancelled: boolean; librenms: string[] }> => this.json('POST', 'consent', body);

  async payload(id: number): Promise<ArrayBuffer> {
    return (await this.call('GET', `ledger/${id}/payload`)).arrayBuffer();
  }

  async module(): Promise<ArrayBuffer> {
    return (await this.call('GET', 'module')).arrayBuffer();
  }

  facts(id: string): Promise<Response> {
    return this.call('GET', `snapshots/${id}/facts`);
  }
}

/** The bytes of an answer, with progress. */
export async function received(response: Response, progress: (done: number, total: number | null) => void): Promise<ArrayBuffer> {
  const length = Number(response.headers.get('content-length'));
  const total = Number.isFinite(length) && length > 0 && response.headers.get('content-encoding') === null ? length : null;
  if (response.body === null) return response.arrayBuffer();
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const part = await reader.read();
    if (part.done) break;
    parts.push(part.value);
    done += part.value.length;
    progress(done, total);
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}
