// Pictures of every state, light and dark, on a desk and on a phone; each state is also checked by axe, for scripts that
// failed, and for text that is cut off at a phone's width. Usage: screenshots.mjs FOLDER [STATE…]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { agent, hostile, SENT, STATES } from './mock-agent.mjs';
import { browser, built, check, page, POLICY, root, site } from './harness.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const [folder = `${root}target/screenshots`, ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });

const FACTS = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const HOSTILE = hostile(FACTS);
const BEFORE = await readFile(`${root}tests/snapshots/demo-payload.json`, 'utf8');
const host = (state, more = {}) => agent(STATES[state], { facts: FACTS, payload: BEFORE, ...more });
const preview = (name) => (page) => page.locator(`callback-preview ${name}`);
const press = (name) => async (page) => {
  await built(page);
  await page.getByRole('button', { name, exact: true }).click();
};
const tab = (name) => async (page) => {
  await built(page);
  await page.getByRole('tab', { name }).click();
  await page.waitForTimeout(400);
};
const never = new Promise(() => undefined);
const ledger = [
  { id: 1, moment: '2026-11-20T09:00:00Z', what: 'consent-on', note: {} },
  SENT,
  { id: 5, moment: '2026-11-24T01:12:00Z', what: 'begun', begun: { ...SENT.begun, day: '2026-11-24' }, ended: { ...SENT.ended, outcome: 'not-sent' } },
];

/** Each state: what answers, what is done, and when it is there. */
const states = {
  'loading': { routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? never : undefined) }), then: (page) => preview('progress')(page).waitFor() },
  'cancelled': {
    routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? never : undefined) }),
    then: async (page) => {
      await page.getByRole('button', { name: 'Cancel' }).click();
    },
  },
  'empty': { path: 'empty.html', then: (page) => page.getByText('Nothing to show yet').waitFor() },
  'locked': { routes: host('never', { answer: () => ({ status: 401, body: '{}' }) }), then: (page) => page.getByText('This page needs its key').waitFor(), expects: /401/ },
  'refused': { routes: host('never', { answer: () => ({ status: 403, body: '{}' }) }), then: (page) => page.getByText('Not for this login').waitFor(), expects: /403/ },
  'no-wasm': { routes: host('never'), policy: POLICY.replace(" 'wasm-unsafe-eval'", ''), then: (page) => page.getByText('runs no WebAssembly').waitFor(), expects: /wasm/i },
  'no-script': { routes: host('never'), options: { javaScriptEnabled: false }, then: (page) => page.locator('noscript code').waitFor(), plain: true },
  'error-facts': { routes: host('never', { facts: '{"schema":1,"uuid":"x"}' }), then: (page) => page.getByRole('alert').waitFor() },
  'error-agent': { routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? { status: 500, body: '{"detail":"the database broke off; try again"}' } : undefined) }), then: (page) => page.getByRole('alert').waitFor(), expects: /500/ },
  'never-asked': { routes: host('never'), then: built },
  'allow': { routes: host('never'), then: press('Allow…') },
  'on': { routes: host('on', { ledger }), then: built },
  'on-but-stock-sender': { routes: host('onStock'), then: built },
  'on-refused-by-agent': { routes: host('on'), then: press('Send exactly this'), expects: /409/ },
  'on-agent-gone': { routes: host('on', { answer: (what) => (what === 'POST /api/send' ? { status: 502, body: '{"detail":"the receiver cannot be reached: the network does not lead there; nothing was lost, the next run tries again"}' } : undefined) }), then: press('Send exactly this'), expects: /502/ },
  'on-changed': {
    routes: host('on'),
    then: async (page) => {
      await built(page);
      await page.getByLabel('Also remove a word').fill('Catalyst');
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      await page.getByText('Your words').waitFor();
    },
  },
  'off': { routes: host('off', { ledger }), then: built },
  'clear': { routes: host('on'), then: press('Clear…') },
  'clear-pending': { routes: host('pending'), then: built },
  'bytes': { routes: host('on'), then: tab('Exact bytes'), full: true },
  'bytes-raw-search': {
    routes: host('on'),
    then: async (page) => {
      await tab('Exact bytes')(page);
      await page.getByLabel('Raw, as sent').check();
      await page.getByLabel('Search').fill('linux');
      await page.getByText('hits').waitFor();
    },
    full: true,
  },
  'sent': { routes: host('on'), then: tab('What is sent'), full: true },
  'fields': { routes: host('on'), then: tab('Fields'), full: true },
  'difference': { routes: host('on', { ledger }), then: tab('Differences'), full: true },
  'history': { routes: host('on', { ledger }), then: tab('History'), full: true },
  'hostile': {
    routes: host('on', { facts: HOSTILE }),
    then: async (page) => {
      await built(page);
      await page.getByLabel('Search').fill('serial');
      await page.waitForTimeout(400);
    },
    full: true,
  },
  'german': { routes: host('never'), options: { locale: 'de-DE' }, then: press('Erlauben …'), full: true },
  'right-to-left': {
    routes: host('on'),
    then: async (page) => {
      await built(page);
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    },
    full: true,
  },
  'text-200': {
    routes: host('on'),
    then: async (page) => {
      await built(page);
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
      await page.waitForTimeout(300);
    },
    full: true,
  },
  'printed': {
    routes: host('on'),
    then: async (page) => {
      await built(page);
      await page.emulateMedia({ media: 'print' });
    },
    full: true,
  },
  'public': {
    assets: 'public',
    then: async (page) => {
      await built(page);
      await page.getByLabel('sysDescr').fill('Linux edge7.acme.example 5.10.0 #1 SMP x86_64, call Ada Byron <ada@acme.example>');
      await page.getByRole('button', { name: 'Sanitise' }).click();
      await page.locator('callback-try #result').waitFor();
    },
    full: true,
  },
};

