// What the admin chose to send and to leave out.
import type { Category } from 'callback-collector';
import type { Choices } from './protocol.js';

/** Categories that can be turned off; `envelope` is always sent. */
export const CATEGORIES: Category[] = ['usage', 'devices', 'network', 'protocols', 'health', 'services', 'software', 'pairs'];

/** Choices with a category turned on or off. */
export function withCategory(choices: Choices, category: Category, on: boolean): Choices {
  const before = choices.categories ?? CATEGORIES;
  const after = CATEGORIES.filter((one) => (one === category ? on : before.includes(one)));
  return { ...choices, categories: after.length === CATEGORIES.length ? null : after };
}

export const hasCategory = (choices: Choices, category: Category): boolean => choices.categories?.includes(category) ?? true;

/** How many categories, labels and words differ. */
export function changesBetween(saved: Choices, now: Choices): number {
  const differing = (before: unknown[], after: unknown[]): number => {
    const [old, present] = [before, after].map((list) => new Set(list.map((item) => JSON.stringify(item))));
    if (old === undefined || present === undefined) return 0;
    return [...old].filter((item) => !present.has(item)).length + [...present].filter((item) => !old.has(item)).length;
  };
  return (
    differing(saved.categories ?? CATEGORIES, now.categories ?? CATEGORIES) +
    differing(saved.withheld, now.withheld) + differing(saved.included, now.included) + differing(saved.terms, now.terms)
  );
}
