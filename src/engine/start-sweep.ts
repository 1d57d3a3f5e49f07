/**
 * The sweep at the start (M3), and what waits for it.
 *
 * 1. With a past there is something to compare: nothing new is submitted before that is done.
 * 2. The engine does not wait for a broker to be there: executions that are to go on go on. A broker that answers at once
 *    has been compared when `begin` resolves; one that takes its time is compared while new advisories wait in validation.
 */
import type { BrokerConnection } from './connection.js';

type StartSweepState = 'pending' | 'over' | 'failed';

export interface StartSweep {
  /**
   * Begins the sweep once `connected` resolves; resolves when it is over, or after a few turns of the microtask queue.
   * `before` must resolve, each time, before something new is sent.
   */
  begin(connected: Promise<void>, sweep: () => Promise<unknown>, before?: () => Promise<void>): Promise<void>;
  /**
   * Resolves when the broker is connected, no sweep of the start is under way and nothing else stands in the way; rejects when
   * it is not connected, or something does.
   */
  isOver(): Promise<void>;
  /** How it stands now. `failed`: the broker was not there, or did not answer; a sweep that is asked for makes up for it. */
  readonly state: StartSweepState;
  /** A sweep that was asked for is over. */
  madeUp(): void;
  /** A sweep, at the start or later, is over; what it could not judge. */
  compared(failures: readonly string[]): void;
  /** What the latest sweep could not judge. */
  readonly failures: readonly string[];
}

/** Turns of the microtask queue in which a broker in this process has long answered. */
const TURNS = 1_000;

export function startSweep(connection: BrokerConnection): StartSweep {
  let under: Promise<unknown> | undefined;
  let isReady = async (): Promise<void> => undefined;
  let state: StartSweepState = 'pending';
  let failures: readonly string[] = [];

  return {
    async begin(connected, sweep, before) {
      let isDone = false;
      if (before !== undefined) isReady = before;
      under = connected
        .then(sweep)
        .then(
          () => {
            state = 'over';
          },
          () => {
            state = 'failed';
          },
        )
        .finally(() => {
          isDone = true;
        });
      for (let turn = 0; turn < TURNS && !isDone; turn += 1) await Promise.resolve();
    },
    async isOver() {
      await connection.ensure();
      await under;
      await isReady();
    },
    get state() {
      return state;
    },
    madeUp() {
      if (state === 'failed') state = 'over';
    },
    compared(left) {
      failures = left;
    },
    get failures() {
      return failures;
    },
  };
}
