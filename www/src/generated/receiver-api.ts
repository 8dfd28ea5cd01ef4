// Generated from docs/schema/receiver-api.schema.json by www/generate.mjs. Do not edit.

/**
 * The receipt of a deletion. It does not name the install: the client knows it, and can check that the receipt is for its
 * request if that had a nonce.
 */
export interface ClearReceipt {
  cleared: Cleared;
  /** The day (UTC) of the deletion. */
  day: string;
  /** Copies that remain for a while, by name, and until when. */
  lags: {
    [k: string]: Lag;
  };
  /** Name and version of the receiver. */
  receiver: string;
  /**
   * Which request it answers: HMAC-SHA-256 in hexadecimal, of the lines `callback-clear 1` and `uuid=…`, with the
   * request's nonce as key. Absent if the request had no nonce.
   */
  request_hmac?: string | null;
}
/** How much a deletion removed. */
export interface Cleared {
  /** Rows of these reports. */
  entries: number;
  /** Installs: 1, or 0 if the receiver held nothing. */
  installs: number;
  /** Labels that no other report has. */
  labels: number;
  /** Reports. */
  reports: number;
}
/** A copy that remains for a while after a deletion. */
export interface Lag {
  /** The last day (UTC) on which it exists. */
  until: string;
  /** What it is. */
  what: string;
}
/** One stored report: in the form of the payload, without the install's uuid. */
export interface HeldReport {
  /** Totals by group, as in the payload's `data`. */
  data: {
    [k: string]: unknown;
  };
  /** The day (UTC) that it counts for. */
  day: string;
  /** The day on which it is deleted. */
  expires: string;
  /** Device descriptions, as in the payload's `info`. */
  info: unknown[];
  /** SHA-256 of the module that built it, if the agent sent it. */
  module_sha256?: string | null;
  /** SHA-256 of the payload, in hexadecimal. */
  payload_sha256: string;
}
/** Everything that a receiver holds for an install. */
export interface HeldReports {
  /** Name and version of the receiver. */
  receiver: string;
  /** The reports, oldest first. */
  reports: HeldReport[];
}
/** A receiver's policy. */
export interface Policy {
  /** Whether it keeps IP addresses. */
  addresses_kept: boolean;
  /** Days for which backups are kept. */
  backup_days: number;
  /** How to contact the operator, if they configured it. */
  contact?: string | null;
  /** Whether a second report of a day replaces the first. */
  one_report_per_install_and_day: boolean;
  /** Payload schemas that it accepts. */
  payload_schemas: number[];
  publication: PublicationPolicy;
  /** Name and version of the receiver. */
  receiver: string;
  /** Days after which a report is deleted. */
  retention_days: number;
  /** Where its source code is, if the operator configured it. */
  source?: string | null;
}
/** What a receiver publishes. */
export interface PublicationPolicy {
  /** Minimum number of installs behind a published label. */
  installs_at_least: number;
  /** Terms of publication, as the operator wrote them; empty without any. */
  terms: string;
}
/** A problem document of the receiver or the preview's server. */
export interface Problem {
  /** The kind of problem: one of [`Code`] from a receiver, one of the agent's codes from the preview's server. */
  code?: string;
  /** What was expected, or what to do. */
  detail: string;
  /** The path, such as `data.sensors[3].total`, or the name of a header; empty for the request as a whole. */
  path?: string;
  /** The code in the form of version 0.1, with underscores. */
  rule?: string | null;
  /** The HTTP status. */
  status: number;
  /** The HTTP status in words. */
  title: string;
  /** `about:blank`: the code identifies the kind of problem. */
  type?: string;
}
/** One key. */
export interface PublishedKey {
  /** Always `Ed25519`. */
  algorithm?: string;
  /** Whether it is the key that currently signs receipts; exactly one is. */
  current?: boolean;
  /** First 16 hexadecimal digits of the SHA-256 of the key. */
  id?: string;
  /** The key, in base64. */
  public_key?: string;
  /** The key that replaced it; null for the current one. */
  successor?: Successor | null;
}
/** A successor, signed by the key before it. */
export interface Successor {
  /** The successor's ID. */
  id: string;
  /** The older key's signature of the successor, in base64. */
  signature: string;
}
/** All keys of a receiver, oldest first. */
export interface PublishedKeys {
  /**
   * Whether the receipt of a deletion is bound to its request, if that has a nonce. Once an agent has read this, it
   * accepts only bound receipts of deletions.
   */
  binds_clears?: boolean;
  /** The keys. */
  keys: PublishedKey[];
}
/** The receipt of a report. */
export interface Receipt {
  /** How many entries the receiver removed or merged, by rule. */
  cleaned: {
    [k: string]: number;
  };
  /** The day (UTC, `YYYY-MM-DD`) that the report counts for. */
  day: string;
  /** The day on which it is deleted. */
  expires: string;
  /** SHA-256 of the payload as it was received, in hexadecimal. */
  payload_sha256: string;
  /** Name and version of the receiver. */
  receiver: string;
}
