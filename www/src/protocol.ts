// What the element and its worker say to each other. Everything large stays in the worker; the page asks for windows.
import type { Category, Field, Findings, IdentifierKind, Redacted } from 'callback-collector';

/** What the admin chose, as the agent keeps it. */
export interface Choices {
  categories: Category[] | null;
  /** Group and label; group `info` for a pair by its sysDescr. */
  withheld: [string, string][];
  /** Rare labels that are sent all the same: group and label. */
  included: [string, string][];
  terms: string[];
}

export type FactsInput = ArrayBuffer | string | object;

/** Numbers of a report. */
export interface Summary {
  sha256: string;
  bytes: number;
  devices: number;
  devicesInPairs: number;
  groups: number;
  labels: number;
  pairs: number;
  removed: Partial<Record<IdentifierKind, number>>;
  /** Distinct texts that changed. */
  redacted: number;
  cleaned: Findings['cleaned'];
  leftOut: Findings['left_out'];
  rare: Findings['rare'];
  uuid: string;
  schema: number;
  moduleVersion: string;
  /** Milliseconds in the module. */
  time: number;
  /** Rows on the screen of both views of the bytes, at the columns asked for. */
  prettyRows: number;
  rawRows: number;
  /** How often each category appears in the list of changed texts. */
  kinds: Partial<Record<IdentifierKind, number>>;
  categories: Category[] | null;
  /** Words of the admin's that stand in nothing that was removed. */
  unused: string[];
}

/** A row of the bytes on the screen: a line, or a part of one. */
export interface ByteRow {
  /** The line's number where the row begins it. */
  line: number | null;
  text: string;
  /** Hits of the search in `text`. */
  hits: [number, number][];
}

/** A changed text, with its number in the whole list. */
export interface RedactedRow extends Redacted {
  /** Label under which it is withheld: the text as it is sent. */
  sent: string;
}

/** What is sent under a group and label, or a pair. */
export interface SentRow {
  group: string;
  label: string | null;
  total: number;
  os?: string;
  sysObjectID?: string;
}

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

/** What may be asked, and what is answered. */
export interface Calls {
  start: { ask: { module: string | ArrayBuffer }; answer: { sha256: string | null; bytes: number } };
  facts: { ask: { facts: FactsInput }; answer: { choices: Choices; devices: number; sha256: string | null } };
  build: { ask: { choices: Choices | null; fixedTerms: string[]; columns: number }; answer: Summary };
  wrap: { ask: { columns: number }; answer: { prettyRows: number; rawRows: number } };
  bytes: { ask: Window & { raw: boolean; find: string }; answer: ByteRow[] };
  find: { ask: { raw: boolean; find: string }; answer: { hits: number; rows: number[] } };
  payload: { ask: { pretty: boolean }; answer: ArrayBuffer };
  removed: { ask: Window & { kind: string; find: string }; answer: Page<RedactedRow> };
  sent: { ask: Window & { find: string }; answer: Page<SentRow> };
  fields: { ask: object; answer: FieldRow[] };
  compare: { ask: { before: ArrayBuffer }; answer: { changes: number } };
  changes: { ask: Window; answer: Page<ChangeRow> };
  share: { ask: { title: string; texts: Record<string, string>; lang: string }; answer: string };
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
