// Generated from docs/schema/agent-api.schema.json by www/generate.mjs. Do not edit.

/** How a report or delete request ended. */
export type Outcome = 'sent' | 'cleared' | 'written' | 'not-sent' | 'unknown' | 'switched-off';
/** Whether a receipt is verified. */
export type ReceiptCheck = 'signed' | 'first-key' | 'new-key' | 'other-key' | 'not-signed' | 'not-checked';
/**
 * What kind of receiver answers at an address.
 *
 * It is configured, never guessed: only a `callback-receiver` is ever shown a secret.
 */
export type ReceiverKind = 'stock' | 'callback-stats';
/** What was started. */
export type Subject = 'report' | 'file' | 'clear';
/** What the admin answered to the opt-in. */
export type ConsentState = 'never asked' | 'on' | 'off';
/** What a setting means for the next run. */
export type Effect = 'yes' | 'no' | 'nothing' | 'clear';
/** What is found when a receiver's signing key is fetched. */
export type KeyStatus = 'signs-nothing' | 'pinned' | 'known' | 'other' | 'not-reached';
/** Whether reports are sent. */
export type Status = 'on' | 'off' | 'clear pending';
/** What a ledger entry records. */
export type EntryKind = 'consent-on' | 'consent-off' | 'clear-asked' | 'clear-cancelled' | 'begun' | 'ended';
/** The answer to `POST send`. */
export type SendResult =
  | SentReport
  | {
      /** The day. */
      already_sent: string;
      /** The code: one of `docs/agent-codes.md`. */
      code: string;
      /** By what it was sent, in words. */
      said: string;
    }
  | {
      /** What each receiver answered. */
      cleared: ClearResult[];
      /** The code: one of `docs/agent-codes.md`. */
      code: string;
    };

