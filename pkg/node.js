// Entry point for Node, Deno and Bun. `import` and `require` share dist/node.cjs, so that a process has one module instance and
// one error class.
import collector from './dist/node.cjs';

export const { CollectorError, build, dictionary, init, newInstallId, sanitise } = collector;
