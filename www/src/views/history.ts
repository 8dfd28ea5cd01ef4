// Consent, reports and deletions of this install, newest first.
import { html } from 'lit';
import { property } from 'lit/decorators.js';
import type { Entry } from '../host.js';
import { digest } from '../render.js';
import { formatTime } from '../strings/index.js';
import { View } from '../view.js';

export class History extends View {
  @property({ attribute: false }) entries: Entry[] = [];

  override render() {
    const t = this.t;
    if (this.entries.length === 0) return html`<p>${t.historyEmpty}</p>`;
    return html`<ol class="stack">${this.entries.toReversed().map(({ moment, what, begun, ended }) => {
      const outcome = ended?.outcome ?? 'open';
      const name = begun ? `${t.historyWhat[begun.subject]}: ${t.outcome[outcome]}` : t.historyWhat[what as 'consent-on'];
      return html`<li class="stack" data-what=${begun?.subject ?? what} data-outcome=${begun ? outcome : ''}>
        <span><time datetime=${moment}>${formatTime(moment, t.lang)}</time> ${name}${begun ? html`, <span class="text">${begun.receiver}</span>` : ''}</span>
        ${begun?.payload_sha256 ? digest(begun.payload_sha256) : ''}</li>`;
    })}</ol>`;
  }
}

customElements.define('callback-preview-history', History);
