// Browsers and bundlers: the module lies beside this file, unless the caller brings it.
import { startOnce } from './collector.js';

export { CollectorError, build, dictionary, newInstallId, sanitise } from './collector.js';

export const init = (source) => startOnce(() => source ?? new URL('./dist/collector.wasm', import.meta.url));
