// Source of dist/node.cjs. Reads the module from the file beside it unless the caller passes one; Node cannot fetch files.
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
