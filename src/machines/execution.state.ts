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
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as ExecutionState;
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
export const isOrderLive = (snapshot: ExecutionSnapshot): boolean =>
  ['submitted', 'pending', 'cancelling', 'timeout'].includes(topState(snapshot));

/** The submit call is what comes next. */
export const isReadyToSubmit = ({ value }: ExecutionSnapshot): boolean => statePath(value) === 'submitted.ready';
