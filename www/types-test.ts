// The hand-written types of callback-collector name the same fields and values as the module's schemas: a field that only
// one of them has fails the type check.
import type * as hand from 'callback-collector';
import type * as facts from './src/generated/facts.js';
import type * as findings from './src/generated/findings.js';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : { missing: Exclude<B, A>; extra: Exclude<A, B> }) : { missing: Exclude<B, A>; extra: Exclude<A, B> };

export const same: [
  Same<keyof hand.Facts, keyof facts.Facts>,
  Same<keyof hand.Device, keyof facts.Device>,
  Same<keyof hand.Count, keyof facts.Count>,
  Same<keyof hand.Consent, keyof facts.Consent>,
  Same<keyof NonNullable<hand.Facts['versions']>, keyof facts.Versions>,
  Same<hand.Category, facts.Category>,
  Same<keyof hand.Findings, keyof findings.Findings>,
  Same<hand.IdentifierKind, findings.IdentifierKind>,
  Same<hand.Findings['left_out'][number]['reason'], findings.Reason>,
  Same<keyof hand.Findings['left_out'][number], keyof findings.LeftOut>,
  Same<hand.Findings['cleaned'][number]['by'], findings.CleanedBy>,
  Same<keyof hand.Findings['rare'][number], keyof findings.RareLabel>,
  Same<keyof hand.Redacted, keyof findings.Redacted>,
  Same<keyof hand.Redaction, keyof findings.Redaction>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true];
