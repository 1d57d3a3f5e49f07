/**
 * What the paths excuse as out of reach, held against what the exhaustive check has met.
 *
 * An excuse is proved when the check, which has gone through every state to the fixpoint, never met it.
 */
import type { AnyStateMachine } from 'xstate';
import { chartMap } from '../machines/chart-map.js';
import { executionMachine } from '../machines/execution.machine.js';
import { protectionMachine } from '../machines/protection.machine.js';
import { UNREACHABLE_FOR_EXITS_ON_ENGINE } from '../testing/paths/exit-paths.js';
import { explained, UNREACHABLE_IN_ENGINE, type Unreachable } from '../testing/paths/unreachable.js';

export interface Excuses {
  /** Transitions and answers of guards, such as `pending|ORDER_REPORT|8 [isNews] false`. */
  readonly excused: readonly string[];
  /** Those of them that the check has met after all. */
  readonly unproved: readonly string[];
}

/** @param neverMet what the check of the execution chart has not met */
export const excusesOfExecution = (neverMet: readonly string[]): Excuses =>
  excuses(executionMachine, UNREACHABLE_IN_ENGINE, neverMet);

/** @param neverMet what the check of the exits' chart has not met */
export const excusesOfExits = (neverMet: readonly string[]): Excuses =>
  excuses(protectionMachine, UNREACHABLE_FOR_EXITS_ON_ENGINE, neverMet);

function excuses(chart: AnyStateMachine, reasons: readonly Unreachable[], neverMet: readonly string[]): Excuses {
  const { transitions, branches } = chartMap(chart);
  const excused = explained([...transitions.map(({ id }) => id), ...branches], reasons);
  return { excused, unproved: excused.filter((name) => !neverMet.includes(name)) };
}
