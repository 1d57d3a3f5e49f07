/**
 * What the journal holds, and the hash chain over it (A5).
 *
 * 1. A record is one fact: something that happened, in the very form in which the charts take it (A3).
 * 2. Beside the fact stand the audit events that it caused, so that a person can read the record without the code.
 * 3. `hash` covers every other member of the record and, by `prevHash`, everything before it.
 * 4. `seq` counts from 1 without a gap, over all executions.
 */
import type { AuditRecord } from './audit.js';
import { canonicalJson, type JsonObject, sha256 } from './canonical.js';

/** A fact, as plain JSON: an event of the execution chart, of the kill-switch chart, or of the cases. */
export type RecordedFact = { readonly type: string } & JsonObject;

/** Whose fact it is. */
export type RecordStream = 'execution' | 'kill-switch' | 'case' | 'engine';

export interface JournalRecord {
  readonly seq: number;
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
export const chained = (record: UnchainedRecord, prevHash: string): JournalRecord => ({
  ...record,
  prevHash,
  hash: sha256(`${prevHash}\n${canonicalJson(record)}`),
});

export type ChainVerdict =
  | { readonly ok: true; readonly records: number; readonly lastHash: string }
  | { readonly ok: false; readonly seq: number; readonly problem: string };

/**
 * Checks a journal from its first record (A5). The verdict names the first record that is changed, missing, inserted
 * or out of order. A cut-off tail shows only against an `expected` end that was noted elsewhere.
 */
export function verifyChain(
  records: Iterable<JournalRecord>,
  expected?: { readonly records: number; readonly lastHash: string },
): ChainVerdict {
  let count = 0;
  let lastHash = GENESIS_HASH;
  for (const record of records) {
    const seq = count + 1;
    if (record.seq !== seq)
      return { ok: false, seq, problem: `record ${seq} is missing or out of order: found seq ${record.seq}` };
    if (record.prevHash !== lastHash)
      return { ok: false, seq, problem: `record ${seq} does not follow record ${count}: its prevHash differs` };
    const { prevHash, hash, ...content } = record;
    if (chained(content, prevHash).hash !== hash)
      return { ok: false, seq, problem: `record ${seq} was changed: its hash differs` };
    count = seq;
    lastHash = hash;
  }
  if (expected !== undefined && (expected.records !== count || expected.lastHash !== lastHash)) {
    return {
      ok: false,
      seq: count + 1,
      problem: `the journal ends at record ${count}; ${expected.records} were expected`,
    };
  }
  return { ok: true, records: count, lastHash };
}