const variants = [
  ['desk', { width: 1280, height: 900 }, 'light'],
  ['desk', { width: 1280, height: 900 }, 'dark'],
  ['phone', { width: 390, height: 844 }, 'light'],
  ['phone', { width: 390, height: 844 }, 'dark'],
];

const EMPTY = '<!doctype html><html lang="en"><title>Empty</title><link rel="icon" href="icon.svg"><link rel="stylesheet" href="page.css"><script type="module" src="callback-preview.js"></script><main><callback-preview></callback-preview></main>';

const chromium = await browser();
let pictures = 0;
const problems = [];

/** Opens a state, takes its pictures and checks it. */
async function show(name, state) {
  const routes = async (request, body) =>
    request.url === '/empty.html' ? { kind: 'text/html; charset=utf-8', body: EMPTY } : state.routes?.(request, body);
  const served = await site(`${root}target/assets/${state.assets ?? 'preview'}`, routes, state.policy);
  const opened = await page(chromium, { locale: 'en-GB', timezoneId: 'Europe/Berlin', ...state.options });
  await opened.page.goto(served.url + (state.path ?? '') + '#token=t');
  await state.then(opened.page).catch((error) => {
    throw new Error(`${name}: ${error.message}\n${opened.seen.wrong.join('\n')}`);
  });
  for (const [device, viewport, colorScheme] of variants) {
    await opened.page.setViewportSize(viewport);
    await opened.page.emulateMedia({ colorScheme });
    await opened.page.waitForTimeout(150);
    await opened.page.screenshot({ path: `${folder}/${name}-${device}-${colorScheme}.png`, fullPage: state.full ?? true });
    pictures += 1;
    if (state.plain) continue;
    const wider = await opened.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wider <= 1, `${name}: the page is ${wider} pixels wider than a ${device}`);
    // Twice is enough: colours on a desk, sizes on a phone.
    if ((device === 'desk') === (colorScheme === 'dark')) {
      // Not as a script element: the page's policy would rightly refuse it.
      await opened.page.evaluate(await readFile(AXE, 'utf8'));
      const { violations } = await opened.page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
      const found = violations.flatMap(({ id, impact, nodes }) => nodes.slice(0, 2).map((node) => `${impact} ${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`));
      check(found.length === 0, `${name} (${device}, ${colorScheme}): axe finds\n${found.join('\n')}`);
    }
  }
  const wrong = opened.seen.wrong.filter((line) => !state.expects?.test(line));
  check(wrong.length === 0, `${name}: ${wrong.join('\n')}`);
  const elsewhere = opened.seen.requests.filter((line) => !line.includes(served.url) && !line.includes('blob:'));
  check(elsewhere.length === 0, `${name}: requests elsewhere: ${elsewhere.join(', ')}`);
  await opened.context.close();
  served.close();
}

for (const [name, state] of Object.entries(states)) {
  if (only.length > 0 && !only.includes(name)) continue;
  // One state's trouble does not hide another's.
  await show(name, state).catch((error) => problems.push(error.message));
}
await chromium.close();
console.log(`${pictures} pictures in ${folder}`);
if (problems.length > 0) console.error(problems.join('\n\n'));
process.exit(problems.length === 0 ? 0 : 1);
