// Screenshots of every state, light and dark, on desktop and phone. Each state must have no axe violations, no script errors,
// no requests elsewhere, and no horizontal overflow. Usage: screenshots.mjs DIRECTORY [STATE…]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { agent, hostile, LEDGER as ledger, problem, STATES } from './mock-agent.mjs';
import { addWord, browser, built, check, openTab, page, POLICY, press, result, root, search, site, undo } from './harness.mjs';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const [folder = `${root}target/screenshots`, ...only] = process.argv.slice(2);
await mkdir(folder, { recursive: true });

const FACTS = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const HOSTILE = hostile(FACTS);
const BEFORE = await readFile(`${root}tests/snapshots/demo-payload.json`, 'utf8');
const host = (state, more = {}) => agent(STATES[state], { facts: FACTS, payload: BEFORE, ...more });
const phase = (name) => (page) => page.locator(`callback-preview [data-phase=${name}]`).waitFor();
const pressed = (name) => async (page) => {
  await built(page);
  await press(page, name);
};
const tab = (name) => async (page) => {
  await built(page);
  await openTab(page, name);
  await page.waitForTimeout(400);
};
const never = new Promise(() => undefined);
/** An agent whose preview has expired when `line` is asked, and whose install has changed since. */
const changing = (state, line) => {
  let facts = FACTS;
  return (request) =>
    agent(STATES[state], {
      facts,
      answer: (asked) => {
        if (asked !== line) return undefined;
        facts = JSON.stringify({ ...JSON.parse(FACTS), uuid: '00000000-0000-4000-8000-000000000000' });
        return problem(410, 'preview-expired', 'this preview has expired; nothing was changed');
      },
    })(request);
};

