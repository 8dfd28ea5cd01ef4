// The worker: runs the module and keeps everything large. The page asks it for windows of rows.
import { build, CollectorError, dictionary, init, sanitise, type Category, type Facts, type Findings } from 'callback-collector/slim';
import { Lines } from './lines.js';
import type { Answer, Ask, CallName, ChangeRow, Choices, FactsInput, LabelRow, Message, RedactedRow, Request, Stage, Summary } from './protocol.js';
import { byResult } from './redacted.js';
import { contents, difference, examples, fields, grouped, pretty, withLeftOut, type Payload } from './report.js';
import { shareable } from './share.js';
import { warmUp } from './warmup.js';

const scope = self as unknown as {
  postMessage(message: Message, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};

/** Rows that a search returns at most. */
const MAX_HITS = 10_000;

/** A built report, in the forms that the page shows. */
interface Report {
  bytes: Uint8Array<ArrayBuffer>;
  payload: Payload;
  findings: Findings;
  /** With the rows that the admin left out. */
  rows: LabelRow[];
  prettyText: string;
  pretty: Lines;
  raw: Lines;
}

let input: FactsInput = '';
let facts: Facts | undefined;
let report: Report | undefined;
let changes: ChangeRow[] = [];
let filtered: { key: string; rows: RedactedRow[] } | undefined;

const reportStage = (stage: Stage): void => scope.postMessage({ stage });

function built(): Report {
  if (report === undefined) throw new CollectorError('expected a report to be built first', 'bad_call', '');
  return report;
}

/** Null outside secure contexts, where browsers do not compute digests. */
async function sha256(bytes: BufferSource): Promise<string | null> {
  if (globalThis.crypto?.subtle === undefined) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Compiles the smallest valid module. Fails if the browser or the page's policy does not allow WebAssembly. */
function allowsWebAssembly(): boolean {
  try {
    return new WebAssembly.Module(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

async function start({ module }: Ask<'start'>): Promise<Answer<'start'>> {
  if (!allowsWebAssembly()) throw Object.assign(new Error('WebAssembly is not allowed'), { code: 'no_wasm' });
  // Hash first, so that the digest is that of the bytes that run.
  const digest = await sha256(module);
  await init(module);
  warmUp(() => input !== '');
  return { sha256: digest, bytes: module.byteLength };
}

const labels = (list: { group: string; label: string }[] | undefined): [string, string][] =>
  Array.isArray(list) ? list.map(({ group, label }) => [group, label]) : [];

const withheldIn = (document: Facts | undefined): [string, string][] => labels(document?.consent?.withheld);

async function loadFacts({ facts: given }: Ask<'facts'>): Promise<Answer<'facts'>> {
  reportStage('reading');
  input = given;
  const isBinary = given instanceof ArrayBuffer || ArrayBuffer.isView(given);
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : isBinary ? (given as BufferSource) : undefined;
  let parsed: unknown;
  try {
    parsed = bytes === undefined ? given : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    parsed = undefined; // the module reports the error
  }
  facts = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Facts) : undefined;
  const consent = facts?.consent;
  return {
    choices: {
      categories: consent?.categories ?? null,
      withheld: withheldIn(facts),
      included: labels(consent?.included),
      terms: Array.isArray(facts?.terms) ? [...facts.terms] : [],
    },
    devices: Array.isArray(facts?.devices) ? facts.devices.length : 0,
    sha256: bytes === undefined ? null : await sha256(bytes),
  };
}

function withChoices(choices: Choices, fixedTerms: string[]): Facts | FactsInput {
  if (facts === undefined) return input;
  const labels = (list: [string, string][]) => list.map(([group, label]) => ({ group, label }));
  const consent: Facts['consent'] = { ...facts.consent, withheld: labels(choices.withheld), included: labels(choices.included) };
  if (choices.categories === null) delete consent.categories;
  else consent.categories = choices.categories as Category[];
  return { ...facts, terms: [...fixedTerms, ...choices.terms], consent };
}

/** Terms that matched nothing. Compares whole words by their letters and digits, as the module does. */
function unused(terms: string[], { redactions }: Findings): string[] {
  if (terms.length === 0) return [];
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const removed = redactions.flatMap((row) => row.redactions.map(({ start, end }) => words(row.original.slice(start, end))));
  const found = new Set(removed.flatMap((part) => [...part, part.join('')]));
  const lines = removed.map((part) => ` ${part.join(' ')} `).join('\n');
  return terms.filter((term) => !found.has(words(term).join('')) && !lines.includes(` ${words(term).join(' ')} `));
}

function buildReport({ choices, fixedTerms, columns }: Ask<'build'>): Answer<'build'> {
  reportStage('building');
  // Without changed choices, exactly the document that was passed in.
  const document = choices === null ? input : withChoices(choices, fixedTerms);
  const before = performance.now();
  const { payload: bytes, sha256, findings } = build(document as Facts);
  const time = performance.now() - before;
  reportStage('arranging');
  const text = new TextDecoder().decode(bytes);
  const prettyText = pretty(text);
  const payload = JSON.parse(text) as Payload;
  const sent = contents(payload);
  const rows = withLeftOut(sent, report?.rows ?? [], choices?.withheld ?? withheldIn(facts));
  report = {
    bytes: new Uint8Array(bytes), payload, findings, rows, prettyText, pretty: new Lines(prettyText, columns), raw: new Lines(text, columns),
  };
  const kinds: Summary['kinds'] = {};
  for (const { redactions } of findings.redactions) {
    for (const kind of new Set(redactions.map((redaction) => redaction.kind))) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const pairs = payload.info.length;
  return {
    sha256,
    bytes: bytes.length,
    devices: findings.devices,
    groups: Object.keys(payload.data).length,
    labels: sent.length - pairs,
    pairs,
    removed: findings.removed,
    redacted: findings.redactions.length,
    cleaned: findings.cleaned,
    leftOut: findings.left_out,
    rare: findings.rare,
    time,
    prettyRows: report.pretty.rows,
    rawRows: report.raw.rows,
    kinds,
    unused: unused(choices?.terms ?? facts?.terms ?? [], findings),
    examples: examples(sent),
  };
}

const lines = (raw: boolean): Lines => (raw ? built().raw : built().pretty);

function removed({ from, to, kind, query }: Ask<'removed'>): Answer<'removed'> {
  const findings = report?.findings;
  const key = JSON.stringify([kind, query, findings?.payload_sha256]);
  if (filtered?.key !== key) {
    const needle = query.toLowerCase();
    const found = (findings?.redactions ?? []).filter(
      (row) =>
        (kind === '' || row.redactions.some((redaction) => redaction.kind === kind)) &&
        (needle === '' || row.original.toLowerCase().includes(needle) || row.result.toLowerCase().includes(needle)),
    );
    filtered = { key, rows: byResult(found) };
  }
  return { total: filtered.rows.length, rows: filtered.rows.slice(from, to) };
}

function contentsRows({ from, to, query }: Ask<'contents'>): Answer<'contents'> {
  const rows = report?.rows ?? [];
  const needle = query.toLowerCase();
  const has = (text: string | null | undefined): boolean => text?.toLowerCase().includes(needle) ?? false;
  const found = grouped(needle === '' ? rows : rows.filter((row) => has(row.group) || has(row.label) || has(row.os) || has(row.sysObjectID)));
  return { total: found.length, rows: found.slice(from, to) };
}

const handlers: { [N in CallName]: (ask: Ask<N>) => Answer<N> | Promise<Answer<N>> } = {
  start,
  facts: loadFacts,
  build: buildReport,
  wrap: ({ columns }) => {
    const { pretty, raw } = built();
    pretty.wrap(columns);
    raw.wrap(columns);
    return { prettyRows: pretty.rows, rawRows: raw.rows };
  },
  bytes: ({ raw, from, to, query, current }) => lines(raw).window(from, to, query, current),
  find: ({ raw, query }) => lines(raw).find(query, MAX_HITS),
  payload: ({ pretty }) => (pretty ? (new TextEncoder().encode(`${built().prettyText}\n`).buffer as ArrayBuffer) : built().bytes.slice().buffer),
  removed,
  contents: contentsRows,
  fields: () => (report === undefined ? [] : fields(dictionary(), report.payload)),
  compare: ({ before }) => {
    changes = difference(JSON.parse(new TextDecoder().decode(before)) as Payload, built().payload);
    return { changes: changes.length };
  },
  changes: ({ from, to }) => ({ total: changes.length, rows: changes.slice(from, to) }),
  share: ({ title, texts, about, lang }) => shareable({ title, texts, about, lang, findings: built().findings, pretty: built().prettyText }),
  sanitise: ({ device }) => {
    const { sysDescr, redactions } = sanitise(device as never);
    return { text: sysDescr, rows: redactions };
  },
};

// Requests are handled one at a time, in order.
let previous: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: { id, name, ask } }) => {
  previous = previous.then(async () => {
    try {
      const answer = await (handlers[name] as (ask: unknown) => unknown)(ask);
      scope.postMessage({ id, answer }, answer instanceof ArrayBuffer ? [answer] : []);
    } catch (error) {
      const { code, path } = error as Partial<CollectorError>;
      const message = error instanceof Error ? error.message : String(error);
      // After a trap the module is unusable; the element starts another worker.
      const trapped = error instanceof WebAssembly.RuntimeError;
      scope.postMessage({ id, problem: { code: trapped ? 'trap' : String(code ?? 'failed'), path: path ?? '', message } });
    }
  });
};
