// The public page's form: sanitises a device description in the browser. Nothing is uploaded.
import type { Redacted } from 'callback-collector';
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import './callback-preview.js';
import { Engine, EngineError } from './engine.js';
import { strings } from './strings/index.js';
import { styles } from './styles.js';
import { original, plain, reason } from './render.js';

class Try extends LitElement {
  static override styles = styles;

  @property() override lang = '';
  @state() private result: { text: string | null; rows: Redacted[] } | undefined;
  @state() private error = '';

  private engine: Promise<Engine> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    // Load the module once the demo report is there; from then on the form works offline. A failure is retried on submit.
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
      this.error = '';
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      // Start a new worker next time.
      if (error instanceof EngineError && error.code === 'trap') this.engine = undefined;
    }
  }

  override render() {
    const t = strings(this.lang);
    const row = this.result?.rows.find(({ field }) => field.endsWith('sysDescr'));
    return html`<div class="body" lang=${t.lang} dir="ltr"><section class="stack">
      <h2>${t.tryTitle}</h2><p>${t.tryText}</p>
      <form class="stack" @submit=${(event: SubmitEvent) => this.sanitise(event)}>
        <label class="stack">${t.tryLabel}<textarea name="description" spellcheck="false" rows="4"></textarea></label>
        <label>${t.tryHost}<br /><input type="text" name="host" autocomplete="off" spellcheck="false" /></label>
        <div><button class="main" data-action="sanitise">${t.tryDo}</button></div>
      </form>
      <div role="status" class="stack">
        ${this.error === '' ? nothing : html`<p class="bad">${this.error}</p>`}
        ${this.result === undefined
          ? nothing
          : html`<h3>${t.tryResult}</h3><p class="text bytes" id="result" dir="auto">${plain(this.result.text ?? '')}</p>
              ${row === undefined
                ? html`<p>${t.tryUnchanged}</p>`
                : html`<p class="text bytes" dir="auto">${original(row)}</p><ul class="why">${row.redactions.map(({ kind, rule, replacement, start, end }) => {
                    const why = reason(rule, kind, t);
                    return html`<li>${t.kindName[kind] ?? kind}: <span class="text bytes">${plain(row.original.slice(start, end))}</span> ${t.replacedWith}
                      <span class="text bytes">${plain(replacement)}</span>. <span class="quiet" lang=${why.lang}>${why.text}</span></li>`;
                  })}</ul>`}`}
      </div>
    </section></div>`;
  }
}

customElements.define('callback-try', Try);

for (const element of document.querySelectorAll('callback-preview, callback-try')) element.setAttribute('lang', navigator.language);
