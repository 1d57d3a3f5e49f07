/**
 * Group commit: appends that wait at the same time share one transaction, hence one sync of the disk.
 *
 * 1. Items become durable in the order of the calls.
 * 2. A transaction takes no further item once it weighs `maxWeight`, and the event loop turns between two of them.
 * 3. While each turn of the event loop brings more of many, a transaction waits for it, {@link MOST_WAITS} turns at most: the sync
 *    costs the same for all of them. What is alone, or fills a transaction, waits for nothing.
 * 4. The first transactions are small, and each that was full and could be written may be followed by one twice as large: on a disk
 *    that is nearly full the fewer are refused.
 * 5. The first failure is final: that batch, what waits behind it and every later append reject with it.
 */

/** Fewer are written at once: one after the other is not made slower for others that might come. */
const MANY = 16;
/** Turns that a transaction waits for more. */
const MOST_WAITS = 3;
/** What the first transaction weighs at most. */
const FIRST_WEIGHT = 64;

export interface GroupCommit<Item> {
  append(item: Item, weight: number): Promise<void>;
  /** Rejects every append from now on; what is queued already is still written. */
  refuseFromNowOn(error: Error): void;
  /** Resolves when everything appended so far has settled; never rejects. */
  drained(): Promise<void>;
}

interface Pending<Item> {
  readonly item: Item;
  readonly weight: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** `write` makes the items durable in one transaction before it returns, or throws what their appends reject with. */
export function groupCommit<Item>(write: (items: readonly Item[]) => void, maxWeight: number): GroupCommit<Item> {
  let queue: Pending<Item>[] = [];
  let waiters: (() => void)[] = [];
  let isScheduled = false;
  let seen = 0;
  let waits = 0;
  let most = Math.min(FIRST_WEIGHT, maxWeight);
  let failure: Error | undefined;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  }

  /** More has come since the last look, and there is room for more yet. */
  function isGrowing(): boolean {
    const isMore = queue.length > seen && queue.length >= MANY && waits < MOST_WAITS;
    seen = queue.length;
    return isMore && !isFull(queue, most);
  }

  function flush(): void {
    if (isGrowing()) {
      waits += 1;
      setImmediate(flush);
      return;
    }
    isScheduled = false;
    waits = 0;
    seen = 0;
    const batch = queue.splice(0, batchLength(queue, most));
    try {
      write(batch.map((pending) => pending.item));
      for (const pending of batch) pending.resolve();
      if (isFull(batch, most)) most = Math.min(2 * most, maxWeight);
    } catch (cause) {
      failure = cause instanceof Error ? cause : new Error(String(cause));
      for (const pending of [...batch, ...queue]) pending.reject(failure);
      queue = [];
    }
    if (queue.length > 0) schedule();
    else settleWaiters();
  }

  function settleWaiters(): void {
    for (const waiter of waiters) waiter();
    waiters = [];
  }

  return {
    append(item, weight) {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        queue.push({ item, weight, resolve, reject });
        schedule();
      });
    },
    refuseFromNowOn(error) {
      failure ??= error;
    },
    drained: () => (queue.length === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
  };
}

/** How many of the first items make up a batch: at least one, so that a heavy one gets through too. */
function batchLength(queue: readonly { readonly weight: number }[], maxWeight: number): number {
  let weight = 0;
  const end = queue.findIndex((pending) => {
    const isFull = weight >= maxWeight;
    weight += pending.weight;
    return isFull;
  });
  return end === -1 ? queue.length : end;
}

/** They fill a transaction. */
const isFull = (queue: readonly { readonly weight: number }[], maxWeight: number): boolean =>
  queue.reduce((sum, { weight }) => sum + weight, 0) >= maxWeight;
