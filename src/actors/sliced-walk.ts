/**
 * One thing told to very many executions, in slices, so that the event loop goes on in between (K5).
 *
 * 1. The first slice is taken in the turn of the call, the rest in turns of their own, in order. Whoever begins a walk pays for
 *    no more than that slice and a list of the items.
 * 2. A slice is bounded by time, and by nothing else: where no time passes, all is told in the turn of the call.
 * 3. What was begun first is told first: a walk waits for the one before it.
 * 4. One that is about to hear of anything else is told first ({@link SlicedWalk.catchUp}): to each execution the order of
 *    facts is the same as if all had been told at once.
 */
import type { Clock } from '../domain/ports.js';
import { nextTurn, SLICE_MS } from './next-turn.js';

/** Items that are still to be told, in order. */
interface LeftItems<Item> {
  hasMore(): boolean;
  next(): Item | undefined;
  /** Takes the item out of its turn; whether it was still to be told. */
  delete(item: Item): boolean;
}

/** A list while it is walked in order; a set, which costs a hundred times as much to make, once somebody is told out of turn. */
function leftItems<Item>(items: Iterable<Item>): LeftItems<Item> {
  const inOrder = [...items];
  let index = 0;
  let rest: Set<Item> | undefined;
  let restInOrder: Iterator<Item, undefined> | undefined;
  return {
    hasMore: () => (rest === undefined ? index < inOrder.length : rest.size > 0),
    next() {
      if (restInOrder === undefined) {
        index += 1;
        return inOrder[index - 1];
      }
      const item = restInOrder.next().value;
      if (item !== undefined) rest?.delete(item);
      return item;
    },
    delete(item) {
      if (rest === undefined) {
        rest = new Set(inOrder.slice(index));
        restInOrder = rest.values();
      }
      return rest.delete(item);
    },
  };
}

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
  readonly left: LeftItems<Item>;
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
      while (walk.left.hasMore()) {
        if (clock.monotonic() > end) {
          nextTurn(clock, () => slice(SLICE_MS));
          return;
        }
        const item = walk.left.next();
        if (item !== undefined) walk.tell(item);
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
        walks.push({ left: leftItems(items), tell, onOver: resolve });
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
