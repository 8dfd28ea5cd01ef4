// The public page, offline after it has loaded and with hostile descriptions: everything keeps working, nothing is
// requested, and hostile text stays text.
import { readFile } from 'node:fs/promises';
import { hostile } from './mock-agent.mjs';
import { action, addWord, browser, built, check, digestBecomes, digestChangesFrom, equal, openTab, page, press, root, search, shownDigest, site, undo } from './harness.mjs';

const facts = hostile(await readFile(`${root}www/pages/demo-facts.json`, 'utf8'));
const served = await site(`${root}target/assets/public`, (request) => (request.url === '/demo-facts.json' ? { body: facts } : undefined));
const chromium = await browser();
const { context, page: preview, seen } = await page(chromium, { acceptDownloads: true });
await preview.goto(served.url);
await built(preview);
// The form starts its own module at its first use.
const paste = async (text) => {
  await preview.locator('textarea[name=description]').fill(text);
  await press(preview, 'sanitise');
};
await paste('Linux web01 6.1.0');
await preview.locator('callback-try #result').waitFor();
const loaded = seen.requests.length;
await context.setOffline(true);

// Everything still works.
const before = await shownDigest(preview);
await addWord(preview, 'Catalyst');
await digestChangesFrom(preview, before);
await undo(preview, 'Catalyst').click();
await digestBecomes(preview, before);
// A word that matches nothing is marked so; one letter does not match a word that contains it.
for (const word of ['Qqqzz', 'q']) {
  await addWord(preview, word);
  await preview.locator(`[data-unused="${word}"]`).waitFor();
  await undo(preview, word).click();
}
// A row that is left out stays in place, and so does the keyboard focus.
const list = preview.locator('callback-preview .viewport');
await list.evaluate((viewport) => { viewport.scrollTop = 2000; });
const leaveOut = list.locator('[data-action=leave-out]').nth(9);
await leaveOut.focus();
const scrolled = await list.evaluate((viewport) => viewport.scrollTop);
await leaveOut.press('Enter');
await list.locator('[data-action=include-again]').first().waitFor();
await preview.locator('[aria-busy=false]').first().waitFor();
check(Math.abs((await list.evaluate((viewport) => viewport.scrollTop)) - scrolled) < 400, 'the list jumped');
equal(await preview.evaluate(() => document.querySelector('callback-preview').shadowRoot.activeElement?.dataset.action), 'include-again', 'the focused button');
await preview.keyboard.press('Enter');
await digestBecomes(preview, before);
// A rare label is listed, and sent once it is included.
await openTab(preview, 'contents');
await preview.locator('callback-preview #rare summary').click();
const label = 'Korsvik-Reception-AP1 [CNQ7K3M2XD]';
const include = preview.locator(`[data-action=include][data-label="${label}"]`);
await include.click();
await include.waitFor({ state: 'detached' });
await digestChangesFrom(preview, before);
await undo(preview, `mempool ${label}`).click();
await digestBecomes(preview, before);
for (const name of ['bytes', 'contents', 'fields', 'removed']) await openTab(preview, name);
const [copy] = await Promise.all([preview.waitForEvent('download'), press(preview, 'share')]);
const shared = await readFile(await copy.path(), 'utf8');
for (const identifier of ['brightwater', 'CNQ7K3M2XD', 'ABC1234560X']) {
  check(!shared.includes(identifier), `the shareable copy contains ${identifier}`);
}
const module = await preview.locator('callback-preview #module-digest .digest').textContent();
for (const part of [before, module]) check(shared.includes(part), `the shareable copy does not contain ${part}`);
check(shared.includes('<b>full host name</b>'), 'the shareable copy does not say what was removed');
check(!/<script|<img|<svg/i.test(shared), 'the shareable copy contains markup from a description');
await paste('Linux edge7.acme.example 5.10.0, call Ada Byron <ada@acme.example>');
await preview.waitForFunction(() => !document.querySelector('callback-try').shadowRoot.querySelector('#result').textContent.includes('web01'));
check(!(await preview.locator('callback-try #result').textContent()).includes('acme'), 'the pasted description still contains its host name');

// What looks like an address and is kept is named; a reason does not speak of a database that is not there.
await paste('Gadget 10.1.2.3');
await preview.locator('callback-try #kept').waitFor();
check((await preview.locator('callback-try #kept').textContent()).includes('10.1.2.3'), 'the kept address is not named');
await preview.locator('callback-try input[name=host]').fill('zyx99');
await paste('Gadget zyx99');
await preview.locator('callback-try .why').waitFor();
check(!/database|`/.test(await preview.locator('callback-try .why').textContent()), 'a reason for the agent’s page');
await preview.locator('callback-try input[name=host]').fill('');
await action(preview, 'example').first().click();
await preview.waitForFunction(() => document.querySelector('callback-try').shadowRoot.querySelector('#result').textContent.includes('Linux hostname'));
// One heading of the first level; the form comes first.
equal(await preview.locator('h1').count(), 1, 'headings of the first level');
check((await preview.locator('callback-try').boundingBox()).y < (await preview.locator('callback-preview').boundingBox()).y, 'the demo is above the form');
equal(await action(preview, 'refresh').count(), 0, 'buttons that read an install');

// Hostile text stays text.
await search(preview).fill('script');
await preview.getByText('<script>document.title="owned"</script>').first().waitFor();
equal(await preview.title(), 'See what a LibreNMS install would send', 'the title');
equal(await preview.locator('callback-preview img, callback-preview iframe, callback-preview script').count(), 0, 'elements made of descriptions');
// A very long text is shown as an excerpt with its removals, and in full on request.
await search(preview).fill('aaaaaaaa');
const whole = preview.locator('[data-action=show-whole][data-characters="4019"][data-removals="1"]');
await whole.waitFor();
const side = preview.locator('callback-preview .side .text').first();
equal(await side.textContent(), `${'a'.repeat(1000)}…`, 'the beginning');
check((await preview.locator('callback-preview .why').first().textContent()).includes('ABC1234564X'), 'what was removed at the end is not named');
await whole.press('Enter');
await whole.waitFor({ state: 'detached' });
check((await side.textContent()).endsWith('serial ABC1234564X'), 'the whole text');
await search(preview).fill('bidi');
await preview.locator('.sign.bad', { hasText: 'U+202E' }).first().waitFor();
await search(preview).fill('control');
// Characters that cannot be sent were replaced; the rest are shown by name.
// Line breaks are no reason for alarm.
await preview.locator('.sign.quiet', { hasText: '↵' }).first().waitFor();
equal(await preview.evaluate(() => document.querySelector('callback-preview').shadowRoot.textContent.match(/[\u202a-\u202e\u2066-\u2069]/)), null, 'direction-changing characters on the page');

const made = seen.requests.slice(loaded).filter((line) => !line.includes(' blob:'));
equal(made, [], 'requests after loading');
check(seen.requests.every((line) => line.startsWith(`GET ${served.url}`) || line.includes(' blob:')), `requests: ${seen.requests.join(', ')}`);
check(seen.wrong.length === 0, seen.wrong.join('\n'));

// Keyboard only.
await preview.locator('callback-preview [role=tab][aria-selected=true]').focus();
await preview.keyboard.press('ArrowRight');
equal(await preview.locator('callback-preview [role=tab][aria-selected=true]').getAttribute('id'), 'tab-bytes', 'the tab after an arrow');
await preview.keyboard.press('End');
equal(await preview.locator('callback-preview [role=tab][aria-selected=true]').getAttribute('id'), 'tab-fields', 'the tab after End');
await chromium.close();
process.exit(0);
