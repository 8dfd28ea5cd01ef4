// The page of a real `callback-agent serve`: allow, send exactly this, change, stop, clear, cancel; and who must not get in.
// Usage: serve.mjs URL; prints what the page showed as JSON.
import { browser, built, check, equal, page, shownDigest, site } from './harness.mjs';

const [url] = process.argv.slice(2);
const origin = new URL(url).origin;
const chromium = await browser();
const { context, page: preview, seen } = await page(chromium);
await preview.goto(url);
await built(preview);
equal(new URL(preview.url()).hash, '', 'what is left of the token in the address');
const status = () => preview.locator('callback-preview #status').textContent();
const press = (name) => preview.getByRole('button', { name, exact: true }).click();
const said = (text) => preview.getByText(text).first().waitFor();
equal(await status(), 'Off. Nothing has left this install.', 'the state at first');
await said('The module here is the one that the agent runs.');
const [first, module] = [await shownDigest(preview), await preview.locator('callback-preview #module-digest .digest').textContent()];

// A second tab has no token, a reload neither, and another origin cannot even ask.
const second = await context.newPage();
await second.goto(`${origin}/`);
await second.getByText('This page needs its key').waitFor();
const other = await site('/nonexistent', (request) => (request.url === '/' ? { kind: 'text/html', body: '<!doctype html><title>other</title>' } : undefined), '');
await second.goto(other.url);
const token = new URLSearchParams(new URL(url).hash.slice(1)).get('token');
const tried = await second.evaluate(
  async ([origin, token]) => {
    const results = [];
    for (const [path, init] of [
      ['/api/state', { headers: { Authorization: `Bearer ${token}` } }],
      ['/api/snapshots', { method: 'POST' }],
      ['/api/snapshots', { method: 'POST', mode: 'no-cors' }],
      ['/api/consent', { method: 'DELETE', headers: { Authorization: `Bearer ${token}` } }],
    ]) {
      results.push(await fetch(origin + path, init).then((response) => `${response.type} ${response.status}`, () => 'refused'));
    }
    return results;
  },
  [origin, token],
);
equal(tried.filter((result) => result !== 'refused' && result !== 'opaque 0'), [], 'what another origin got');
await second.close();
other.close();

// Allow, with a name, and one category left out.
await press('Allow…');
await preview.getByLabel('Software versions').first().uncheck();
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent !== old, first);
await preview.getByLabel('Software versions').first().check();
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent === old, first);
await preview.getByLabel('Your name').fill('mira');
await press('Allow it');
await said('Allowed.');
check((await status()).startsWith('On.'), await status());

await press('Send exactly this');
await said('Sent. The receiver’s receipt names the SHA-256 that was shown');

// A word more, which is kept; then the same day again.
await preview.getByLabel('Also remove a word').fill('Linux');
await press('Remove');
await said('You changed what is sent.');
await preview.waitForFunction((old) => document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest').textContent !== old, first);
const second_digest = await shownDigest(preview);
check(second_digest !== first, 'a word more changes the report');
await press('Send again, in place of today’s');
await said('Sent. The receiver’s receipt names the SHA-256 that was shown');
await press('Keep for every report');
await said('Kept. Every report from now on is built like this.');

await preview.getByRole('tab', { name: 'Differences' }).click();
await said('The numbers and descriptions are the same.');
await preview.getByRole('tab', { name: 'History' }).click();
await said('report: sent');

// What was done is said at once; the state is asked of the agent after it.
const becomes = async (expected, what) => {
  const until = Date.now() + 20_000;
  while (!(await status()).startsWith(expected)) {
    check(Date.now() < until, `${what}: ${await status()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
await press('Clear…');
await press('Ask for the clear with the next run');
await said('A clear is pending. The next run');
await becomes('A clear is pending', 'the state with a clear pending');
await press('Cancel the clear');
await said('The clear is cancelled.');
await becomes('On.', 'the state after cancelling');
await press('Stop sending');
await said('Stopped. Nothing is sent any more.');
await becomes('Off. Nothing is sent.', 'the state after stopping');

check(seen.requests.every((line) => line.includes(` ${origin}/`)), `requests: ${seen.requests.join(', ')}`);
check(seen.wrong.length === 0, seen.wrong.join('\n'));
await chromium.close();
console.log(JSON.stringify({ first, second: second_digest, module }));
process.exit(0);
