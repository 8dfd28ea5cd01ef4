// The module's functions, with errors of one class. Entry points differ only in where the module comes from.
import start, * as glue from './dist/glue.js';

/** An invalid document or call. */
export class CollectorError extends Error {
  constructor(message, code, path) {
    super(message);
    this.name = 'CollectorError';
    this.code = code;
    this.path = path;
  }
}

let ready;
let running = false;

/** Starts the module once; `source` gives its bytes, a Response or a compiled WebAssembly.Module. */
export function startOnce(source) {
  ready ??= Promise.resolve()
    .then(source)
    .then((module) => start({ module_or_path: module }))
    .then(
      () => {
        running = true;
      },
      (error) => {
        ready = undefined; // the next call retries
        throw error;
      },
    );
  return ready;
}

function call(work) {
  if (!running) {
    throw new CollectorError('expected init() to be called and awaited first', 'bad_call', '');
  }
  try {
    return work();
  } catch (error) {
    if (error?.name === 'CollectorError' && !(error instanceof CollectorError)) {
      throw new CollectorError(error.message, error.code, error.path);
    }
    throw error;
  }
}

// The module takes text, a Uint8Array, or an object that it passes through JSON.stringify.
const document = (value) =>
  ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : value;

/** Builds a report from facts: JSON text, its bytes, or an object. */
export const build = (facts) => call(() => glue.build(document(facts)));

/** Sanitises one device's description, without knowledge of the rest of the install. */
export const sanitise = (device) => call(() => glue.sanitise(document(device)));

/** Every field and header of a report. */
export const dictionary = () => call(() => glue.dictionary());

/** A new random ID for an install: a version 4 UUID. */
export const newInstallId = () => call(() => glue.newInstallId());
