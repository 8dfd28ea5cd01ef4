// Messages between the element and its worker. Everything large stays in the worker; the page asks for windows of it.
import type { Field, Findings, IdentifierKind, Redacted } from 'callback-collector';
import type { Choices as AgentChoices } from './generated/agent-api.js';

/** What the admin chose, as the agent stores it, with nothing left to defaults. */
export type Choices = Required<AgentChoices>;

export const completeChoices = ({ categories = null, included = [], withheld, terms }: AgentChoices): Choices => ({ categories, withheld, included, terms });

export const NO_CHOICES: Choices = { categories: null, withheld: [], included: [], terms: [] };

export type FactsInput = ArrayBuffer | string | object;

/** Overview of a report. */
export interface Summary {
  sha256: string;
  bytes: number;
  devices: number;
  groups: number;
  labels: number;
  pairs: number;
  removed: Partial<Record<IdentifierKind, number>>;
  /** Distinct texts that changed. */
  redacted: number;
  cleaned: Findings['cleaned'];
  leftOut: Findings['left_out'];
  rare: Findings['rare'];
  /** Milliseconds in the module. */
  time: number;
  /** Rows of the formatted and the raw text at the requested width. */
  prettyRows: number;
  rawRows: number;
  /** In how many changed texts each kind occurs. */
  kinds: Partial<Record<IdentifierKind, number>>;
  /** The admin's words that occur nowhere. */
  unused: string[];
  /** A few rows of the report, to show what it is like. */
  examples: LabelRow[];
}

/** A row of the text on screen: a line, or part of one. */
export interface ByteRow {
  /** Number of the line that the row starts. */
  line: number | null;
  text: string;
  /** Search hits, as offsets in `text`, and whether the reader is at this one. */
  hits: [from: number, to: number, isCurrent: boolean][];
}

/** A changed text; texts of a field that became the same are one row. */
export interface RedactedRow extends Redacted {
  /** The text as sent, under which it can be withheld. */
  sent: string;
  /** The other texts that became the same, as far as they are listed. */
  others: Redacted[];
  /** How many texts became the same. */
  texts: number;
}

/** A group's label with its count, or a device description. */
export interface LabelRow {
  group: string;
  label: string | null;
  /** Null if it is left out and its count is not known. */
  total: number | null;
  os?: string;
  sysObjectID?: string;
  /** Left out by the admin; it keeps its place in the list. */
  leftOut?: true;
}

/** The heading of a group: the sum and number of its labels. */
export interface GroupRow {
  group: string;
  labels: number;
  sum: number;
}

export type ContentsRow = LabelRow | GroupRow;

export interface FieldRow extends Field {
  entries: number | null;
  total: number | null;
}

export interface ChangeRow {
  group: string;
  label: string;
  before: number | null;
  after: number | null;
}

export interface Page<T> {
  total: number;
  rows: T[];
}

export interface Window {
  from: number;
  to: number;
}

/** Requests to the worker, and its answers. */
export interface Calls {
  start: { ask: { module: ArrayBuffer }; answer: { sha256: string | null; bytes: number } };
  facts: { ask: { facts: FactsInput }; answer: { choices: Choices; devices: number; sha256: string | null } };
  build: { ask: { choices: Choices | null; fixedTerms: string[]; columns: number }; answer: Summary };
  wrap: { ask: { columns: number }; answer: { prettyRows: number; rawRows: number } };
  bytes: { ask: Window & { raw: boolean; query: string; current: number }; answer: ByteRow[] };
  find: { ask: { raw: boolean; query: string }; answer: { hits: number; places: { row: number; at: number }[] } };
  payload: { ask: { pretty: boolean }; answer: ArrayBuffer };
  removed: { ask: Window & { kind: string; query: string }; answer: Page<RedactedRow> };
  contents: { ask: Window & { query: string }; answer: Page<ContentsRow> };
  fields: { ask: object; answer: FieldRow[] };
  compare: { ask: { before: ArrayBuffer }; answer: { changes: number } };
  changes: { ask: Window; answer: Page<ChangeRow> };
  share: { ask: { title: string; texts: Record<string, string>; about: string[]; lang: string }; answer: string };
  sanitise: { ask: { device: object }; answer: { text: string | null; rows: Redacted[] } };
}

export type CallName = keyof Calls;
export type Ask<N extends CallName> = Calls[N]['ask'];
export type Answer<N extends CallName> = Calls[N]['answer'];

export interface Request {
  id: number;
  name: CallName;
  ask: unknown;
}

export type Stage = 'reading' | 'building' | 'arranging';

export type Message =
  | { id: number; answer: unknown }
  | { id: number; problem: { code: string; path: string; message: string } }
  | { stage: Stage };
