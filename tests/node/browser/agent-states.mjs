// @ts-check
// Documents of an agent in various states, as its API has them. Types come from the API's schema, so that a change of the
// schema fails the type check (`npm run check --workspace www`).

/** @import { AttemptOutcome, Choices, Effect, Entry, Given, Problem, Receipt, Receiver, Setting, Snapshot, State } from '../../../www/src/generated/agent-api.js' */

/** @type {Receiver} */
const RECEIVER = { url: 'https://stats.example.org/log.php', kind: 'callback-stats', clear_url: 'https://stats.example.org/clear.php' };

/** @type {Choices} */
export const CHOICES = { categories: null, withheld: [], included: [], terms: [] };

/** @type {Receipt} */
const RECEIPT = {
  cleaned: {}, day: '2026-11-23', expires: '2027-02-21', payload_sha256: '3429551d71e82f7c083c7db7e839224bdda591cf326d35c21f67cf097ad9ce6c', receiver: 'callback-receiver 0.1.0',
};

const PUBLICATION = `How reports are used: the receiver keeps each report for at most 90 days, without your address, under a keyed hash of the
  uuid. It publishes totals over all installs.
What remains: the report carries a random uuid.
To opt out: \`callback-agent disable\` stops sending at once.`;

/**
 * @param {{ sha256: string, bytes: number }} module
 */
export function documents(module) {
  /** @type {Given} */
  const given = { at: '2026-11-20T09:00:00Z', who: 'mira', payload_schema: 1, module_sha256: module.sha256, text_version: 1, install: 'x', receiver: RECEIVER, choices: CHOICES };

  /** @type {AttemptOutcome} */
  const ended = { outcome: 'sent', status: 200, attempts: 1, said: 'the receiver took it and gave a receipt', receipt: RECEIPT, proof: 'signed' };

  /** @satisfies {Entry} */
  const sent = {
    id: 3,
    moment: '2026-11-23T01:12:00Z',
    what: /** @type {const} */ ('begun'),
    begun: {
      subject: /** @type {const} */ ('report'), day: '2026-11-23', receiver: RECEIVER.url, kind: RECEIVER.kind,
      payload_sha256: '3429551d71e82f7c083c7db7e839224bdda591cf326d35c21f67cf097ad9ce6c', payload_bytes: 9518, payload_schema: 1, module_sha256: module.sha256,
    },
    ended,
  };

  /**
   * @param {string} deciding
   * @param {Record<string, Effect>} effects
   * @returns {Setting[]}
   */
  const settings = (deciding, effects = {}) =>
    /** @type {[string, string, Effect][]} */ ([
      ['clear', 'none', 'nothing'], ['environment', 'not set', 'nothing'], ['here', 'on', 'yes'], ['reporting.usage', 'true', 'yes'], ['callback.enabled', '0 or absent', 'nothing'],
    ]).map(([name, value, effect]) => ({ name, value, says: effects[name] ?? effect, decides: name === deciding }));

  /** @satisfies {Partial<State>} */
  const base = {
    code: 'on', because: 'a run sends a report', pending: null, unread: null, publication: PUBLICATION, receiver: RECEIVER, text_version: 1, payload_schema: 1,
    module, agent: '0.1.0', last_run: null, sent_today: false, held: false, next_run: null,
  };

  /** @satisfies {Record<string, State>} */
  const states = {
    never: { ...base, status: 'off', consent: 'never asked', code: 'not-opted-in', because: 'nobody has opted in', given: null, switches: settings('here', { here: 'no' }) },
    on: { ...base, status: 'on', consent: 'on', given, switches: settings('here'), next_run: '2026-11-25T01:12:00Z', last_run: sent, held: true },
    unscheduled: { ...base, status: 'on', consent: 'on', given, switches: settings('here'), last_run: sent, held: true },
    onStock: {
      ...base, status: 'off', consent: 'on', code: 'blocked-by-sender', because: "LibreNMS's built-in sender is on (`enabled` is 1 in table `callback`) and would report as well; to take over from it: callback-agent enable --take-over",
      given, switches: settings('callback.enabled', { 'callback.enabled': 'no' }),
    },
    off: { ...base, status: 'off', consent: 'off', code: 'opted-out', because: 'opted out', given, switches: settings('here', { here: 'no' }), last_run: sent, held: true },
    pending: {
      ...base, status: 'clear pending', code: 'clear-pending', consent: 'on', given, pending: { asked: '2026-11-24T08:00:00Z', by: 'requested here' }, switches: settings('clear', { clear: 'clear' }),
      next_run: '2026-11-25T01:12:00Z', last_run: sent, held: true,
    },
  };

  /** @type {Entry[]} */
  const ledger = [
    { id: 1, moment: '2026-11-20T09:00:00Z', what: 'consent-on', note: { who: 'Ada Admin' } },
    sent,
    { id: 5, moment: '2026-11-24T01:12:00Z', what: 'begun', begun: { ...sent.begun, day: '2026-11-24' }, ended: { ...ended, outcome: 'not-sent', receipt: null, proof: null } },
  ];

  return { states, ledger };
}

/**
 * @param {string} sha256
 * @param {number} bytes
 * @returns {Snapshot}
 */
export const snapshot = (sha256, bytes) => ({ snapshot: 'a', sha256, bytes, made: '2026-11-24T09:00:00Z', seconds: 900, choices: CHOICES, fixed_terms: [] });

/**
 * An error as the API answers it.
 * @param {number} status
 * @param {string} code
 * @param {string} detail
 */
export function problem(status, code, detail) {
  /** @type {Problem} */
  const body = { type: 'about:blank', title: 'Problem', status, code, detail };
  return { status, kind: 'application/problem+json', body: JSON.stringify(body) };
}
