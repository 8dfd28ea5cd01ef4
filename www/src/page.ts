// The page of `callback-agent serve`: takes the token out of the address, where neither the history nor a copied address
// would keep it, and gives it to the element. It is kept in memory alone.
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
// The document is in English until somebody's language is known.
const { lang, page } = strings(navigator.language);
document.documentElement.lang = lang;
document.title = page.title;
document.querySelector('footer span')?.replaceChildren(page.origin);
// The same page opened again with another token: as a new one.
addEventListener('hashchange', () => location.reload());
