/**
 * What ends in any order, handed on in the order of its places: first place 0, each once.
 */
interface InOrder<Item> {
  at(place: number, item: Item | undefined): void;
}

/** @param hand gets the items in order; a place that was given `undefined` is passed over */
export function inOrder<Item>(hand: (item: Item) => void): InOrder<Item> {
  const waiting = new Map<number, Item | undefined>();
  let next = 0;
  return {
    at(place, item) {
      waiting.set(place, item);
      while (waiting.has(next)) {
        const one = waiting.get(next);
        waiting.delete(next);
        next += 1;
        if (one !== undefined) hand(one);
      }
    },
  };
}
