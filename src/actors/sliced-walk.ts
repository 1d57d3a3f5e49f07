/**
 * One thing told to very many executions, in slices, so that the event loop goes on in between (K5).
 *
 * 1. The first slice is taken in the turn of the call, the rest in turns of their own, in order.
 * 2. A slice is bounded by time, and by nothing else: where no time passes, all is told in the turn of the call.
 * 3. What was begun first is told first: a walk waits for the one before it.
 * 4. One that is about to hear of anything else is told first ({@link SlicedWalk.catchUp}): to each execution the order of
 *    facts is the same as if all had been told at once.
 */
import type { Clock } from '../domain/ports.js';
import { nextTurn, SLICE_MS } from './next-turn.js';

/** Longest first slice: whoever sets a switch gets the turn back. */
const FIRST_SLICE_MS = 2;

export interface SlicedWalk<Item> {
  /** Tells each item. Resolves when all have been told. */
  begin(items: Iterable<Item>, tell: (item: Item) => void): Promise<void>;
  /** Tells the item now what it would be told later. */
  catchUp(item: Item): void;
  /** Resolves when no walk is under way any more; `undefined` when none is. */
  readonly underWay: Promise<void> | undefined;
}

interface Walk<Item> {
  /** Still to be told. */
  readonly left: Set<Item>;
  readonly tell: (item: Item) => void;
  readonly onOver: () => void;
}

export function slicedWalk<Item>(clock: Clock): SlicedWalk<Item> {
  const walks: Walk<Item>[] = [];
  let over: Promise<void> | undefined;
  let settle: () => void = () => undefined;

  function slice(longestMs: number): void {
    const end = clock.monotonic() + longestMs;
    for (let walk = walks[0]; walk !== undefined; walk = walks[0]) {
      for (const item of walk.left) {
        if (clock.monotonic() > end) {
          nextTurn(clock, () => slice(SLICE_MS));
          return;
        }
        walk.left.delete(item);
        walk.tell(item);
      }
      walks.shift();
      walk.onOver();
    }
    over = undefined;
    settle();
  }

  return {
    begin(items, tell) {
      return new Promise((resolve) => {
        walks.push({ left: new Set(items), tell, onOver: resolve });
        if (over !== undefined) return;
        over = new Promise((done) => {
          settle = done;
        });
        slice(FIRST_SLICE_MS);
      });
    },
    catchUp(item) {
      // The walks are told in order, to this item too.
      for (const walk of walks) if (walk.left.delete(item)) walk.tell(item);
    },
    get underWay() {
      return over;
    },
  };
}
