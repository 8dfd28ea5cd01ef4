// The page of a real `callback-agent serve`: opt in, send, change, delete, cancel, opt out; and other origins get nothing.
// Usage: serve.mjs URL; prints the digests that the page showed as JSON.
import { addWord, browser, built, check, digestBecomes, digestChangesFrom, equal, openTab, page, press, result, shownDigest, site, status } from './harness.mjs';

const [url] = process.argv.slice(2);
const origin = new URL(url).origin;
const chromium = await browser();
const { context, page: preview, seen } = await page(chromium);
const encodings = {};
preview.on('response', (response) => { encodings[new URL(response.url()).pathname] = response.headers()['content-encoding']; });
await preview.goto(url);
await built(preview);
for (const path of ['/api/module', '/callback-preview.js']) equal(encodings[path], 'gzip', `the encoding of ${path}`);
equal(new URL(preview.url()).hash, '', 'what is left of the token in the address');
await status(preview, 'never-opted-in');
await preview.locator('#module-agrees').waitFor();
const [first, module] = [await shownDigest(preview), await preview.locator('callback-preview #module-digest .digest').textContent()];

// Another tab has no token, and another origin gets no answer.
const second = await context.newPage();
await second.goto(`${origin}/`);
await second.locator('[data-phase=locked]').waitFor();
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

// Opt in, with a name; one category is turned off and on again.
await press(preview, 'open-opt-in');
const software = preview.locator('.panel [data-category=software]');
await software.uncheck();
await digestChangesFrom(preview, first);
await software.check();
await digestBecomes(preview, first);
await preview.locator('input[name=who]').fill('mira');
await press(preview, 'opt-in');
await result(preview, 'opted-in');
// This install has no timer.
await status(preview, 'not-scheduled');

await press(preview, 'send');
await result(preview, 'sent');

// Remove a word, replace today's report with that one, and save the choice.
await addWord(preview, 'Linux');
await preview.locator('#unsaved').waitFor();
await digestChangesFrom(preview, first);
const second_digest = await shownDigest(preview);
await press(preview, 'send');
await result(preview, 'sent');
await press(preview, 'save');
await result(preview, 'saved');

await openTab(preview, 'changes');
await preview.locator('[data-changes="0"]').waitFor();
await openTab(preview, 'history');
await preview.locator('[data-what=report][data-outcome=sent]').first().waitFor();

// The receipt stays in the history, with the report.
await preview.locator('[data-what=report] .receipt').first().waitFor();
await preview.locator('[data-what=report] [data-action=open-payload]').first().click();
await preview.locator('callback-preview-history pre').waitFor();
equal(await preview.locator('callback-preview-history .who').first().textContent(), 'by mira', 'who opted in');

// A reload of the tab still has the token.
await preview.reload();
await built(preview);
equal(await shownDigest(preview), second_digest, 'the digest after a reload');
await press(preview, 'opt-out');
await result(preview, 'opted-out');
await status(preview, 'off');

check(seen.requests.every((line) => line.includes(` ${origin}/`)), `requests: ${seen.requests.join(', ')}`);
check(seen.wrong.length === 0, seen.wrong.join('\n'));
await chromium.close();
console.log(JSON.stringify({ first, second: second_digest, module }));
process.exit(0);
