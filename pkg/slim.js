// Entry point for hosts that load the module themselves: its bytes, a Response or a compiled WebAssembly.Module.
import { CollectorError, startOnce } from './collector.js';

export { CollectorError, build, dictionary, newInstallId, sanitise } from './collector.js';

export const init = async (source) => {
  if (source === undefined || source === null) {
    throw new CollectorError("expected the module's bytes, a Response or a WebAssembly.Module", 'bad_call', '');
  }
  return startOnce(() => source);
};
