/**
 * The executions that a live table can show: those that run, and the last that have ended.
 *
 * 1. Bounded by what runs: what has ended is a frozen row, and old rows go.
 */
import type { FrameCounts } from './live-frame.js';
import type { Tracked, TrackedView } from './tracked.js';

/** More rows than any terminal shows. */
const MOST_ENDED_ROWS = 300;

export interface LiveRows {
  expect(executions: number): void;
  started(one: Tracked): void;
  ended(one: Tracked): void;
  /** In the order in which they were started. */
  views(): readonly TrackedView[];
  counts(): FrameCounts;
}

export function liveRows(): LiveRows {
  const rows = new Map<Tracked, TrackedView | undefined>();
  let expected = 0;
  let begun = 0;
  let done = 0;
  const ended: Tracked[] = [];
  return {
    expect(executions) {
      expected = executions;
    },
    started(one) {
      begun += 1;
      rows.set(one, undefined);
    },
    ended(one) {
      done += 1;
      rows.set(one, one.view());
      ended.push(one);
      if (ended.length <= MOST_ENDED_ROWS) return;
      const oldest = ended.shift();
      if (oldest !== undefined) rows.delete(oldest);
    },
    views: () => [...rows].map(([one, last]) => last ?? one.view()),
    counts: () => ({ running: begun - done, done, waiting: Math.max(0, expected - begun) }),
  };
}
