// Packs the npm packages, installs the tarballs into a small project of each kind, and runs it. All projects build the same
// facts and must get the given digest. Usage: packaging.mjs DIRECTORY FACTS DIGEST MODULE-DIGEST
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { browser, built, equal, page, root, shownDigest, site } from './browser/harness.mjs';

const [folder, factsFile, expected, moduleDigest] = process.argv.slice(2);
const bin = (name) => join(root, 'node_modules/.bin', name);

async function run(program, args, cwd, env = {}) {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 64 << 20 });
    return stdout.trim();
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}: ${error.stdout ?? ''}${error.stderr ?? error.message}`);
  }
}

const pack = async (workspace) => join(folder, await run('npm', ['pack', '--silent', '--pack-destination', folder], join(root, workspace)));
const [collector, element] = [await pack('pkg'), await pack('www')];

/** A project with the packages installed from their tarballs, offline. */
async function project(name, files, tarball = collector) {
  const at = join(folder, name);
  await mkdir(at);
  await writeFile(join(at, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], at);
  await copyFile(factsFile, join(at, 'facts.json'));
  for (const [file, text] of Object.entries(files)) await writeFile(join(at, file), text);
  return at;
}

const done = (what) => console.log(what);
const same = (found, what) => equal(found.trim(), expected, what);

// The tarball's files, and its module's digest.
{
  const at = await project('files', {});
  const installed = join(at, 'node_modules/callback-collector');
  const bytes = await readFile(join(installed, 'dist/collector.wasm'));
  const digest = createHash('sha256').update(bytes).digest('hex');
  equal(digest, moduleDigest, 'the module in the tarball');
  equal((await readFile(join(installed, 'dist/collector.wasm.sha256'), 'utf8')).split(' ')[0], digest, 'its digest in the tarball');
  equal((await readdir(installed)).sort(), ['LICENSE', 'README.md', 'browser.js', 'collector.js', 'dist', 'index.d.ts', 'node.js', 'package.json', 'slim.d.ts', 'slim.js'], 'files');
  equal((await readdir(join(installed, 'dist'))).sort(), ['collector.wasm', 'collector.wasm.sha256', 'glue.js', 'index.d.cts', 'node.cjs', 'slim.cjs', 'slim.d.cts'], 'files of dist');
  done('files');
}

// The types match real results: a program that names every field compiles with --strict, as ESM and as CommonJS.
{
  const program = await readFile(join(root, 'tests/node/types.ts'), 'utf8');
  const at = await project('types', { 'esm.mts': program, 'commonjs.cts': program, 'fs.d.ts': "declare module 'node:fs' { export function readFileSync(path: string, encoding: 'utf8'): string; }" });
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--module', 'nodenext', '--target', 'es2022', '--types', ''];
  // With and without the browser's types.
  await writeFile(
    join(at, 'sources.mts'),
    `import { init as start } from 'callback-collector';
import { init } from 'callback-collector/slim';
export const all = (module: WebAssembly.Module, response: Promise<Response>, bytes: Uint8Array, url: URL) => [init(module), init(response), init(bytes), init(bytes.buffer as ArrayBuffer), start(url), start('collector.wasm'), start()];
// @ts-expect-error The slim entry point cannot locate the module.
export const none = () => [init('collector.wasm')];
`,
  );
  await run(bin('tsc'), [...strict, '--lib', 'es2022,dom', 'esm.mts', 'commonjs.cts', 'sources.mts', 'fs.d.ts'], at);
  await writeFile(join(at, 'globals.d.ts'), "declare var process: { argv: string[] }; declare var console: { log(...said: unknown[]): void };");
  await run(bin('tsc'), [...strict, '--lib', 'es2022', 'esm.mts', 'commonjs.cts', 'fs.d.ts', 'globals.d.ts'], at);
  same(await run('node', ['esm.mjs'], at), 'the typed program as ESM');
  same(await run('node', ['commonjs.cjs'], at), 'the typed program as CommonJS');
  done('types');
}

const PROGRAM = `import { readFile } from 'node:fs/promises';
import { build, init } from 'callback-collector';
await init();
console.log(build(await readFile('facts.json', 'utf8')).sha256);
`;

{
  const at = await project('node-esm', { 'main.js': PROGRAM });
  same(await run('node', ['main.js'], at), 'Node, ESM');
  done('node esm');
}
{
  const at = await project('node-cjs', {
    'main.cjs': `const { readFileSync } = require('node:fs');
