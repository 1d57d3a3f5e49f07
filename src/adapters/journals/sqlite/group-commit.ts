/**
 * Group commit: appends that wait at the same time share one transaction, hence one sync of the disk.
 *
 * 1. Items become durable in the order of the calls.
 * 2. A transaction takes no further item once it weighs `maxWeight`, and the event loop turns between two of them.
 * 3. The first failure is final: that batch, what waits behind it and every later append reject with it.
 */

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
  let failure: Error | undefined;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    isScheduled = false;
    const batch = queue.splice(0, batchLength(queue, maxWeight));
    try {
      write(batch.map((pending) => pending.item));
      for (const pending of batch) pending.resolve();
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
