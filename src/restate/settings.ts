/**
 * Settings of the host on Restate, each with the reason for its default.
 *
 * Only what makes the host safe or live on a slow machine can be set. The 30 seconds and the 2 seconds cannot (T1).
 */

import type { MismatchPolicy } from '../domain/cases.js';
import { refuseUnknown } from '../domain/option-names.js';
import type { BrokerCapabilities } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import { show } from '../domain/snapshot.js';

/**
 * What a successor does when it finds an intent to submit whose outcome nobody knows.
 *
 * `lease`: it waits until the predecessor can no longer send, asks the broker, and sends when the order is not there. For
 * brokers that refuse a `clientOrderId` that they have seen.
 * `never`: it never sends again; the order is looked up until T = 32 s (S4). For all other brokers.
 *
 * @beta @since 0.1.0
 */
export const SubmitMode = { lease: 'lease', never: 'never' } as const;
/** One of the submit modes. @beta @since 0.1.0 */
export type SubmitMode = (typeof SubmitMode)[keyof typeof SubmitMode];

/** Settings of the workers on Restate; times in ms. @beta @since 0.1.0 */
export interface HostSettings {
  /** Default `lease`, and `never` where the broker says that it takes used ids again (`refusesUsedIds: false`). */
  readonly submitMode: SubmitMode;
  /** How long after its intent a worker may still send the order, ms. Longer than the scheduling delays of a busy machine: 2,000. */
  readonly leaseMs: number;
  /** What a request on its way may take after the lease is over, ms; a successor waits for both: 1,000. */
  readonly settleMs: number;
  /** Greatest age of a reading of the gate when the order leaves, ms. `set` of a switch resolves after it: 300. */
  readonly gateAgeMs: number;
  /** How often a worker asks for changes of the switches, ms: 50. */
  readonly feedIntervalMs: number;
  /** How long after T = 30 s the order guard of a worker waits for the workflow, ms: 500. */
  readonly guardMarginMs: number;
  /** Longest step that watches an order, ms; below Restate's inactivity timeout of one minute: 20,000. */
  readonly watchMs: number;
  /** How often an order is polled, ms; never faster than the adapter's `minPollMs`: 100. */
  readonly pollIntervalMs: number;
  /** How often the exits of an open position are asked for, ms (B7): 30,000. */
  readonly exitPollIntervalMs: number;
  /**
   * Executions that one worker brings from their start to their order at once; the others wait in it: 4. More make every
   * answer of a busy machine late, the gate's too.
   */
  readonly mostStarting: number;
  /** Time between two sweeps of the schedule, ms (M3): 900,000. */
  readonly sweepIntervalMs: number;
  /** How long after a worker has started the sweep at the start begins, ms: 5,000. Of workers that start together one sweeps. */
  readonly sweepAfterStartMs: number;
  /**
   * How long the log for services in front is kept, ms: 30 days. What is not over by then is kept until it is.
   */
  readonly logKeptMs: number;
  /**
   * How long the records of an execution, and the facts of exits that are over, are kept, ms: 400 days. That the advisory was
   * executed, and its result, are kept for ever (E1).
   */
  readonly recordsKeptMs: number;
  /** What an open case does to new executions (M1): `halt-symbol`. */
  readonly onMismatch: MismatchPolicy;
}

const DAY_MS = 86_400_000;

/** The defaults of {@link HostSettings}. @beta @since 0.1.0 */
export const HOST_SETTINGS: HostSettings = Object.freeze({
  submitMode: 'lease',
  leaseMs: 2_000,
  settleMs: 1_000,
  gateAgeMs: 300,
  feedIntervalMs: 50,
  guardMarginMs: 500,
  watchMs: 20_000,
  pollIntervalMs: 100,
  exitPollIntervalMs: 30_000,
  mostStarting: 4,
  sweepIntervalMs: 900_000,
  sweepAfterStartMs: 5_000,
  logKeptMs: 30 * DAY_MS,
  recordsKeptMs: 400 * DAY_MS,
  onMismatch: 'halt-symbol',
});

const BOUNDS: Partial<Record<keyof HostSettings, readonly [least: number, most: number]>> = {
  leaseMs: [100, 10_000],
  settleMs: [100, 10_000],
  gateAgeMs: [50, 2_000],
  feedIntervalMs: [10, 1_000],
  guardMarginMs: [0, 1_000],
  watchMs: [1_000, 50_000],
  pollIntervalMs: [10, 10_000],
  exitPollIntervalMs: [1_000, 3_600_000],
  mostStarting: [1, 10_000],
  sweepIntervalMs: [10_000, 86_400_000],
  sweepAfterStartMs: [0, 600_000],
  logKeptMs: [60_000, 3_650 * DAY_MS],
  recordsKeptMs: [60_000, 36_500 * DAY_MS],
};

const WORDS: Partial<Record<keyof HostSettings, readonly string[]>> = {
  submitMode: Object.keys(SubmitMode),
  onMismatch: ['halt-symbol', 'halt-all', 'report-only'],
};

/**
 * The settings with the defaults filled in. Throws `INVALID_OPTION`, naming field, value and what is accepted.
 *
 * @param broker what it can do decides the submit mode where none is given
 */
export function hostSettings(
  given: Partial<HostSettings> = {},
  { refusesUsedIds }: Pick<BrokerCapabilities, 'refusesUsedIds'> = {},
): HostSettings {
  refuseUnknown('restate worker', given, Object.keys(HOST_SETTINGS));
  for (const [name, value] of Object.entries(given) as [keyof HostSettings, unknown][]) {
    if (value === undefined) continue;
    const [least, most] = BOUNDS[name] ?? [0, 0];
    const words = WORDS[name];
    const isGood =
      words === undefined
        ? typeof value === 'number' && value >= least && value <= most
        : typeof value === 'string' && words.includes(value);
    const accepted =
      words === undefined ? `a number from ${least} to ${most}${name.endsWith('Ms') ? ' (ms)' : ''}` : words.join(', ');
    if (!isGood) throw new FillchartError('INVALID_OPTION', `${name} is ${show(value)}; accepted is ${accepted}.`);
  }
  const submitMode = refusesUsedIds === false ? SubmitMode.never : HOST_SETTINGS.submitMode;
  return Object.freeze({ ...HOST_SETTINGS, submitMode, ...withoutUndefined(given) });
}

const withoutUndefined = (given: Partial<HostSettings>): Partial<HostSettings> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
