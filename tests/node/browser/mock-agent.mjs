// An agent with canned answers, for states of the page. The page is also tested with the real agent.
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { documents, problem, snapshot } from './agent-states.mjs';
import { root } from './harness.mjs';

export { problem };

const MODULE = await readFile(`${root}target/assets/collector.wasm`);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

export const { states: STATES, ledger: LEDGER } = documents({ sha256: sha256(MODULE), bytes: MODULE.length });

/** Routes of an agent in a state. `answer` may override a request: it returns {status, kind, body} or undefined. */
export function agent(state, { facts, ledger = [], payload, answer = () => undefined }) {
  return async (request) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (!path.startsWith('/api/')) return undefined;
    const override = await answer(`${request.method} ${path}`);
    if (override !== undefined) return override;
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
        return json(snapshot(sha256(facts), facts.length));
      case 'GET /api/snapshots/a/facts':
        return { body: facts };
      default:
        return problem(409, 'busy', 'nothing was changed: another run of the agent is in progress');
    }
  };
}

/** Facts whose descriptions try everything that could trick a page. */
export function hostile(facts) {
  const document = JSON.parse(facts);
  const tricks = [
    '<script>document.title="owned"</script> web01 <img src=x onerror=alert(1)>',
    'bidi \u202egnp.exe\u202c and \u2066isolated\u2069 and \u200bzero\u200dwidth',
    'control \u0007bell \u001b[31mred\u001b[0m\r\nnext\tline \u0000nul',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template injection, not a template
    '${7*7} {{7*7}} </textarea></style><svg onload=alert(1)> "\'`',
    'a'.repeat(4000),
    '\u05e9\u05dc\u05d5\u05dd \u0639\u0631\u0628\u064a \u4eac\u90fd router',
  ];
  document.devices.push(
    ...tricks.map((sysDescr, n) => ({ os: `hostile${n}`, sysDescr: `${sysDescr} serial ABC123456${n}X`, sysObjectID: `.1.3.6.1.4.1.99999.${n}`, serial: `ABC123456${n}X`, hostname: `evil${n}<b>.example.net` })),
  );
  return JSON.stringify(document);
}
