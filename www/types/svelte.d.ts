// The element in Svelte's markup: import type {} from 'callback-preview/svelte'.
import type { HTMLAttributes } from 'svelte/elements';
import type { BuiltReport, CallbackPreview, CallbackPreviewAttributes } from '../callback-preview.js';

export interface CallbackPreviewProps extends Omit<HTMLAttributes<CallbackPreview>, keyof CallbackPreviewAttributes>, CallbackPreviewAttributes {
  facts?: CallbackPreview['facts'];
  'oncallback-built'?: (event: CustomEvent<BuiltReport>) => void;
}

declare module 'svelte/elements' {
  interface SvelteHTMLElements {
    'callback-preview': CallbackPreviewProps;
  }
}
