/**
 * Where an execution's chart stands, in words: its top state, its path, its stage.
 */
import type { ActorRefFrom, SnapshotFrom } from 'xstate';
import type { ExecutionState } from '../domain/reasons.js';
import type { ExecutionStage } from '../domain/result.js';
import type { executionMachine } from './execution.machine.js';
import { stageOf } from './execution.result.js';

export type ExecutionActor = ActorRefFrom<typeof executionMachine>;
export type ExecutionSnapshot = SnapshotFrom<typeof executionMachine>;

/** The chart's top state. */
export function topState({ value }: { readonly value: ExecutionSnapshot['value'] }): ExecutionState {
  if (typeof value === 'string') return value as ExecutionState;
  // Asked several times of each fact: no list of keys is made for it.
  for (const name in value) return name as ExecutionState;
  throw new TypeError('a chart stands in one state');
}

/** The chart's state as one path. */
export function statePath(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return `${key}.${statePath(inner)}`;
}

export const stageOfSnapshot = (snapshot: ExecutionSnapshot): ExecutionStage =>
  stageOf(topState(snapshot), snapshot.context);

/** The order may still be filled, as far as the engine knows. */
export const isOrderLive = (snapshot: ExecutionSnapshot): boolean => MAY_FILL.includes(topState(snapshot));

const MAY_FILL: readonly ExecutionState[] = ['submitted', 'pending', 'cancelling', 'timeout'];

/** The submit call is what comes next. */
export const isReadyToSubmit = ({ value }: ExecutionSnapshot): boolean =>
  typeof value === 'object' && 'submitted' in value && value.submitted === 'ready';
