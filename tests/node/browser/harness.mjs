// Headless Chromium, and a small static server with the pages' own policy that records every request; helpers that find
// parts of the page by test attribute or id, never by its sentences.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

const KINDS = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.wasm': 'application/wasm' };

export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves a directory on a free loopback port. `routes` comes first: (request, body) → {status, kind, body} or undefined. */
export async function site(folder, routes = () => undefined, policy = POLICY) {
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const path = new URL(request.url, 'http://x').pathname;
    const answer = await routes(request, Buffer.concat(parts).toString());
    let { status = 200, kind, body } = answer ?? {};
    if (answer === undefined) {
      const file = join(folder, normalize(path === '/' ? '/index.html' : path));
      body = await readFile(file).catch(() => undefined);
      kind = KINDS[extname(file)] ?? 'application/octet-stream';
      if (body === undefined) status = 404;
    }
    response.writeHead(status, { 'Content-Type': kind ?? 'application/json', 'Content-Security-Policy': policy, 'Cache-Control': 'no-store' });
    // A body may come in parts.
    if (body?.[Symbol.asyncIterator]) for await (const part of body) response.write(part);
    response.end(body?.[Symbol.asyncIterator] ? undefined : (body ?? ''));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

export async function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
  });
}

/** A page that records requests, errors and policy violations. */
export async function page(chromium, options = {}) {
  const context = await chromium.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { requests: [], wrong: [] };
  page.on('request', (request) => seen.requests.push(`${request.method()} ${request.url()}`));
  page.on('pageerror', (error) => seen.wrong.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') seen.wrong.push(message.text());
  });
  return { context, page, seen };
}

/** Waits until the report is on the screen. */
export const built = (page) => page.locator('callback-preview #payload-digest').waitFor({ timeout: 60_000 });

/** The digest that the page shows. */
export const shownDigest = (page) => page.locator('callback-preview #payload-digest .digest').textContent();

const digestIs = (same) => (page, digest) =>
  page.waitForFunction(
    ([digest, same]) => {
      const shown = document.querySelector('callback-preview').shadowRoot.querySelector('#payload-digest .digest')?.textContent;
      return shown !== undefined && (shown === digest) === same;
    },
    [digest, same],
  );
/** Waits until the page shows this digest, or another one. */
export const digestBecomes = digestIs(true);
export const digestChangesFrom = digestIs(false);

/** A button, by its `data-action`. */
export const action = (page, name) => page.locator(`[data-action="${name}"]`);
export const press = (page, name) => action(page, name).click();

/** Opens a tab of the details, by name: contents, removed, bytes, fields, changes or history. */
export async function openTab(page, name) {
  await page.locator(`#tab-${name}`).click();
  await page.locator(`[role=tabpanel][aria-labelledby=tab-${name}]`).waitFor();
}

/** The search field of the open tab. */
export const search = (page) => page.locator('[role=tabpanel] input[type=search]');

/** Adds a word to remove, in the tab `removed`. */
export async function addWord(page, word) {
  await openTab(page, 'removed');
  await page.locator('input[name=term]').fill(word);
  await press(page, 'remove-word');
}

/** The button that undoes a choice: a word, or group and label. */
export const undo = (page, choice) => page.locator(`[data-undo="${choice}"]`);

/** Waits for the result of an action, by its code. */
export const result = (page, code) => page.locator(`#message[data-code="${code}"]`).waitFor();

/** Waits for a status, by its code. */
export const status = (page, code) => page.locator(`#status[data-status="${code}"]`).waitFor();

export function check(condition, what) {
  if (!condition) throw new Error(what);
}

export function equal(found, expected, what) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }
}
