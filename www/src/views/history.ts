// What was allowed, sent and cleared from here.
import { html } from 'lit';
import type { Entry } from '../host.js';
import { Part } from '../part.js';
import { moment } from '../strings/index.js';
import { digest } from '../words.js';

export class History extends Part {
  static override properties = { t: { attribute: false }, entries: { attribute: false } };

  declare entries: Entry[];

  override render() {
    const t = this.t;
    if (this.entries.length === 0) return html`<p>${t.historyEmpty}</p>`;
    return html`<ol class="stack">${[...this.entries].reverse().map(({ moment: at, what, begun, ended }) => {
      const name = begun === undefined ? t.historyWhat[what as 'consent-on'] : t.historyWhat[begun.subject];
      const outcome = begun === undefined ? '' : `: ${t.outcome[ended?.outcome ?? 'open']}`;
      return html`<li class="stack"><span><time datetime=${at}>${moment(at, t.lang)}</time> ${name}${outcome}${begun === undefined ? '' : html`, <span class="text">${begun.receiver}</span>`}</span>
        ${begun?.payload_sha256 ? digest(begun.payload_sha256) : ''}</li>`;
    })}</ol>`;
  }
}

customElements.define('callback-preview-history', History);
