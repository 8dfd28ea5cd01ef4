// Node, which cannot fetch files: the module is read from beside this file, unless the caller brings it.
import { readFile } from 'node:fs/promises';
import { startOnce } from './collector.js';

export { CollectorError, build, dictionary, newInstallId, sanitise } from './collector.js';

const isFile = (source) => source instanceof URL && source.protocol === 'file:';

export const init = (source = new URL('./dist/collector.wasm', import.meta.url)) =>
  startOnce(() => (isFile(source) ? readFile(source) : source));