/** For each state: the agent's answers, and the steps that lead to it. */
const states = {
  'loading': { routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? never : undefined) }), steps: (page) => page.locator('callback-preview progress').waitFor() },
  'cancelled': {
    routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? never : undefined) }),
    steps: async (page) => {
      await press(page, 'cancel');
      await phase('cancelled')(page);
    },
  },
  'empty': { path: 'empty.html', steps: phase('empty') },
  'locked': { routes: host('never', { answer: () => ({ status: 401, body: '{}' }) }), steps: phase('locked'), expects: /401/ },
  'forbidden': { routes: host('never', { answer: () => ({ status: 403, body: '{}' }) }), steps: phase('forbidden'), expects: /403/ },
  'no-wasm': { routes: host('never'), policy: POLICY.replace(" 'wasm-unsafe-eval'", ''), steps: phase('no-wasm'), expects: /wasm/i },
  'no-script': { routes: host('never'), options: { javaScriptEnabled: false }, steps: (page) => page.locator('noscript code').waitFor(), plain: true },
  'error-facts': { routes: host('never', { facts: '{"schema":1,"uuid":"x"}' }), steps: (page) => page.getByRole('alert').waitFor() },
  'error-agent': { routes: host('never', { answer: (what) => (what === 'POST /api/snapshots' ? problem(500, 'database', 'the database disconnected; try again') : undefined) }), steps: (page) => page.getByRole('alert').waitFor(), expects: /500/ },
  'agent-stopped': { before: (page) => page.route('**/api/**', (route) => route.abort()), steps: (page) => page.locator('[data-code=unreachable]').waitFor(), expects: /ERR_FAILED/ },
  'never-opted-in': { routes: host('never'), steps: built },
  'opt-in': { routes: host('never'), steps: pressed('open-opt-in') },
  'change': { routes: host('on'), steps: pressed('open-opt-in') },
  'on': { routes: host('on', { ledger }), steps: built },
  'not-scheduled': { routes: host('unscheduled', { ledger }), steps: built },
  'built-in-sender': { routes: host('onStock'), steps: built },
  'rejected': { routes: host('on'), steps: async (page) => { await pressed('send')(page); await result(page, 'busy'); }, expects: /409/ },
  'receiver-unreachable': { routes: host('on', { answer: (what) => (what === 'POST /api/send' ? problem(502, 'receiver-unreachable', 'cannot connect to the receiver: no route to host; the next run retries') : undefined) }), steps: async (page) => { await pressed('send')(page); await result(page, 'receiver-unreachable'); }, expects: /502/ },
  'unsaved': {
    routes: host('on'),
    steps: async (page) => {
      await built(page);
      await addWord(page, 'Catalyst');
      await undo(page, 'Catalyst').waitFor();
      await page.locator('#unsaved').waitFor();
    },
  },
  'off': { routes: host('off', { ledger }), steps: built },
  'changed-before-opting-in': {
    routes: changing('never', 'POST /api/consent'),
    steps: async (page) => {
      await pressed('open-opt-in')(page);
      await press(page, 'opt-in');
      await result(page, 'report-changed');
    },
    expects: /410/,
  },
  'settings-and-digests': {
    routes: host('onStock'),
    steps: async (page) => {
      await built(page);
      for (const details of ['callback-preview-consent details summary', '#verify-yourself > summary']) await page.locator(details).click();
    },
  },
  'delete': { routes: host('on'), steps: pressed('open-delete') },
  'deletion-pending': { routes: host('pending'), steps: built },
  'bytes': { routes: host('on'), steps: tab('bytes'), full: true },
  'bytes-raw-search': {
    routes: host('on'),
    steps: async (page) => {
      await tab('bytes')(page);
      await page.locator('input[name=raw][value=raw]').check();
      await search(page).fill('linux');
      await page.locator('#hits').waitFor();
    },
    full: true,
  },
  'contents': { routes: host('on'), steps: tab('contents'), full: true },
  'removed': {
    routes: host('on'),
    steps: async (page) => {
      await tab('removed')(page);
      await page.locator('.same-result summary').first().click();
    },
    full: true,
  },
  'fields': { routes: host('on'), steps: tab('fields'), full: true },
  'changes': { routes: host('on', { ledger }), steps: tab('changes'), full: true },
  'history': {
    routes: host('on', { ledger }),
    steps: async (page) => {
      await tab('history')(page);
      await page.locator('.receipt summary').click();
      await page.locator('[data-action=open-payload]').last().click();
      await page.locator('callback-preview-history pre').waitFor();
    },
    full: true,
  },
  'hostile': {
    routes: host('on', { facts: HOSTILE }),
    steps: async (page) => {
      await tab('removed')(page);
      await search(page).fill('serial');
      await page.waitForTimeout(400);
    },
    full: true,
  },
  'german': { routes: host('never'), options: { locale: 'de-DE' }, steps: pressed('open-opt-in'), full: true },
  'right-to-left': {
    routes: host('on'),
    steps: async (page) => {
      await built(page);
      await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    },
    full: true,
  },
  'text-200': {
    routes: host('on'),
    steps: async (page) => {
      await built(page);
      await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
      await page.waitForTimeout(300);
    },
    full: true,
  },
  'forced-colours': {
    routes: host('unscheduled', { ledger }),
    steps: async (page) => {
      await tab('removed')(page);
      await addWord(page, 'Catalyst');
      await page.emulateMedia({ forcedColors: 'active' });
    },
    full: true,
    // axe reads the page's own colours, which the browser does not show then.
    rules: { 'color-contrast': { enabled: false } },
  },
  'printed': {
    routes: host('on'),
    steps: async (page) => {
      await built(page);
      await page.emulateMedia({ media: 'print' });
    },
    full: true,
  },
  'public': {
    assets: 'public',
    steps: async (page) => {
      await built(page);
      await page.locator('textarea[name=description]').fill('Linux edge7.acme.example 5.10.0 #1 SMP x86_64, call Ada Byron <ada@acme.example>');
      await press(page, 'sanitise');
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

/** Opens a state, checks it and takes its screenshots. */
async function show(name, state) {
  const routes = async (request, body) =>
    request.url === '/empty.html' ? { kind: 'text/html; charset=utf-8', body: EMPTY } : state.routes?.(request, body);
  const served = await site(`${root}target/assets/${state.assets ?? 'preview'}`, routes, state.policy);
  const opened = await page(chromium, { locale: 'en-GB', timezoneId: 'Europe/Berlin', ...state.options });
  await state.before?.(opened.page);
  await opened.page.goto(`${served.url}${state.path ?? ''}#token=t`);
  await state.steps(opened.page).catch((error) => {
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
    // Two variants suffice: dark colours on a desktop, sizes on a phone.
    if ((device === 'desk') === (colorScheme === 'dark')) {
      // Evaluated, because the page's policy blocks script elements.
      await opened.page.evaluate(await readFile(AXE, 'utf8'));
      const { violations } = await opened.page.evaluate((rules) => globalThis.axe.run({ resultTypes: ['violations'], rules }), state.rules ?? {});
      const found = violations.flatMap(({ id, impact, nodes }) => nodes.slice(0, 2).map((node) => `${impact} ${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`));
      check(found.length === 0, `${name} (${device}, ${colorScheme}): axe finds\n${found.join('\n')}`);
    }
  }
  // The smallest width that WCAG asks for.
  await opened.page.setViewportSize({ width: 320, height: 800 });
  await opened.page.waitForTimeout(150);
  const wider = await opened.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(state.plain || wider <= 1, `${name}: the page is ${wider} pixels wider than 320`);
  const wrong = opened.seen.wrong.filter((line) => !state.expects?.test(line));
  check(wrong.length === 0, `${name}: ${wrong.join('\n')}`);
  const elsewhere = opened.seen.requests.filter((line) => !line.includes(served.url) && !line.includes('blob:'));
  check(elsewhere.length === 0, `${name}: requests elsewhere: ${elsewhere.join(', ')}`);
  await opened.context.close();
  served.close();
}

for (const [name, state] of Object.entries(states)) {
  if (only.length > 0 && !only.includes(name)) continue;
  // Check the other states even if one fails.
  await show(name, state).catch((error) => problems.push(error.message));
}
await chromium.close();
console.log(`${pictures} pictures in ${folder}`);
if (problems.length > 0) console.error(problems.join('\n\n'));
process.exit(problems.length === 0 ? 0 : 1);
