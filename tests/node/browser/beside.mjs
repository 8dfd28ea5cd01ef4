// What the page does beside something that is under way: stopping while a report is sent, reading the install again with
// choices made; German throughout; what paper and forced colours show. The agent is a made-up one that answers when told.
import { readFile } from 'node:fs/promises';
import { agent, STATES } from './mock-agent.mjs';
import { browser, built, check, equal, page, root, shownDigest, site } from './harness.mjs';

const demo = await readFile(`${root}www/pages/demo-facts.json`, 'utf8');
const chromium = await browser();

/** A page of an agent whose state and facts may be changed while it is open. */
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

// "Stop sending" does not wait for a report that is on its way.
{
  let finish;
  const sending = new Promise((resolve) => (finish = resolve));
  const { install, preview, close } = await opened(STATES.on, {
    answer: async (line, install) => {
      if (line === 'POST /api/send') {
        await sending;
        return { status: 409, kind: 'application/problem+json', body: JSON.stringify({ detail: 'nothing was sent: reporting was switched off meanwhile' }) };
      }
      if (line === 'DELETE /api/consent') {
        install.state = STATES.off;
        return { body: JSON.stringify({ not_recorded: null }) };
      }
      return undefined;
    },
  });
  const status = () => preview.locator('callback-preview #status').textContent();
  await preview.getByRole('button', { name: 'Send exactly this', exact: true }).click();
  await preview.getByRole('button', { name: 'Sending…', exact: true }).waitFor();
  await preview.getByRole('button', { name: 'Stop sending', exact: true }).click();
  await preview.waitForFunction(() => document.querySelector('callback-preview').shadowRoot.querySelector('#status').textContent.startsWith('Off'));
  equal(install.asked.map(([line]) => line), ['POST /api/snapshots', 'POST /api/send', 'DELETE /api/consent'], 'what the agent was asked');
  finish();
  await preview.getByText('nothing was sent: reporting was switched off meanwhile').waitFor();
  check((await status()).startsWith('Off'), await status());
  equal(await preview.getByRole('button', { name: 'Send exactly this', exact: true }).count(), 0, 'buttons that send');
  await close();
}

// Another install is read; the word that was to go, goes there too.
{
  const { install, preview, seen, close } = await opened(STATES.on);
  const first = await shownDigest(preview);
  const another = async (before) =>
    preview.waitForFunction((before) => {
      const shown = document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest')?.textContent;
      return shown !== undefined && shown !== before;
    }, before);
  await preview.getByLabel('Also remove a word').fill('Catalyst');
  await preview.getByRole('button', { name: 'Remove', exact: true }).click();
  await another(first);
  const second = await shownDigest(preview);
  const facts = JSON.parse(demo);
  facts.devices.push({ os: 'ios', sysDescr: 'Catalyst of a new kind', sysObjectID: '.1.3.6.1.4.1.9.1.4711' });
  install.facts = JSON.stringify(facts);
  await preview.getByRole('button', { name: 'Read the install again' }).click();
  await another(second);
  await preview.getByRole('button', { name: 'Take back: Catalyst' }).waitFor();
  await preview.getByRole('tab', { name: 'What is sent' }).click();
  await preview.getByRole('tabpanel').getByLabel('Search').fill('of a new kind');
  await preview.locator('callback-preview .viewport').getByText('of a new kind').waitFor();
  check(!(await preview.locator('callback-preview .viewport').textContent()).includes('Catalyst of'), 'the word is there again');
  check(seen.wrong.length === 0, seen.wrong.join('\n'));

  // On paper: the rows in sight, and where the others are.
  const note = preview.getByText('On paper are the rows that were in sight.');
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

// What was to go stays to go where reading again fails and is tried again.
{
  let broken = false;
  const { preview, close } = await opened(STATES.on, {
    answer: async (line) => (broken && line === 'POST /api/snapshots' ? { status: 502, kind: 'text/html', body: '<h1>Bad gateway</h1>' } : undefined),
  });
  await preview.getByLabel('Also remove a word').fill('Catalyst');
  await preview.getByRole('button', { name: 'Remove', exact: true }).click();
  await preview.getByRole('button', { name: 'Take back: Catalyst' }).waitFor();
  await preview.locator('[aria-busy=false]').first().waitFor();
  broken = true;
  await preview.getByRole('button', { name: 'Read the install again' }).click();
  await preview.getByText('status 502').waitFor();
  broken = false;
  await preview.getByRole('button', { name: 'Try again' }).click();
  await preview.getByRole('button', { name: 'Take back: Catalyst' }).waitFor();
  await close();
}

// A worker that is gone before anything was asked of it is said.
{
  const served = await site(`${root}target/assets/preview`, agent(STATES.on, { facts: demo, payload: '{}' }));
  const { context, page: preview } = await page(chromium);
  await context.route('**/callback-preview-worker.js', (route) => route.abort());
  await context.route('**/api/module', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue();
  });
  await preview.goto(`${served.url}#token=t`);
  await preview.getByText('could not be started').waitFor();
  await context.close();
  served.close();
}

// German has words of its own for every field that the module knows, and for every rule.
{
  const { preview, close } = await opened(STATES.on, { locale: 'de-DE' });
  await preview.getByRole('tab', { name: 'Felder' }).click();
  await preview.getByText('Welche Modelle es gibt.').waitFor();
  equal(await preview.locator('callback-preview-fields [lang=en]').allTextContents(), [], 'English left in German');
  await preview.getByRole('tab', { name: 'Entfernt' }).click();
  await preview.locator('callback-preview .viewport mark').first().waitFor();
  equal(await preview.locator('callback-preview .viewport [lang=en]').allTextContents(), [], 'English left in German');
  await close();
}

await chromium.close();
process.exit(0);
