// Narrow places, touch, motion, paper and forced colours.
import { css } from 'lit';

export const media = css`
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
    #send-hint,
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
