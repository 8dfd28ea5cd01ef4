// A payload read for people: what is sent under which name, what differs from another one, and where it stands.
import type { Field } from 'callback-collector';
import type { ChangeRow, FieldRow, SentRow } from './protocol.js';

export interface Payload {
  uuid: string;
  data: Record<string, Record<string, unknown>[]>;
  info: { count: number; os: string; sysDescr: string; sysObjectID: string }[];
  schema: number;
  module: { name: string; version: string };
}

const isTotal = (key: string): boolean => key === 'total';

/** Every number of a payload, groups first, in the order in which they are sent. */
export function sent(payload: Payload): SentRow[] {
  const rows: SentRow[] = [];
  for (const [group, entries] of Object.entries(payload.data)) {
    for (const entry of entries) {
      const key = Object.keys(entry).find((name) => !isTotal(name));
      const label = key === undefined ? null : entry[key];
      rows.push({ group, label: key === undefined ? null : label === null ? 'NULL' : String(label), total: Number(entry['total']) });
    }
  }
  for (const pair of payload.info) {
    rows.push({ group: 'info', label: pair.sysDescr, total: pair.count, os: pair.os, sysObjectID: pair.sysObjectID });
  }
  return rows;
}

/** Every field of the dictionary with what this payload has under it. */
export function fields(dictionary: Field[], payload: Payload): FieldRow[] {
  return dictionary.map((field) => {
    const entries = field.place === 'data' ? payload.data[field.field] : undefined;
    const total = entries?.reduce((sum, entry) => sum + Number(entry['total']), 0);
    const pairs = field.place === 'info' ? payload.info.length : null;
    return { ...field, entries: entries?.length ?? pairs, total: total ?? null };
  });
}

/** What differs between two payloads, by group and label, pairs last. */
export function difference(before: Payload, after: Payload): ChangeRow[] {
  const numbers = (payload: Payload): Map<string, [string, string, number]> => {
    const map = new Map<string, [string, string, number]>();
    for (const row of sent(payload)) {
      const label = row.group === 'info' ? [row.os, row.sysObjectID, row.label].join(' ') : (row.label ?? '');
      const key = JSON.stringify([row.group === 'info', row.group, label]);
      map.set(key, [row.group, label, (map.get(key)?.[2] ?? 0) + row.total]);
    }
    return map;
  };
  const [old, now] = [numbers(before), numbers(after)];
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys
    .filter((key) => old.get(key)?.[2] !== now.get(key)?.[2])
    .map((key) => {
      const [group, label] = now.get(key) ?? old.get(key) ?? ['', '', 0];
      return { group, label, before: old.get(key)?.[2] ?? null, after: now.get(key)?.[2] ?? null };
    });
}

/** The JSON text of bytes with line breaks, its keys in their order. */
export const pretty = (text: string): string => JSON.stringify(JSON.parse(text), null, 2);
