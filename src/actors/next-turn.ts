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

/** What work that is done in slices asks for before each piece: the next turn when the slice is over, nothing while it is not. */
export type Rest = () => Promise<void> | undefined;

/** A slice begins now, and a new one with each turn that is waited for. */
export function slices(clock: Clock, sliceMs = SLICE_MS): Rest {
  let end = clock.monotonic() + sliceMs;
  async function turn(): Promise<void> {
    await new Promise<void>((resolve) => nextTurn(clock, resolve));
    end = clock.monotonic() + sliceMs;
  }
  return () => (clock.monotonic() > end ? turn() : undefined);
}

/** Looks at each item in order, and lets the event loop go on between slices. Where no time passes, all in this turn. */
export async function inSlices<Item>(
  clock: Clock,
  items: Iterable<Item>,
  look: (item: Item) => void,
  sliceMs = SLICE_MS,
  rest: Rest = slices(clock, sliceMs),
): Promise<void> {
  for (const item of items) {
    const turn = rest();
    if (turn !== undefined) await turn;
    look(item);
  }
}
