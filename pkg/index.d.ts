// Types of callback-collector. The repository has JSON Schemas of the documents in docs/schema.

/** The part of fetch()'s Response that is needed here, for programs without the browser's types. Pass a real Response. */
export interface ModuleResponse {
  readonly ok: boolean;
  readonly headers: object;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** A compiled WebAssembly.Module. */
export interface CompiledModule {
  readonly [Symbol.toStringTag]?: 'WebAssembly.Module';
}

/** The module: its bytes, a Response with them, or compiled. */
export type ModuleBytes = ArrayBuffer | ArrayBufferView | ModuleResponse | Promise<ModuleResponse> | CompiledModule;

/** The module, or its address (a string or a URL). Default: this package's file. */
export type ModuleSource = ModuleBytes | string | { readonly href: string; readonly protocol: string };

/**
 * Starts the module. Call and await it once before anything else. Further calls do nothing; a call after a failure retries.
 * Rejects with the host's error if the module cannot be loaded or compiled.
 */
export function init(source?: ModuleSource): Promise<void>;

/**
 * A document: JSON text, its UTF-8 bytes, or an object. Objects are passed through `JSON.stringify`, so all three give the same
 * report: fields that are `undefined` are omitted (in a list they become null, which is rejected), `NaN` and `Infinity` become
 * null, a `Map` becomes an empty object, and `toJSON` methods are called.
 */
export type Input<T> = string | Uint8Array | ArrayBuffer | T;

/** The data that a report is built from. It stays on the install. */
export interface Facts {
  /** Version of this document. */
  schema: 1;
  /** The install's random ID, a version 4 UUID. */
  uuid: string;
  versions?: Partial<Record<'database' | 'php' | 'python' | 'rrdtool' | 'netsnmp' | 'os' | 'librenms', string>>;
  /** Rows per label, by group of the payload. Groups that were not read are absent. */
  counts?: Record<string, Count[]>;
  devices?: Device[] | null;
  /** Words to remove everywhere. */
  terms?: string[];
  /** Regular expressions (syntax of Rust's `regex`, ASCII classes). Matches are removed everywhere. */
  patterns?: string[];
  consent?: Consent;
  left_out?: { field: string; missing: string }[];
}

/** How many rows carry a label. */
export interface Count {
  /** The label as stored in the database, numbers as text; null for NULL and for groups without labels. */
  label?: string | null;
  rows: number;
  /**
   * The device ID, if a single device has all of these rows. Absent if several have them or it is not known; then each row
   * counts as a different device. Needed for groups whose labels are `composed`.
   */
  device?: number;
}

/** A device: what is reported, and what identifies it and must be removed. */
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

/** What the admin opted in to. */
export interface Consent {
  /** The newest payload schema that the admin accepted. */
  schema?: number;
  /** Categories to send. Default: all. */
  categories?: Category[] | null;
  /**
   * Labels to withhold, as they would be sent. Group `info` withholds a pair by its sysDescr; group `os` also withholds the
   * pairs with that operating system.
   */
  withheld?: { group: string; label: string }[];
  /** Rare labels to send anyway, as they would be sent. */
  included?: { group: string; label: string }[];
}

export interface Report {
  /** The exact bytes to send. */
  payload: Uint8Array;
  /** Their SHA-256, lower-case hexadecimal. */
  sha256: string;
  /** What was removed and left out. Contains originals: keep it on the install. */
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
  /** Identifiers removed, by kind, counted once per row. */
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
    /** For `identifying`: the device field whose value was still in the row. */
    named_by?: string;
    missing?: string;
  }[];
  /**
   * Labels that only one device has and that contain an unknown word, possibly a name or serial number. They are left out
   * unless they are `included`.
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

/** A replaced part of a text. */
export interface Redaction {
  rule: string;
  kind: IdentifierKind;
  /** Start in the original, in UTF-16 code units. */
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
  /** LibreNMS builds these labels from device texts; rare ones are left out. */
  composed?: true;
  category: Category;
  since: number;
  purpose: string;
}

/** Builds a report. Throws a CollectorError if the facts are invalid. */
export function build(facts: Input<Facts>): Report;

/** Sanitises one device's description, without knowledge of the rest of the install. */
export function sanitise(device: Input<Device>): SanitisedDevice;

/** Every field and header of a report, in order. */
export function dictionary(): Field[];

/** A new random ID for an install: a version 4 UUID from the host's random generator. */
export function newInstallId(): string;

/** Kinds of problems. */
export type CollectorErrorCode =
  /** The document is larger than 96 MiB. */
  | 'too_large'
  /** The document is not JSON. */
  | 'not_json'
  /** An unknown field. */
  | 'unknown_field'
  /** A required field is missing. */
  | 'missing_field'
  /** A field occurs twice. */
  | 'duplicate_field'
  /** A value of the wrong type; also an argument that is not text, bytes or a JSON object. */
  | 'wrong_type'
  /** A value of the right type that is not allowed. */
  | 'bad_value'
  /** A schema that this version does not support. */
  | 'unsupported_schema'
  /** An invalid call, for example before `init()`. */
  | 'bad_call';

/**
 * An invalid document or call. Neither message nor path quotes the document. If several entry points of this package are
 * loaded, check `name` and `code` rather than the class: each entry point has its own.
 */
export class CollectorError extends Error {
  constructor(message: string, code: CollectorErrorCode, path: string);
  readonly name: 'CollectorError';
  readonly code: CollectorErrorCode;
  /** Where, for example `devices[3].serial`; empty for the whole document. */
  readonly path: string;
}
