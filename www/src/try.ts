// The public page: sanitises one description that a visitor pastes. It runs here; nothing leaves the page.
import type { Redacted } from 'callback-collector';
import { html, LitElement, nothing } from 'lit';
import './callback-preview.js';
import { Engine, EngineProblem } from './engine.js';
import { strings } from './strings/index.js';
import { styles } from './styles.js';
import { original, plain, reason } from './words.js';

class Try extends LitElement {
  static override properties = { lang: { type: String }, result: { state: true }, wrong: { state: true } };
  static override styles = styles;

  declare lang: string;
  declare protected result: { text: string | null; rows: Redacted[] } | undefined;
  declare protected wrong: string;

  private engine: Promise<Engine> | undefined;

  constructor() {
    super();
    this.lang = '';
    this.wrong = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Once the report above is there, so that all works without the network from then on. What fails is tried again when asked.
    document.querySelector('callback-preview')?.addEventListener('callback-built', () => void this.start().catch(() => undefined), { once: true });
  }

  private start(): Promise<Engine> {
    this.engine ??= this.started().catch((error: unknown) => {
      this.engine = undefined;
      throw error;
    });
    return this.engine;
  }

  private async started(): Promise<Engine> {
    const engine = new Engine(() => undefined);
    await engine.ask('start', { module: new URL(/* @vite-ignore */ './collector.wasm', import.meta.url).href });
    return engine;
  }

  private async sanitise(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [sysDescr, hostname] = [String(data.get('description') ?? ''), String(data.get('host') ?? '').trim()];
    try {
      this.result = await (await this.start()).ask('sanitise', { device: hostname === '' ? { sysDescr } : { sysDescr, hostname } });
      this.wrong = '';
    } catch (error) {
      this.wrong = error instanceof Error ? error.message : String(error);
      // A module that stopped is started anew the next time.
      if (error instanceof EngineProblem && error.code === 'trap') this.engine = undefined;
    }
  }

  override render() {
    const t = strings(this.lang);
    const row = this.result?.rows.find(({ field }) => field.endsWith('sysDescr'));
    return html`<div class="body" lang=${t.lang}><section class="stack">
      <h2>${t.tryTitle}</h2><p>${t.tryText}</p>
      <form class="stack" @submit=${(event: SubmitEvent) => this.sanitise(event)}>
        <label class="stack">${t.tryLabel}<textarea name="description" spellcheck="false" rows="4"></textarea></label>
        <label>${t.tryHost}<br /><input type="text" name="host" autocomplete="off" spellcheck="false" /></label>
        <div><button class="main">${t.tryDo}</button></div>
      </form>
      <div role="status" class="stack">
        ${this.wrong === '' ? nothing : html`<p class="bad">${this.wrong}</p>`}
        ${this.result === undefined
          ? nothing
          : html`<h3>${t.tryResult}</h3><p class="text bytes" id="result" dir="auto">${plain(this.result.text ?? '')}</p>
              ${row === undefined
                ? html`<p>${t.tryUnchanged}</p>`
                : html`<p class="text bytes" dir="auto">${original(row)}</p><ul class="why">${row.redactions.map(({ kind, rule, replacement, start, end }) => {
                    const why = reason(rule, kind, t);
                    return html`<li>${t.kindName[kind] ?? kind}: <span class="text bytes">${plain(row.original.slice(start, end))}</span> ${t.became}
                      <span class="text bytes">${plain(replacement)}</span>. <span class="quiet" lang=${why.lang}>${why.text}</span></li>`;
                  })}</ul>`}`}
      </div>
    </section></div>`;
  }
}

customElements.define('callback-try', Try);

for (const element of document.querySelectorAll('callback-preview, callback-try')) element.setAttribute('lang', navigator.language);
