// Types of callback-collector. The documents themselves are described by docs/schema/*.json in the repository.

/** Of a Response of fetch() what its place here needs; a real one is meant. Said here, since not every program has the browser's types. */
export interface ModuleResponse {
  readonly ok: boolean;
  readonly headers: object;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A compiled WebAssembly.Module. */
export interface CompiledModule {
  readonly [Symbol.toStringTag]?: 'WebAssembly.Module';
}

/** The module itself: its bytes, an answer that brings them, or compiled. */
export type ModuleBytes = ArrayBuffer | ArrayBufferView | ModuleResponse | Promise<ModuleResponse> | CompiledModule;

/** The module, or where it is (a string or a URL). Without it the file of this package is used. */
export type ModuleSource = ModuleBytes | string | { readonly href: string; readonly protocol: string };

/**
 * Starts the module. Call and await it once, before anything else; further calls do nothing, and one after a failure tries
 * again. Rejects with what the host says where the module cannot be loaded or compiled.
 */
export function init(source?: ModuleSource): Promise<void>;

/**
 * A document: JSON text, its bytes (UTF-8), or an object. An object is read as what `JSON.stringify` makes of it, so that
 * all three give the same report: `undefined` leaves a field out (in a list it becomes null, which is refused), `NaN` and
 * `Infinity` become null, a `Map` is an object without fields, a `toJSON` method counts.
 */
export type Input<T> = string | Uint8Array | ArrayBuffer | T;

/** Everything that a report is built from. It never leaves the install. */
export interface Facts {
  /** Version of this document. */
  schema: 1;
  /** The install's pseudonym, a version 4 UUID. */
  uuid: string;
  versions?: Partial<Record<'database' | 'php' | 'python' | 'rrdtool' | 'netsnmp' | 'os' | 'librenms', string>>;
  /** Rows per label, by group of the payload; a group that is not here was not read. */
  counts?: Record<string, Count[]>;
  devices?: Device[] | null;
  /** Words to remove wherever they stand. */
  terms?: string[];
  /** Regular expressions (the syntax of Rust's `regex`, ASCII classes): what matches is removed wherever it stands. */
  patterns?: string[];
  consent?: Consent;
  left_out?: { field: string; missing: string }[];
}

/** How many rows carry a label. */
export interface Count {
  /** The label as the database has it, numbers as text; null for NULL and for groups without a label. */
  label?: string | null;
  rows: number;
  /**
   * The one device that has all of these rows, by its number in the install; absent where several devices do, or where
   * nobody knows: then each row counts as another device's. Groups whose labels are `composed` need it.
   */
  device?: number;
}

/** What is reported of a device, and what identifies it and must not be. */
export type Device = Partial<
  Record<
    | 'os'
    | 'hardware'
    | 'sysDescr'
    | 'sysObjectID'
    | 'hostname'
    | 'sysName'
    | 'display'
    | 'ip'
    | 'overwrite_ip'
    | 'serial'
    | 'sysContact'
    | 'location',
    string | null
  >
>;

export type Category =
  | 'envelope'
  | 'usage'
  | 'devices'
  | 'network'
  | 'protocols'
  | 'health'
  | 'services'
  | 'software'
  | 'pairs';

/** What the admin allowed. */
export interface Consent {
  /** The newest payload schema that was accepted. */
  schema?: number;
  /** The categories that may be sent; all, if absent. */
  categories?: Category[] | null;
  /** Labels to withhold, in the form in which they would be sent; group `info` withholds a pair by its sysDescr, group `os` also the pairs of that system. */
  withheld?: { group: string; label: string }[];
  /** Rare labels to send all the same, in the form in which they would be sent. */
  included?: { group: string; label: string }[];
}

export interface Report {
  /** The exact bytes that are sent. */
  payload: Uint8Array;
  /** Their SHA-256, lower-case hexadecimal. */
  sha256: string;
  /** What was found on the way; holds originals, keep it in the install. */
  findings: Findings;
}

export type IdentifierKind =
  | 'hostname'
  | 'fqdn'
  | 'ip'
  | 'mac'
  | 'serial'
  | 'email'
  | 'phone'
  | 'person'
  | 'user'
  | 'userhost'
  | 'location'
  | 'gps'
  | 'customer'
  | 'asset'
  | 'secret'
  | 'licence'
  | 'imei'
  | 'circuit'
  | 'asn'
  | 'url'
  | 'term';

export interface Findings {
  payload_sha256: string;
  payload_bytes: number;
  devices: number;
  devices_in_pairs: number;
  /** Identifiers removed, by kind, each counted once for every row that it stood in. */
  removed: Partial<Record<IdentifierKind, number>>;
  redactions: Redacted[];
  cleaned: { field: string; by: 'characters' | 'length' | 'version' | 'null'; rows: number }[];
  left_out: {
    field: string;
    reason:
      | 'missing'
      | 'not_read'
      | 'category'
      | 'newer'
      | 'withheld'
      | 'rare'
      | 'out_of_range'
      | 'not_a_number'
      | 'identifying';
    entries?: number;
    /** For `identifying`: the field of a device whose value was still in the row, so that it was held back. */
    named_by?: string;
    missing?: string;
  }[];
  /**
   * Labels that only one device has and that hold a word which is no vocabulary of their group: a name or serial number,
   * perhaps. They are left out unless they are `included`.
   */
  rare: { field: string; label: string; rows: number; included: boolean }[];
}

/** A text that changed. */
export interface Redacted {
  field: string;
  original: string;
  result: string;
  rows: number;
  redactions: Redaction[];
}

/** One replaced piece. */
export interface Redaction {
  rule: string;
  kind: IdentifierKind;
  /** Where it starts in the original, in UTF-16 units. */
  start: number;
  end: number;
  replacement: string;
}

export interface SanitisedDevice {
  sysDescr: string | null;
  sysObjectID: string | null;
  redactions: Redacted[];
}

/** A field or header of a report. */
export interface Field {
  field: string;
  place: 'payload' | 'data' | 'info' | 'header';
  label?: string;
  table?: string;
  kind: 'count' | 'vocabulary' | 'version' | 'free_text' | 'object_identifier' | 'pseudonym' | 'digest';
  /** Whether LibreNMS composes its labels out of what devices say: rare ones are left out. */
  composed?: true;
  category: Category;
  since: number;
  purpose: string;
}

/** Builds a report. Throws a CollectorError for facts that it does not take. */
export function build(facts: Input<Facts>): Report;

/** Sanitises one device's description, knowing nothing of the rest of the install. */
export function sanitise(device: Input<Device>): SanitisedDevice;

/** Every field and header of a report, in order. */
export function dictionary(): Field[];

/** A new pseudonym for an install: a version 4 UUID from the host's random numbers. */
export function newInstallId(): string;

/** Kinds of problems. */
export type CollectorErrorCode =
  /** The document is larger than 96 MiB. */
  | 'too_large'
  /** It is not JSON. */
  | 'not_json'
  /** A field that this version does not know. */
  | 'unknown_field'
  /** A field that must be there is not. */
  | 'missing_field'
  /** A field is there twice. */
  | 'duplicate_field'
  /** A value of another type than expected; also what is neither text, bytes nor an object that JSON can hold. */
  | 'wrong_type'
  /** A value of the right type that is not allowed. */
  | 'bad_value'
  /** A schema that this version cannot read. */
  | 'unsupported_schema'
  /** A call that the interface does not take: before `init()`, say. */
  | 'bad_call';

/**
 * What is wrong with a document or a call; neither message nor path quotes it. Where two entry points of this package are
 * loaded at once, tell errors by `name` and `code`: each has a class of its own.
 */
export class CollectorError extends Error {
  constructor(message: string, code: CollectorErrorCode, path: string);
  readonly name: 'CollectorError';
  readonly code: CollectorErrorCode;
  /** Where, as in `devices[3].serial`; empty for the document as a whole. */
  readonly path: string;
}
