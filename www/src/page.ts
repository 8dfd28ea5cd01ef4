// The page of `callback-agent serve`. Moves the token from the address into the tab's session storage, so that neither the
// browser's history nor a copied address contains it, and a reload still has it. Other tabs and sites cannot read it.
import './callback-preview.js';
import { strings } from './strings/index.js';

const KEY = 'callback-preview-token';

/** Session storage may be blocked; then the token lasts until the page is left. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

const given = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
if (given !== '') {
  storage()?.setItem(KEY, given);
  history.replaceState(null, '', location.pathname + location.search);
}
const preview = document.querySelector('callback-preview');
if (preview !== null) {
  (preview as HTMLElement & { token: string }).token = given || (storage()?.getItem(KEY) ?? '');
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
