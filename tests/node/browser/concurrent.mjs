// Concurrency and edge cases with a mock agent: opting out while a report is sent, refreshing, a worker that fails to start; German without leftovers; print and forced colours.
import { readFile } from 'node:fs/promises';
import { agent, problem, STATES } from './mock-agent.mjs';
import { action, addWord, browser, built, check, digestChangesFrom, equal, openTab, page, press, result, root, search, shownDigest, site, status, undo } from './harness.mjs';

const demo = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const chromium = await browser();

/** The id of what has the keyboard's focus in the element. */
const focusedId = (page) => page.evaluate(() => document.querySelector('callback-preview').shadowRoot.activeElement?.id);
const isInView = (page, selector) =>
  page.locator(`callback-preview ${selector}`).evaluate((part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });

/** A page whose agent can change its state and facts while the page is open. */
async function opened(first, { answer, ...options } = {}) {
  const install = { state: first, facts: demo, asked: [] };
  const served = await site(`${root}target/assets/preview`, async (request, body) => {
    const routes = agent(install.state, {
      facts: install.facts,
      payload: '{}',
      answer: async (line) => {
        if (!line.startsWith('GET')) install.asked.push([line, body === '' ? null : JSON.parse(body)]);
        return answer?.(line, install);
      },
    });
    return routes(request);
  });
  const { context, page: preview, seen } = await page(chromium, options);
  await preview.goto(`${served.url}#token=t`);
  await built(preview);
  return { install, preview, seen, close: async () => { await context.close(); served.close(); } };
}

// Opting out does not wait for a report that is being sent.
{
  let finish;
  const sending = new Promise((resolve) => (finish = resolve));
  const { install, preview, close } = await opened(STATES.on, {
    answer: async (line, install) => {
      if (line === 'POST /api/send') {
        await sending;
        return problem(409, 'opted-out', 'nothing was sent: opted out while sending');
      }
      if (line === 'DELETE /api/consent') {
        install.state = STATES.off;
        return { body: JSON.stringify({ not_recorded: null }) };
      }
      return undefined;
    },
  });
  await press(preview, 'send');
  await preview.locator('[data-action=send]:disabled').waitFor();
  await press(preview, 'opt-out');
  await status(preview, 'off');
  equal(await preview.locator('#send-hint').count(), 0, 'hints that name a button which is gone');
  equal(install.asked.map(([line]) => line), ['POST /api/snapshots', 'POST /api/send', 'DELETE /api/consent'], 'what the agent was asked');
  finish();
  // The aborted request is reported as what the admin did, not as an error.
  await preview.locator('#message[data-code="opted-out"] p + p').waitFor();
  equal(await preview.locator('#message.error, #send-hint').count(), 0, 'errors and hints about sending');
  await status(preview, 'off');
  equal(await action(preview, 'send').count(), 0, 'buttons that send');
  await close();
}

// A refresh reads the changed install and still removes the word.
{
  const { install, preview, seen, close } = await opened(STATES.on);
  const first = await shownDigest(preview);
  await addWord(preview, 'Catalyst');
  await digestChangesFrom(preview, first);
  const second = await shownDigest(preview);
  const facts = JSON.parse(demo);
  facts.devices.push({ os: 'ios', sysDescr: 'Catalyst of a new kind', sysObjectID: '.1.3.6.1.4.1.9.1.4711' });
  install.facts = JSON.stringify(facts);
  await press(preview, 'refresh');
  await digestChangesFrom(preview, second);
  await undo(preview, 'Catalyst').waitFor();
  await openTab(preview, 'contents');
  await search(preview).fill('of a new kind');
  await preview.locator('callback-preview .viewport').getByText('of a new kind').waitFor();
  check(!(await preview.locator('callback-preview .viewport').textContent()).includes('Catalyst of'), 'the word is there again');
  check(seen.wrong.length === 0, seen.wrong.join('\n'));

  // A printed page has only the rendered rows, and a note about that.
  const note = preview.locator('callback-preview .on-paper');
  check(!(await note.isVisible()), 'the note is for paper');
  await preview.emulateMedia({ media: 'print' });
  check(await note.isVisible(), 'paper does not say what is missing on it');
  const [space, rows] = await preview.locator('callback-preview .viewport').evaluate((list) => ['.space', '.rows'].map((part) => list.querySelector(part).getBoundingClientRect().height));
  check(Math.abs(space - rows) < 2, `${space} px of paper for ${rows} px of rows`);
  await preview.emulateMedia({ media: 'screen', forcedColors: 'active' });
  const edges = await preview.locator('callback-preview [role=tab]').evaluateAll((tabs) => tabs.map((tab) => getComputedStyle(tab).borderBlockEndColor));
  equal(edges.filter((edge) => edge !== edges.at(-1)).length, 1, 'tabs with an edge of their own');
  await close();
}

