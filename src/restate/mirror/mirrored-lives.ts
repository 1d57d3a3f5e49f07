/**
 * Executions and positions that run on Restate, as far as they are looked at: all that are not over, and the latest of the others.
 */
import type { EngineTime } from '../../actors/engine-time.js';
import type { JournalRecord } from '../../domain/journal.js';
import { beginsLife } from '../../journal/lives.js';
import { isRegistered } from '../../machines/advisory.js';
import type { ExecutionFact, ExecutionInput, FactOf } from '../../machines/execution.facts.js';
import type { ProtectionFact } from '../../machines/protection.facts.js';
import { type ProtectionSnapshot, positionState } from '../../machines/protection.state.js';
import { newProtectionState, step, takes } from '../../machines/step.js';
import { type PositionView, positionViewOf } from '../../views/position-view.js';
import { type MirroredExecution, mirroredExecution } from './mirrored-execution.js';

/** So many that are over are kept in memory. */
const MOST_OVER = 2_000;

export interface MirroredLives {
  find(advisoryId: string): MirroredExecution | undefined;
  /** Those that have begun, oldest first. */
  all(): readonly MirroredExecution[];
  /** The place of an advisory that is being handed over. */
  expect(input: ExecutionInput): MirroredExecution;
  /** It came to nothing: the one that was there before is there again. */
  withdraw(input: ExecutionInput, was: MirroredExecution): void;
  /** Takes the fact of an execution; `undefined` for one whose beginning is not known here. */
  take(record: JournalRecord): MirroredExecution | undefined;
}

export function mirroredLives(time: EngineTime): MirroredLives {
  const byAdvisory = new Map<string, MirroredExecution>();
  const before = new Map<string, MirroredExecution>();
  let over = 0;

  function forgetOldest(): void {
    for (const [advisoryId, one] of byAdvisory) {
      if (over <= MOST_OVER) return;
      if (!one.isDone) continue;
      byAdvisory.delete(advisoryId);
      over -= 1;
    }
  }

  function begin({ advisory }: FactOf<'START'>): MirroredExecution {
    const known = byAdvisory.get(advisory.advisoryId);
    if (known !== undefined && !known.hasBegun) return known;
    return put(advisory);
  }

  function put(input: ExecutionInput): MirroredExecution {
    const known = byAdvisory.get(input.advisoryId);
    if (known?.isDone === true) over -= 1;
    if (known !== undefined) before.set(input.advisoryId, known);
    const made = mirroredExecution(input, time);
    byAdvisory.delete(input.advisoryId);
    byAdvisory.set(input.advisoryId, made);
    return made;
  }

  return {
    find: (advisoryId) => byAdvisory.get(advisoryId),
    all: () => [...byAdvisory.values()].filter(({ hasBegun }) => hasBegun),
    expect: (input) => (isRegistered(input) ? put(input) : mirroredExecution(input, time)),
    withdraw({ advisoryId }, was) {
      if (byAdvisory.get(advisoryId) !== was || was.hasBegun) return;
      const earlier = before.get(advisoryId);
      if (earlier === undefined) byAdvisory.delete(advisoryId);
      else byAdvisory.set(advisoryId, earlier);
      if (earlier?.isDone === true) over += 1;
    },
    take(record) {
      const fact = record.fact as unknown as ExecutionFact;
      const one = beginsLife(record) ? begin(fact as FactOf<'START'>) : byAdvisory.get(record.advisoryId ?? '');
      if (one === undefined || one.isDone) return one;
      one.take(fact);
      if (one.isDone) {
        before.delete(record.advisoryId ?? '');
        over += 1;
        forgetOldest();
      }
      return one;
    },
  };
}

interface MirroredPositions {
  /** Open ones, and the latest others, oldest first. */
  all(): readonly PositionView[];
  /** Takes a fact of the exits; the position as it stands then, when it says something. */
  take(fact: ProtectionFact, advisoryId: string): PositionView | undefined;
}

export function mirroredPositions(): MirroredPositions {
  const byAdvisory = new Map<string, ProtectionSnapshot>();
  const viewOf = (snapshot: ProtectionSnapshot) => positionViewOf(snapshot.context, positionState(snapshot));

  function forgetOldest(): void {
    let tooMany = byAdvisory.size - MOST_OVER;
    for (const [advisoryId, { status }] of byAdvisory) {
      if (tooMany <= 0) return;
      if (status === 'active') continue;
      byAdvisory.delete(advisoryId);
      tooMany -= 1;
    }
  }

  return {
    all: () => [...byAdvisory.values()].map(viewOf),
    take(fact, advisoryId) {
      const known = fact.type === 'START' ? newProtectionState() : byAdvisory.get(advisoryId);
      if (known === undefined || known.status !== 'active' || !takes(known, fact)) return undefined;
      const { state } = step(known, fact);
      byAdvisory.set(advisoryId, state);
      forgetOldest();
      return viewOf(state);
    },
  };
}
