/**
 * What recorded facts mean, by version (A7).
 *
 * 1. Every record is written with {@link FACTS_VERSION}. A record without a version is of version 1.
 * 2. An older fact is upcast when it is read: step by step, by pure functions, one fact at a time. The record itself, its
 *    version and its hash stay as they were written.
 * 3. A newer version, or a fact of a type that is not in the table below, cannot be understood: the record is named, and
 *    the gate closes.
 *
 * To add a fact: one line in `FACT_TYPES`; the types ask for it. The version stays, since an older program that meets the
 * fact does not know its type. To change what a recorded fact or one of its fields means: raise `FACTS_VERSION`, add the
 * upcaster that leads from the version before, and keep a journal of that version in `test/fixtures`.
 */
import type { CaseFact } from '../domain/cases.js';
import type { JournalRecord, RecordedFact, RecordStream } from '../domain/journal.js';
import type { EngineFaultFact, ExecutionFact } from '../machines/execution.facts.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { ProtectionFact } from '../machines/protection.facts.js';

/** The version of what is written now. */
export const FACTS_VERSION = 2;

type Known<Fact extends { readonly type: string }> = Readonly<Record<Fact['type'], true>>;

const EXECUTION: Known<ExecutionFact | EngineFaultFact> = {
  ENGINE_FAULT: true,
  START: true,
  BROKER_ASKED: true,
  SUBMIT_STARTED: true,
  SUBMIT_BLOCKED: true,
  SUBMIT_WITHDRAWN: true,
  SUBMIT_OUTCOME: true,
  ORDER_REPORT: true,
  ORDER_LOOKED: true,
  EXIT_REPORT: true,
  CANCEL_STARTED: true,
  CANCEL_OUTCOME: true,
  PROTECTION_OUTCOME: true,
  RECONCILED: true,
  DEADLINE: true,
  KILL_SWITCH: true,
  RECOVERED: true,
};

const PROTECTION: Known<ProtectionFact> = {
  START: true,
  EXIT_REPORT: true,
  EXIT_ABSENT: true,
  POSITION_SEEN: true,
  DEADLINE: true,
  RECOVERED: true,
};

const KILL_SWITCH: Known<KillSwitchFact> = { SET: true, RELEASED: true };

const CASE: Known<CaseFact> = { CASE_OPENED: true, CASE_RESOLVED: true };

const FACT_TYPES: Readonly<Record<RecordStream, Readonly<Record<string, true>>>> = {
  execution: EXECUTION,
  protection: PROTECTION,
  'kill-switch': KILL_SWITCH,
  case: CASE,
  engine: { ARCHIVED: true },
};

/** A fact of one version as a fact of the next. */
type Upcaster = (stream: RecordStream, fact: RecordedFact) => RecordedFact;

/** The upcaster from version `n` to `n + 1` stands at index `n - 1`. What was released is never changed. */
export const UPCASTERS: readonly Upcaster[] = [
  // Version 2 adds facts and optional fields; what version 1 says means the same.
  (_stream, fact) => fact,
];

export const versionOf = ({ v = 1 }: Pick<JournalRecord, 'v'>): number => v;

/** The record with its fact in the words of the present version. What cannot be understood comes back as it is. */
export function upcast(record: JournalRecord, upcasters: readonly Upcaster[] = UPCASTERS): JournalRecord {
  const version = versionOf(record);
  if (!Number.isSafeInteger(version) || version < 1 || version > upcasters.length) return record;
  const fact = upcasters.slice(version - 1).reduce((older, step) => step(record.stream, older), record.fact);
  return fact === record.fact ? record : { ...record, fact };
}

/** Why the record cannot be understood, as the end of a sentence about it; `undefined` when it can. */
export function unknownMeaning(record: JournalRecord): string | undefined {
  const version = versionOf(record);
  if (!Number.isSafeInteger(version) || version < 1) return `has no version that is one (${JSON.stringify(record.v)})`;
  if (version > FACTS_VERSION)
    return `is of version ${version}, and this program knows facts up to version ${FACTS_VERSION}`;
  return isKnownFact(record) ? undefined : `holds a fact of unknown type (${record.stream} ${record.fact.type})`;
}

const isKnownFact = ({ stream, fact }: JournalRecord): boolean =>
  Object.hasOwn(FACT_TYPES, stream) && Object.hasOwn(FACT_TYPES[stream], fact.type);
