/**
 * What the stories at the boundaries are made of.
 */
import type { ExecutionResult, SnapshotInput } from 'fillchart';
import { expect } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { expectSafe } from './safety.js';
import { type Act, ADVISORY, type Setting, told, type World } from './support.js';

/** What somebody does in a story. */
export interface Event {
  /** T, in seconds. */
  readonly at: number;
  readonly does: Act;
}

export interface Story {
  /** Ids of the rules that it shows. */
  readonly rules: string;
  /** What happens, and what comes of it. */
  readonly when: string;
  /** The broker's script, its faults, and what else is as it is from the start. */
  readonly setting: Setting;
  readonly events?: readonly Event[];
  /** What the result holds. */
  readonly expected: object;
  readonly also?: (now: World, result: ExecutionResult) => unknown;
  readonly input?: SnapshotInput;
}

export const played =
  ({ setting, events = [], expected, also, input = ADVISORY }: Omit<Story, 'rules' | 'when'>) =>
  async (): Promise<void> => {
    const acts = events.map(({ at, does }) => [at, does] as const);
    const { now, result } = await told(setting, acts, input);
    expect(result).toMatchObject(expected);
    expectSafe(now, result);
    await also?.(now, result);
  };

export const ignoring = (script: OrderScript): OrderScript => ({ ...script, cancel: 'ignore' });

export const submits =
  (count: number) =>
  (now: World): void =>
    expect(now.broker.count('submitOrder')).toBe(count);

export const cancels =
  (count: number) =>
  (now: World): void =>
    expect(now.broker.count('cancelOrder')).toBe(count);

export function answering(
  broker: World['broker'],
  clock: World['clock'],
  ms: number,
  outcome: Awaited<ReturnType<World['broker']['submitOrder']>>,
): World['broker'] {
  return {
    ...broker,
    submitOrder(order, signal) {
      void broker.submitOrder(order, signal);
      return new Promise((resolve) => clock.setTimeout(() => resolve(outcome), ms));
    },
  };
}
