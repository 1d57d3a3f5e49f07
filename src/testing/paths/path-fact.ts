/**
 * One fact of a path, and how it comes about from outside.
 */
import type { ExecutionFact } from '../../machines/execution.facts.js';

/**
 * `world`: somebody does something (an answer, a push, a switch, a restart). `timer`: time passes until a timer fires.
 * `follows`: the engine tells it by itself in the turn of the fact before.
 */
type Cause = 'world' | 'timer' | 'follows';

/** 2 for what is followed by nothing but a plain life. */
export type Deviation = 0 | 1 | 2;

export interface Plan {
  readonly cause: Cause;
  /** 0 for what a plain life would bring next, 1 for a deviation from it. */
  readonly deviation: Deviation;
  /** What happens, in a few words. */
  readonly label: string;
  /** The process slept: timers that fell due before this fact have not fired. */
  readonly asleep?: true;
  /** The call that follows from the fact blocks the process for so long, in ms, before it returns. */
  readonly blocksMs?: number;
  /** Only the chart can be given this: the engine drops such a fact, or tells another one first. The path's last, or not. */
  readonly chartOnly?: 'last' | 'onward';
}

/** An event of the chart with its plan beside it; the chart does not look at the plan. */
export type PathFact = ExecutionFact & { readonly plan: Plan };

/** The fact as the engine would record it. */
export function bareFact({ plan: _plan, ...fact }: PathFact): ExecutionFact {
  return fact as ExecutionFact;
}
