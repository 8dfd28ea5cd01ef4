// Generated from docs/schema/findings.schema.json by www/generate.mjs. Do not edit.

/** How a text was changed to fit the wire format. */
export type CleanedBy = 'characters' | 'length' | 'version' | 'null';
/** Why something was left out of the payload. */
export type Reason =
  'missing' | 'not_read' | 'category' | 'newer' | 'withheld' | 'rare' | 'out_of_range' | 'not_a_number' | 'identifying';
/** What an identifier identifies. */
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

/** The findings of one payload. */
export interface Findings {
  /** Texts that were changed to fit the wire format. */
  cleaned: Cleaned[];
  /** Number of devices in the report. */
  devices: number;
  /** Number of devices in its pairs: those with a description and an object identifier. */
  devices_in_pairs: number;
  /** What was left out of the payload, and why. */
  left_out: LeftOut[];
  /** Number of bytes of the payload. */
  payload_bytes: number;
  /** SHA-256 of the payload's bytes, in lower-case hexadecimal. */
  payload_sha256: string;
  /** Every rare label, left out or not. */
  rare?: RareLabel[];
  /** Every text that changed, listed once. */
  redactions: Redacted[];
  /** Number of removed identifiers by kind, counted once for each row. */
  removed: {
    [k: string]: number;
  };
}
/** Texts of a field that were changed to fit the wire format. */
export interface Cleaned {
  by: CleanedBy;
  /** Name of the group, or of a part of a pair, such as `info.sysDescr`. */
  field: string;
  /** Number of rows. */
  rows: number;
}
/** Something that was left out of the payload. */
export interface LeftOut {
  /** Number of entries, unless the whole field was left out. */
  entries?: number | null;
  /** Name of the group, `info`, or a device field. */
  field: string;
  /** The table or column that is missing. */
  missing?: string | null;
  /** The device field whose value was still in it, or `terms`, if the second pass left it out. */
  named_by?: string | null;
  reason: Reason;
}
/**
 * A label of a single device with a word outside its group's vocabulary: LibreNMS may have composed it from a name
 * or serial number.
 */
export interface RareLabel {
  /** Name of the group. */
  field: string;
  /** Whether it is in the payload because the admin included it. */
  included: boolean;
  /** The label, in the form in which it would be sent. */
  label: string;
  /** How many rows have it. */
  rows: number;
}
/** A text that changed, with its redactions. */
export interface Redacted {
  /** Name of the group, or of a part of a pair, such as `info.sysDescr`. */
  field: string;
  /** The original text; characters that cannot be sent are already U+FFFD. */
  original: string;
  /** The redactions, from left to right. */
  redactions: Redaction[];
  /** The sanitised text, before it is cut to length. */
  result: string;
  /** Number of rows with it. */
  rows: number;
}
/** One replaced piece of text. */
export interface Redaction {
  /** Its end in the original. */
  end: number;
  kind: IdentifierKind;
  /** The replacement. */
  replacement: string;
  /** The rule that found it. */
  rule: string;
  /** Its start in the original, in characters (code points, which are also UTF-16 units here). */
  start: number;
}
