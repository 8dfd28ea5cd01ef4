// Generated from docs/schema/findings.schema.json by www/generate.mjs. Do not edit.

/** How a text was made to fit the wire format. */
export type CleanedBy = 'characters' | 'length' | 'version' | 'null';
/** Why something is not in the payload. */
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

/** All that is to be said of a payload. */
export interface Findings {
  /** Texts that had to be made to fit the wire format. */
  cleaned: Cleaned[];
  /** How many devices stand behind the report. */
  devices: number;
  /** How many devices stand behind its pairs (those with a description and an object identifier). */
  devices_in_pairs: number;
  /** What is not in the payload, and why. */
  left_out: LeftOut[];
  /** Number of bytes of the payload. */
  payload_bytes: number;
  /** SHA-256 of the payload's bytes, in lower-case hexadecimal. */
  payload_sha256: string;
  /** Every rare label, left out or not. */
  rare?: RareLabel[];
  /** Every text that changed, once for each distinct text. */
  redactions: Redacted[];
  /** How many identifiers were removed, by kind, each counted once for every row that it stood in. */
  removed: {
    [k: string]: number;
  };
}
/** Texts of a field that had to be made to fit. */
export interface Cleaned {
  by: CleanedBy;
  /** Name of the group, or `info.sysDescr` and its like. */
  field: string;
  /** How many rows. */
  rows: number;
}
/** Something that is not in the payload. */
export interface LeftOut {
  /** How many entries, where it is not the whole field. */
  entries?: number | null;
  /** Name of the group, `info`, or a device's field. */
  field: string;
  /** The table or column that is missing. */
  missing?: string | null;
  /** The field of a device whose value was still in it, or `terms`, where the second net held it back. */
  named_by?: string | null;
  reason: Reason;
}
/**
 * A label that only one device has and that holds a word which is no vocabulary of its group: LibreNMS may have composed
 * it out of a name or serial number.
 */
export interface RareLabel {
  /** Name of the group. */
  field: string;
  /** Whether it is in the payload, since the admin included it. */
  included: boolean;
  /** The label, in the form in which it would be sent. */
  label: string;
  /** How many rows have it. */
  rows: number;
}
/** A text that changed, with the places. */
export interface Redacted {
  /** Name of the group, or `info.sysDescr` and its like. */
  field: string;
  /** The text before; characters that cannot be sent read U+FFFD in it already. */
  original: string;
  /** What was replaced, from left to right. */
  redactions: Redaction[];
  /** The text after, before it is cut to length. */
  result: string;
  /** How many rows have it. */
  rows: number;
}
/** One replaced piece of text. */
export interface Redaction {
  /** Where it ends in the original. */
  end: number;
  kind: IdentifierKind;
  /** What stands there now. */
  replacement: string;
  /** The rule that found it. */
  rule: string;
  /** Where it starts in the original, in characters (code points, which are also UTF-16 units here). */
  start: number;
}