/** The outcome of a report or delete request. */
export interface AttemptOutcome {
  /** How many attempts were made. */
  attempts: number;
  /** The code: one of `docs/agent-codes.md`. Entries of version 0.1 have none. */
  code?: string | null;
  outcome: Outcome;
  /** Whether it is verified; null where none is expected. */
  proof?: ReceiptCheck | null;
  /** The receipt as the receiver wrote it. */
  receipt?: unknown;
  /** What happened, in words; never what the receiver wrote. */
  said: string;
  /** The last HTTP status, if the receiver answered. */
  status?: number | null;
}
/** What is known before anything is sent. */
export interface AttemptStarted {
  /** The day that it counts for. */
  day: string;
  kind: ReceiverKind;
  /** Of a report: SHA-256 of the module that built it. */
  module_sha256?: string | null;
  /** Of a report: size of the payload in bytes. */
  payload_bytes?: number | null;
  /** Of a report: schema of the payload. */
  payload_schema?: number | null;
  /** Of a report: SHA-256 of the payload. */
  payload_sha256?: string | null;
  /** The address that it goes to. */
  receiver: string;
  subject: Subject;
}
/** What the admin chose to send and to leave out. */
export interface Choices {
  /** Categories that are sent; null for all. */
  categories?: string[] | null;
  /** Rare labels that are sent all the same: group and label. */
  included?: [string, string][];
  /** The admin's own words, which are removed. */
  terms: string[];
  /** Labels that are left out: group and label. */
  withheld: [string, string][];
}
/** The answer to `POST clear`. */
export interface ClearAnswer {
  /** What each receiver answered, if they were asked. */
  cleared: ClearResult[];
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** Whether a delete request is still pending. */
  pending: boolean;
}
/** What one receiver answered to a delete request. */
export interface ClearResult {
  /** Whether the receipt is verified. */
  proof?: ReceiptCheck | null;
  /** The receipt as the receiver wrote it, if it gives one. */
  receipt?: unknown;
  /** The receiver's address. */
  receiver: string;
  /** What happened, in words. */
  said: string;
}
/** The answer to `DELETE clear`. */
export interface ClearCancelled {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** Always false. */
  pending: boolean;
}
/** `POST clear`: how to delete. */
export interface ClearRequest {
  /** Whether to ask the receivers at once; otherwise the next run does. */
  now: boolean;
}
/** A receiver that holds, or may hold, reports of this install. */
export interface DataHolder {
  kind: ReceiverKind;
  /** Day of the last report that was sent to it. */
  last_sent?: string | null;
  /** The receiver's address. */
  receiver: string;
  /** Whether the secret that a deletion needs is known. */
  secret: boolean;
}
/** The answer to `DELETE consent` and of `disable --json`. */
export interface Disabled {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  consent: ConsentState;
  /** Why it could not be written to the ledger, in words; it holds all the same. */
  not_recorded?: string | null;
  /** `not_recorded`, as version 0.1 named it on the command line. */
  problem?: string | null;
  /** Whether the opt-out is in the ledger. */
  recorded: boolean;
}
/** `enable --json`: what the preview's answer has, and what the next run does. */
export interface EnableReport {
  /** The reason, in words. */
  because: string;
  /** The code of the reason. */
  because_code: string;
  /** `clear_cancelled`, as version 0.1 named it. */
  cancelled_clear: boolean;
  /** Whether a pending delete request was cancelled. */
  clear_cancelled: boolean;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  consent: ConsentState;
  given: Given;
  /** ID of the receiver's key, if it signs and was reached. */
  key?: string | null;
  key_status: KeyStatus;
  /** What was written into LibreNMS's database, in words. */
  librenms: string[];
  /** Choices that match nothing in today's report. */
  notices: Notice[];
  /** SHA-256 of the payload that was shown. */
  payload_sha256: string;
  status: Status;
}
/** What the admin opted in to. */
export interface Given {
  /** When. */
  at: string;
  choices: Choices;
  /** The install: SHA-256 of where its database is. */
  install: string;
  /** SHA-256 of the module that built what was shown. */
  module_sha256: string;
  /** The newest payload schema that was shown. */
  payload_schema: number;
  receiver: Receiver;
  /** Version of the text about publication that was shown. */
  text_version: number;
  /** Who, if they gave a name. */
  who?: string | null;
}
/** A receiver. */
export interface Receiver {
  /** Address that delete requests go to. */
  clear_url: string;
  kind: ReceiverKind;
  /** Address that reports go to. */
  url: string;
}
/** A code with its message. */
export interface Notice {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** The message. */
  message: string;
}
/** `POST consent`: an opt-in to what the page showed. */
export interface EnableRequest {
  choices: Choices;
  kind: ReceiverKind;
  /** SHA-256 of the module that built what was shown. */
  module_sha256: string;
  /** Payload schema that was shown. */
  payload_schema: number;
  /** Address of the receiver that was shown. */
  receiver: string;
  /** ID of the snapshot that was shown. */
  snapshot: string;
  /** Whether to switch off LibreNMS's built-in sender. */
  take_over?: boolean;
  /** Version of the text that was shown. */
  text_version: number;
  /** Who opts in. */
  who?: string | null;
}
/** The answer to `POST consent`. */
export interface Enabled {
  /** Whether a pending delete request was cancelled. */
  clear_cancelled: boolean;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  given: Given;
  /** ID of the receiver's key, if it signs and was reached. */
  key?: string | null;
  key_status: KeyStatus;
  /** What was written into LibreNMS's database, in words. */
  librenms: string[];
}
/** `GET ledger` has a list of these, oldest first. */
export interface Entry {
  /** Of a report or delete request: what was known before it was sent. */
  begun?: AttemptStarted | null;
  /** Of a report or delete request: its outcome, once it is known. */
  ended?: AttemptOutcome | null;
  /** Its number. */
  id: number;
  /** When. */
  moment: string;
  /** Of every other entry: its content. */
  note?: unknown;
  what: EntryKind;
}
/** `receipt --json`: the answer of an upload, imported into the ledger. */
export interface Imported {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** The ledger entry. */
  entry: number;
  outcome: Outcome;
  /** Whether the receipt is verified. */
  proof?: ReceiptCheck | null;
  /** The receipt as the receiver wrote it. */
  receipt?: unknown;
}
/** A module. */
export interface ModuleInfo {
  /** Its size in bytes. */
  bytes: number;
  /** SHA-256 of the file. */
  sha256: string;
}
/** A delete request that is not confirmed yet. */
export interface PendingClear {
  /** When it was made, if that is known. */
  asked?: string | null;
  /** Where it was made, in words. */
  by: string;
}
/** A problem, as the receiver and the preview's server answer it. */
export interface Problem {
  /** What kind of problem it is: one of [`Code`] from a receiver, one of the agent's codes from the preview's server. */
  code?: string;
  /** What was expected, or what to do. */
  detail: string;
  /** Where, as in `data.sensors[3].total`, or the name of a header; empty for the request as a whole. */
  path?: string;
  /** The code as version 0.1 wrote it, with underscores. */
  rule?: string | null;
  /** The HTTP status. */
  status: number;
  /** The HTTP status in words. */
  title: string;
  /** `about:blank`: the code says what kind it is. */
  type?: string;
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
/** `POST send`: the report that was shown, byte for byte. */
export interface SendRequest {
  /** Whether to send although today's report was sent. */
  again?: boolean;
  choices: Choices;
  /** The opt-in under which it was shown: its `at`. */
  consent: string;
  /** SHA-256 of the payload that was shown. */
  payload_sha256: string;
  /** ID of the snapshot that was shown. */
  snapshot: string;
}
/** How sending a report went. */
export interface SentReport {
  /** Size of the payload in bytes. */
  bytes: number;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** The day that it counts for. */
  day: string;
  /** SHA-256 of the module that built it. */
  module_sha256: string;
  /** How it ended; null for a report that was not to be sent. */
  outcome?: Outcome | null;
  /** SHA-256 of the payload. */
  payload_sha256: string;
  /** Whether the receipt is verified; null without one. */
  proof?: ReceiptCheck | null;
  /** The receipt as the receiver wrote it. */
  receipt?: unknown;
  /** The receiver's address. */
  receiver: string;
  /** What happened, in words. */
  said?: string | null;
}
/** One setting that may block reports. */
export interface Setting {
  /** Whether it is the one that decides. */
  decides: boolean;
  /** Its name. */
  name: string;
  says: Effect;
  /** Its value, in words. */
  value: string;
}
/** `POST snapshots`: an install as it was read, kept for a time. */
export interface Snapshot {
  /** Size of the facts in bytes. */
  bytes: number;
  choices: Choices;
  /** Words of the configuration, which are removed from every report. */
  fixed_terms: string[];
  /** When it was made. */
  made: string;
  /** For how many seconds it is kept. */
  seconds: number;
  /** SHA-256 of the facts. */
  sha256: string;
  /** Its ID. */
  snapshot: string;
}
/** `GET state`: whether reports are sent, why, and what the next run would do. */
export interface State {
  /** Version of the agent. */
  agent: string;
  /** Why, in words. */
  because: string;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  consent: ConsentState;
  /** What they opted in to; null if never. */
  given?: Given | null;
  /** Whether a receiver holds reports of this install, as far as is known. */
  held: boolean;
  /** The last report or delete request. */
  last_run?: Entry | null;
  module: ModuleInfo;
  /** When the schedule starts the next run; null without a schedule. */
  next_run?: string | null;
  /** The newest payload schema of this agent. */
  payload_schema: number;
  /** The delete request that is pending, if one is. */
  pending?: PendingClear | null;
  /** What the receiver publishes, in words. */
  publication?: string | null;
  /** The receiver; null if neither the install nor an opt-in names one. */
  receiver?: Receiver | null;
  /** Whether today's report was sent. */
  sent_today: boolean;
  status: Status;
  /** Every setting that may block reports, in order of precedence. */
  switches: Setting[];
  /** Version of that text. */
  text_version: number;
  /** Why the install cannot be read, in words; null if it can. */
  unread?: string | null;
}
/** `status --json`: whether reports are sent, why, and how the last runs went. */
export interface StatusReport {
  /** The reason, in words. */
  because: string;
  /** The code of the reason. */
  code: string;
  consent: ConsentState;
  /** What they opted in to; null if never. */
  given?: Given | null;
  /** Who holds reports of this install. */
  held: DataHolder[];
  /** The last report or delete request. */
  last_run?: Entry | null;
  /** What needs attention. */
  notices: Notice[];
  /** The receiver; null if the install cannot be read. */
  receiver?: Receiver | null;
  status: Status;
  /** Every setting that may block reports, in order of precedence. */
  switches: Setting[];
  /** The messages of `notices`, as version 0.1 wrote them. */
  warnings: string[];
}
