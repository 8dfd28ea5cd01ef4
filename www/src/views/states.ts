// What the element shows instead of a report: progress, errors, and what to do about them.
import { html, nothing, type TemplateResult } from 'lit';
import { command } from '../render.js';
import { STEPS, type Phase } from '../session.js';
import type { Strings } from '../strings/index.js';
import { heading } from '../view.js';

const kilobytes = (bytes: number): number => Math.round(bytes / 1000);

export function loading(phase: Phase & { name: 'loading' }, t: Strings, level: number, cancel: () => void): TemplateResult {
  if (!phase.shown) return html`<div class="hidden">${heading(1, level, t.title)}${t.stage.facts}</div>`;
  const fraction = phase.total !== null && phase.total > 0 ? Math.min(1, phase.done / phase.total) : 0;
  return html`${heading(1, level, t.title)}<p>${t.stage[phase.stage]}${phase.done > 0
      ? html` <span class="quiet" id="loaded">${t.loaded(kilobytes(phase.done), phase.total === null ? null : kilobytes(phase.total))}</span>`
      : nothing}</p>
    <progress aria-label=${t.stage[phase.stage]} max=${STEPS.length} value=${STEPS.indexOf(phase.stage) + fraction}></progress>
    <div><button data-action="cancel" @click=${cancel}>${t.cancel}</button></div>`;
}

export function stopped(phase: Phase, t: Strings, level: number, reload: () => void): TemplateResult {
  const title = (text: string): TemplateResult => html`${heading(1, level, text)}`;
  const retry = html`<div><button class="main" data-action="retry" @click=${reload}>${t.tryAgain}</button></div>`;
  switch (phase.name) {
    case 'locked':
      return html`${title(t.lockedTitle)}<p>${t.lockedText}</p>${command('callback-agent serve', t)}`;
    case 'forbidden':
      return html`${title(t.forbiddenTitle)}<p>${t.forbiddenText}</p>`;
    case 'no-wasm':
      return html`${title(t.noWasmTitle)}<p>${t.noWasmText}</p>${command('callback-agent --librenms /opt/librenms preview --explain', t)}`;
    case 'cancelled':
      return html`${title(t.title)}<p role="status">${t.cancelled}</p>${retry}`;
    case 'error': {
      if (phase.code === 'unreachable') {
        return html`<div role="alert" class="stack">${title(t.noAgentTitle)}<p>${t.noAgentText}</p></div>${command('callback-agent serve', t)}${retry}`;
      }
      const explanation = phase.code === 'trap' ? t.errorTrap : phase.path !== undefined ? t.errorFacts(phase.path) : undefined;
      return html`<div role="alert" class="stack">${title(t.errorTitle)}
        ${explanation === undefined ? nothing : html`<p>${explanation}</p>`}
        <p class="text quiet" lang="en">${phase.message}</p><p>${t.errorKept}</p></div>${retry}`;
    }
    default:
      return html`${title(t.emptyTitle)}<p>${t.emptyText}</p>`;
  }
}