const { build, init, CollectorError } = require('callback-collector');
init().then(async () => {
  console.log(build(readFileSync('facts.json')).sha256);
  const esm = await import('callback-collector');
  if (esm.CollectorError !== CollectorError || esm.build !== build) throw new Error('import and require load two instances');
});`,
  });
  same(await run('node', ['main.cjs'], at), 'Node, CommonJS');
  done('node cjs');
}
{
  const at = await project('slim', {
    'main.js': `import { readFile } from 'node:fs/promises';
import { build, init } from 'callback-collector/slim';
const refused = await init().then(() => 'none', (error) => error.code);
if (refused !== 'bad_call') throw new Error('init() without a module: ' + refused);
const bytes = await readFile(new URL(import.meta.resolve('callback-collector/collector.wasm')));
await init(process.argv[2] === 'module' ? await WebAssembly.compile(bytes) : bytes);
console.log(build(await readFile('facts.json', 'utf8')).sha256);`,
    'main.cjs': `const { readFileSync } = require('node:fs');
const { build, init } = require('callback-collector/slim');
init(readFileSync(require.resolve('callback-collector/collector.wasm'))).then(() => console.log(build(readFileSync('facts.json')).sha256));`,
  });
  same(await run('node', ['main.js'], at), 'slim with bytes');
  same(await run('node', ['main.js', 'module'], at), 'slim with a compiled module');
  same(await run('node', ['main.cjs'], at), 'slim, CommonJS');
  done('slim');
}
// Edge cases of input.
{
  const at = await project('edges', { 'main.js': await readFile(join(root, 'tests/node/edges.mjs'), 'utf8') });
  equal(await run('node', ['main.js'], at), 'ok', 'the edges');
  done('edges');
}
// The README's examples.
{
  const readme = await readFile(join(root, 'pkg/README.md'), 'utf8');
  const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text], n) => [`example${n}.js`, text]);
  const at = await project('readme', Object.fromEntries(examples));
  const said = [];
  for (const [file] of examples) said.push(await run('node', [file], at));
  equal(said.map((line) => line.split('\n').at(-1)?.replace(/^.*[0-9a-f]{64} /, '')), ["{ hostname: 1 }", 'bad_value uuid', '61 fields and headers'], 'what the examples print');
  done('readme');
}
{
  const at = await project('deno', { 'main.js': PROGRAM });
  const args = ['run', '--cached-only', '--node-modules-dir=manual', '--allow-read=.', 'main.js'];
  same(await run(bin('deno'), args, at, { DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(folder, 'deno-cache') }), 'Deno');
  done('deno');
}
{
  const at = await project('bun', { 'main.js': PROGRAM });
  same(await run(bin('bun'), ['main.js'], at), 'Bun');
  done('bun');
}

const BROWSER = (from, start) => `import { build, init } from '${from}';
${start}
const facts = await (await fetch('facts.json')).text();
document.title = build(facts).sha256;
`;
const html = (script) => `<!doctype html><title>waiting</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
// Strict; the icon is an empty data: URL.
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:";
const chromium = await browser();

async function inBrowser(at, what) {
  const served = await site(at, undefined, POLICY);
  const opened = await page(chromium);
  await opened.page.goto(served.url);
  await opened.page.waitForFunction(() => document.title !== 'waiting', undefined, { timeout: 60_000 }).catch(() => {
    throw new Error(`${what}: ${opened.seen.wrong.join('\n')}`);
  });
  same(await opened.page.title(), what);
  equal(opened.seen.wrong, [], what);
  await opened.context.close();
  served.close();
  done(what);
}

