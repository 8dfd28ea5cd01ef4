// The element in React's JSX: import type {} from 'callback-preview/react'.
import type { HTMLAttributes, Ref } from 'react';
import type { BuiltReport, CallbackPreview, CallbackPreviewAttributes } from '../callback-preview.js';

export interface CallbackPreviewProps extends Omit<HTMLAttributes<CallbackPreview>, keyof CallbackPreviewAttributes>, CallbackPreviewAttributes {
  /** React 19 sets properties of custom elements. */
  facts?: CallbackPreview['facts'];
  /** The event `callback-built`. */
  'oncallback-built'?: (event: CustomEvent<BuiltReport>) => void;
  class?: string;
  ref?: Ref<CallbackPreview>;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'callback-preview': CallbackPreviewProps;
    }
  }
}