// The facts of a preview expire with the agent. If the report is still the same, the page reads them again and repeats the request.
for (const [name, first, changes] of [['send', 'on', false], ['opt-in', 'never', false], ['opt-in', 'never', true]]) {
  let expired = true;
  const line = name === 'send' ? 'POST /api/send' : 'POST /api/consent';
  const { install, preview, close } = await opened(STATES[first], {
    viewport: { width: 390, height: 844 },
    answer: async (asked, install) => {
      if (asked === 'POST /api/snapshots') expired = install.asked.length === 1;
      if (asked !== line) return undefined;
      if (expired) return problem(410, 'preview-expired', 'this preview has expired; nothing was sent');
      return name === 'send'
        ? { body: JSON.stringify({ code: 'sent', receipt: null }) }
        : { body: JSON.stringify({ code: 'opted-in', clear_cancelled: false, librenms: [], key_status: 'signs-nothing', given: STATES.on.given }) };
    },
  });
  const digest = await shownDigest(preview);
  if (name === 'opt-in') await press(preview, 'open-opt-in');
  if (changes) {
    const facts = JSON.parse(demo);
    facts.devices.push({ os: 'ios', sysDescr: 'Catalyst of a new kind', sysObjectID: '.1.3.6.1.4.1.9.1.4711' });
    install.facts = JSON.stringify(facts);
  }
  await press(preview, name);
  if (!changes) {
    await result(preview, name === 'send' ? 'sent-without-receipt' : 'opted-in');
    equal(install.asked.map(([asked]) => asked), ['POST /api/snapshots', line, 'POST /api/snapshots', line], 'what the agent was asked');
    equal(await shownDigest(preview), digest, 'the digest');
    // The panel is gone with the pressed button; the keyboard is at the message.
    if (name === 'opt-in') equal(await focusedId(preview), 'message', 'the focused part after opting in');
  } else {
    // The refusal is beside the pressed button, in view, and focused; nothing was agreed to.
    await result(preview, 'report-changed');
    equal(install.asked.filter(([asked]) => asked === line).length, 1, 'requests to opt in');
    check((await shownDigest(preview)) !== digest, 'the page shows the old report');
    equal(await focusedId(preview), 'message', 'the focused part');
    check(await isInView(preview, '#message'), 'the refusal is out of view');
    equal(await preview.locator('.panel #message').count(), 1, 'messages in the panel');
    // Pressed again, it opts in to the report that is shown now.
    await press(preview, 'opt-in');
    await result(preview, 'opted-in');
  }
  await close();
}

// After a deletion, the page shows the report with the new random ID before anything can be sent.
{
  const renamed = JSON.stringify({ ...JSON.parse(demo), uuid: '00000000-0000-4000-8000-000000000000' });
  const { install, preview, close } = await opened(STATES.on, {
    answer: async (line) => {
      if (line !== 'POST /api/clear') return undefined;
      install.state = STATES.off;
      install.facts = renamed;
      return { body: JSON.stringify({ code: 'deleted', pending: false, cleared: [{ receiver: 'https://stats.example.org/log.php', said: 'deleted' }] }) };
    },
  });
  const digest = await shownDigest(preview);
  await press(preview, 'open-delete');
  await press(preview, 'delete-now');
  await result(preview, 'deleted');
  await openTab(preview, 'bytes');
  await preview.getByText('00000000-0000-4000-8000-000000000000').first().waitFor();
  check((await shownDigest(preview)) !== digest, 'the digest is that of the report with the deleted ID');
  equal(install.asked.map(([line]) => line), ['POST /api/snapshots', 'POST /api/clear', 'POST /api/snapshots'], 'what the agent was asked');
  await close();
}

// Without a schedule nothing is sent, and a delete request with the next run would never be sent.
{
  const { preview, close } = await opened(STATES.unscheduled, { permissions: ['clipboard-read', 'clipboard-write'] });
  await status(preview, 'not-scheduled');
  await preview.locator('.lamp.half').waitFor();
  await preview.locator('.command [data-action=copy]').first().click();
  equal(await preview.evaluate(() => navigator.clipboard.readText()), 'sudo callback-agent install', 'the copied command');
  await press(preview, 'open-delete');
  await action(preview, 'delete-now').waitFor();
  equal(await action(preview, 'delete-next-run').count(), 0, 'buttons for a run that never comes');
  await close();
  const never = await opened(STATES.never);
  equal(await action(never.preview, 'open-delete').count(), 0, 'buttons to delete what was never sent');
  await never.close();
}

