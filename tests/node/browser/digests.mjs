// Compares the digest on the page with the browser's own digest of the downloaded bytes, for each facts file.
// Usage: digests.mjs FACTS…; prints one digest per file.
import { readFile } from 'node:fs/promises';
import { action, browser, built, check, openTab, page, root, shownDigest, site } from './harness.mjs';

const chromium = await browser();
for (const file of process.argv.slice(2)) {
  const facts = await readFile(file);
  const served = await site(`${root}target/assets/public`, (request) => (request.url === '/demo-facts.json' ? { body: facts } : undefined));
  const opened = await page(chromium, { acceptDownloads: true });
  await opened.page.goto(served.url);
  await built(opened.page);
  const shown = await shownDigest(opened.page);
  await openTab(opened.page, 'bytes');
  const [download] = await Promise.all([opened.page.waitForEvent('download'), action(opened.page, 'download').click()]);
  const bytes = await readFile(await download.path());
  const computed = await opened.page.evaluate(async (list) => {
    const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(list));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }, Array.from(bytes));
  check(computed === shown, `crypto.subtle computes ${computed}, the page shows ${shown}`);
  check(opened.seen.wrong.length === 0, opened.seen.wrong.join('\n'));
  console.log(shown);
  await opened.context.close();
  served.close();
}
await chromium.close();
process.exit(0);
