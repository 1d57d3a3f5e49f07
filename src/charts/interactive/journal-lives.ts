/**
 * The lives that a journal holds of one advisory: its execution, and its exits after the result.
 */
import type { JournalRecord } from '../../domain/journal.js';
import { upcast } from '../../journal/fact-versions.js';
import { type Replay, replayExecution } from '../../journal/replay.js';
import { executionMachine } from '../../machines/execution.machine.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { type DatedFact, type Life, lifeOf } from './life.js';

interface JournalLives {
  readonly replay: Replay;
  /** The execution's, then the exits' where there are any. */
  readonly lives: readonly Life[];
}

/** Undefined when the journal does not know the advisory. */
export function journalLives(records: Iterable<JournalRecord>, advisoryId: string): JournalLives | undefined {
  const own = [...records].filter((record) => record.advisoryId === advisoryId);
  const replay = replayExecution(own, advisoryId);
  if (replay === undefined) return undefined;
  return { replay, lives: [executionLife(replay), ...exitLives(own, advisoryId)] };
}

function executionLife({ advisoryId, steps, verdict }: Replay): Life {
  const [first] = steps;
  const input = first?.fact.type === 'START' ? first.fact.advisory : undefined;
  const facts = steps.map(({ fact, at, seq, wall }): DatedFact => ({ fact, at, seq, wall }));
  const name = `${advisoryId}: execution`;
  return lifeOf(executionMachine, input, facts, { id: `${advisoryId} execution`, name, source: 'journal', verdict });
}

function exitLives(own: readonly JournalRecord[], advisoryId: string): readonly Life[] {
  const records = own.filter(({ stream }) => stream === 'protection');
  const begin = records.findLastIndex(({ fact }) => fact.type === 'START');
  const facts = records
    .slice(Math.max(0, begin))
    .map((record): DatedFact => ({ fact: upcast(record).fact, at: record.at, seq: record.seq, wall: record.wall }));
  if (facts.length === 0) return [];
  const heading = { id: `${advisoryId} protection`, name: `${advisoryId}: exits`, source: 'journal' } as const;
  return [lifeOf(protectionMachine, undefined, facts, heading)];
}
