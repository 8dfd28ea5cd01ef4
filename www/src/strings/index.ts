// The language of the page, else of the browser, else English.
import { de } from './de.js';
import { en, type Strings } from './en.js';

export type { Strings };

const languages: Record<string, Strings> = { en, de };

export function strings(preferred: string): Strings {
  for (const language of [preferred, document.documentElement.lang, ...navigator.languages]) {
    const found = languages[language.toLowerCase().split('-')[0] ?? ''];
    if (found !== undefined) return found;
  }
  return en;
}

/** The reader's own locale where it is of this language: "28 Nov" for en-GB, "Nov 28" for en-US. */
const locale = (lang: string): string => navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === lang) ?? lang;

/** A point in time, in the reader's time zone. */
export const formatTime = (timestamp: string, lang: string): string =>
  new Intl.DateTimeFormat(locale(lang), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(timestamp));

/** The time of day. */
export const formatClock = (timestamp: string, lang: string): string =>
  new Intl.DateTimeFormat(locale(lang), { timeStyle: 'short' }).format(new Date(timestamp));

/** A UTC day, as in receipts. */
export const formatDay = (day: string, lang: string): string =>
  new Intl.DateTimeFormat(locale(lang), { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day));
