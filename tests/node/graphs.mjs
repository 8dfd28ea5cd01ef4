// Checks the receiver's public pages in Chromium: with and without JavaScript, light and dark, desktop and phone.
// Usage: graphs.mjs URL SCREENSHOTS

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, screenshots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

const SIZES = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };
const PAGES = { graphs: "/", chart: "/charts/os", adoption: "/charts/release_adoption?window=30", pairs: "/pairs", next: "/next", privacy: "/privacy", labels: "/labels?q=c" };

/** A page that records its errors and requests to other sites. */
async function open(context, path) {
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => { if (message.type() === "error") wrong.push(message.text()); });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(url)) wrong.push(`requests ${request.url()}`); });
  const answer = await page.goto(url + path, { waitUntil: "networkidle" });
  assert.equal(answer.status(), 200, path);
  return [page, wrong];
}

try {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      for (const javaScriptEnabled of [true, false]) {
        const context = await browser.newContext({ viewport, colorScheme, javaScriptEnabled, reducedMotion: "reduce" });
        for (const [name, path] of Object.entries(PAGES)) {
          const [page, wrong] = await open(context, path);
          const where = `${name} ${size} ${colorScheme} ${javaScriptEnabled ? "with" : "without"} script`;
          if (javaScriptEnabled) {
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
            assert.ok(wide <= 0, `${where}: ${wide} px too wide`);
            await page.screenshot({ path: join(screenshots, `graphs-${name}-${size}-${colorScheme}.png`), fullPage: name !== "pairs" });
            // Injected through the DevTools protocol, which the page's policy does not block.
            const session = await context.newCDPSession(page);
            await session.send("Runtime.evaluate", { expression: axe });
            const { violations } = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
            const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
            assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html, nodes[0].failureSummary]), [], where);
          }
          assert.deepEqual(wrong, [], where);
          await page.close();
        }
        await context.close();
      }
    }
  }

  // Without JavaScript the page is complete.
  const plain = await browser.newContext({ viewport: SIZES.desktop, javaScriptEnabled: false });
  const [still] = await open(plain, "/");
  assert.ok(await still.locator("section.chart").count() > 25);
  assert.ok(await still.locator("svg.draw").count() > 25);
  await still.locator("#os summary").click();
  assert.ok(await still.locator("#os tbody tr").count() > 8);
  await still.locator("#os a", { hasText: "JSON" }).click();
  assert.match(still.url(), /\/api\/v1\/charts\/os/);
  await plain.close();

  // With JavaScript: read and pan lines, sort and filter tables, by pointer and keyboard.
  const context = await browser.newContext({ viewport: SIZES.desktop });
  const [page, wrong] = await open(context, "/?window=7");
  const chart = page.locator("#total_devices");
  const svg = chart.locator("svg.series");
  await svg.scrollIntoViewIfNeeded();
  await svg.hover({ position: { x: 200, y: 100 } });
  await page.waitForFunction(() => document.querySelector("#total_devices .readout").textContent !== "");
  const read = () => chart.locator(".readout").textContent();
  const before = await read();
  assert.match(before, /^\d{4}-\d\d-\d\d: [\d,]+ \p{L}/u);
  await page.mouse.move(0, 0);
  await svg.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("#total_devices .readout").textContent !== "");
  const newest = await read();
  await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Shift+ArrowLeft");
  await page.waitForFunction((then) => document.querySelector("#total_devices .readout").textContent !== then, newest);
  assert.ok((await read()).slice(0, 10) < newest.slice(0, 10), "panning goes back");
  await page.goto(`${url}/charts/hardware`);
  const first = () => page.locator("tbody tr:visible td").first().textContent();
  await page.locator("th:first-child button").click();
  const ascending = await first();
  await page.locator("th:first-child button").click();
  assert.notEqual(await first(), ascending);
  // Ranges and versions are not decimals: 300 sorts before 1,000, and 26.8 before 26.10.
  for (const [chart, parts] of [["size_ports", (label) => [Number(label.replace(/,/g, "").match(/\d+/)[0])]], ["librenms_release", (label) => label.split(".").map(Number)]]) {
    const [sorted] = await open(context, `/charts/${chart}`);
    await sorted.locator("th:first-child button").click();
    const labels = (await sorted.locator("tbody td:first-child").allTextContents()).filter((label) => /^\d/.test(label)).map(parts);
    assert.ok(labels.length > 2, `${chart}: ${labels.length} labels`);
    labels.slice(1).forEach((later, at) => {
      const differs = later.findIndex((part, place) => part !== labels[at][place]);
      assert.ok(labels[at][differs] < later[differs], `${chart}: ${labels[at]} before ${later}`);
    });
    await sorted.close();
  }
  await page.bringToFront();
  // The published labels vary, so filter by one that is listed.
  const every = await page.locator("tbody tr:visible").count();
  const wanted = (await page.locator("tbody tr:visible").nth(3).locator("th, td").first().textContent()).trim();
  await page.locator("input[type=search]").fill(wanted.toUpperCase());
  const left = await page.locator("tbody tr:visible").allTextContents();
  assert.ok(left.length >= 1 && left.length < every, `${left.length} of ${every} rows are left`);
  assert.ok(left.every((row) => row.toLowerCase().includes(wanted.toLowerCase())));
  assert.deepEqual(wrong, []);
  // The first tab stop skips to the content.
  await page.goto(url);
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.matches("a.skip[href^='#']")), "the first tab stop is the skip link");
} finally {
  await browser.close();
}
