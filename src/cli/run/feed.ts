/**
 * Hands items on, so many at a time.
 *
 * 1. At most `room` are under way; the rest costs nothing but its place in the list.
 * 2. The event loop gets a turn after a few items, however fast they end: a signal is never kept waiting.
 */
import { setImmediate } from 'node:timers/promises';

/** Begun in one turn of the event loop. */
const ITEMS_PER_TURN = 50;

interface Feed<Item> {
  readonly room: number;
  /** Resolves when the item is over. */
  readonly begin: (item: Item, index: number) => Promise<unknown>;
  /** Asked before each item: from then on nothing is begun. */
  readonly isStopped: () => boolean;
}

/** Resolves with the number of items that were not begun, when all that were begun are over. */
export async function feed<Item>(items: readonly Item[], { room, begin, isStopped }: Feed<Item>): Promise<number> {
  const rest = items.entries();
  let begunInTurn = 0;
  let left = 0;
  let turn: Promise<unknown> | undefined;

  /** The turn that is awaited is one for all: whoever comes after the last item of a turn waits for the next. */
  async function turnOfEventLoop(): Promise<void> {
    turn ??= setImmediate().then(() => {
      begunInTurn = 0;
      turn = undefined;
    });
    await turn;
  }

  async function lane(): Promise<void> {
    for (const [index, item] of rest) {
      while (begunInTurn >= ITEMS_PER_TURN) await turnOfEventLoop();
      if (isStopped()) {
        left += 1;
        continue;
      }
      begunInTurn += 1;
      await begin(item, index);
    }
  }

  await Promise.all(Array.from({ length: Math.min(room, items.length) }, lane));
  return left;
}
