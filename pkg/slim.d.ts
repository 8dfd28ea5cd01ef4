// Types of callback-collector/slim: the same as the package, but init() needs the module.
import type { ModuleBytes } from './index.js';
export * from './index.js';

/**
 * Starts the module from its bytes, a Response, or compiled. Call and await it once before anything else; further calls do
 * nothing. Without a module it rejects with a CollectorError (`bad_call`).
 */
export function init(source: ModuleBytes): Promise<void>;
