// The digest on the page for each facts file, against the browser's own over the bytes that the page hands out.
// Usage: digests.mjs FACTS…; prints a digest for each.
import { readFile } from 'node:fs/promises';
import { browser, built, check, page, root, shownDigest, site } from './harness.mjs';

const chromium = await browser();
for (const file of process.argv.slice(2)) {
  const facts = await readFile(file);
  const served = await site(`${root}target/assets/public`, (request) => (request.url === '/demo-facts.json' ? { body: facts } : undefined));
  const opened = await page(chromium, { acceptDownloads: true });
  await opened.page.goto(served.url);
  await built(opened.page);
  const shown = await shownDigest(opened.page);
  await opened.page.getByRole('tab', { name: 'Exact bytes' }).click();
  const [download] = await Promise.all([opened.page.waitForEvent('download'), opened.page.getByRole('button', { name: 'Download' }).click()]);
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
