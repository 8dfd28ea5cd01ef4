// Takes the README's pictures: the preview and the graphs of a demo install, light and dark, into docs/pictures.
// Run `cargo xtask demo --exit` first, which builds the programs; then `node tests/node/pictures.mjs [PROGRAMS]`.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { browser, built, page, root } from './browser/harness.mjs';

const [programs = join(root, 'target/debug')] = process.argv.slice(2);
const pictures = join(root, 'docs/pictures');
const { DO_NOT_TRACK, CALLBACK_DISABLED, ...env } = process.env;

const started = [];

/** Starts a program that prints its address in its first line, and returns the address. */
async function start(program, options) {
  const child = spawn(join(programs, program), options, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  for await (const line of createInterface({ input: child.stdout })) {
    const address = line.match(/https?:\S+/);
    if (address) return address[0];
  }
  throw new Error(`${program} ended before it printed an address`);
}

/** Saves what is in the window as WebP, which is a third of a PNG. */
async function save(page, name) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
  await writeFile(join(pictures, `${name}.webp`), Buffer.from(data, 'base64'));
}

const work = await mkdtemp(join(tmpdir(), 'pictures-'));
const chromium = await browser();
try {
  await mkdir(pictures, { recursive: true });
  const install = join(work, 'librenms.sqlite3');
  execFileSync(join(programs, 'demo-install'), [install], { env });
  execFileSync(join(programs, 'demo-world'), [join(work, 'receiver')], { env });
  const receiver = await start('callback-receiver', ['serve', '--listen', '127.0.0.1:0', '--data', join(work, 'receiver')]);
  const agent = ['--librenms', install, '--state', join(work, 'agent')];
  const to = ['--receiver', new URL('/log.php', receiver).href, '--receiver-kind', 'callback-stats'];
  const preview = await start('callback-agent', [...agent, 'serve', ...to]);

  for (const colorScheme of ['light', 'dark']) {
    const options = { viewport: { width: 960, height: 1060 }, deviceScaleFactor: 1.5, colorScheme, locale: 'en-GB', timezoneId: 'UTC', reducedMotion: 'reduce' };
    const shown = await page(chromium, options);
    await shown.page.goto(preview);
    await built(shown.page);
    await save(shown.page, `preview-${colorScheme}`);
    await shown.context.close();

    const graphs = await page(chromium, options);
    await graphs.page.goto(receiver, { waitUntil: 'networkidle' });
    await save(graphs.page, `graphs-${colorScheme}`);
    await graphs.context.close();
  }
} finally {
  await chromium.close();
  for (const child of started) child.kill();
  await rm(work, { recursive: true, force: true });
}