// Unsaved choices survive a refresh that fails and is retried.
{
  let broken = false;
  const { preview, close } = await opened(STATES.on, {
    answer: async (line) => (broken && line === 'POST /api/snapshots' ? { status: 502, kind: 'text/html', body: '<h1>Bad gateway</h1>' } : undefined),
  });
  await addWord(preview, 'Catalyst');
  await undo(preview, 'Catalyst').waitFor();
  await preview.locator('[aria-busy=false]').first().waitFor();
  broken = true;
  const digest = await shownDigest(preview);
  await press(preview, 'refresh');
  // Without a code in the answer, its status is the code. The report stays on screen.
  await result(preview, 'http-502');
  equal(await shownDigest(preview), digest, 'the digest after a failed refresh');
  broken = false;
  await press(preview, 'refresh');
  await preview.locator('#message').waitFor({ state: 'detached' });
  await undo(preview, 'Catalyst').waitFor();
  await close();
}

// While the module is loading, the page says how much of it has arrived.
{
  let more;
  const gate = new Promise((resolve) => (more = resolve));
  const module = await readFile(`${root}target/assets/collector.wasm`);
  async function* slowly() {
    yield module.subarray(0, 400_000);
    await gate;
    yield module.subarray(400_000);
  }
  const served = await site(`${root}target/assets/preview`, agent(STATES.on, {
    facts: demo, payload: '{}', answer: (line) => (line === 'GET /api/module' ? { kind: 'application/wasm', body: slowly() } : undefined),
  }));
  const { context, page: preview, seen } = await page(chromium);
  await preview.goto(`${served.url}#token=t`);
  await preview.locator('#loaded').waitFor();
  const numbers = (await preview.locator('#loaded').textContent()).match(/\d+/g).map(Number);
  equal(numbers, [400, Math.round(module.length / 1000)], 'kilobytes of the module');
  const value = await preview.locator('progress').evaluate((bar) => bar.value);
  check(value > 2 && value < 3, `the progress is ${value}`);
  // The footer is below the first screen from the start, so nothing moves when the report comes.
  check((await preview.locator('footer').boundingBox()).y >= 900, 'the footer will jump');
  more();
  await built(preview);
  check(seen.wrong.length === 0, seen.wrong.join('\n'));
  await context.close();
  served.close();
}

// A worker that fails before the first request is reported.
{
  const served = await site(`${root}target/assets/preview`, agent(STATES.on, { facts: demo, payload: '{}' }));
  const { context, page: preview } = await page(chromium);
  let failed;
  const workerFailed = new Promise((resolve) => (failed = resolve));
  await context.route('**/callback-preview-worker.js', async (route) => {
    await route.abort();
    failed();
  });
  // The module, and with it the first request to the worker, arrives after the worker has failed.
  await context.route('**/api/module', async (route) => {
    await workerFailed;
    await route.continue();
  });
  await preview.goto(`${served.url}#token=t`);
  await preview.locator('[data-phase=error][data-code=trap]').waitFor();
  await context.close();
  served.close();
}

// Facts may be a reactive object of a framework; null shows the empty state.
{
  const served = await site(`${root}target/assets/public`);
  const { context, page: preview, seen } = await page(chromium);
  await preview.goto(served.url);
  await built(preview);
  const digest = await shownDigest(preview);
  await preview.evaluate(async () => {
    const element = document.querySelector('callback-preview');
    element.src = '';
    element.facts = null;
  });
  await preview.locator('[data-phase=empty]').waitFor();
  await preview.evaluate(async (facts) => {
    document.querySelector('callback-preview').facts = new Proxy(JSON.parse(facts), {});
  }, demo);
  await built(preview);
  equal(await shownDigest(preview), digest, 'the digest of facts given as a proxy');
  check(seen.wrong.length === 0, seen.wrong.join('\n'));
  await context.close();
  served.close();
}

// A German page has a German text for every field and every rule.
{
  const { preview, close } = await opened(STATES.on, { locale: 'de-DE' });
  await openTab(preview, 'fields');
  await preview.locator('callback-preview-fields table').first().waitFor();
  equal(await preview.locator('callback-preview').locator('[data-phase=ready]').getAttribute('lang'), 'de', 'the language');
  equal(await preview.locator('callback-preview-fields [lang=en]').allTextContents(), [], 'English left in German');
  await openTab(preview, 'removed');
  await preview.locator('callback-preview .viewport mark').first().waitFor();
  equal(await preview.locator('callback-preview .viewport [lang=en]').allTextContents(), [], 'English left in German');
  await close();
}

await chromium.close();
process.exit(0);
