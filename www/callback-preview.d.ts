// Types of callback-preview: the element and its events. For React, Vue and Svelte: types/.

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
  /** A facts document: JSON text, its bytes, or an object, which may be reactive. The package callback-collector has its type. */
  facts: string | ArrayBuffer | Uint8Array | object | null | undefined;
  /** Address of the API of `callback-agent serve`; needed to opt in, send and delete. */
  host: string;
  /** Its access token, if it listens on loopback. */
  token: string;
  /** Address of `collector.wasm`. Default: the agent's, or the file beside the script. */
  module: string;
  /** `en` or `de`. Default: the page's language, then the browser's. */
  lang: string;
  /** `light` or `dark`. Default: dark inside of the class `dark`, else as the page. */
  colorScheme: string;
  /** Level of the element's own heading, 1 to 4. */
  headingLevel: number;
  /** Reads the facts again and rebuilds the report. */
  load(): Promise<void>;
  /** Cancels loading. */
  cancel(): void;
}

/** Attributes in markup. */
export interface CallbackPreviewAttributes {
  src?: string;
  host?: string;
  token?: string;
  module?: string;
  lang?: string;
  'color-scheme'?: 'light' | 'dark';
  'heading-level'?: number | string;
}

declare global {
  interface HTMLElementTagNameMap {
    'callback-preview': CallbackPreview;
  }
  interface HTMLElementEventMap {
    'callback-built': CustomEvent<BuiltReport>;
  }
}
