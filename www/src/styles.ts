// Styles: variables with light and dark values, an 8 px grid, whitespace instead of boxes.
import { css } from 'lit';

export const styles = css`
  :host {
    color-scheme: light dark;
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
    color: var(--ink);
    background: var(--paper);
    font: 1rem/1.5 system-ui, sans-serif;
    container-type: inline-size;
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
  p,
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
  h1 {
    font-size: 1.953rem;
    line-height: 1.2;
    font-weight: 600;
    text-wrap: balance;
  }
  h2 {
    font-size: 1.25rem;
    line-height: 1.3;
    font-weight: 600;
  }
  h3 {
    font-size: 1rem;
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
    margin-block-start: 0.5rem;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: center;
  }
  .big {
    font-size: 1.563rem;
    line-height: 1.3;
    font-weight: 600;
  }
  .body,
  .state {
    display: block;
    padding: 1.5rem clamp(1rem, 3cqi, 2.5rem) 3rem;
    max-inline-size: 84rem;
    margin-inline: auto;
  }
  .body > * + * {
    margin-block-start: 2.5rem;
  }
  .columns {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
    gap: 2rem 2.5rem;
  }
  code,
  .bytes,
  .digest {
    font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
    font-size: 0.875rem;
  }
  code {
    overflow-wrap: anywhere;
  }
  .digest {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75ch;
    direction: ltr;
  }
  .command {
    display: block;
    background: var(--shade);
    padding: 0.5rem 0.75rem;
    border-radius: 4px;
    direction: ltr;
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
    min-block-size: 2.5rem;
    padding: 0.25rem 1rem;
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
    min-block-size: 2rem;
    padding: 0 0.625rem;
    font-size: 0.875rem;
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
    min-block-size: 2.5rem;
    padding: 0.25rem 0.75rem;
    border: 1px solid light-dark(#767d84, #8d969e);
    border-radius: 6px;
    background: var(--paper);
    max-inline-size: 100%;
  }
  textarea {
    inline-size: 100%;
    min-block-size: 8rem;
  }
  label.choice {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    min-block-size: 2rem;
  }
  input[type='checkbox'],
  input[type='radio'] {
    inline-size: 1.125rem;
    block-size: 1.125rem;
    accent-color: var(--accent);
    flex: none;
  }
  .note {
    background: var(--shade);
    border-inline-start: 4px solid var(--accent);
    padding: 0.75rem 1rem;
    border-radius: 0 4px 4px 0;
  }
  .note.error {
    border-color: var(--bad);
  }
  details > summary {
    cursor: pointer;
    min-block-size: 2rem;
    align-content: center;
  }
  dl.pairs {
    display: grid;
    grid-template-columns: max-content 1fr;
    gap: 0.25rem 1rem;
  }
  dl.pairs dt {
    color: var(--quiet);
  }
  ul.counts {
    display: grid;
    gap: 0.25rem;
  }
  ul.counts li {
    font-variant-numeric: tabular-nums;
  }
  .chip {
    display: inline-block;
    inline-size: 0.75rem;
    block-size: 0.75rem;
    border-radius: 3px;
    margin-inline-end: 0.5rem;
    border: 1px solid currentColor;
    vertical-align: -0.05em;
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
  mark.hit {
    background: light-dark(#ffe27a, #6b5600);
    text-decoration: none;
  }
  .sign {
    color: var(--bad);
    font-size: 0.75rem;
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
    gap: 0 0.25rem;
    border-block-end: 1px solid var(--line);
    margin-block-end: 1.5rem;
  }
  [role='tab'] {
    border: 0;
    border-radius: 0;
    border-block-end: 3px solid transparent;
    min-block-size: 2.75rem;
    padding-inline: 0.75rem;
  }
  [role='tab'][aria-selected='true'] {
    border-block-end-color: var(--accent);
    font-weight: 600;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1rem;
    align-items: end;
    margin-block-end: 1rem;
  }
  .tools label {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.25rem;
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
    inline-size: min(100%, 16rem);
  }
  .tools form {
    align-items: end;
  }
  #share {
    margin-block-start: 1.5rem;
  }
  .tools label.choice {
    display: flex;
    min-block-size: 2.5rem;
  }
  callback-preview-list,
  callback-preview-consent,
  callback-preview-overview,
  callback-preview-choices,
  callback-preview-removed,
  callback-preview-bytes,
  callback-preview-contents,
  callback-preview-fields,
  callback-preview-changes,
  callback-preview-history {
    display: block;
  }
  .part {
    margin-block: 2rem 0.5rem;
  }
  .viewport {
    margin-block-start: 1rem;
    block-size: min(70vh, 44rem);
    overflow: auto;
    position: relative;
    overflow-anchor: none;
    border-block: 1px solid var(--line);
  }
  .viewport.short {
    block-size: auto;
    max-block-size: min(70vh, 44rem);
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
    block-size: 1.5rem;
    line-height: 1.5rem;
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
    position: absolute;
    visibility: hidden;
    white-space: pre;
  }
  .change {
    padding-block: 1rem;
    border-block-end: 1px solid var(--line);
  }
  .sides {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0.25rem 1.5rem;
    margin-block: 0.25rem 0.5rem;
  }
  .sides .side > span:first-child {
    display: block;
    font-size: 0.8rem;
    color: var(--quiet);
  }
  .why {
    font-size: 0.875rem;
    display: grid;
    gap: 0.125rem;
  }
  .why li {
    max-inline-size: none;
    overflow-wrap: anywhere;
  }
  .sent-row {
    display: grid;
    grid-template-columns: 11rem 6rem 1fr max-content;
    gap: 0 1rem;
    padding-block: 0.375rem;
    align-items: baseline;
    border-block-end: 1px solid var(--line);
  }
  .sent-row button {
    justify-self: start;
  }
  .change-row {
    display: grid;
    grid-template-columns: 11rem 12rem 1fr;
    gap: 0 1rem;
    padding-block: 0.375rem;
    border-block-end: 1px solid var(--line);
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .sent-row.head {
    color: var(--quiet);
    font-size: 0.875rem;
    border: 0;
  }
  .head + callback-preview-list .viewport {
    margin-block-start: 0;
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
    padding: 0.375rem 1rem 0.375rem 0;
    border-block-end: 1px solid var(--line);
  }
  th {
    color: var(--quiet);
    font-weight: 400;
    font-size: 0.875rem;
  }
  td.number,
  th.number {
    text-align: end;
    white-space: nowrap;
  }
  progress {
    inline-size: min(100%, 24rem);
    block-size: 0.5rem;
    accent-color: var(--accent);
  }
  .panel {
    background: var(--shade);
    border-radius: 8px;
    padding: 1.5rem;
  }
  .panel > * + * {
    margin-block-start: 1rem;
  }
  .status {
    display: flex;
    gap: 0.75rem;
    align-items: baseline;
  }
  .lamp {
    flex: none;
    inline-size: 0.875rem;
    block-size: 0.875rem;
    border-radius: 50%;
    border: 3px solid var(--accent);
  }
  .lamp.lit {
    background: var(--accent);
  }
  .lamp.half {
    background: linear-gradient(90deg, var(--accent) 50%, transparent 50%);
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @container (max-width: 44rem) {
    .sides,
    .sent-row,
    .change-row {
      grid-template-columns: 1fr;
    }
    .sent-row .number,
    .change-row .number {
      text-align: start;
    }
    .number.count::before {
      content: '× ';
      color: var(--quiet);
    }
    .sent-row.head,
    .change-row.head {
      display: none;
    }
    h1 {
      font-size: 1.563rem;
    }
    .byte-row .line {
      inline-size: 6ch;
      padding-inline-end: 1ch;
    }
    .panel {
      padding: 1rem;
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
      padding-block: 0.5rem;
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
    /* Forced colours draw transparent borders too, so every tab would look selected. */
    [role='tab'] {
      border-block-end-color: Canvas;
    }
    [role='tab'][aria-selected='true'] {
      border-block-end-color: Highlight;
    }
  }
`;
