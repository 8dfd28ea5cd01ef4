// Becomes dist/node.cjs: the module is read from beside it, since Node cannot fetch files, unless the caller brings it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startOnce } from './collector.js';

export { CollectorError, build, dictionary, newInstallId, sanitise } from './collector.js';

const isFile = (source) => source instanceof URL && source.protocol === 'file:';

export const init = (source = join(__dirname, 'collector.wasm')) =>
  startOnce(() => {
    if (isFile(source)) return readFile(fileURLToPath(source));
    return typeof source === 'string' && !/^[a-z]+:\/\//i.test(source) ? readFile(source) : source;
  });
