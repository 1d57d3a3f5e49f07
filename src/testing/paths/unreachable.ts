/**
 * What no path can cover, and why. Everything else must be covered.
 */

export interface Unreachable {
  readonly what: RegExp;
  readonly why: string;
}

/** Not even the chart by itself gets there. */
export const UNREACHABLE_IN_CHART: readonly Unreachable[] = [];

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
    what: /^submitted\.calling\|DEADLINE\|\d+ \[isDeadline\(hardTimeout\)\]( true)?$/,
    why: 'the submit call is given up by T = 30 s at the latest, and that is heard before the deadline of the same instant',
  },
  {
    what: /^(timeout\|SUBMIT_OUTCOME\|\d+ \[(isNeverSent|isRefusedForGood)\]|timeout\.deciding\|always\|\d+ \[(isKeptRejected|isKeptClosed)\])( true)?$/,
    why: 'follows only where T = 30 s is heard before the end of the submit call',
  },
  {
    what: /^submitted\.backingOff\|DEADLINE\|\d+ \[(isOutOfTimeAfterRefusal|isDeadline\(hardTimeout\))\]( true)?$/,
    why: 'the next try is due by T = 30 s at the latest, and is heard before the deadline of the same instant; the last look ends it',
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

/**
 * A gap, not a reason: the chart can go these ways, and no generated path takes all of them yet. The patterns are wider than
 * the gap, so they also hide the loss of a way that is taken today. `fillchart verify` counts the transitions that it takes,
 * never the answers of guards, so it does not stand in for these paths.
 */
export const NOT_WALKED_YET: readonly Unreachable[] = [
  { what: /\|SUBMIT_WITHDRAWN\|/, why: 'the engine is closed between the intent and the call' },
  { what: /(?:overdue|confirming)\|/, why: 'exits that are taken, and calls that outlast the 5 s' },
  {
    what: /\.computing\|always\|/,
    why: 'a fill of less than a lot, or without room for SL and TP, after V10 found room',
  },
  { what: /\|EXIT_REPORT\|/, why: 'the venue takes an exit back before the execution is done' },
  { what: /\[(?:isCorrection|isNewsOfFees|isReopened|isReopenedAndCancelIsWanted)\]/, why: 'busts, corrections, fees' },
  { what: /\[(?:mayGoAlone|isStopAlone|isConfirming)\]/, why: 'a stop alone, after other troubles' },
  { what: /^timeout\.looking/, why: 'a cancel that is under way at T = 32 s' },
  {
    what: /\[(?:isWindowOver|isWindowOverDuringCall|isCancelUnderWay)\]/,
    why: 'a cancel that is under way at T = 32 s',
  },
  { what: /\|CANCEL_OUTCOME\|0(?:$| \[isClosed\])/, why: 'an order that was over before its cancel was answered' },
];

/** Those that no reason explains. */
export const unexplained = (missing: readonly string[], reasons: readonly Unreachable[]): readonly string[] =>
  missing.filter((name) => !reasons.some(({ what }) => what.test(name)));
