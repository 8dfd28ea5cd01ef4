// The module's functions, with errors of one class. The entry points differ only in where the bytes come from.
import start, * as glue from './dist/glue.js';

/** What is wrong with a document that was handed in. */
export class CollectorError extends Error {
  constructor(message, code, path) {
    super(message);
    this.name = 'CollectorError';
    this.code = code;
    this.path = path;
  }
}

let ready;

/** Starts the module once; `source` gives its bytes, a Response or a compiled WebAssembly.Module. */
export function startOnce(source) {
  ready ??= Promise.resolve()
    .then(source)
    .then((module) => start({ module_or_path: module }))
    .then(
      () => undefined,
      (error) => {
        ready = undefined; // the next call may try again
        throw error;
      },
    );
  return ready;
}

function call(work) {
  if (ready === undefined) {
    throw new CollectorError('expected init() to be called and awaited first', 'bad_call', '');
  }
  try {
    return work();
  } catch (error) {
    if (error?.name === 'CollectorError') {
      throw new CollectorError(error.message, error.code, error.path);
    }
    throw error;
  }
}

/** Builds a report from facts: JSON text, its bytes, or an object. */
export const build = (facts) => call(() => glue.build(facts));

/** Sanitises one device's description, knowing nothing of the rest of the install. */
export const sanitise = (device) => call(() => glue.sanitise(device));

/** Every field and header of a report. */
export const dictionary = () => call(() => glue.dictionary());

/** A new pseudonym for an install: a version 4 UUID. */
export const newInstallId = () => call(() => glue.newInstallId());
