/**
 * What the journal holds, and the hash chain over it (A5).
 *
 * 1. A record is one fact: something that happened, in the very form in which the charts take it (A3).
 * 2. Beside the fact stand the audit events that it caused, so that a person can read the record without the code.
 * 3. `hash` covers every other member of the record and, by `prevHash`, everything before it.
 * 4. `seq` counts from 1 without a gap, over all executions.
 */
import type { AuditRecord } from './audit.js';
import type { JsonObject } from './canonical.js';
import { put, putCanonical, type Span, sha256Of, textAt } from './canonical-bytes.js';

/** A fact, as plain JSON: an event of the execution, protection or kill-switch chart, or of the cases. */
export type RecordedFact = { readonly type: string } & JsonObject;

/** Whose fact it is: an execution's, its exits' after the result, a kill switch's, a case's, or the engine's own. */
export const RECORD_STREAMS = ['execution', 'protection', 'kill-switch', 'case', 'engine'] as const;
export type RecordStream = (typeof RECORD_STREAMS)[number];

/**
 * One record of a journal: a fact, the audit lines that it caused, and its place in the hash chain (A5).
 * @public @since 0.1.0
 */
export interface JournalRecord {
  readonly seq: number;
  /** Version of the facts' meaning (A7); absent in the records of version 1. */
  readonly v?: number;
  readonly stream: RecordStream;
  /** Absent for facts that belong to no execution. */
  readonly advisoryId?: string;
  readonly snapshotHash?: string;
  /** Wall time, ISO 8601 UTC. */
  readonly wall: string;
  /** Engine time in ms: monotonic within a process, anchored to wall time when it started. Deadlines use it. */
  readonly at: number;
  readonly fact: RecordedFact;
  readonly audit: readonly AuditRecord[];
  readonly prevHash: string;
  readonly hash: string;
}

/** The `prevHash` of the first record. */
export const GENESIS_HASH = '0'.repeat(64);

export type UnchainedRecord = Omit<JournalRecord, 'prevHash' | 'hash'>;

/** The record with its link in the chain. */
export function chained(record: UnchainedRecord, prevHash: string): JournalRecord {
  if (isPlain(record)) return chainedPlain(record, prevHash);
  const hash = linkHash(prevHash, () => putCanonical(record));
  return Object.assign({}, record, { prevHash, hash });
}

/** The same, by who has made the record of these members and no others: nobody need look. */
export function chainedPlain(record: UnchainedRecord, prevHash: string): JournalRecord {
  let spans: RecordSpans | undefined;
  const hash = linkHash(prevHash, () => {
    spans = putRecord(record);
  });
  const of = linked(record, prevHash, hash);
  last = { of, spans };
  return of;
}

/** A record of an execution as one literal; any other by a copy, but no spread with more members (docs/performance.md). */
function linked(record: UnchainedRecord, prevHash: string, hash: string): JournalRecord {
  const { seq, v, stream, advisoryId, snapshotHash, wall, at, fact, audit } = record;
  if (v === undefined || advisoryId === undefined || snapshotHash === undefined)
    return Object.assign({}, record, { prevHash, hash });
  return { seq, v, stream, advisoryId, snapshotHash, wall, at, fact, audit, prevHash, hash };
}

/** SHA-256 over the link before and what `write` puts. */
const linkHash = (prevHash: string, write: () => void): string =>
  sha256Of(() => {
    put(prevHash);
    put('\n');
    write();
  });

/** Canonical JSON of the two members that are most of a record: what is hashed, and what a journal may keep. */
interface RecordTexts {
  readonly fact: string;
  readonly audit: string;
}

/** Where they stand. */
type RecordSpans = { readonly [Name in keyof RecordTexts]: Span };

/** Of the record that was chained last: it is written down right after. */
let last: { readonly of: JournalRecord; readonly spans: RecordSpans | undefined } | undefined;

