// Node, Deno and Bun: one implementation, dist/node.cjs, whether it is imported or required, so that there is one
// module and one class of errors in a process.
import collector from './dist/node.cjs';

export const { CollectorError, build, dictionary, init, newInstallId, sanitise } = collector;
