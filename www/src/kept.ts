// What the sanitiser kept although it looks like an address.

/** Four numbers up to 255 with dots: IPv4 addresses, and versions that look like them. */
export function keptAddresses(text: string): string[] {
  const found = text.match(/(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/g) ?? [];
  return [...new Set(found.filter((dotted) => dotted.split('.').every((part) => Number(part) <= 255)))];
}
