/**
 * A long list that is kept in order while it changes, so that a page of it costs its own length, however long the list is.
 *
 * 1. By advisory there is one entry; a newer one takes the place of the older.
 * 2. What is put comes near the end nearly always: what begins last stands last.
 */

export interface Placed {
  readonly advisoryId: string;
  /** Its place: unique, and in the order of the list as text. */
  readonly place: string;
}

interface Walk {
  /** From the end; otherwise from the beginning. */
  readonly descending: boolean;
  /** Only what comes after this place, in the direction of the walk. */
  readonly after?: string | undefined;
}

export interface OrderedList<Entry extends Placed> {
  readonly size: number;
  get(advisoryId: string): Entry | undefined;
  put(entry: Entry): void;
  delete(advisoryId: string): void;
  /** Leaves the last so many. */
  keepLast(count: number): void;
  clear(): void;
  /** Entries in order; the list must not change meanwhile. */
  walk(walk: Walk): Iterable<Entry>;
}

export function orderedList<Entry extends Placed>(): OrderedList<Entry> {
  const inOrder: Entry[] = [];
  const places = new Map<string, string>();

  /** Index of the first that does not come before the place. */
  function indexOf(place: string): number {
    let [from, to] = [0, inOrder.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((inOrder[middle]?.place ?? '') < place) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  function remove(advisoryId: string): void {
    const place = places.get(advisoryId);
    if (place === undefined) return;
    places.delete(advisoryId);
    inOrder.splice(indexOf(place), 1);
  }

  function* walk({ descending, after }: Walk): Generator<Entry> {
    const step = descending ? -1 : 1;
    let at = descending ? inOrder.length - 1 : 0;
    if (after !== undefined) at = descending ? indexOf(after) - 1 : indexOf(after);
    for (let entry = inOrder[at]; entry !== undefined; entry = inOrder[at]) {
      if (entry.place !== after) yield entry;
      at += step;
    }
  }

  return {
    get size() {
      return inOrder.length;
    },
    get(advisoryId) {
      const place = places.get(advisoryId);
      return place === undefined ? undefined : inOrder[indexOf(place)];
    },
    put(entry) {
      const { advisoryId, place } = entry;
      const isKnown = places.get(advisoryId) === place;
      if (!isKnown) remove(advisoryId);
      places.set(advisoryId, place);
      inOrder.splice(indexOf(place), isKnown ? 1 : 0, entry);
    },
    delete: remove,
    keepLast(count) {
      for (const { advisoryId } of inOrder.splice(0, Math.max(0, inOrder.length - count))) places.delete(advisoryId);
    },
    clear() {
      inOrder.length = 0;
      places.clear();
    },
    walk,
  };
}
