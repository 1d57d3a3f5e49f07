/**
 * Positions as a journal has them: the recorded facts of each position's exits, folded through their chart (B7).
 *
 * 1. Nothing is asked of a broker: what stands here is what was known when the last record was written.
 * 2. A life that cannot be folded is passed over; the verdict on the journal says why.
 */
import { getInitialSnapshot, getNextSnapshot } from 'xstate';
import type { JournalRecord } from '../../domain/journal.js';
import { attempt } from '../../domain/reading.js';
import { upcast } from '../../journal/fact-versions.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { positionState } from '../../machines/protection.state.js';
import { type PositionView, positionViewOf } from '../../views/position-view.js';

/** Every position of the journal, in the order in which they were opened; closed ones too. */
export function positionsIn(records: Iterable<JournalRecord>): readonly PositionView[] {
  const lives = new Map<string, ProtectionFact[]>();
  for (const record of records) {
    if (record.stream !== 'protection' || record.advisoryId === undefined) continue;
    const fact = attempt(() => upcast(record).fact as unknown as ProtectionFact);
    if (fact === undefined) continue;
    // A process that takes the position up begins its life anew, with all that is known.
    if (fact.type === 'START') lives.set(record.advisoryId, [fact]);
    else lives.get(record.advisoryId)?.push(fact);
  }
  return [...lives.values()].flatMap((facts) => attempt(() => folded(facts)) ?? []);
}

function folded(facts: readonly ProtectionFact[]): PositionView {
  let snapshot = getInitialSnapshot(protectionMachine);
  for (const fact of facts) snapshot = getNextSnapshot(protectionMachine, snapshot, fact);
  return positionViewOf(snapshot.context, positionState(snapshot));
}
