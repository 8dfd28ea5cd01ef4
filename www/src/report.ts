// Reads a payload for display: its rows, its fields, and how it differs from another one.
import type { Field } from 'callback-collector';
import type { Payload } from './generated/payload.js';
import type { ChangeRow, Choices, ContentsRow, FieldRow, LabelRow } from './protocol.js';

export type { Payload };

type Groups = Record<string, Record<string, unknown>[]>;

/** Every row of a payload, groups first, in the order in which they are sent. */
export function contents(payload: Payload): LabelRow[] {
  const rows: LabelRow[] = [];
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

/** The rows with those that the admin left out, in the places that they had in the list before. */
export function withLeftOut(rows: LabelRow[], before: LabelRow[], withheld: Choices['withheld']): LabelRow[] {
  const key = ({ group, label, os, sysObjectID }: LabelRow): string => JSON.stringify([group, label, os, sysObjectID]);
  const choice = (group: string, label: string | null): string => JSON.stringify([group, label]);
  const leftOut = new Set(withheld.map(([group, label]) => choice(group, label)));
  for (const { group, label } of rows) leftOut.delete(choice(group, label));
  if (leftOut.size === 0) return rows;
  // The rows after which something was left out; undefined stands for the start.
  const after = new Map<string | undefined, LabelRow[]>();
  const present = new Set(rows.map(key));
  const placed = new Set<string>();
  let last: string | undefined;
  for (const row of before) {
    if (present.has(key(row))) last = key(row);
    if (!leftOut.has(choice(row.group, row.label))) continue;
    after.set(last, [...(after.get(last) ?? []), { ...row, leftOut: true }]);
    placed.add(choice(row.group, row.label));
  }
  const merged = [...(after.get(undefined) ?? []), ...rows.flatMap((row) => [row, ...(after.get(key(row)) ?? [])])];
  for (const [group, label] of withheld) {
    if (!leftOut.has(choice(group, label)) || placed.has(choice(group, label))) continue;
    const end = merged.findLastIndex((row) => row.group === group);
    merged.splice(end < 0 ? merged.length : end + 1, 0, { group, label, total: null, leftOut: true });
  }
  return merged;
}

/** The rows under a heading for each group. A group without labels is only its heading. */
export function grouped(rows: LabelRow[]): ContentsRow[] {
  const groups = new Map<string, LabelRow[]>();
  for (const row of rows) {
    const labels = groups.get(row.group);
    if (labels === undefined) groups.set(row.group, [row]);
    else labels.push(row);
  }
  return [...groups].flatMap(([group, labels]) => {
    const sum = labels.reduce((sum, { total, leftOut }) => sum + (leftOut ? 0 : (total ?? 0)), 0);
    return [{ group, labels: labels.length, sum }, ...labels.filter(({ label }) => label !== null)];
  });
}

/** A few rows that show what a report is like: the most frequent descriptions and labels. */
export function examples(rows: LabelRow[]): LabelRow[] {
  const most = (group: string, count: number): LabelRow[] =>
    rows.filter((row) => row.group === group && row.label !== null && row.label !== 'NULL' && row.label !== '').sort((a, b) => (b.total ?? 0) - (a.total ?? 0)).slice(0, count);
  return [...most('info', 2), ...most('hardware', 1), ...most('librenms_release', 1), ...most('database_version', 1)];
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
      map.set(key, [row.group, label, (map.get(key)?.[2] ?? 0) + (row.total ?? 0)]);
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
