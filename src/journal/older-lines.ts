/**
 * Lines of the audit log that are no longer in memory, from the journal (E7).
 *
 * A page costs its own length and some steps of a search: lines are numbered in the order of their records.
 */
import type { AuditRecord } from '../domain/audit.js';
import type { RecordLookup } from '../domain/journal-index.js';

/** Records read at once. */
const CHUNK = 256;

/** Lines with a `seq` above `after`, oldest first, at most `limit`. @param upTo number of the last record to look at */
export function olderLines(
  lookup: Pick<RecordLookup, 'records'>,
  upTo: number,
  after: number,
  limit: number,
): readonly AuditRecord[] {
  const lines: AuditRecord[] = [];
  for (let from = firstAfter(lookup, upTo, after); from <= upTo && lines.length < limit; ) {
    const records = lookup.records(from, CHUNK);
    const last = records.at(-1);
    if (last === undefined) break;
    lines.push(...records.flatMap(({ audit }) => audit).filter(({ seq }) => seq > after));
    from = last.seq + 1;
  }
  return lines.slice(0, limit);
}

/** A record from which on all lines above `after` stand. */
function firstAfter(lookup: Pick<RecordLookup, 'records'>, upTo: number, after: number): number {
  let [low, high] = [1, upTo + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const line = lookup.records(middle, CHUNK).find(({ audit }) => audit.length > 0)?.audit[0];
    if (line !== undefined && line.seq <= after) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low - 1);
}
