// Styles: variables with light and dark values, a grid of half the font size, whitespace instead of boxes. Sizes are in em, so
// they follow the element's font size and not the page's.
import { css } from 'lit';

export const styles = css`
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
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    min-block-size: 2.5em;
    padding: 0.25em 1em;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: transparent;
    cursor: pointer;
    text-align: start;
  }
  button:hover {
    background: var(--shade);
  }
  button.main {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
  }
  button.main:hover {
    filter: brightness(1.1);
  }
  button.small {
    min-block-size: 2em;
    padding: 0 0.625em;
    font-size: 0.875em;
  }
  button.choice-chip {
    padding-block: 0.25em;
    max-inline-size: 100%;
  }
  [aria-pressed='true'] {
    background: var(--shade);
    font-weight: 600;
  }
  button.loss {
    border-color: var(--bad);
    color: var(--bad);
  }
  button:disabled {
    cursor: default;
    opacity: 1;
    color: var(--quiet);
    border-style: dashed;
    background: transparent;
    font-weight: 400;
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
  }
  input[type='text'],
  input[type='search'],
  select,
  textarea {
    min-block-size: 2.5em;
    padding: 0.25em 0.75em;
    border: 1px solid light-dark(#767d84, #8d969e);
    border-radius: 6px;
    background: var(--paper);
    max-inline-size: 100%;
  }
  textarea {
    inline-size: 100%;
    min-block-size: 8em;
  }
  label.choice {
    display: flex;
    gap: 0.5em;
    align-items: center;
    min-block-size: 2em;
  }
  input[type='checkbox'],
  input[type='radio'] {
    inline-size: 1.125em;
    block-size: 1.125em;
    accent-color: var(--accent);
    flex: none;
  }
  .note {
    background: var(--shade);
    border-inline-start: 4px solid var(--accent);
    padding: 0.75em 1em;
    border-radius: 0 4px 4px 0;
  }
  .note.error {
    border-color: var(--bad);
  }
  details > summary {
    cursor: pointer;
    min-block-size: 2em;
    align-content: center;
  }
  dl.pairs {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0.25em 1em;
  }
  dl.pairs dt {
    color: var(--quiet);
  }
  ul.counts {
    display: grid;
    gap: 0.25em;
  }
  ul.counts li {
    font-variant-numeric: tabular-nums;
  }
  .names {
    background: var(--names);
  }
  .addresses {
    background: var(--addresses);
  }
  .numbers {
    background: var(--numbers);
  }
  .people {
    background: var(--people);
  }
  .places {
    background: var(--places);
  }
  .others {
    background: var(--others);
  }
  mark {
    color: inherit;
    border-radius: 3px;
    padding-inline: 1px;
    text-decoration: underline;
    text-decoration-thickness: 2px;
    text-underline-offset: 3px;
  }
  mark.kind {
    text-decoration: none;
    padding-inline: 0.375em;
  }
  mark.hit {
    background: light-dark(#ffe27a, #6b5600);
    text-decoration: none;
  }
  mark.hit.current {
    background: var(--accent);
    color: var(--on-accent);
    outline: 2px solid var(--accent);
  }
  .sign {
    font-size: 0.857em;
    border: 1px solid currentColor;
    border-radius: 3px;
    padding-inline: 2px;
    margin-inline: 1px;
    unicode-bidi: isolate;
    direction: ltr;
    white-space: nowrap;
  }
  .text {
    unicode-bidi: isolate;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  [role='tablist'] {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.25em;
    border-block-end: 1px solid var(--line);
    margin-block-end: 1.5em;
  }
  [role='tab'] {
    border: 0;
    border-radius: 0;
    border-block-end: 3px solid transparent;
    min-block-size: 2.75em;
    padding-inline: 0.75em;
  }
  [role='tab'][aria-selected='true'] {
    border-block-end-color: var(--accent);
    font-weight: 600;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5em 1em;
    align-items: end;
    margin-block-end: 1em;
  }
  .tools label {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.25em;
    max-inline-size: 100%;
  }
  .tools form,
  .tools input[type='text'],
  .tools input[type='search'],
  .panel input[type='text'] {
    max-inline-size: 100%;
    min-inline-size: 0;
  }
  .tools input[type='text'],
  .tools input[type='search'] {
    inline-size: min(100%, 16em);
  }
  .tools form {
    align-items: end;
  }
  #share {
    margin-block-start: 1.5em;
  }
  .tools label.choice {
    display: flex;
    min-block-size: 2.5em;
  }
  callback-preview-list,
  callback-preview-consent,
  callback-preview-opt-in,
  callback-preview-unsaved,
  callback-preview-details,
  callback-preview-overview,
  callback-preview-choices,
  callback-preview-emoved,
  callback-preview-bytes,
  callback-preview-contents,
  callback-preview-fields,
  callback-preview-changes,
  callback-preview-history {
    display: block;
  }
  .part {
    margin-block: 2em 0.5em;
  }
  .viewport {
    margin-block-start: 1em;
    block-size: min(70vh, 44em);
    overflow: auto;
    position: relative;
    overflow-anchor: none;
    border-block: 1px solid var(--line);
  }
  .viewport.short {
    block-size: auto;
    max-block-size: min(70vh, 44em);
  }
  .space {
    position: relative;
  }
  .rows {
    position: absolute;
    inset-inline: 0;
    inset-block-start: 0;
  }
  .byte-row {
    display: flex;
    block-size: 1.714em;
    line-height: 1.714;
    direction: ltr;
    white-space: pre;
  }
  .byte-row .line {
    flex: none;
    inline-size: 8ch;
    padding-inline-end: 1.5ch;
    text-align: end;
    color: var(--quiet);
    user-select: none;
  }
  .byte-row .text {
    white-space: pre;
    overflow: hidden;
  }
  .ruler {
    line-height: 1.714;
    position: absolute;
    visibility: hidden;
    white-space: pre;
  }
  .change {
    padding-block: 1em;
    border-block-end: 1px solid var(--line);
  }
  .sides {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0.25em 1.5em;
    margin-block: 0.25em 0.5em;
  }
  .sides .side > span:first-child {
    display: block;
    font-size: 0.8em;
    color: var(--quiet);
  }
  .why {
    font-size: 0.875em;
    display: grid;
    gap: 0.125em;
  }
  .why li {
    max-inline-size: none;
    overflow-wrap: anywhere;
  }
  .sent-row,
  .sent-group {
    display: grid;
    grid-template-columns: 6em 1fr max-content;
    gap: 0 1em;
    padding-block: 0.375em;
    align-items: baseline;
    border-block-end: 1px solid var(--line);
  }
  .sent-group {
    grid-template-columns: 6em 1fr;
    padding-block-start: 1.25em;
  }
  .sent-row.left-out .text {
    text-decoration: line-through;
    color: var(--quiet);
  }
  .sent-row button {
    justify-self: start;
  }
  .change-row {
    display: grid;
    grid-template-columns: 11em 12em 1fr;
    gap: 0 1em;
    padding-block: 0.375em;
    border-block-end: 1px solid var(--line);
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .scroll {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
    inline-size: 100%;
  }
  th,
  td {
    text-align: start;
    vertical-align: top;
    padding: 0.375em 1em 0.375em 0;
    border-block-end: 1px solid var(--line);
  }
  th {
    color: var(--quiet);
    font-weight: 400;
    font-size: 0.875em;
  }
  td.number,
  th.number {
    text-align: end;
    white-space: nowrap;
  }
  progress {
    inline-size: min(100%, 24em);
    block-size: 0.5em;
    accent-color: var(--accent);
  }
  .panel {
    background: var(--shade);
    border-radius: 8px;
    padding: 1.5em;
  }
  .panel > * + * {
    margin-block-start: 1em;
  }
  .status {
    display: flex;
    gap: 0.75em;
    align-items: baseline;
  }
  /* Filled by its border: backgrounds are neither printed nor kept in forced colours. */
  .lamp {
    flex: none;
    inline-size: 0.75em;
    block-size: 0.75em;
    border-radius: 50%;
    border: 0.125em solid var(--accent);
  }
  .lamp.lit {
    border-width: 0.4em;
  }
  .lamp.half {
    border-inline-start-width: 0.375em;
    border-start-end-radius: 50%;
  }
  callback-preview-unsaved {
    position: sticky;
    inset-block-end: 0;
    z-index: 1;
  }
  .bar {
    background: var(--paper);
    border-block-start: 2px solid var(--accent);
    padding-block: 0.75em;
  }
  .bar .row {
    justify-content: space-between;
  }
  .examples {
    font-size: 0.875em;
    display: grid;
    gap: 0.25em;
  }
  .examples .text {
    display: -webkit-inline-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow: hidden;
    vertical-align: top;
  }
  .checks {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 14em), 1fr));
    gap: 0 1.5em;
  }
  .tools callback-preview-copy button {
    min-block-size: 2.5em;
    padding: 0.25em 1em;
    font-size: 1em;
  }
  .tools .beside {
    min-block-size: 2.5em;
    align-content: center;
  }
  .tall .viewport,
  .tall .viewport.short {
    block-size: auto;
    max-block-size: none;
    block-size: calc(100vh - 4em);
  }
  pre {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-block-size: 30em;
    overflow: auto;
  }
  .receipt {
    margin-block: 0.25em;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @container (max-width: 44em) {
    .sides,
    .sent-row,
    .sent-group,
    .change-row {
      grid-template-columns: minmax(0, 1fr);
    }
    .sent-row .number,
    .sent-group .number,
    .change-row .number {
      text-align: start;
    }
    .number.count::before {
      content: '× ';
      color: var(--quiet);
    }
    .heading-1 {
      font-size: 1.563em;
    }
    .byte-row .line {
      inline-size: 6ch;
      padding-inline-end: 1ch;
    }
    .panel {
      padding: 1em;
    }
    .cards,
    .cards tbody,
    .cards tr,
    .cards td {
      display: block;
    }
    .cards {
      position: relative;
    }
    .cards thead {
      position: absolute;
      inset: 0 auto auto 0;
      inline-size: 1px;
      block-size: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .cards tr {
      padding-block: 0.5em;
      border-block-end: 1px solid var(--line);
    }
    .cards td {
      padding: 0;
      border: 0;
      overflow-wrap: anywhere;
    }
  }
  @media (pointer: coarse) {
    button,
    button.small,
    [role='tab'],
    input[type='text'],
    input[type='search'],
    select,
    label.choice,
    details > summary {
      min-block-size: 44px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    button {
      transition: background-color 120ms;
    }
  }
  .on-paper {
    display: none;
  }
  @media print {
    .on-paper {
      display: block;
    }
    .tools,
    .bar,
    [role='tablist'],
    button {
      display: none !important;
    }
    .viewport {
      block-size: auto;
      max-block-size: none;
    }
    /* Print no empty space for rows that are not rendered. */
    .space {
      block-size: auto !important;
    }
    .rows {
      position: static;
      transform: none !important;
    }
  }
  @media (forced-colors: active) {
    mark {
      outline: 1px solid;
    }
    mark.hit.current {
      outline: 3px solid Highlight;
    }
    /* Forced colours draw transparent borders too, so every tab would look selected. */
    [role='tab'] {
      border-block-end-color: Canvas;
    }
    [role='tab'][aria-selected='true'] {
      border-block-end-color: Highlight;
    }
  }
`;
