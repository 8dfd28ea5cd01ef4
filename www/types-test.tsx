// The element's types in React, Vue and Svelte, checked by `npm run check`.
import type { GlobalComponents } from 'vue';
import type { SvelteHTMLElements } from 'svelte/elements';
import type {} from './types/react.js';
import type {} from './types/svelte.js';
import type {} from './types/vue.js';

const facts = { schema: 1 };
const digests: string[] = [];

export const react = [
  <callback-preview host="/callback/api/" token="t" heading-level={2} color-scheme="dark" className="preview" key="a" />,
  <callback-preview facts={facts} oncallback-built={({ detail }) => digests.push(detail.sha256)} ref={(element) => { void element?.load(); }} />,
  // @ts-expect-error An attribute that the element does not have.
  <callback-preview hostname="x" />,
  // @ts-expect-error Two colour schemes.
  <callback-preview color-scheme="red" />,
];

type InVue = InstanceType<GlobalComponents['callback-preview']>['$props'];
export const vue: InVue[] = [
  { host: '/callback/api/', 'heading-level': 2, class: 'preview', onCallbackBuilt: ({ detail }) => digests.push(detail.sha256) },
  { facts: null },
  // @ts-expect-error An attribute that the element does not have.
  { hostname: 'x' },
];

export const svelte: SvelteHTMLElements['callback-preview'][] = [
  { src: 'facts.json', lang: 'de', 'color-scheme': 'light', class: 'preview', 'oncallback-built': ({ detail }) => digests.push(detail.sha256) },
  { facts: '{}' },
  // @ts-expect-error A number of bytes is no colour scheme.
  { 'color-scheme': 1 },
];
