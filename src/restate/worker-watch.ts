/**
 * One watch of orders and exits for all executions of a worker: the polls, batches and pushes of every other host.
 *
 * 1. An order is watched while a step follows it; several may, where one takes the place of another.
 * 2. Each step hears what comes while it follows, and nothing else: what it missed is there at the next poll.
 */
import { filter, type Observable } from 'rxjs';
import type { OrderWatch, RawReport } from '../actors/order-watch.js';
import type { OrderRef } from '../domain/ports.js';

export interface WorkerWatch {
  /** @returns ends it; may be called again */
  follow(refs: readonly OrderRef[], hear: (raw: unknown) => void): () => void;
  /** Reports on orders that no step follows now. Hot; completes on `close`. */
  readonly unfollowed$: Observable<RawReport>;
  close(): void;
}

type Hear = (raw: unknown) => void;

export function workerWatch(orders: OrderWatch): WorkerWatch {
  const followers = new Map<string, Set<Hear>>();
  const told = orders.reports$.subscribe(({ clientOrderId, raw }) => {
    for (const hear of [...(followers.get(clientOrderId) ?? [])]) hear(raw);
  });

  function leave(id: string, hear: Hear): void {
    const those = followers.get(id);
    if (those?.delete(hear) !== true || those.size > 0) return;
    followers.delete(id);
    orders.unwatch(id);
  }

  return {
    follow(refs, hear) {
      for (const ref of refs) {
        const those = followers.get(ref.clientOrderId) ?? new Set();
        followers.set(ref.clientOrderId, those.add(hear));
        orders.watch(ref.clientOrderId, () => ref);
      }
      return () => {
        for (const { clientOrderId } of refs) leave(clientOrderId, hear);
      };
    },
    unfollowed$: orders.reports$.pipe(filter(({ clientOrderId }) => !followers.has(clientOrderId))),
    close() {
      told.unsubscribe();
      orders.close();
      followers.clear();
    },
  };
}
