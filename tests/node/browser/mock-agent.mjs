// An agent that answers as told, for pictures of states; what the real one does is tested with the real one.
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { root } from './harness.mjs';

const MODULE = await readFile(`${root}target/assets/collector.wasm`);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const RECEIVER = { url: 'https://stats.example.org/log.php', kind: 'callback-stats', clear_url: 'https://stats.example.org/clear.php' };
const CHOICES = { categories: null, withheld: [], included: [], terms: [] };
const GIVEN = { at: '2026-11-20T09:00:00Z', who: 'mira', payload_schema: 1, module_sha256: sha256(MODULE), text_version: 1, install: 'x', receiver: RECEIVER, choices: CHOICES };
const PUBLICATION = `What becomes of it: the receiver keeps each report for at most 90 days, without your address, under a keyed hash of the
  uuid. It publishes totals over all installs.
What stays: the report carries a random uuid.
To take it back: \`callback-agent disable\` stops it at once.`;

export const SENT = {
  id: 3,
  moment: '2026-11-23T01:12:00Z',
  what: 'begun',
  begun: { subject: 'report', day: '2026-11-23', receiver: RECEIVER.url, kind: RECEIVER.kind, payload_sha256: '3429551d71e82f7c083c7db7e839224bdda591cf326d35c21f67cf097ad9ce6c', payload_bytes: 9518, payload_schema: 1, module_sha256: GIVEN.module_sha256 },
  ended: { outcome: 'sent', status: 200, attempts: 1, said: 'the receiver took it and gave a receipt', receipt: null },
};

const switches = (decides, says = {}) =>
  [['clear', 'none', 'nothing'], ['environment', 'not set', 'nothing'], ['here', 'on', 'yes'], ['reporting.usage', 'true', 'yes'], ['callback.enabled', '0 or absent', 'nothing']].map(
    ([name, value, said]) => ({ name, value, says: says[name] ?? said, decides: name === decides }),
  );

const base = {
  because: 'a run sends a report', pending: null, unread: null, publication: PUBLICATION, receiver: RECEIVER, text_version: 1, payload_schema: 1,
  module: { sha256: GIVEN.module_sha256, bytes: MODULE.length }, agent: '0.1.0', last_run: null, sent_today: false, held: false, next_run: null,
};

export const STATES = {
  never: { ...base, status: 'off', consent: 'never asked', because: 'this was never asked', given: null, switches: switches('here', { here: 'no' }) },
  on: { ...base, status: 'on', consent: 'on', given: GIVEN, switches: switches('here'), next_run: '2026-11-25T01:12:00Z', last_run: SENT, held: true },
  onStock: { ...base, status: 'off', consent: 'on', because: "LibreNMS's own sender is on (`enabled` is 1 in table `callback`) and would report twice; take over from it with: callback-agent enable --take-over", given: GIVEN, switches: switches('callback.enabled', { 'callback.enabled': 'no' }) },
  off: { ...base, status: 'off', consent: 'off', because: 'off here', given: GIVEN, switches: switches('here', { here: 'no' }), last_run: SENT, held: true },
  pending: { ...base, status: 'clear pending', consent: 'on', given: GIVEN, pending: { asked: '2026-11-24T08:00:00Z', by: 'asked for here' }, switches: switches('clear', { clear: 'clear' }), next_run: '2026-11-25T01:12:00Z', last_run: SENT, held: true },
};

/** Routes of an agent in a state. `answer` may take a path over: it returns {status, body} or nothing. */
export function agent(state, { facts, ledger = [], payload, answer = () => undefined }) {
  return async (request) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (!path.startsWith('/api/')) return undefined;
    const own = await answer(`${request.method} ${path}`);
    if (own !== undefined) return own;
    const json = (value) => ({ body: JSON.stringify(value) });
    switch (`${request.method} ${path}`) {
      case 'GET /api/state':
        return json(state);
      case 'GET /api/ledger':
        return json(ledger);
      case 'GET /api/ledger/3/payload':
        return { body: payload };
      case 'GET /api/module':
        return { kind: 'application/wasm', body: MODULE };
      case 'POST /api/snapshots':
        return json({ snapshot: 'a', sha256: sha256(facts), bytes: facts.length, made: '2026-11-24T09:00:00Z', seconds: 900, choices: CHOICES, fixed_terms: [] });
      case 'GET /api/snapshots/a/facts':
        return { body: facts };
      default:
        return { status: 409, kind: 'application/problem+json', body: JSON.stringify({ detail: 'nothing was changed: another run of the agent is under way' }) };
    }
  };
}

/** Facts with everything in their descriptions that could play tricks on a page. */
export function hostile(facts) {
  const document = JSON.parse(facts);
  const tricks = [
    '<script>document.title="owned"</script> web01 <img src=x onerror=alert(1)>',
    'bidi \u202egnp.exe\u202c and \u2066isolated\u2069 and \u200bzero\u200dwidth',
    'control \u0007bell \u001b[31mred\u001b[0m\r\nnext\tline \u0000nul',
    '${7*7} {{7*7}} </textarea></style><svg onload=alert(1)> "\'`',
    'a'.repeat(4000),
    '\u05e9\u05dc\u05d5\u05dd \u0639\u0631\u0628\u064a \u4eac\u90fd router',
  ];
  document.devices.push(
    ...tricks.map((sysDescr, n) => ({ os: `hostile${n}`, sysDescr: `${sysDescr} serial ABC123456${n}X`, sysObjectID: `.1.3.6.1.4.1.99999.${n}`, serial: `ABC123456${n}X`, hostname: `evil${n}<b>.example.net` })),
  );
  return JSON.stringify(document);
}
