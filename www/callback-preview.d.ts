// Types of callback-preview: the element and its events.
import type { Facts } from 'callback-collector';

/** Detail of the event `callback-built`: the report on screen. */
export interface BuiltReport {
  /** SHA-256 of the payload, lower-case hexadecimal. */
  sha256: string;
  /** Size in bytes. */
  bytes: number;
  /** Number of devices. */
  devices: number;
}

/** Previews the report of a LibreNMS install, exactly as it would be sent. */
export class CallbackPreview extends HTMLElement {
  /** Address of a facts document (JSON). */
  src: string;
  /** A facts document: JSON text, its bytes, or an object. */
  facts: string | ArrayBuffer | Uint8Array | Facts | null | undefined;
  /** Address of the API of `callback-agent serve`; needed to opt in, send and delete. */
  host: string;
  /** Its access token, if it listens on loopback. */
  token: string;
  /** Address of `collector.wasm`. Default: the agent's, or the file beside the script. */
  module: string;
  /** `en` or `de`. Default: the page's language, then the browser's. */
  lang: string;
  /** Reads the facts again and rebuilds the report. */
  load(): Promise<void>;
  /** Cancels loading. */
  cancel(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'callback-preview': CallbackPreview;
  }
  interface HTMLElementEventMap {
    'callback-built': CustomEvent<BuiltReport>;
  }
}
