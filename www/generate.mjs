// Writes src/generated: TypeScript types from docs/schema/*.schema.json, and the table of invisible characters.
// With --check it writes nothing and fails if a file is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compile } from 'json-schema-to-typescript';

const schemas = fileURLToPath(new URL('../docs/schema/', import.meta.url));
const generated = fileURLToPath(new URL('src/generated/', import.meta.url));
const check = process.argv.includes('--check');

const banner = (source) => `// Generated from docs/schema/${source} by www/generate.mjs. Do not edit.\n`;

/** Rewrites what json-schema-to-typescript does not know of JSON Schema 2020-12, and drops what would only lengthen its output. */
function prepare(node) {
  if (Array.isArray(node)) return node.map(prepare);
  if (typeof node !== 'object' || node === null) return node;
  const { prefixItems, minimum, maximum, maxLength, default: _, ...rest } = node;
  // A described reference would be copied in place instead of named.
  if ('$ref' in rest) return { $ref: rest.$ref };
  if (Object.keys(rest).join() === 'description') return { ...rest, tsType: 'unknown' };
  if (prefixItems !== undefined) rest.items = prefixItems;
  else if (Array.isArray(rest.type) ? rest.type.includes('array') : rest.type === 'array') delete rest.maxItems;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, prepare(value)]));
}

async function types(name) {
  const source = `${name}.schema.json`;
  const schema = prepare(JSON.parse(await readFile(schemas + source, 'utf8')));
  // Documents that are only a set of definitions get no type of their own.
  const isSet = schema.properties === undefined;
  const code = await compile({ ...schema, title: isSet ? 'Definitions' : schema.title }, name, {
    additionalProperties: false,
    bannerComment: banner(source).trimEnd(),
    declareExternallyReferenced: true,
    enableConstEnums: false,
    format: true,
    style: { singleQuote: true, printWidth: 130 },
    unreachableDefinitions: true,
    unknownAny: true,
  });
  return code
    .replace(/export interface Definitions \{\n.*\n\}\n/, '')
    .replace(/ \*\n \* This interface was referenced by `[^`]*`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n/g, '')
    .replace(/\/\*\*\n \* This interface was referenced by `[^`]*`'s JSON-Schema\n \* via the `definition` "[^"]*"\.\n \*\/\n/g, '')
    .replace(/\/\*\*\n *\* (.*)\n *\*\/\n/g, '/** $1 */\n');
}

async function invisible() {
  const ranges = JSON.parse(await readFile(`${schemas}invisible.json`, 'utf8'));
  const rows = ranges.map(([from, to]) => `  [0x${from.toString(16)}, 0x${to.toString(16)}],`);
  return `${banner('invisible.json')}export const INVISIBLE_RANGES: readonly (readonly [first: number, last: number])[] = [\n${rows.join('\n')}\n];\n`;
}

const files = { 'invisible.ts': await invisible() };
for (const name of ['facts', 'findings', 'payload', 'agent-api', 'receiver-api']) files[`${name}.ts`] = await types(name);

await mkdir(generated, { recursive: true });
for (const [name, code] of Object.entries(files)) {
  const written = await readFile(generated + name, 'utf8').catch(() => '');
  if (written === code) continue;
  if (!check) await writeFile(generated + name, code);
  else {
    console.error(`www/src/generated/${name} is stale; run: npm run generate --workspace www`);
    process.exitCode = 1;
  }
}
