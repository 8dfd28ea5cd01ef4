// The element in Vue's templates: import type {} from 'callback-preview/vue'.
import type { HTMLAttributes } from 'vue';
import type { BuiltReport, CallbackPreview, CallbackPreviewAttributes } from '../callback-preview.js';

export interface CallbackPreviewProps extends HTMLAttributes, CallbackPreviewAttributes {
  facts?: CallbackPreview['facts'];
  onCallbackBuilt?: (event: CustomEvent<BuiltReport>) => void;
}

declare module 'vue' {
  interface GlobalComponents {
    'callback-preview': new () => CallbackPreview & { /** What a template may set. */ $props: CallbackPreviewProps };
  }
}
