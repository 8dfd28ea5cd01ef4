// Edge cases of input: text, bytes and object give the same report or the same error.
import { build, CollectorError, init, sanitise } from 'callback-collector';

const uuid = '6f1c7d0e-9a53-4c5e-8d52-0a3b1d5f7e11';
const outcome = (facts) => {
  try {
    return build(facts).sha256;
  } catch (error) {
    if (!(error instanceof CollectorError)) return `unexpected: ${error}`;
    if (/secret/.test(error.message + error.path)) return 'an error quotes its input';
    return `${error.code} ${error.path}`;
  }
};
let before;
try {
  build({ schema: 1, uuid });
} catch (error) {
  before = error.code;
}
if (before !== 'bad_call') throw new Error(`before init(): ${before}`);
// A call while the module starts is too early.
const starting = init();
if (outcome({ schema: 1, uuid }) !== 'bad_call ') throw new Error('a call while the module starts');
await starting;
await init();

const edges = [
  { schema: 1.0, uuid },
  // biome-ignore lint/correctness/noPrecisionLoss: infinity is the point
  { schema: 1, uuid, counts: { cef: [{ rows: 1e400 }] } },
  { schema: 1, uuid, counts: { cef: [{ rows: NaN }] } },
  { schema: 1, uuid, counts: { cef: [{ rows: 2 ** 60 }] } },
  { schema: 1, uuid, counts: { cef: [{ rows: -0 }] } },
  { schema: 1, uuid, terms: [undefined] },
  { schema: 1, uuid, counts: undefined, versions: undefined, devices: undefined },
  { schema: 1, uuid, counts: { cef: undefined } },
  { schema: 1, uuid, counts: new Map([['cef', [{ rows: 1 }]]]) },
  { schema: 1, uuid, devices: [['linux', 'secret']] },
  { schema: 1, uuid, devices: new Set([{ os: 'linux' }]) },
  { schema: 1, uuid, terms: ['\ud800'] },
  { schema: 1, uuid, devices: [{ os: 'linux', sysDescr: 'a\u2028\u0000b', sysObjectID: '.1.3' }] },
  { schema: 1, uuid: { toJSON: () => uuid } },
  { schema: 1, uuid, secret: 1 },
  [1, uuid],
  null,
  true,
  7,
];
for (const [n, edge] of edges.entries()) {
  const text = JSON.stringify(edge);
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array(bytes.length + 8);
  padded.set(bytes, 4);
  const outcomes = [edge, text, bytes, bytes.buffer, padded.subarray(4, 4 + bytes.length), new DataView(padded.buffer, 4, bytes.length)].map(outcome);
  if (new Set(outcomes).size !== 1 || outcomes[0].startsWith('unexpected')) throw new Error(`edge ${n}: ${outcomes.join(' | ')}`);
}
// Values that JSON cannot represent are rejected, and the error quotes nothing.
const cycle = { schema: 1, uuid };
cycle.devices = [cycle];
for (const bad of [undefined, () => 1, Symbol('secret'), 7n, cycle, { get schema() { throw new Error('secret'); } }, { schema: 1, uuid, counts: { cef: [{ rows: 1n }] } }]) {
  if (outcome(bad) !== 'wrong_type ') throw new Error(`a value that JSON cannot represent: ${outcome(bad)}`);
}
if (sanitise('{"sysDescr":"Linux web01 6.1.0"}').sysDescr !== sanitise({ sysDescr: 'Linux web01 6.1.0' }).sysDescr) throw new Error('sanitise differs');
console.log('ok');
