// The public page with the network cut off after loading, with descriptions that try tricks: it goes on working, asks
// nobody for anything, and shows the tricks as text.
import { readFile } from 'node:fs/promises';
import { hostile } from './mock-agent.mjs';
import { browser, built, check, equal, page, root, shownDigest, site } from './harness.mjs';

const facts = hostile(await readFile(`${root}www/pages/demo-facts.json`, 'utf8'));
const served = await site(`${root}target/assets/public`, (request) => (request.url === '/demo-facts.json' ? { body: facts } : undefined));
const chromium = await browser();
const { context, page: preview, seen } = await page(chromium, { acceptDownloads: true });
await preview.goto(served.url);
await built(preview);
// The try form starts a module of its own at its first use.
const paste = async (text) => {
  await preview.getByLabel('sysDescr').fill(text);
  await preview.getByRole('button', { name: 'Sanitise' }).click();
};
await paste('Linux web01 6.1.0');
await preview.locator('callback-try #result').waitFor();
const loaded = seen.requests.length;
await context.setOffline(true);

// Everything still works.
const before = await shownDigest(preview);
await preview.getByLabel('Also remove a word').fill('Catalyst');
await preview.getByRole('button', { name: 'Remove', exact: true }).click();
await preview.getByText('Your words').waitFor();
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent !== old, before);
await preview.getByRole('button', { name: 'Take back: Catalyst' }).click();
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent === old, before);
// A word that stands nowhere is said to.
await preview.getByLabel('Also remove a word').fill('Qqqzz');
await preview.getByRole('button', { name: 'Remove', exact: true }).click();
await preview.getByText('found nowhere').waitFor();
await preview.getByRole('button', { name: 'Take back: Qqqzz' }).click();
// One letter of what was removed is no word that was.
await preview.getByLabel('Also remove a word').fill('q');
await preview.getByRole('button', { name: 'Remove', exact: true }).click();
await preview.getByText('found nowhere').waitFor();
await preview.getByRole('button', { name: 'Take back: q' }).click();
// A row that is withheld stays where it is, and so does who withheld it.
const list = preview.locator('callback-preview .viewport');
await list.evaluate((viewport) => { viewport.scrollTop = 2000; });
const row = preview.locator('callback-preview .change').filter({ has: preview.getByRole('button', { name: 'Withhold', exact: false }) }).nth(9);
const withhold = row.getByRole('button');
await withhold.focus();
const scrolled = await list.evaluate((viewport) => viewport.scrollTop);
await withhold.press('Enter');
await preview.locator('callback-preview .change strong').first().waitFor();
await preview.waitForTimeout(500);
check(Math.abs((await list.evaluate((viewport) => viewport.scrollTop)) - scrolled) < 400, 'the list jumped');
check((await preview.evaluate(() => document.querySelector('callback-preview').shadowRoot.activeElement?.textContent ?? '')).trim() === 'Take back', 'the focus is lost');
await preview.keyboard.press('Enter');
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent === old, before);
// A rare label is shown, and sent once it is included.
await preview.getByRole('tab', { name: 'What is sent' }).click();
await preview.locator('callback-preview #rare summary').click();
const rare = preview.getByRole('button', { name: 'Include: mempool Korsvik-Reception-AP1 [CNQ7K3M2XD]' });
await rare.click();
await rare.waitFor({ state: 'detached' });
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent !== old, before);
await preview.getByRole('button', { name: 'Take back: mempool Korsvik-Reception-AP1 [CNQ7K3M2XD]' }).click();
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent === old, before);
for (const name of ['Exact bytes', 'What is sent', 'Fields', 'Removed']) {
  await preview.getByRole('tab', { name }).click();
  await preview.getByRole('tabpanel', { name }).waitFor();
}
const [copy] = await Promise.all([preview.waitForEvent('download'), preview.getByRole('button', { name: 'A copy to show others' }).click()]);
const shared = await readFile(await copy.path(), 'utf8');
for (const identifier of ['brightwater', 'CNQ7K3M2XD', 'ABC1234560X']) {
  check(!shared.includes(identifier), `the copy to show others has ${identifier} in it`);
}
check(!/<script|<img|<svg/i.test(shared), 'the copy to show others has markup of a description in it');
await paste('Linux edge7.acme.example 5.10.0, call Ada Byron <ada@acme.example>');
await preview.waitForFunction(() => !document.querySelector('callback-try').shadowRoot.querySelector('#result').textContent.includes('web01'));
check(!(await preview.locator('callback-try #result').textContent()).includes('acme'), 'the pasted description still names its host');

// Tricks are text.
await preview.getByRole('tabpanel').getByLabel('Search').fill('script');
await preview.getByText('<script>document.title="owned"</script>').first().waitFor();
equal(await preview.title(), 'See what a LibreNMS install would send', 'the title');
equal(await preview.locator('callback-preview img, callback-preview iframe, callback-preview script').count(), 0, 'elements made of descriptions');
// A text of great length shows its beginning and what was removed of it, and all of it when it is asked for.
await preview.getByRole('tabpanel').getByLabel('Search').fill('aaaaaaaa');
const whole = preview.getByRole('button', { name: 'Show all of it: 4,019 characters, 1 removed' });
await whole.waitFor();
const side = preview.locator('callback-preview .side .text').first();
equal(await side.textContent(), `${'a'.repeat(1000)}…`, 'the beginning');
check((await preview.locator('callback-preview .why').first().textContent()).includes('ABC1234564X'), 'what was removed at the end is not named');
await whole.press('Enter');
await whole.waitFor({ state: 'detached' });
check((await side.textContent()).endsWith('serial ABC1234564X'), 'the whole text');
await preview.getByRole('tabpanel').getByLabel('Search').fill('bidi');
await preview.getByText('U+202E').first().waitFor();
await preview.getByRole('tabpanel').getByLabel('Search').fill('control');
// What the wire cannot carry is replaced before; what it can is shown by name.
await preview.getByText('↵').first().waitFor();
equal(await preview.evaluate(() => document.querySelector('callback-preview').shadowRoot.textContent.match(/[\u202a-\u202e\u2066-\u2069]/)), null, 'direction-changing characters on the page');

const made = seen.requests.slice(loaded).filter((line) => !line.includes(' blob:'));
equal(made, [], 'requests after loading');
check(seen.requests.every((line) => line.startsWith(`GET ${served.url}`) || line.includes(' blob:')), `requests: ${seen.requests.join(', ')}`);
check(seen.wrong.length === 0, seen.wrong.join('\n'));

// By keyboard alone.
await preview.locator('callback-preview [role=tab][aria-selected=true]').focus();
await preview.keyboard.press('ArrowRight');
equal(await preview.locator('callback-preview [role=tab][aria-selected=true]').textContent(), 'Exact bytes', 'the tab after an arrow');
await preview.keyboard.press('End');
equal(await preview.locator('callback-preview [role=tab][aria-selected=true]').textContent(), 'Fields', 'the tab after End');
await chromium.close();
process.exit(0);
