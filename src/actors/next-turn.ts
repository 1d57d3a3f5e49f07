/**
 * The event loop's next turn, and how long one of ours may be.
 */
import type { Clock } from '../domain/ports.js';

/** Longest time for which one kind of work holds the event loop, where there is more of it. */
export const SLICE_MS = 8;

/** Calls back when timers and answers that are due have had their turn. */
export function nextTurn(clock: Clock, work: () => void): void {
  if (clock.nextTurn === undefined) clock.setTimeout(work, 0);
  else clock.nextTurn(work);
}

/** The same for what is no more than a look around, and stands behind cancels and protection: it takes a fifth of the time, they the rest. */
export const SHORT_SLICE_MS = 2;

/** Looks at each item in order, and lets the event loop go on between slices. Where no time passes, all in this turn. */
export async function inSlices<Item>(
  clock: Clock,
  items: Iterable<Item>,
  look: (item: Item) => void,
  sliceMs = SLICE_MS,
): Promise<void> {
  let end = clock.monotonic() + sliceMs;
  for (const item of items) {
    if (clock.monotonic() > end) {
      await new Promise<void>((resolve) => nextTurn(clock, resolve));
      end = clock.monotonic() + sliceMs;
    }
    look(item);
  }
}
