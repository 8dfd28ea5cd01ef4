// Which language: the page's, else the browser's, else English.
import { de } from './de.js';
import { en, type Strings } from './en.js';

export type { Strings };

const languages: Record<string, Strings> = { en, de };

export function strings(wanted: string): Strings {
  for (const language of [wanted, document.documentElement.lang, ...navigator.languages]) {
    const found = languages[language.toLowerCase().split('-')[0] ?? ''];
    if (found !== undefined) return found;
  }
  return en;
}

/** A moment for people: in their own time zone. */
export const moment = (text: string, lang: string): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text));

/** A day (UTC), as receipts have it. */
export const day = (text: string, lang: string): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(text));
