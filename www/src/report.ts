// Reads a payload for display: its rows, its fields, and how it differs from another one.
import type { Field } from 'callback-collector';
import type { Payload } from './generated/payload.js';
import type { ChangeRow, FieldRow, ContentsRow } from './protocol.js';

export type { Payload };

type Groups = Record<string, Record<string, unknown>[]>;

/** Every row of a payload, groups first, in the order in which they are sent. */
export function contents(payload: Payload): ContentsRow[] {
  const rows: ContentsRow[] = [];
  for (const [group, entries] of Object.entries(payload.data as Groups)) {
    for (const entry of entries) {
      const key = Object.keys(entry).find((name) => name !== 'total');
      const label = key === undefined ? null : entry[key];
      rows.push({ group, label: key === undefined ? null : label === null ? 'NULL' : String(label), total: Number(entry.total) });
    }
  }
  for (const pair of payload.info) {
    rows.push({ group: 'info', label: pair.sysDescr, total: pair.count, os: pair.os, sysObjectID: pair.sysObjectID });
  }
  return rows;
}

/** Every field of the dictionary, with how many entries the payload has for it. */
export function fields(dictionary: Field[], payload: Payload): FieldRow[] {
  return dictionary.map((field) => {
    const entries = field.place === 'data' ? (payload.data as Groups)[field.field] : undefined;
    const total = entries?.reduce((sum, entry) => sum + Number(entry.total), 0);
    const pairs = field.place === 'info' ? payload.info.length : null;
    return { ...field, entries: entries?.length ?? pairs, total: total ?? null };
  });
}

/** The differences between two payloads, by group and label, pairs last. */
export function difference(before: Payload, after: Payload): ChangeRow[] {
  const numbers = (payload: Payload): Map<string, [string, string, number]> => {
    const map = new Map<string, [string, string, number]>();
    for (const row of contents(payload)) {
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

/** JSON text, formatted; keys keep their order. */
export const pretty = (text: string): string => JSON.stringify(JSON.parse(text), null, 2);
