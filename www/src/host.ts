// The API of `callback-agent serve`.
import type {
  ClearAnswer, ClearCancelled, ClearRequest, Disabled, Enabled, EnableRequest, Entry, Problem, SendRequest, SendResult, Snapshot, State,
} from './generated/agent-api.js';

export type { Entry, Snapshot, State as HostState } from './generated/agent-api.js';

/** An error of the agent, or of reaching it. */
export class HostError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 if the agent cannot be reached. */
    readonly status: number,
    /** The agent's error code, or one derived from the status. */
    readonly code: string = `http-${status}`,
  ) {
    super(message);
  }
}

export class Host {
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  private async request(method: string, path: string, body?: object): Promise<Response> {
    // Forms and links on other sites cannot set this header.
    const headers: Record<string, string> = { 'Callback-Preview': '1' };
    if (this.token !== '') headers.Authorization = `Bearer ${this.token}`;
    // fetch() would throw for a token that is not a valid header value.
    if (!/^[\x21-\x7e]*$/.test(this.token)) throw new HostError('', 401);
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
      throw new HostError('', 0, 'unreachable');
    }
    if (!response.ok) {
      const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
      throw new HostError(problem.detail ?? `${response.url}: status ${response.status}`, response.status, problem.code || undefined);
    }
    return response;
  }

  private async json<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.request(method, path, body)).json()) as T;
  }

  state = (): Promise<State> => this.json('GET', 'state');
  ledger = (): Promise<Entry[]> => this.json('GET', 'ledger');
  payload = async (id: number): Promise<ArrayBuffer> => (await this.request('GET', `ledger/${id}/payload`)).arrayBuffer();
  module = (): Promise<Response> => this.request('GET', 'module');
  snapshot = (): Promise<Snapshot> => this.json('POST', 'snapshots');
  facts = (snapshot: string): Promise<Response> => this.request('GET', `snapshots/${snapshot}/facts`);
  send = (body: SendRequest): Promise<SendResult> => this.json('POST', 'send', body);
  optIn = (body: EnableRequest): Promise<Enabled> => this.json('POST', 'consent', body);
  optOut = (): Promise<Disabled> => this.json('DELETE', 'consent');
  deleteSent = (now: boolean): Promise<ClearAnswer> => this.json('POST', 'clear', { now } satisfies ClearRequest);
  cancelDeletion = (): Promise<ClearCancelled> => this.json('DELETE', 'clear');
}

/** The body of a response, with progress. `total`, if known, is its size before compression. */
export async function readBody(response: Response, progress: (done: number, total: number | null) => void, total?: () => number | undefined): Promise<ArrayBuffer> {
  const length = Number(response.headers.get('content-length'));
  const isPlain = Number.isFinite(length) && length > 0 && response.headers.get('content-encoding') === null;
  if (response.body === null) return response.arrayBuffer();
  const parts: Uint8Array[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ; ) {
    const part = await reader.read();
    if (part.done) break;
    parts.push(part.value);
    done += part.value.length;
    progress(done, total?.() ?? (isPlain ? length : null));
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.buffer;
}
