// Measures the preview: module time, and the longest main-thread task while loading, scrolling and searching. Run by hand
// after `cargo xtask assets`: `node tests/node/browser/performance.mjs FACTS|URL…`, with facts from `callback-agent facts --out FILE`
// on the public page, or with the address that `callback-agent serve` printed.
import { readFile } from 'node:fs/promises';
import { addWord, browser, built, openTab, page, root, search, site, undo } from './harness.mjs';

const chromium = await browser();
// A freshly started browser is busy.
await new Promise((resolve) => setTimeout(resolve, 3000));
for (const file of process.argv.slice(2)) {
  const facts = file.startsWith('http') ? undefined : await readFile(file);
  const served = facts === undefined
    ? { url: file, close: () => undefined }
    : await site(`${root}target/assets/public`, (request) => (request.url === '/demo-facts.json' ? { body: facts } : undefined));
  const { page: preview, context } = await page(chromium);
  await preview.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: 'longtask', buffered: true });
    globalThis.built = [];
    addEventListener('callback-built', ({ detail }) => globalThis.built.push(detail), true);
  });
  // `callback-built` does not bubble.
  const start = Date.now();
  await preview.goto(served.url);
  await preview.evaluate(() => document.querySelector('callback-preview').addEventListener('callback-built', ({ detail }) => globalThis.built.push(detail)));
  await built(preview);
  const ready = Date.now() - start;
  const longest = async () => Math.round(await preview.evaluate(() => { const longest = Math.max(0, ...globalThis.tasks); globalThis.tasks.length = 0; return longest; }));
  const loading = await longest();
  // The driver's own script counts as a task.
  await preview.locator('#tab-removed').count();
  await longest();
  const scroll = async (name) => {
    await openTab(preview, name);
    await preview.waitForTimeout(500);
    await preview.locator('callback-preview .viewport').evaluate(async (viewport) => {
      for (let at = 0; at <= 60; at += 1) {
        viewport.scrollTop = (viewport.scrollHeight * at) / 60;
        await new Promise(requestAnimationFrame);
      }
    });
    return longest();
  };
  const scrolled = [];
  for (const name of ['removed', 'bytes', 'contents']) scrolled.push(await scroll(name));
  await openTab(preview, 'bytes');
  await search(preview).fill('linux');
  await preview.locator('#hits').waitFor();
  const searched = await longest();
  // Rebuild with the module warm.
  const before = await preview.evaluate(() => globalThis.built.length);
  await openTab(preview, 'removed');
  for (const word of ['Catalyst', 'Bengaluru', 'RouterOS']) {
    await addWord(preview, word);
    await undo(preview, word).waitFor();
    await preview.waitForTimeout(300);
    await preview.locator('[aria-busy=false]').first().waitFor();
  }
  const again = await preview.evaluate((before) => globalThis.built.slice(before).map(({ time }) => Math.round(time)), before);
  const [first] = await preview.evaluate(() => globalThis.built.map(({ time, devices, bytes }) => ({ time: Math.round(time), devices, bytes })));
  const rebuilding = await longest();
  console.log(JSON.stringify({ ...first, ready, moduleAgain: again, longestTask: { loading, removed: scrolled[0], bytes: scrolled[1], sent: scrolled[2], searched, rebuilding } }));
  await context.close();
  served.close();
}
await chromium.close();
process.exit(0);
