/**
 * The life of one advisory among its records.
 *
 * 1. Refusals of what could not be read or named, and of conflicting advisories, stand beside a life and are no part of it.
 * 2. An advisory that was run again, on purpose, was refused before anything left the process: its last run is its life (E1).
 */
import type { JournalRecord } from '../domain/journal.js';
import { isRegistered } from '../machines/advisory.js';
import type { FactOf } from '../machines/execution.facts.js';
import type { ProtectionFact } from '../machines/protection.facts.js';

export const isStart = ({ stream, fact }: JournalRecord): boolean => stream === 'execution' && fact.type === 'START';

/** Whether the record begins a life. One that was changed may hold no advisory. */
export function beginsLife(record: JournalRecord): boolean {
  const { advisory } = record.fact as unknown as Partial<FactOf<'START'>>;
  return isStart(record) && Array.isArray(advisory?.problems) && isRegistered(advisory);
}

/** Of the records of one advisory, oldest first, those of its life, from its START on; none when it has none. */
export function lifeOf(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const begin = records.findLast(beginsLife);
  if (begin === undefined) return [];
  const others = records.filter(
    (record) => record.stream === 'execution' && !isStart(record) && record.seq > begin.seq,
  );
  return [begin, ...others];
}

/** The facts of the exits, of the records of one advisory. */
export const exitFactsOf = (records: readonly JournalRecord[]): readonly ProtectionFact[] =>
  records.filter(({ stream }) => stream === 'protection').map(({ fact }) => fact as unknown as ProtectionFact);
