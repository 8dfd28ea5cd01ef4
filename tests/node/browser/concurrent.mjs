// Concurrency and edge cases with a mock agent: opting out while a report is sent, refreshing, a worker that fails to start; German without leftovers; print and forced colours.
import { readFile } from 'node:fs/promises';
import { agent, problem, STATES } from './mock-agent.mjs';
import { action, addWord, browser, built, check, digestChangesFrom, equal, openTab, page, press, result, root, search, shownDigest, site, status, undo } from './harness.mjs';

const demo = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const chromium = await browser();

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
  equal(install.asked.map(([line]) => line), ['POST /api/snapshots', 'POST /api/send', 'DELETE /api/consent'], 'what the agent was asked');
  finish();
  // The agent's code reaches the page.
  await result(preview, 'opted-out');
  await preview.locator('#message.error').waitFor();
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
  equal(edges.filter((edge) => edge !== edges[0]).length, 1, 'tabs with an edge of their own');
  await close();
}

// An expired preview is refreshed from the error message.
{
  const { install, preview, close } = await opened(STATES.on, {
    answer: async (line) => (line === 'POST /api/send' ? problem(410, 'preview-expired', 'this preview has expired; nothing was sent') : undefined),
  });
  await press(preview, 'send');
  await result(preview, 'preview-expired');
  await press(preview, 'refresh-stale');
  await preview.locator('#message').waitFor({ state: 'detached' });
  await built(preview);
  equal(install.asked.map(([line]) => line), ['POST /api/snapshots', 'POST /api/send', 'POST /api/snapshots'], 'what the agent was asked');
  await close();
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
  await press(preview, 'refresh');
  // Without a code in the answer, its status is the code.
  await preview.locator('[data-phase=error][data-code=http-502]').waitFor();
  broken = false;
  await press(preview, 'retry');
  await undo(preview, 'Catalyst').waitFor();
  await close();
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
