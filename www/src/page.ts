// The page of `callback-agent serve`. Moves the token from the address into the element, so that neither the browser's
// history nor a copied address contains it. It stays in memory only.
import './callback-preview.js';
import { strings } from './strings/index.js';

const preview = document.querySelector('callback-preview');
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
if (token !== '') history.replaceState(null, '', location.pathname + location.search);
if (preview !== null) {
  (preview as HTMLElement & { token: string }).token = token;
  preview.setAttribute('lang', navigator.language);
  preview.setAttribute('host', 'api/');
}
// The HTML is English; translate it.
const { lang, page } = strings(navigator.language);
document.documentElement.lang = lang;
document.title = page.title;
document.querySelector('footer span')?.replaceChildren(page.origin);
// A new token in the address means a new session.
addEventListener('hashchange', () => location.reload());
