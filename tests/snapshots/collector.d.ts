/* tslint:disable */
/* eslint-disable */

/**
 * Builds a report. `facts` is JSON text, its bytes (`Uint8Array`, `ArrayBuffer`) or an object. Returns
 * `{payload: Uint8Array, sha256: string, findings: object}`.
 *
 * # Errors
 * A JavaScript `Error` named `CollectorError` with `code` and `path`.
 */
export function build(facts: any): object;

/**
 * Every field and header of a report: a list of objects.
 *
 * # Errors
 * As [`build`]; no case is known.
 */
export function dictionary(): any;

/**
 * A new uuid for an install: a version 4 UUID from the host's random numbers.
 */
export function newInstallId(): string;

/**
 * Sanitises one device, given as `build` takes facts. Returns `{sysDescr, sysObjectID, redactions}`.
 *
 * # Errors
 * As [`build`].
 */
export function sanitise(device: any): any;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly build: (a: any) => [number, number, number];
    readonly collector_abi_version: () => number;
    readonly collector_alloc: (a: number) => number;
    readonly collector_build: (a: number, b: number) => number;
    readonly collector_dictionary: () => number;
    readonly collector_free: (a: number) => void;
    readonly collector_install_id: (a: number, b: number) => number;
    readonly collector_sanitise: (a: number, b: number) => number;
    readonly dictionary: () => [number, number, number];
    readonly newInstallId: () => [number, number];
    readonly sanitise: (a: any) => [number, number, number];
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_exn_store: (a: number) => void;
    readonly __externref_table_alloc: () => number;
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
