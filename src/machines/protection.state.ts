/**
 * Where the chart of a position's exits stands, in a word.
 */
import type { SnapshotFrom } from 'xstate';
import type { protectionMachine } from './protection.machine.js';

export type ProtectionSnapshot = SnapshotFrom<typeof protectionMachine>;

/**
 * `working`: held, its exits work. `doubting`: an exit has ended, and the position is being asked for. `settling`: closed, and
 * an exit is not known to be gone. `lost`: held without all of its exits. `reversing`, `reversed`: the exits closed too much.
 * @public @since 0.1.0
 */
export type PositionState =
  | 'working'
  | 'doubting'
  | 'settling'
  | 'lost'
  | 'reversing'
  | 'closedByStopLoss'
  | 'closedByTakeProfit'
  | 'closedElsewhere'
  | 'reversed';

/** The chart's top state, as a position has it. */
export function positionState({ value }: { readonly value: ProtectionSnapshot['value'] }): PositionState {
  const state = typeof value === 'string' ? value : Object.keys(value)[0];
  // `starting` is left with the first fact, and `judging` in the turn in which it is entered.
  return (state === 'starting' || state === 'judging' ? 'working' : state) as PositionState;
}