/** What was hashed for this record; `undefined` when anything else has been written since. */
export function textsOf(record: JournalRecord): RecordTexts | undefined {
  if (last?.of !== record || last.spans === undefined) return undefined;
  const [fact, audit] = [textAt(last.spans.fact), textAt(last.spans.audit)];
  return fact === undefined || audit === undefined ? undefined : { fact, audit };
}

const MEMBERS: ReadonlySet<string> = new Set(
  Object.keys({
    ...{ seq: 0, v: 0, stream: 0, advisoryId: 0, snapshotHash: 0, wall: 0, at: 0, fact: 0, audit: 0 },
  } satisfies Readonly<Record<keyof UnchainedRecord, 0>>),
);

/** It has no member but those of a record: what was read elsewhere may have others, and they are hashed too. */
function isPlain(record: object): boolean {
  for (const name in record) if (!MEMBERS.has(name)) return false;
  return true;
}

/** Puts what `putCanonical(record)` puts. @param texts of fact and audit lines, where they are known */
function putRecord(record: UnchainedRecord, texts?: RecordTexts): RecordSpans {
  const { advisoryId, at, seq, snapshotHash, stream, v, wall } = record;
  put('{');
  if (advisoryId !== undefined) putMember('"advisoryId":', advisoryId, ',');
  putMember('"at":', at, ',"audit":');
  const audit = putCanonical(record.audit, texts?.audit);
  put(',"fact":');
  const fact = putCanonical(record.fact, texts?.fact);
  putMember(',"seq":', seq, ',');
  if (snapshotHash !== undefined) putMember('"snapshotHash":', snapshotHash, ',');
  putMember('"stream":', stream, ',');
  if (v !== undefined) putMember('"v":', v, ',');
  putMember('"wall":', wall, '}');
  return { audit, fact };
}

function putMember(before: string, value: unknown, after: string): void {
  put(before);
  putCanonical(value);
  put(after);
}

/** Records of which the texts that they were read from have their hash: they need not be written out once more to know it. */
const readIntact = new WeakSet<JournalRecord>();

/**
 * Told by who has read a record from these texts, and hands it to nobody who may write to it: where their hash is that of the
 * record, {@link isIntact} takes it from here.
 */
export function noteTexts(record: JournalRecord, texts: RecordTexts): void {
  if (linkHash(record.prevHash, () => putRecord(record, texts)) === record.hash) readIntact.add(record);
}

/** Where a journal ends, as noted apart from its records: without it nobody can tell that a tail was cut off. */
export interface ChainEnd {
  readonly records: number;
  /** Hash of the last record, {@link GENESIS_HASH} when there is none. */
  readonly lastHash: string;
}

type ChainFault = 'changed' | 'missing' | 'inserted' | 'reordered' | 'cut off';

/**
 * What the hash chain of a journal proves: whole, or the first record that is not what was written (A5).
 * @public @since 0.1.0
 */
export type ChainVerdict =
  | ({ readonly ok: true } & ChainEnd)
  | {
      readonly ok: false;
      /** The first record that is not as it was written. */
      readonly seq: number;
      readonly fault: ChainFault;
      readonly problem: string;
    };

type Broken = Extract<ChainVerdict, { ok: false }>;

/** One place in a journal: a record, or what could not be read as one. */
export type ChainEntry = JournalRecord | undefined;

/**
 * Checks a journal from its first record (A5). The verdict names the first record that is changed, missing, inserted
 * or out of order. A cut-off tail shows only against an `expected` end that was noted elsewhere.
 *
 * @param before where the records before these end; nothing by default
 * @public @since 0.1.0
 */
export function verifyChain(
  records: Iterable<ChainEntry>,
  expected?: ChainEnd,
  before: ChainEnd = NOTHING_BEFORE,
): ChainVerdict {
  const entries = [...records];
  let { lastHash } = before;
  for (const [index, entry] of entries.entries()) {
    if (!follows(entry, before.records + index + 1, lastHash)) return faultAt(entries, index, lastHash, before.records);
    lastHash = entry.hash;
  }
  return verifyEnd({ records: before.records + entries.length, lastHash }, expected);
}

