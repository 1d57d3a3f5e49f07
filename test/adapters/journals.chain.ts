/**
 * Records that chain.
 */
import type { Json } from '../../src/domain/canonical.js';
import { chained, GENESIS_HASH, type JournalRecord, type UnchainedRecord } from '../../src/domain/journal.js';

/** A chain of `count` records that goes on from `previous`. */
export function chainOf(count: number, previous?: JournalRecord, payload: Json = null): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (let index = 0; index < count; index += 1) {
    records.push(nextRecord(records.at(-1) ?? previous, payload));
  }
  return records;
}

export function nextRecord(previous: JournalRecord | undefined, payload: Json = null): JournalRecord {
  const seq = (previous?.seq ?? 0) + 1;
  const wall = new Date(1_900_000_000_000 + seq).toISOString();
  const advisory = seq % 3 === 0 ? {} : { advisoryId: `ADV-${seq % 7}`, snapshotHash: 'a'.repeat(64) };
  const record: UnchainedRecord = {
    seq,
    stream: seq % 3 === 0 ? 'kill-switch' : 'execution',
    ...advisory,
    wall,
    at: seq + 0.25,
    fact: { type: 'TEST', payload },
    audit: [{ seq, event: 'order_accepted', timestamp: wall, ...advisory, details: { note: `№ ${seq}` } }],
  };
  return chained(record, previous?.hash ?? GENESIS_HASH);
}
