// The variables with light and dark values, what the page may not change, headings and text.
import { css } from 'lit';

export const base = css`
  :host {
    --ink: light-dark(#17191c, #eceef0);
    --quiet: light-dark(#454b52, #b9c0c8);
    --paper: light-dark(#ffffff, #15181b);
    --shade: light-dark(#f3f5f6, #1f2428);
    --line: light-dark(#c9cfd4, #3c444b);
    --accent: light-dark(#0a4f8f, #8ec5ff);
    --on-accent: light-dark(#ffffff, #0b1a28);
    --bad: light-dark(#9b1c1c, #ffb3ad);
    /* Okabe and Ito's hues: names, addresses, numbers, people, places, others. */
    --names: light-dark(#d3e7f8, #14405f);
    --addresses: light-dark(#fbdccb, #6a2f10);
    --numbers: light-dark(#cdeee2, #0b4a38);
    --people: light-dark(#f6dcea, #5d2a48);
    --places: light-dark(#fbeaba, #574300);
    --others: light-dark(#e0e3e6, #43494f);
    display: block;
    container-type: inline-size;
  }
  :host([hidden]) {
    display: none;
  }
  /* The page's text-transform, letter-spacing, white-space and so on must not change what is shown: it shows exact bytes. */
  .root {
    all: initial;
    display: block;
    color-scheme: inherit;
    visibility: inherit;
    color: var(--ink);
    background: var(--paper);
    font-family: system-ui, sans-serif;
    /* In proportion to the host's, but readable: pages with Bootstrap 3 have 10 px. */
    font-size: max(1em, 14px);
    line-height: 1.5;
    overflow-wrap: break-word;
  }
  .root[data-scheme='light'] {
    color-scheme: light;
  }
  .root[data-scheme='dark'] {
    color-scheme: dark;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  h4,
  h5,
  h6,
  p,
  pre,
  dl,
  dd,
  ul,
  ol,
  fieldset,
  figure {
    margin: 0;
    padding: 0;
    border: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  .heading-1 {
    font-size: 1.953em;
    line-height: 1.2;
    font-weight: 600;
    text-wrap: balance;
  }
  .heading-2 {
    font-size: 1.25em;
    line-height: 1.3;
    font-weight: 600;
  }
  .heading-3 {
    font-size: 1em;
    font-weight: 600;
  }
  p,
  li,
  dd {
    max-inline-size: 70ch;
  }
  .quiet {
    color: var(--quiet);
  }
  .bad {
    color: var(--bad);
  }
  .stack > * + * {
    margin-block-start: 0.5em;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5em 1em;
    align-items: center;
  }
  .big {
    font-size: 1.563em;
    line-height: 1.3;
    font-weight: 600;
  }
  .body,
  .state {
    display: block;
    padding: 1.5em clamp(1em, 3cqi, 2.5em) 3em;
    max-inline-size: 84em;
    margin-inline: auto;
  }
  .body > * + * {
    margin-block-start: 2.5em;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20em), 1fr));
    gap: 2em 2.5em;
  }
  code,
  .bytes,
  .digest {
    font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    font-size: 0.875em;
  }
  code {
    overflow-wrap: anywhere;
  }
  /* Not smaller twice. */
  .why :is(code, .bytes),
  .examples :is(code, .bytes),
  .bytes .bytes,
  code code,
  .small .bytes {
    font-size: 1em;
  }
  .digest {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75ch;
    direction: ltr;
  }
  .command {
    background: var(--shade);
    padding: 0.5em 0.75em;
    border-radius: 4px;
    direction: ltr;
    justify-content: space-between;
  }
  a {
    color: var(--accent);
  }
`;
