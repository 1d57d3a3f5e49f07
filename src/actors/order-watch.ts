/**
 * Orders as a stream of reports (P1): polls merged with the broker's pushes, one watch for all executions of a broker.
 *
 * 1. A tick polls every watched order that has no poll under way: in one batch where the adapter has one.
 * 2. Ticks come every `pollIntervalMs`, and only while an order is watched; no tick polls an order again before the
 *    adapter's `minPollMs` has passed.
 * 3. A push is a hint like any other report; after a gap, an error or a reconnect every watched order is queried at once.
 * 4. A failed poll is no news (P2). Cancels and protection never pass through here, so they never wait behind polls.
 */
import { defer, EMPTY, type Observable, Subject, type Subscription, timer } from 'rxjs';
import { catchError, distinctUntilChanged, map, repeat, retry, share, switchMap, tap } from 'rxjs/operators';
import type { BrokerAdapter, BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import { callBroker } from './calls.js';
import { clockScheduler } from './clock-scheduler.js';

/** A raw report and the order that it names; whether it can be read is judged by whom it concerns. */
export interface RawReport {
  readonly clientOrderId: string;
  readonly raw: unknown;
}

export interface OrderWatchOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly pollIntervalMs: number;
  readonly statusDeadlineMs: number;
}

export interface OrderWatch {
  /** Every report, of whatever order, as it comes in. Hot; completes on `close`. */
  readonly reports$: Observable<RawReport>;
  /** Polls the order until `unwatch`. `ref` is asked anew for each poll. */
  watch(clientOrderId: string, ref: () => OrderRef): void;
  unwatch(clientOrderId: string): void;
  has(clientOrderId: string): boolean;
  /** One query at once, whatever polls are under way; resolves when its report is out, or when there is none. */
  query(ref: OrderRef): Promise<void>;
  /** Orders watched now. */
  readonly size: number;
  /** Status requests made so far. */
  readonly polls: number;
  close(): void;
}

/** Wait before a broken push stream is subscribed to again. */
const RECONNECT_MS = 1_000;

export function orderWatch(options: OrderWatchOptions): OrderWatch {
  const { broker, capabilities, clock, pollIntervalMs, statusDeadlineMs } = options;
  const scheduler = clockScheduler(clock);
  const watched = new Map<string, () => OrderRef>();
  const underWay = new Set<string>();
  const askedAt = new Map<string, number>();
  const reports$ = new Subject<RawReport>();
  const isWatching$ = new Subject<boolean>();
  let polls = 0;

  const canAsk = (ref: OrderRef): boolean => capabilities.lookupByClientId || ref.brokerOrderId !== undefined;

  /** Has it been long enough since the order was asked for last? */
  const isDue = (id: string): boolean =>
    clock.monotonic() - (askedAt.get(id) ?? Number.NEGATIVE_INFINITY) >= capabilities.minPollMs;

  function ask(refs: readonly OrderRef[], call: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
    polls += 1;
    for (const { clientOrderId } of refs) if (watched.has(clientOrderId)) askedAt.set(clientOrderId, clock.monotonic());
    return callBroker(clock, statusDeadlineMs, call).then((outcome) =>
      outcome.kind === 'answered' ? outcome.value : undefined,
    );
  }

  async function pollOne(ref: OrderRef): Promise<void> {
    if (!canAsk(ref)) return;
    const raw = await ask([ref], (signal) => broker.getOrderStatus(ref, signal));
    if (typeof raw === 'object' && raw !== null) reports$.next({ clientOrderId: ref.clientOrderId, raw });
  }

  async function pollBatch(refs: readonly OrderRef[]): Promise<void> {
    const answer = await ask(refs, (signal) => broker.getOrderStatuses?.(refs, signal) ?? Promise.resolve([]));
    const rows: readonly unknown[] = Array.isArray(answer) ? answer : [];
    const named = new Set(rows.map(publishNamed));
    // An order that the batch leaves out may still be found by itself.
    await Promise.all(refs.filter((ref) => !named.has(ref.clientOrderId)).map(pollOne));
  }

  function publishNamed(raw: unknown): string | undefined {
    const clientOrderId = clientOrderIdOf(raw);
    if (clientOrderId !== undefined) reports$.next({ clientOrderId, raw });
    return clientOrderId;
  }

  function pollAll(): void {
    const free = [...watched].filter(([id]) => !underWay.has(id) && isDue(id)).map(([, ref]) => ref());
    const isBatch = capabilities.batchStatus && broker.getOrderStatuses !== undefined && free.length > 1;
    const groups = isBatch ? [free] : free.map((ref) => [ref]);
    for (const group of groups) {
      for (const { clientOrderId } of group) underWay.add(clientOrderId);
      const [only] = group;
      const poll = group.length === 1 && only !== undefined ? pollOne(only) : pollBatch(group);
      void poll.finally(() => {
        for (const { clientOrderId } of group) underWay.delete(clientOrderId);
      });
    }
  }

  function queryAll(): void {
    for (const ref of watched.values()) void pollOne(ref());
  }

  const ticks = isWatching$
    .pipe(
      distinctUntilChanged(),
      switchMap((isWatching) => (isWatching ? timer(pollIntervalMs, pollIntervalMs, scheduler) : EMPTY)),
    )
    .subscribe(pollAll);
  const pushes = listen();

  /** Errors and completions of the push stream are gaps: it is subscribed to again, and the orders are queried. */
  function listen(): Subscription | undefined {
    const stream = pushStreamOf(broker);
    if (stream === undefined) return undefined;
    return defer(() => stream)
      .pipe(
        tap((raw) => (isGap(raw) ? queryAll() : publishNamed(raw))),
        tap({ error: queryAll, complete: queryAll }),
        retry({ delay: () => timer(RECONNECT_MS, scheduler) }),
        repeat({ delay: () => timer(RECONNECT_MS, scheduler) }),
        catchError(() => EMPTY),
      )
      .subscribe();
  }

  return {
    reports$: reports$.pipe(
      map((report) => report),
      share(),
    ),
    watch(clientOrderId, ref) {
      const isNew = !watched.has(clientOrderId);
      watched.set(clientOrderId, ref);
      isWatching$.next(true);
      if (isNew) void pollOne(ref());
    },
    unwatch(clientOrderId) {
      watched.delete(clientOrderId);
      askedAt.delete(clientOrderId);
      if (watched.size === 0) isWatching$.next(false);
    },
    has: (clientOrderId) => watched.has(clientOrderId),
    query: pollOne,
    get size() {
      return watched.size;
    },
    get polls() {
      return polls;
    },
    close() {
      ticks.unsubscribe();
      pushes?.unsubscribe();
      watched.clear();
      reports$.complete();
    },
  };
}

function pushStreamOf(broker: BrokerAdapter): Observable<unknown> | undefined {
  try {
    return broker.reports$;
  } catch {
    return undefined;
  }
}

const isGap = (raw: unknown): boolean => attempt(() => (raw as { type?: unknown }).type) === 'gap';

function clientOrderIdOf(raw: unknown): string | undefined {
  const clientOrderId = attempt(() => (raw as { clientOrderId?: unknown }).clientOrderId);
  return typeof clientOrderId === 'string' ? clientOrderId : undefined;
}
