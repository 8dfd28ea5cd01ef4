// Names every field of every result, and fails for fields that the types lack. Compiled with --strict as ESM and as CommonJS,
// and run: prints the digest of facts.json.
import { readFileSync } from 'node:fs';
import { build, CollectorError, dictionary, init, newInstallId, sanitise } from 'callback-collector';
import type { Category, CollectorErrorCode, Device, Facts, Field, Findings, IdentifierKind, Redacted, Redaction, Report, SanitisedDevice } from 'callback-collector';

function only<T extends object>(value: T, keys: (keyof T & string)[]): void {
  for (const key of Object.keys(value)) {
    if (!keys.includes(key as keyof T & string)) throw new Error(`the types lack ${key}`);
  }
}

async function main(): Promise<void> {
  await init();
  const facts: Facts = JSON.parse(readFileSync('facts.json', 'utf8'));
  const report: Report = build(facts);
  only(report, ['payload', 'sha256', 'findings']);
  const payload: Uint8Array = report.payload;
  if (!(payload instanceof Uint8Array)) throw new Error('the payload is no Uint8Array');
  const findings: Findings = report.findings;
  only(findings, ['payload_sha256', 'payload_bytes', 'devices', 'devices_in_pairs', 'removed', 'redactions', 'cleaned', 'left_out', 'rare']);
  const counted: [string, number | undefined][] = Object.entries(findings.removed);
  if (counted.length === 0) throw new Error('nothing was removed from the demo install');
  for (const row of findings.redactions satisfies Redacted[]) {
    only(row, ['field', 'original', 'result', 'rows', 'redactions']);
    for (const redaction of row.redactions satisfies Redaction[]) {
      only(redaction, ['rule', 'kind', 'start', 'end', 'replacement']);
      const kind: IdentifierKind = redaction.kind;
      if (typeof kind !== 'string' || redaction.end <= redaction.start) throw new Error('an empty redaction');
    }
  }
  for (const cleaned of findings.cleaned) only(cleaned, ['field', 'by', 'rows']);
  for (const leftOut of findings.left_out) only(leftOut, ['field', 'reason', 'entries', 'named_by', 'missing']);
  for (const rare of findings.rare) only(rare, ['field', 'label', 'rows', 'included']);
  const device: Device = { sysDescr: 'Linux web01 6.1.0', hostname: 'web01', os: null };
  const sanitised: SanitisedDevice = sanitise(device);
  only(sanitised, ['sysDescr', 'sysObjectID', 'redactions']);
  for (const field of dictionary() satisfies Field[]) {
    only(field, ['field', 'place', 'label', 'table', 'kind', 'composed', 'category', 'since', 'purpose']);
    const category: Category = field.category;
    if (typeof category !== 'string') throw new Error('a field without a category');
  }
  const id: string = newInstallId();
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) throw new Error('not a version 4 UUID');
  try {
    // @ts-expect-error An unsupported schema.
    build({ schema: 2, uuid: id });
  } catch (error) {
    if (!(error instanceof CollectorError)) throw error;
    const code: CollectorErrorCode = error.code;
    const path: string = error.path;
    if (code !== 'unsupported_schema' || path !== 'schema') throw new Error(`${code} ${path}`);
  }
  console.log(report.sha256);
}

main();
