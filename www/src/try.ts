// The public page's form: sanitises a device description in the browser. Nothing is uploaded.
import type { Redacted } from 'callback-collector';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import './callback-preview.js';
import { Engine, EngineError } from './engine.js';
import { keptAddresses } from './kept.js';
import { kindLabel, original, plain, prose, reason } from './render.js';
import { strings, type Strings } from './strings/index.js';
import { styles } from './styles.js';
import { element, heading } from './view.js';

/** Texts to try: what an admin would type first, and what devices say. */
const EXAMPLES = [
  'Linux edge7.acme.example 6.1.0-18-amd64 #1 SMP Debian x86_64, contact Ada Byron <ada@acme.example>, 10.1.2.3',
  'HP J9773A 2530-24G-PoEP Switch, revision YA.16.11.0004, ROM YA.15.20 serial CN47FP0815',
  'Fibre link to Harbour Street 12, customer: Roe Bakery, circuit ID: DE/4711/12, phone +49 30 5550100',
];

@element('callback-try')
export class Try extends LitElement {
  static override styles = styles;

  @property() override lang = '';
  @state() private result: { text: string; rows: Redacted[] } | undefined;
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
    const response = await fetch(new URL(/* @vite-ignore */ './collector.wasm', import.meta.url));
    if (!response.ok) throw new EngineError(`${response.url}: status ${response.status}`, 'not_loaded', '');
    const module = await response.arrayBuffer();
    await engine.ask('start', { module }, [module]);
    return engine;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    void this.sanitise(String(data.get('description') ?? ''), String(data.get('host') ?? '').trim());
  }

  private async sanitise(sysDescr: string, hostname: string): Promise<void> {
    try {
      const { text, rows } = await (await this.start()).ask('sanitise', { device: hostname === '' ? { sysDescr } : { sysDescr, hostname } });
      this.result = { text: text ?? '', rows };
      this.error = '';
    } catch (error) {
      this.error = error instanceof Error ? error.message : String(error);
      // Start a new worker next time.
      if (error instanceof EngineError && error.code === 'trap') this.engine = undefined;
    }
  }

  private async example(text: string): Promise<void> {
    const field = this.renderRoot.querySelector('textarea');
    if (field !== null) field.value = text;
    await this.sanitise(text, '');
  }

  private renderResult({ text, rows }: { text: string; rows: Redacted[] }, t: Strings): TemplateResult {
    const row = rows.find(({ field }) => field.endsWith('sysDescr'));
    const kept = keptAddresses(text);
    return html`${heading(3, 1, t.tryResult)}<p class="text bytes" id="result" dir="auto">${plain(text)}</p>
      ${row === undefined
        ? html`<p>${kept.length > 0 ? nothing : t.tryUnchanged}</p>`
        : html`<p class="text bytes" dir="auto">${original(row)}</p><ul class="why">${row.redactions.map(({ kind, rule, replacement, start, end }) => {
            const why = reason(rule, kind, t, t.tryKnown);
            return html`<li>${kindLabel(kind, t.kindName[kind] ?? kind)} <span class="text bytes">${plain(row.original.slice(start, end))}</span> ${t.replacedWith}
              <span class="text bytes">${plain(replacement)}</span>. <span class="quiet" lang=${why.lang}>${prose(why.text)}</span></li>`;
          })}</ul>`}
      ${kept.length === 0 ? nothing : html`<p id="kept">${t.tryKept(kept.join(', '), kept.length)}</p>`}`;
  }

  override render() {
    const t = strings(this.lang);
    return html`<div class="root" lang=${t.lang} dir="ltr"><div class="body"><section class="stack">
      ${heading(2, 1, t.tryTitle)}<p>${t.tryText}</p>
      <div class="row">${EXAMPLES.map((text, n) => html`<button class="small" data-action="example" @click=${() => this.example(text)}>${t.tryExamples[n]}</button>`)}</div>
      <form class="stack" @submit=${(event: SubmitEvent) => this.submit(event)}>
        <label class="stack">${t.tryLabel}<textarea name="description" spellcheck="false" rows="4"></textarea></label>
        <label>${t.tryHost}<br /><input type="text" name="host" autocomplete="off" spellcheck="false" /></label>
        <div><button class="main" data-action="sanitise">${t.tryDo}</button></div>
      </form>
      <div role="status" class="stack">
        ${this.error === '' ? nothing : html`<p class="bad">${this.error}</p>`}
        ${this.result === undefined ? nothing : this.renderResult(this.result, t)}
      </div>
    </section></div></div>`;
  }
}

for (const part of document.querySelectorAll('callback-preview, callback-try')) part.setAttribute('lang', navigator.language);
