/**
 * What no generated path covers, and why. Everything else must be covered.
 *
 * 1. Each entry of the first three lists is proved: `fillchart verify` never meets it either, in both of its worlds, to the
 *    fixpoint, and fails when it does.
 * 2. What the engine can come to all the same stands in `REACHED_ELSEWHERE`, with the test that leads it there.
 * 3. An entry that no path misses is out of date, and a test says so.
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
    what: /^(?!submitted\.backingOff).*\|DEADLINE\|\d+ \[isDeadline\((?!protectionRetry|cancelRetry)\w+\)\] false$/,
    why: 'a timer that outlived its state is dropped: nothing would follow',
  },
  {
    what: /\|ORDER_REPORT\|\d+ \[isNews\] false$/,
    why: 'a report that says nothing new is dropped: nothing would follow',
  },
  {
    what: /\|EXIT_REPORT\|\d+ \[isExitNews\] false$/,
    why: 'a report on an exit that says nothing new is dropped: nothing would follow',
  },
  {
    what: /\|DEADLINE\|\d+ \[isWindowOverDuringCall\] false$/,
    why: 'a timer that outlived its state is dropped: nothing would follow',
  },
  {
    what: /^submitted\.backingOff\|DEADLINE\|(?:0 .* false|[12] .*)$/,
    why: 'a further try is due by T = 30 s, and T = 30 s lets what is due at the same instant go first; the last look ends it',
  },
];

/** No life of one execution comes to this, and no switch that is set in good time; a test of its own leads the engine there. */
export const REACHED_ELSEWHERE: readonly Unreachable[] = [
  {
    what: /^reconciling\.asking\|DEADLINE\|\d+ \[isDeadline\(reconciliation\)\]( true)?$/,
    why: 'exits of another execution are looked at as well: test/paths/other-lives.test.ts',
  },
  {
    what: /^cancelling\.backingOff\|DEADLINE\|\d+ \[isDeadline\(cancelRetry\)\] false$/,
    why: 'T = 30 s comes while a cancel waits for its next try: test/paths/other-lives.test.ts',
  },
];

/** Those that no reason explains. */
export const unexplained = (missing: readonly string[], reasons: readonly Unreachable[]): readonly string[] =>
  missing.filter((name) => !reasons.some(({ what }) => what.test(name)));

/** Those that a reason explains. */
export const explained = (names: readonly string[], reasons: readonly Unreachable[]): readonly string[] =>
  names.filter((name) => reasons.some(({ what }) => what.test(name)));
