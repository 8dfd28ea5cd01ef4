// The worker: runs the module, and keeps all that is large. The page asks it for windows of rows.
import { build, CollectorError, dictionary, init, sanitise, type Facts, type Findings } from 'callback-collector/slim';
import { Lines } from './lines.js';
import type { Answer, Ask, CallName, ChangeRow, Choices, FactsInput, Message, RedactedRow, Request, SentRow, Stage, Summary } from './protocol.js';
import { difference, fields, pretty, sent, type Payload } from './report.js';
import { MOST_CHARACTERS, shareable } from './share.js';
import { warmUp } from './warm-up.js';

const scope = self as unknown as {
  postMessage(message: Message, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};

/** Most rows that a search names. */
const MOST_HITS = 10_000;

let input: FactsInput = '';
let facts: Facts | undefined;
let payload: Uint8Array<ArrayBuffer> = new Uint8Array();
let report: Payload | undefined;
let findings: Findings | undefined;
let prettyLines: Lines | undefined;
let rawLines: Lines | undefined;
let prettyText = '';
let rows: SentRow[] = [];
let changes: ChangeRow[] = [];

const stage = (stage: Stage): void => scope.postMessage({ stage });

/** Nothing where the page is not a secure context: browsers give no digests there. */
async function sha256(bytes: BufferSource): Promise<string | null> {
  if (globalThis.crypto?.subtle === undefined) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function start({ module }: Ask<'start'>): Promise<Answer<'start'>> {
  let bytes: ArrayBuffer;
  if (typeof module === 'string') {
    const response = await fetch(module);
    if (!response.ok) throw new CollectorError(`the module cannot be loaded: status ${response.status}`, 'bad_call', '');
    bytes = await response.arrayBuffer();
  } else {
    bytes = module;
  }
  // Digest first: what is run are these very bytes.
  const digest = await sha256(bytes);
  await init(bytes);
  warmUp(() => input !== '');
  return { sha256: digest, bytes: bytes.byteLength };
}

async function take({ facts: given }: Ask<'facts'>): Promise<Answer<'facts'>> {
  stage('reading');
  input = given;
  const isBinary = given instanceof ArrayBuffer || ArrayBuffer.isView(given);
  const bytes = typeof given === 'string' ? new TextEncoder().encode(given) : isBinary ? (given as BufferSource) : undefined;
  let parsed: unknown;
  try {
    parsed = bytes === undefined ? given : JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    parsed = undefined; // the module says what is wrong with it
  }
  facts = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Facts) : undefined;
  const consent = facts?.consent;
  const labels = (list: { group: string; label: string }[] | undefined): [string, string][] =>
    Array.isArray(list) ? list.map(({ group, label }) => [group, label]) : [];
  return {
    choices: {
      categories: consent?.categories ?? null,
      withheld: labels(consent?.withheld),
      included: labels(consent?.included),
      terms: Array.isArray(facts?.terms) ? [...facts.terms] : [],
    },
    devices: Array.isArray(facts?.devices) ? facts.devices.length : 0,
    sha256: bytes === undefined ? null : await sha256(bytes),
  };
}

function chosen(choices: Choices, fixedTerms: string[]): Facts | FactsInput {
  if (facts === undefined) return input;
  const labels = (list: [string, string][]) => list.map(([group, label]) => ({ group, label }));
  const consent: Facts['consent'] = { ...facts.consent, withheld: labels(choices.withheld), included: labels(choices.included) };
  if (choices.categories === null) delete consent.categories;
  else consent.categories = choices.categories;
  return { ...facts, terms: [...fixedTerms, ...choices.terms], consent };
}

/** Words that stand in nothing that was removed: whole, and compared by their letters and digits, as the module does. */
function unused(terms: string[], { redactions }: Findings): string[] {
  if (terms.length === 0) return [];
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const pieces = redactions.flatMap((row) => row.redactions.map(({ start, end }) => words(row.original.slice(start, end))));
  const gone = new Set(pieces.flatMap((piece) => [...piece, piece.join('')]));
  const lines = pieces.map((piece) => ` ${piece.join(' ')} `).join('\n');
  return terms.filter((term) => !gone.has(words(term).join('')) && !lines.includes(` ${words(term).join(' ')} `));
}

function make({ choices, fixedTerms, columns }: Ask<'build'>): Answer<'build'> {
  stage('building');
  // Until something is changed, the very document that was handed in.
  const document = choices === null ? input : chosen(choices, fixedTerms);
  const before = performance.now();
  const built = build(document as Facts);
  const time = performance.now() - before;
  stage('arranging');
  payload = new Uint8Array(built.payload);
  findings = built.findings;
  const text = new TextDecoder().decode(payload);
  prettyText = pretty(text);
  report = JSON.parse(text) as Payload;
  rows = sent(report);
  prettyLines = new Lines(prettyText, columns);
  rawLines = new Lines(text, columns);
  const kinds: Summary['kinds'] = {};
  for (const { redactions } of findings.redactions) {
    for (const kind of new Set(redactions.map((redaction) => redaction.kind))) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const { pairs, labels } = { pairs: report.info.length, labels: rows.length - report.info.length };
  return {
    sha256: built.sha256,
    bytes: payload.length,
    devices: findings.devices,
    devicesInPairs: findings.devices_in_pairs,
    groups: Object.keys(report.data).length,
    labels,
    pairs,
    removed: findings.removed,
    redacted: findings.redactions.length,
    cleaned: findings.cleaned,
    leftOut: findings.left_out,
    rare: findings.rare,
    uuid: report.uuid,
    schema: report.schema,
    moduleVersion: report.module.version,
    time,
    prettyRows: prettyLines.rows,
    rawRows: rawLines.rows,
    kinds,
    unused: unused(choices?.terms ?? facts?.terms ?? [], findings),
    categories: choices === null ? (facts?.consent?.categories ?? null) : choices.categories,
  };
}

const lines = (raw: boolean): Lines => {
  const lines = raw ? rawLines : prettyLines;
  if (lines === undefined) throw new CollectorError('expected a report to be built first', 'bad_call', '');
  return lines;
};

let filtered: { key: string; rows: RedactedRow[] } | undefined;

function removed({ from, to, kind, find }: Ask<'removed'>): Answer<'removed'> {
  const key = JSON.stringify([kind, find, findings?.payload_sha256]);
  if (filtered?.key !== key) {
    const needle = find.toLowerCase();
    const found = (findings?.redactions ?? []).filter(
      (row) =>
        (kind === '' || row.redactions.some((redaction) => redaction.kind === kind)) &&
        (needle === '' || row.original.toLowerCase().includes(needle) || row.result.toLowerCase().includes(needle)),
    );
    // What concerns most devices first.
    found.sort((a, b) => b.rows - a.rows);
    filtered = { key, rows: found.map((row) => ({ ...row, sent: [...row.result].slice(0, MOST_CHARACTERS).join('') })) };
  }
  return { total: filtered.rows.length, rows: filtered.rows.slice(from, to) };
}

function sentRows({ from, to, find }: Ask<'sent'>): Answer<'sent'> {
  const needle = find.toLowerCase();
  const has = (text: string | null | undefined): boolean => text?.toLowerCase().includes(needle) ?? false;
  const found = needle === '' ? rows : rows.filter((row) => has(row.group) || has(row.label) || has(row.os) || has(row.sysObjectID));
  return { total: found.length, rows: found.slice(from, to) };
}

const answers: { [N in CallName]: (ask: Ask<N>) => Answer<N> | Promise<Answer<N>> } = {
  start,
  facts: take,
  build: make,
  wrap: ({ columns }) => {
    lines(false).wrap(columns);
    lines(true).wrap(columns);
    return { prettyRows: lines(false).rows, rawRows: lines(true).rows };
  },
  bytes: ({ raw, from, to, find }) => lines(raw).window(from, to, find),
  find: ({ raw, find }) => lines(raw).find(find, MOST_HITS),
  payload: ({ pretty }) => (pretty ? (new TextEncoder().encode(`${prettyText}\n`).buffer as ArrayBuffer) : payload.slice().buffer),
  removed,
  sent: sentRows,
  fields: () => (report === undefined ? [] : fields(dictionary(), report)),
  compare: ({ before }) => {
    if (report === undefined) throw new CollectorError('expected a report to be built first', 'bad_call', '');
    changes = difference(JSON.parse(new TextDecoder().decode(before)) as Payload, report);
    return { changes: changes.length };
  },
  changes: ({ from, to }) => ({ total: changes.length, rows: changes.slice(from, to) }),
  share: ({ title, texts, lang }) => {
    if (findings === undefined) throw new CollectorError('expected a report to be built first', 'bad_call', '');
    return shareable({ title, texts, lang, findings, pretty: prettyText });
  },
  sanitise: ({ device }) => {
    const { sysDescr, redactions } = sanitise(device as never);
    return { text: sysDescr, rows: redactions };
  },
};

// One after the other, in the order in which they were asked.
let before: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: { id, name, ask } }) => {
  before = before.then(async () => {
    try {
      const answer = await (answers[name] as (ask: unknown) => unknown)(ask);
      scope.postMessage({ id, answer }, answer instanceof ArrayBuffer ? [answer] : []);
    } catch (error) {
      const { code, path } = error as Partial<CollectorError>;
      const message = error instanceof Error ? error.message : String(error);
      // A trap ends the module: the element starts another worker.
      const trapped = error instanceof WebAssembly.RuntimeError;
      scope.postMessage({ id, problem: { code: trapped ? 'trap' : String(code ?? 'failed'), path: path ?? '', message } });
    }
  });
};