const NOTHING_BEFORE: ChainEnd = { records: 0, lastHash: GENESIS_HASH };

/** The record has the hash of what it says. */
export const isIntact = (record: JournalRecord): boolean => readIntact.has(record) || hasItsHash(record);

const hasItsHash = ({ prevHash, hash, ...content }: JournalRecord): boolean =>
  linkHash(prevHash, () => putCanonical(content)) === hash;

/** The entry is record number `seq`, and the one that was chained to `lastHash`. */
export const follows = (entry: ChainEntry, seq: number, lastHash: string): entry is JournalRecord =>
  entry !== undefined && entry.seq === seq && entry.prevHash === lastHash && isIntact(entry);

const broken = (seq: number, fault: ChainFault, problem: string): Broken => ({ ok: false, seq, fault, problem });

/** What happened at the first entry that does not follow. */
function faultAt(entries: readonly ChainEntry[], index: number, lastHash: string, before: number): Broken {
  const seq = before + index + 1;
  const found = entries[index];
  const isNext = follows(entries[index + 1], seq, lastHash);
  if (found === undefined || !isIntact(found)) {
    return isNext
      ? broken(seq, 'inserted', `something was inserted before record ${seq}`)
      : broken(seq, 'changed', `record ${seq} was changed: ${whatDiffers(found, seq)}`);
  }
  if (found.seq > seq) {
    const isLater = entries.slice(index + 1).some((entry) => follows(entry, seq, lastHash));
    if (isLater) return broken(seq, 'reordered', `record ${seq} is out of order: record ${found.seq} stands before it`);
    const range = found.seq === seq + 1 ? `record ${seq} is` : `records ${seq} to ${found.seq - 1} are`;
    return broken(seq, 'missing', `${range} missing: record ${found.seq} stands there`);
  }
  if (found.seq < seq) return broken(seq, 'inserted', `record ${found.seq} was inserted after record ${seq - 1}`);
  return isNext
    ? broken(seq, 'inserted', `another record ${seq} was inserted before record ${seq}`)
    : broken(seq, 'changed', `record ${seq} was made anew: it does not follow record ${seq - 1}`);
}

const whatDiffers = (found: ChainEntry, seq: number): string =>
  found === undefined
    ? 'it cannot be read as it was written'
    : found.seq === seq
      ? 'its hash differs'
      : `its hash differs, and it calls itself record ${found.seq}`;

/** The end that was found against the one that was noted. */
function verifyEnd(end: ChainEnd, expected: ChainEnd | undefined): ChainVerdict {
  const { records, lastHash } = end;
  if (expected === undefined || (expected.records === records && expected.lastHash === lastHash))
    return { ok: true, ...end };
  if (expected.records > records) {
    const problem = `the journal is cut off after record ${records}: ${expected.records} were written`;
    return broken(records + 1, 'cut off', problem);
  }
  if (expected.records < records) {
    const problem = `record ${expected.records + 1} was inserted: ${expected.records} were written`;
    return broken(expected.records + 1, 'inserted', problem);
  }
  return broken(records, 'changed', `record ${records} is not the one that was noted as the last: its hash differs`);
}

/** Whether a journal whose chain holds still begins with the records up to a head that was noted earlier. */
export function verifyAnchor(records: readonly JournalRecord[], anchor: ChainEnd): ChainVerdict {
  const { length } = records;
  const lastHash = records.at(-1)?.hash ?? GENESIS_HASH;
  if (length < anchor.records) return verifyEnd({ records: length, lastHash }, anchor);
  const noted = anchor.records === 0 ? GENESIS_HASH : records[anchor.records - 1]?.hash;
  if (noted === anchor.lastHash) return { ok: true, records: length, lastHash };
  return broken(anchor.records, 'changed', `the journal was made anew, up to record ${anchor.records} at least`);
}
