// Types of callback-preview: the element and its events.
import type { Facts } from 'callback-collector';

/** What `callback-built` tells: the report that is on the screen now. */
export interface BuiltReport {
  /** SHA-256 of the payload, lower-case hexadecimal. */
  sha256: string;
  /** Its bytes. */
  bytes: number;
  /** How many devices stand behind it. */
  devices: number;
}

/** Shows the report of a LibreNMS install exactly as it would be sent. */
export class CallbackPreview extends HTMLElement {
  /** Address of a facts document (JSON). */
  src: string;
  /** A facts document: JSON text, its bytes, or an object. */
  facts: string | ArrayBuffer | Facts | undefined;
  /** Address of the API of `callback-agent serve`; with it the switch works. */
  host: string;
  /** Its token, where it listens on loopback. */
  token: string;
  /** Address of `collector.wasm`; without it the agent's own, or the file beside the script. */
  module: string;
  /** `en` or `de`; without it the page's language, else the browser's. */
  lang: string;
  /** Reads the facts again and builds anew. */
  load(): Promise<void>;
  /** Stops what is under way. */
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
