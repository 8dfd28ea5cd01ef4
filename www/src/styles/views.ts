// The parts of each view.
import { css } from 'lit';

export const views = css`
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
  /* Most updates are quicker and would only flicker. */
  .late {
    animation: appear 0s 0.3s both;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
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
    block-size: calc(100vh - 4em);
    max-block-size: none;
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
`;