{
  const at = await project('no-bundler', {
    'main.js': BROWSER('./node_modules/callback-collector/browser.js', 'await init();'),
    'index.html': html('main.js'),
  });
  await inBrowser(at, 'no bundler');
}
{
  const at = await project('vite', { 'main.js': BROWSER('callback-collector', 'await init();'), 'index.html': html('/main.js') });
  await symlink(join(root, 'node_modules/vite'), join(at, 'node_modules/vite'));
  await run(bin('vite'), ['build', '--logLevel', 'error', '--target', 'es2022'], at);
  await copyFile(factsFile, join(at, 'dist/facts.json'));
  await inBrowser(join(at, 'dist'), 'vite');
}
{
  const at = await project('webpack', { 'main.js': BROWSER('callback-collector', 'await init();') });
  await writeFile(
    join(at, 'build.mjs'),
    `import webpack from ${JSON.stringify(join(root, 'node_modules/webpack/lib/index.js'))};
webpack({ mode: 'production', context: ${JSON.stringify(at)}, entry: './main.js', experiments: { outputModule: true },
  output: { path: ${JSON.stringify(join(at, 'dist'))}, module: true, filename: 'bundle.js' } }, (error, stats) => {
  if (error || stats.hasErrors()) { console.error(error ?? stats.toString()); process.exit(1); }
});`,
  );
  await run('node', ['build.mjs'], at);
  await writeFile(join(at, 'dist/index.html'), html('bundle.js'));
  await copyFile(factsFile, join(at, 'dist/facts.json'));
  await inBrowser(join(at, 'dist'), 'webpack');
}
{
  const at = await project('esbuild', {
    'main.js': `import wasm from 'callback-collector/collector.wasm';\n${BROWSER('callback-collector/slim', 'await init(await fetch(wasm));')}`,
    'index.html': html('bundle.js'),
  });
  await run(bin('esbuild'), ['main.js', '--bundle', '--format=esm', '--loader:.wasm=file', '--outfile=bundle.js', '--log-level=error'], at);
  await inBrowser(at, 'esbuild');
}
const ELEMENT_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";

async function showsElement(url, what) {
  const opened = await page(chromium);
  await opened.page.goto(url);
  await built(opened.page);
  same(await shownDigest(opened.page), what);
  equal(opened.seen.wrong, [], what);
  await opened.context.close();
  done(what);
}

// The element of the other package, with two lines of HTML and no bundler.
{
  const at = join(folder, 'element');
  await mkdir(at);
  await run('tar', ['-xzf', element, '-C', at], folder);
  await copyFile(factsFile, join(at, 'facts.json'));
  await writeFile(
    join(at, 'index.html'),
    '<!doctype html><html lang="en"><title>x</title><link rel="icon" href="data:,"><script type="module" src="package/dist/callback-preview.js"></script><callback-preview src="facts.json"></callback-preview>',
  );
  const served = await site(at, undefined, ELEMENT_POLICY);
  await showsElement(served.url, 'the element');
  served.close();
}
// Only what is used is in its package; it needs no other package, and does no harm on a server.
{
  const at = await project('element-installed', { 'main.js': "import { CallbackPreview } from 'callback-preview';\nimport 'callback-preview/react';\nconsole.log(typeof CallbackPreview);" }, element);
  equal((await readdir(join(at, 'node_modules'))).filter((name) => !name.startsWith('.')), ['callback-preview'], 'installed packages');
  const installed = join(at, 'node_modules/callback-preview');
  equal((await readdir(installed)).sort(), ['LICENSE', 'README.md', 'callback-preview.d.ts', 'custom-elements.json', 'dist', 'package.json', 'server.js', 'types'], 'files of the element');
  equal((await readdir(join(installed, 'dist'))).sort(), ['callback-preview-worker.js', 'callback-preview.js', 'collector.wasm'], 'files of its dist');
  equal(await run('node', ['main.js'], at), 'undefined', 'the element on a server');
  done('element on a server');
}
// The element in a project with Vite: its development server and its build.
{
  const at = await project(
    'element-vite',
    {
      'main.js': "import 'callback-preview';",
      'index.html': '<!doctype html><html lang="en"><title>x</title><link rel="icon" href="data:,"><script type="module" src="/main.js"></script><callback-preview src="facts.json"></callback-preview></html>',
    },
    element,
  );
  await symlink(join(root, 'node_modules/vite'), join(at, 'node_modules/vite'));
  const { createServer } = await import('vite');
  const server = await createServer({ root: at, logLevel: 'error', server: { host: '127.0.0.1', port: 0, hmr: false }, cacheDir: join(at, '.vite') });
  await server.listen();
  await showsElement(`http://127.0.0.1:${server.httpServer.address().port}/`, 'the element in Vite’s development server');
  await server.close();
  await run(bin('vite'), ['build', '--logLevel', 'error', '--target', 'es2022'], at);
  await copyFile(factsFile, join(at, 'dist/facts.json'));
  const served = await site(join(at, 'dist'), undefined, ELEMENT_POLICY);
  await showsElement(served.url, 'the element built by Vite');
  served.close();
}
await chromium.close();
process.exit(0);
