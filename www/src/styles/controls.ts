// Buttons, fields, marks, tabs and tools.
import { css } from 'lit';

export const controls = css`
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
  /* The bar about unsaved changes must not hide what has the focus. */
  :is(a, button, input, select, textarea, summary, [tabindex]) {
    scroll-margin-block: 1em 7em;
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
`;
