// Types of callback-collector/slim: as the package itself, but the module must be handed in.
import type { ModuleBytes } from './index.js';
export * from './index.js';

/**
 * Starts the module: its bytes, a Response, or compiled. Call and await it once, before anything else; further calls do
 * nothing. Rejects with a CollectorError (`bad_call`) without them.
 */
export function init(source: ModuleBytes): Promise<void>;
