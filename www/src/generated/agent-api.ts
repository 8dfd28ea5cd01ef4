// Generated from docs/schema/agent-api.schema.json by www/generate.mjs. Do not edit.

/** Whether the receipt of a deletion is bound to its request. */
export type ReceiptBinding = 'bound' | 'unbound' | 'other';
/** How a report or delete request ended. */
export type Outcome = 'sent' | 'cleared' | 'written' | 'not-sent' | 'unknown' | 'switched-off';
/** Whether a receipt is verified. */
export type ReceiptCheck = 'signed' | 'first-key' | 'new-key' | 'other-key' | 'not-signed' | 'not-checked';
/**
 * The kind of a receiver.
 *
 * It is configured, never guessed: a secret is sent only to a `callback-receiver`.
 */
export type ReceiverKind = 'stock' | 'callback-stats';
/** What was started. */
export type Subject = 'report' | 'file' | 'clear';
/** What a check of `doctor` is about. */
export type CheckArea = 'configuration' | 'user' | 'librenms' | 'database' | 'receiver' | 'schedule' | 'programs';
/** The result of a check of `doctor`. */
export type CheckState = 'ok' | 'note' | 'warning' | 'problem' | 'not-checked';
/** The admin's decision about opting in. */
export type ConsentState = 'never asked' | 'on' | 'off';
/** What a setting means for the next run. */
export type Effect = 'yes' | 'no' | 'nothing' | 'clear';
/** The result of fetching a receiver's signing key. */
export type KeyStatus = 'signs-nothing' | 'pinned' | 'known' | 'other' | 'not-reached';
/** Something that is sent after an opt-in, and was not sent under the previous one. */
export type NewlySent =
  | {
      /** The previous receiver. */
      before: string;
      /** The new receiver. */
      url: string;
      what: 'receiver';
    }
  | {
      /** The previous URL. */
      before: string;
      /** The new URL. */
      url: string;
      what: 'clear-url';
    }
  | {
      /** Its name. */
      name: string;
      what: 'category';
    }
  | {
      /** Its name. */
      name: string;
      what: 'field';
    }
  | {
      /** Its group. */
      group: string;
      /** The label. */
      label: string;
      what: 'label';
    }
  | {
      /** Its group. */
      group: string;
      /** The label. */
      label: string;
      what: 'rare-label';
    }
  | {
      /** The word. */
      term: string;
      what: 'term';
    };
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
      /** How it was sent, in words. */
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
  /** For a deletion: whether the receipt is for this request. Absent if that was not checked. */
  binding?: ReceiptBinding | null;
  /** The code: one of `docs/agent-codes.md`. Entries of version 0.1 have none. */
  code?: string | null;
  outcome: Outcome;
  /** Whether it is verified; null if no receipt is expected. */
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
  /** For a report: SHA-256 of the module that built it. */
  module_sha256?: string | null;
  /** For a report: size of the payload in bytes. */
  payload_bytes?: number | null;
  /** For a report: schema of the payload. */
  payload_schema?: number | null;
  /** For a report: SHA-256 of the payload. */
  payload_sha256?: string | null;
  /** The address that it goes to. */
  receiver: string;
  /** For a delete request: its ID, which a bound receipt repeats. Older entries have none. */
  request_hmac?: string | null;
  subject: Subject;
}
/** One check of `doctor`. */
export interface Check {
  area: CheckArea;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** What was found, and what it means. */
  finding: string;
  /** Its name, whose meaning never changes. */
  name: string;
  /** What to do about it, if anything. */
  remedy?: string | null;
  state: CheckState;
  /** What was checked: a host, a path, or a setting and where it comes from. Never a secret. */
  subject: string;
}
/** The number of checks of `doctor` with each result. */
export interface CheckCounts {
  /** Checks that depend on something that failed. */
  not_checked: number;
  /** Notes. */
  notes: number;
  /** Checks that passed. */
  ok: number;
  /** Problems. */
  problems: number;
  /** Warnings. */
  warnings: number;
}
/** What the admin chose to send and to leave out. */
export interface Choices {
  /** Categories that are sent; null for all. */
  categories?: string[] | null;
  /** Rare labels that are sent anyway: group and label. */
  included?: [string, string][];
  /** The admin's own words, which are redacted. */
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
  /** Whether the receipt is for this request. */
  binding?: ReceiptBinding | null;
  /** Whether the receipt is verified. */
  proof?: ReceiptCheck | null;
  /** The receipt as the receiver wrote it, if it sent one. */
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
/** `clear --out --json`: delete requests in a file. */
export interface ClearFileWritten {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** Whether a delete request is pending; false if there was nothing to delete. */
  pending: boolean;
  /** Addresses of the receivers that the file is for. */
  receivers: string[];
}
/** `POST clear`: how to delete. */
export interface ClearRequest {
  /** Whether to ask the receivers at once; otherwise the next run does. */
  now: boolean;
}
/** `upload --json` of a file with delete requests. */
export interface ClearUploaded {
  /** Path of the file with the answers. */
  answer: string;
  /** What each receiver answered; `receipt` verifies it where the file was written. */
  answers: ClearResult[];
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
}
/** `config check --json`: the settings in effect. */
export interface ConfigReport {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** LibreNMS's database; null if its settings cannot be read. */
  database?: DatabasePlace | null;
  /** The configuration file; null if no file is used. */
  file?: string | null;
  /** How LibreNMS was specified: `a LibreNMS directory`, `a database` or `none`. */
  install: string;
  /** The LibreNMS directory; null for a database. */
  librenms?: string | null;
  /** Where LibreNMS was specified. */
  named_in: string;
  /** What needs attention. */
  notices: Notice[];
  /** Number of `patterns`. */
  patterns: number;
  /** Why LibreNMS cannot be used, in words; null if it can. */
  problem?: string | null;
  /** The receiver; null if LibreNMS's settings cannot be read. */
  receiver?: EffectiveReceiver | null;
  /** The state directory. */
  state: string;
  /** Number of `terms`. */
  terms: number;
}
/** A LibreNMS database, and the setting that names it. */
export interface DatabasePlace {
  /** The setting that decides, and where it is set. */
  from: string;
  /** Name of the database; null for SQLite. */
  name?: string | null;
  /** Host and port, the socket, or the SQLite file. */
  server: string;
  /** The database user; null for SQLite. */
  user?: string | null;
}
/** A code with its message. */
export interface Notice {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  /** The message. */
  message: string;
}
/** The receiver that reports go to, and the setting that names it. */
export interface EffectiveReceiver {
  /** Address that delete requests go to. */
  clear_url: string;
  /** The setting that decides, and where it is set. */
  from: string;
  kind: ReceiverKind;
  /** Address that reports go to. */
  url: string;
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
/** `doctor --json`: everything that was checked. Nothing is changed, and no report is sent. */
export interface Diagnosis {
  /** Version of the agent. */
  agent: string;
  /** When the checks ran. */
  at: string;
  /** The checks, by area. */
  checks: Check[];
  /** The code: `healthy` or `problems-found`. */
  code: string;
  counts: CheckCounts;
}
/** The answer to `DELETE consent`, and of `disable --json`. */
export interface Disabled {
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  consent: ConsentState;
  /** Why it could not be written to the ledger, in words. The opt-out is effective anyway. */
  not_recorded?: string | null;
  /** `not_recorded` by its name on the command line of version 0.1. */
  problem?: string | null;
  /** Whether the opt-out is in the ledger. */
  recorded: boolean;
}
/** `enable --json`: the answer to `POST consent`, and what the next run does. */
export interface EnableReport {
  /** The reason, in words. */
  because: string;
  /** The code of the reason. */
  because_code: string;
  /** `clear_cancelled` by its name in version 0.1. */
  cancelled_clear: boolean;
  /** Whether a pending delete request was cancelled. */
  clear_cancelled: boolean;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  consent: ConsentState;
  given: Given;
  /** ID of the receiver's key, if the receiver signs and could be reached. */
  key?: string | null;
  key_status: KeyStatus;
  /** What was written to LibreNMS's database, in words. */
  librenms: string[];
  /** What is sent from now on and was not sent under the previous opt-in; empty for a first opt-in. */
  newly_sent: NewlySent[];
  /** Choices that match nothing in today's report. */
  notices: Notice[];
  /** SHA-256 of the payload that was shown. */
  payload_sha256: string;
  status: Status;
}
/** What the admin opted in to. */
export interface Given {
  /** The time. */
  at: string;
  choices: Choices;
  /** The install: SHA-256 of the location of its database. */
  install: string;
  /** SHA-256 of the module that built what was shown. */
  module_sha256: string;
  /** The newest payload schema that was shown. */
  payload_schema: number;
  receiver: Receiver;
  /** Version of the text about publication that was shown. */
  text_version: number;
  /** The name of the person who opted in, if known. */
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
  /** Code of the state that was shown: whether reports are sent, and why. */
  state: string;
  /** Whether to turn off LibreNMS's built-in sender. */
  take_over?: boolean;
  /** Version of the text that was shown. */
  text_version: number;
  /** The name of the person who opts in. */
  who?: string | null;
}
/** The answer to `POST consent`. */
export interface Enabled {
  /** Whether a pending delete request was cancelled. */
  clear_cancelled: boolean;
  /** The code: one of `docs/agent-codes.md`. */
  code: string;
  given: Given;
  /** ID of the receiver's key, if the receiver signs and could be reached. */
  key?: string | null;
  key_status: KeyStatus;
  /** What was written to LibreNMS's database, in words. */
  librenms: string[];
}
/** `GET ledger` has a list of these, oldest first. */
export interface Entry {
  /** For a report or delete request: what was known before it was sent. */
  begun?: AttemptStarted | null;
  /** For a report or delete request: its outcome, once it is known. */
  ended?: AttemptOutcome | null;
  /** Its number. */
  id: number;
  /** Its time. */
  moment: string;
  /** For every other entry: its content. */
  note?: unknown;
  what: EntryKind;
}
/** `receipt --json`: the answer to an upload, imported into the ledger. */
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
/** A delete request that has not been confirmed yet. */
export interface PendingClear {
  /** When it was requested, if that is known. */
  asked?: string | null;
  /** Where it was requested, in words. */
  by: string;
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
  /** Whether to send even if today's report has been sent. */
  again?: boolean;
  choices: Choices;
  /** The `at` of the opt-in under which it was shown. */
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
  /** How it ended; null if no report was due. */
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
  /** Whether this setting decides what the next run does. */
  decides: boolean;
  /** Its name. */
  name: string;
  says: Effect;
  /** Its value, in words. */
  value: string;
}
/** `POST snapshots`: the facts of an install, kept in memory for a limited time. */
export interface Snapshot {
  /** Size of the facts in bytes. */
  bytes: number;
  choices: Choices;
  /** Words in the configuration, which are redacted in every report. */
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
  /** The text about publication that is shown before an opt-in. */
  publication?: string | null;
  /** The receiver; null if neither the install nor an opt-in names one. */
  receiver?: Receiver | null;
  /** Whether today's report was sent. */
  sent_today: boolean;
  status: Status;
  /** Every setting that may block reports, in order of precedence. */
  switches: Setting[];
  /** Version of the text about publication. */
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
  /** The receivers that hold reports of this install. */
  held: DataHolder[];
  /** The last report or delete request. */
  last_run?: Entry | null;
  /** When the last report was sent or written to a file, as far as the history goes back. */
  last_sent?: string | null;
  /** When the schedule starts the next run; null without a schedule. */
  next_run?: string | null;
  /** What needs attention. */
  notices: Notice[];
  /** The receiver; null if the install cannot be read. */
  receiver?: Receiver | null;
  status: Status;
  /** Every setting that may block reports, in order of precedence. */
  switches: Setting[];
  /** The messages of `notices`, in the form of version 0.1. */
  warnings: string[];
}
