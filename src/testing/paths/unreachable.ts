/**
 * What no path can cover, and why. Everything else must be covered.
 *
 * 1. Of the chart: only what the exhaustive check never takes either, in both of its worlds, to the fixpoint (`fillchart verify`).
 * 2. Of the engine: what it drops before the chart, and what it hears in another order, whatever an adapter, a busy loop or a
 *    sleeping process does.
 */

export interface Unreachable {
  readonly what: RegExp;
  readonly why: string;
}

/** Not even the chart by itself gets there. */
export const UNREACHABLE_IN_CHART: readonly Unreachable[] = [
  {
    what: /^cancelling\|CANCEL_OUTCOME\|0$/,
    why: 'an order that is over while its cancel is under way has left the state, or waits for the answer where it was asked',
  },
];

/** The chart can be told this; the engine tells it something else before, or nothing at all. */
export const UNREACHABLE_IN_ENGINE: readonly Unreachable[] = [
  ...UNREACHABLE_IN_CHART,
  {
    what: /\|DEADLINE\|\d+ \[isDeadline\(\w+\)\] false$/,
    why: 'a timer that outlived its state is dropped before the chart',
  },
  {
    what: /\|ORDER_REPORT\|\d+ \[isNews\] false$/,
    why: 'a report that says nothing new is dropped before the chart',
  },
  {
    what: /\|EXIT_REPORT\|\d+ \[isExitNews\] false$/,
    why: 'a report on an exit that says nothing new is dropped before the chart',
  },
  {
    what: /\|DEADLINE\|\d+ \[isWindowOverDuringCall\] false$/,
    why: 'a timer that outlived its state is dropped before the chart',
  },
  {
    what: /^submitted\.backingOff\|DEADLINE\|\d+ \[(isOutOfTimeAfterRefusal|isDeadline\(hardTimeout\))\]( true)?$/,
    why: 'the next try is due by T = 30 s at the latest, and timers fire in the order in which they are due, however late the process wakes up; at the same instant T = 30 s lets others go first; the last look ends it',
  },
  {
    what: /^submitted\.backingOff\|DEADLINE\|\d+ \[isOutOfTimeAfterRefusal\] false$/,
    why: 'asked only at T = 30 s while the next try waits, see there',
  },
  {
    what: /^reconciling\.asking\|DEADLINE\|\d+ \[isDeadline\(reconciliation\)\]( true)?$/,
    why: 'the limit of each query is at most that of the reconciliation, and is heard first',
  },
];

/** Those that no reason explains. */
export const unexplained = (missing: readonly string[], reasons: readonly Unreachable[]): readonly string[] =>
  missing.filter((name) => !reasons.some(({ what }) => what.test(name)));
