// Entry point for browsers and bundlers. Loads dist/collector.wasm unless the caller passes a module.
import { startOnce } from './collector.js';

export { CollectorError, build, dictionary, newInstallId, sanitise } from './collector.js';

export const init = (source) => startOnce(() => source ?? new URL('./dist/collector.wasm', import.meta.url));
