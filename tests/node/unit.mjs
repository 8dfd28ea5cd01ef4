// Unit tests of the preview's pure functions (unit/*.test.mjs), bundled from their TypeScript sources and run by `node --test`.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const directory = fileURLToPath(new URL('unit/', import.meta.url));
// Inside the repository, so that imports of installed packages resolve.
const out = await mkdtemp(fileURLToPath(new URL('../../node_modules/.unit-', import.meta.url)));
const names = (await readdir(directory)).filter((name) => name.endsWith('.test.mjs'));
await build({ entryPoints: names.map((name) => directory + name), bundle: true, platform: 'node', format: 'esm', outdir: out, outExtension: { '.js': '.mjs' }, packages: 'external', logLevel: 'error' });
const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...names.map((name) => `${out}/${name}`)], { encoding: 'utf8' });
await rm(out, { recursive: true });
const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1] ?? 0);
if (status !== 0 || passed === 0) console.error(stdout, stderr);
else console.log(passed);
process.exit(status !== 0 || passed === 0 ? 1 : 0);
