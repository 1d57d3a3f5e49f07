/**
 * Orders as a stream of reports (P1): polls merged with the broker's pushes, one watch for all executions of a broker.
 *
 * 1. A tick polls every watched order that has no poll under way: in one batch where the adapter has one.
 * 2. Ticks come every `pollIntervalMs`, and only while an order is watched; no tick polls an order again before the
 *    adapter's `minPollMs` has passed.
 * 3. A push is a hint like any other report; after a gap, an error or a reconnect every watched order is queried at once. Gaps that
 *    come faster than `gapPollMs` (or `minPollMs`), or than ten a second, are answered by one query for all of them.
 * 4. A failed poll is no news (P2), and a broker that fails is asked less: batches back off, a few orders are looked at one by one
 *    meanwhile, and when nothing at all is answered one order a tick is asked until something is.
 * 5. Cancels, protection and `query` never pass through 1 to 4, so they never wait behind polls.
 */
import { defer, EMPTY, type Observable, type SchedulerLike, Subject, type Subscription, timer } from 'rxjs';
import { catchError, distinctUntilChanged, repeat, retry, switchMap, tap } from 'rxjs/operators';
import type { BrokerAdapter, BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import { type CallOutcome, callBroker } from './calls.js';
import { clockScheduler } from './clock-scheduler.js';
import { inSlices, SHORT_SLICE_MS } from './next-turn.js';
import { pollRounds } from './poll-rounds.js';

/** A raw report and the order that it names; whether it can be read is judged by whom it concerns. */
export interface RawReport {
  readonly clientOrderId: string;
  readonly raw: unknown;
}

interface OrderWatchOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  readonly pollIntervalMs: number;
  readonly statusDeadlineMs: number;
  /** The first look at an order that is watched from now on; a query of its own by default. */
  readonly firstLook?: (ref: OrderRef) => void;
  /** What is pushed is kept until `takePushes`: nobody knows yet whom it concerns. */
  readonly holdsPushes?: boolean;
}

export interface OrderWatch {
  /** Every report, of whatever order, as it comes in. Hot; completes on `close`. */
  readonly reports$: Observable<RawReport>;
  /** Pushes may have been missed. Hot; completes on `close`. */
  readonly gaps$: Observable<void>;
  /** Polls the order until `unwatch`. `ref` is asked anew for each poll. */
  watch(clientOrderId: string, ref: () => OrderRef): void;
  unwatch(clientOrderId: string): void;
  has(clientOrderId: string): boolean;
  /** One query at once, whatever polls are under way; resolves when its report is out, or when there is none. */
  query(ref: OrderRef): Promise<void>;
  /** The same for several at once: in one request where the adapter has one; resolves when all reports are out. */
  queryAll(refs: readonly OrderRef[]): Promise<void>;
  /** The adapter answers for several in one request. */
  readonly takesBatches: boolean;
  /** Orders watched now. */
  readonly size: number;
  /** Status requests made so far. */
  readonly polls: number;
  /** Tells what was pushed and kept, in its order, and from now on each push as it comes. */
  takePushes(): void;
  close(): void;
}

/** Wait before a broken push stream is subscribed to again. */
const RECONNECT_MS = 1_000;

/** Longest wait between two batches, or two looks at an order that the batches leave out. */
const LONGEST_BACKOFF_MS = 1_000;
/** After so many unanswered requests in a row the broker is only probed. */
const PROBE_AFTER = 5;
/** Orders that a batch left out are looked at so many at a time. */
const WAVE = 20;
/** Least time between two queries of an order for gaps, whatever the adapter allows. */
const GAP_MS = 100;

export function orderWatch(options: OrderWatchOptions): OrderWatch {
  const { broker, capabilities, clock, pollIntervalMs } = options;
  const scheduler = clockScheduler(clock);
  const watched = new Map<string, () => OrderRef>();
  const reports$ = new Subject<RawReport>();
  const isWatching$ = new Subject<boolean>();
  const gaps$ = new Subject<void>();
  let batchMisses = 0;
  let batchNotBefore = Number.NEGATIVE_INFINITY;

  const canAsk = (ref: OrderRef): boolean => capabilities.lookupByClientId || ref.brokerOrderId !== undefined;

  const isWatched = (id: string): boolean => watched.has(id);
  const requests = requestsTo(options, isWatched);
  const { ask, askBatch, takesBatches, isDown, sinceAsked } = requests;
  const backoff = backoffFrom(pollIntervalMs);
  const firstLook = options.firstLook ?? ((ref: OrderRef) => void pollOne(ref));

  /** Whether a report came of it. */
  async function pollOne(ref: OrderRef): Promise<boolean> {
    if (!canAsk(ref)) return false;
    const outcome = await ask([ref], (signal) => broker.getOrderStatus(ref, signal));
    const raw = outcome.kind === 'answered' ? outcome.value : undefined;
    if (typeof raw !== 'object' || raw === null) return false;
    reports$.next({ clientOrderId: ref.clientOrderId, raw });
    return true;
  }

  async function pollBatch(refs: readonly OrderRef[]): Promise<void> {
    const outcome = await askBatch(refs);
    batchMisses = outcome.kind === 'answered' ? 0 : batchMisses + 1;
    batchNotBefore = clock.monotonic() + backoff(batchMisses);
    if (outcome.kind !== 'answered') return;
    const named = await eachOf(clock, outcome.value, (row) => {
      const id = publishNamed(row);
      if (id !== undefined) leftOut.delete(id);
      return id;
    });
    const left: OrderRef[] = [];
    await inSlices(clock, refs, (ref) => named.has(ref.clientOrderId) || left.push(ref), SHORT_SLICE_MS);
    await leftOut.look(left);
  }

  async function queryAll(refs: readonly OrderRef[]): Promise<void> {
    const asked = refs.filter(canAsk);
    const outcome = takesBatches && asked.length > 1 ? await askBatch(asked) : undefined;
    const named = await eachOf(clock, outcome?.kind === 'answered' ? outcome.value : [], publishNamed);
    const left = asked.filter(({ clientOrderId }) => !named.has(clientOrderId));
    const polls: Promise<boolean>[] = [];
    await inSlices(clock, left, (ref) => polls.push(pollOne(ref)), SHORT_SLICE_MS);
    await Promise.all(polls);
  }

  function publishNamed(raw: unknown): string | undefined {
    const clientOrderId = clientOrderIdOf(raw);
    if (clientOrderId !== undefined) reports$.next({ clientOrderId, raw });
    return clientOrderId;
  }

  const isBackingOff = () => clock.monotonic() < batchNotBefore;
  const pollAll = pollRounds({ clock, capabilities, watched, requests, isBackingOff, pollOne, pollBatch });
  const leftOut = leftOutOrders({ clock, backoff, isDown, isWatched, pollOne });
  const gapPollMs = capabilities.gapPollMs ?? capabilities.minPollMs;
  const gaps = gapQueries(clock, Math.max(GAP_MS, gapPollMs), (id) => {
    const ref = watched.get(id);
    // A broker that answers nothing is probed by the ticks.
    if (ref === undefined || isDown()) return 0;
    const left = gapPollMs - sinceAsked(id);
    if (left <= 0) void pollOne(ref());
    return Math.max(0, left);
  });
  /** Something may have been missed: each order is queried at once, or as soon as it may be. */
  const onGap = (): void => gaps$.next(gaps.add(watched.keys()));

  const ticks = ticksWhile(isWatching$, pollIntervalMs, scheduler).subscribe(pollAll);
  const held = heldPushes(options.holdsPushes === true, publishNamed);
  const pushes = listen(broker, scheduler, onGap, held.push);

  return {
    reports$: reports$.asObservable(),
    gaps$: gaps$.asObservable(),
    watch(clientOrderId, ref) {
      const isNew = !watched.has(clientOrderId);
      watched.set(clientOrderId, ref);
      if (!isNew) return;
      if (watched.size === 1) isWatching$.next(true);
      firstLook(ref());
    },
    unwatch(clientOrderId) {
      watched.delete(clientOrderId);
      for (const kept of [requests, leftOut, gaps]) kept.delete(clientOrderId);
      if (watched.size === 0) isWatching$.next(false);
    },
    has: isWatched,
    query: async (ref) => void (await pollOne(ref)),
    ...{ queryAll, takesBatches },
    get size() {
      return watched.size;
    },
    get polls() {
      return requests.count;
    },
    takePushes: held.release,
    close() {
      ticks.unsubscribe();
      pushes?.unsubscribe();
      gaps.close();
      watched.clear();
      for (const stream of [reports$, gaps$]) stream.complete();
    },
  };
}

/** Keeps what is pushed until it is released. */
function heldPushes(isHeld: boolean, publish: (raw: unknown) => unknown) {
  let kept: unknown[] | undefined = isHeld ? [] : undefined;
  return {
    push: (raw: unknown): void => void (kept === undefined ? publish(raw) : kept.push(raw)),
    release(): void {
      const all = kept ?? [];
      kept = undefined;
      for (const raw of all) publish(raw);
    },
  };
}

/** Publishes each row, and returns the orders that they name. An answer on very many must not keep deadlines and switches waiting. */
async function eachOf(
  clock: Clock,
  answer: unknown,
  publish: (row: unknown) => string | undefined,
): Promise<ReadonlySet<string | undefined>> {
  const rows: readonly unknown[] = Array.isArray(answer) ? answer : [];
  const named = new Set<string | undefined>();
  await inSlices(clock, rows, (row) => named.add(publish(row)), SHORT_SLICE_MS);
  return named;
}

/** Status requests: each under its deadline, counted, and when each order was asked for. */
function requestsTo(
  { broker, capabilities, clock, statusDeadlineMs }: OrderWatchOptions,
  isWatched: (id: string) => boolean,
) {
  const askedAt = new Map<string, number>();
  let count = 0;
  let unanswered = 0;

  async function ask(refs: readonly OrderRef[], call: (signal: AbortSignal) => Promise<unknown>): Promise<CallOutcome> {
    count += 1;
    const now = clock.monotonic();
    for (const { clientOrderId } of refs) if (isWatched(clientOrderId)) askedAt.set(clientOrderId, now);
    const outcome = await callBroker(clock, statusDeadlineMs, call);
    unanswered = outcome.kind === 'answered' ? 0 : unanswered + 1;
    return outcome;
  }

  return {
    ask,
    askBatch: (refs: readonly OrderRef[]) =>
      ask(refs, (signal) => broker.getOrderStatuses?.(refs, signal) ?? Promise.resolve([])),
    takesBatches: capabilities.batchStatus && broker.getOrderStatuses !== undefined,
    /** Nothing has been answered for a while. */
    isDown: (): boolean => unanswered >= PROBE_AFTER,
    sinceAsked: (id: string): number => clock.monotonic() - (askedAt.get(id) ?? Number.NEGATIVE_INFINITY),
    delete: (id: string) => askedAt.delete(id),
    get count() {
      return count;
    },
  };
}

/** Wait after so many misses in a row; none after the first. */
const backoffFrom =
  (pollIntervalMs: number) =>
  (misses: number): number =>
    misses < 2 ? 0 : Math.min(LONGEST_BACKOFF_MS, pollIntervalMs * 2 ** (misses - 1));

interface LeftOutParts {
  readonly clock: Clock;
  readonly backoff: (misses: number) => number;
  readonly isDown: () => boolean;
  readonly isWatched: (id: string) => boolean;
  /** Whether a report came of it. */
  readonly pollOne: (ref: OrderRef) => Promise<boolean>;
}

/** Orders that batches leave out may still be found by themselves; one that is not found is looked for less and less. */
function leftOutOrders({ clock, backoff, isDown, isWatched, pollOne }: LeftOutParts) {
  const missed = new Map<string, { readonly misses: number; readonly at: number }>();

  function isDue({ clientOrderId }: OrderRef): boolean {
    const { misses, at } = missed.get(clientOrderId) ?? { misses: 0, at: Number.NEGATIVE_INFINITY };
    return clock.monotonic() - at >= backoff(misses);
  }

  async function lookFor(ref: OrderRef): Promise<void> {
    const id = ref.clientOrderId;
    const at = clock.monotonic();
    const isFound = await pollOne(ref);
    if (isFound || !isWatched(id)) missed.delete(id);
    else missed.set(id, { misses: (missed.get(id)?.misses ?? 0) + 1, at });
  }

  return {
    async look(refs: readonly OrderRef[]): Promise<void> {
      const due = refs.filter(isDue);
      for (let first = 0; first < due.length && !isDown(); first += WAVE)
        await Promise.all(due.slice(first, first + WAVE).map(lookFor));
    },
    delete: (id: string) => missed.delete(id),
  };
}

interface GapQueries {
  add(ids: Iterable<string>): void;
  delete(id: string): void;
  close(): void;
}

/**
 * Queries for gaps: one for each order however many gaps come, and the next not before `leastMs`.
 *
 * @param query asks for the order, or returns the ms that it must wait
 */
function gapQueries(clock: Clock, leastMs: number, query: (id: string) => number): GapQueries {
  const waiting = new Set<string>();
  const askedAt = new Map<string, number>();
  let timer: unknown;

  function work(): void {
    let wait = Number.POSITIVE_INFINITY;
    for (const id of waiting) {
      const since = clock.monotonic() - (askedAt.get(id) ?? Number.NEGATIVE_INFINITY);
      const left = since < leastMs ? leastMs - since : query(id);
      if (left > 0) {
        wait = Math.min(wait, left);
        continue;
      }
      waiting.delete(id);
      askedAt.set(id, clock.monotonic());
    }
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = Number.isFinite(wait) ? clock.setTimeout(work, wait) : undefined;
  }

  return {
    add(ids) {
      for (const id of ids) waiting.add(id);
      work();
    },
    delete(id) {
      waiting.delete(id);
      askedAt.delete(id);
    },
    close() {
      if (timer !== undefined) clock.clearTimeout(timer);
    },
  };
}

const ticksWhile = (isWatching$: Observable<boolean>, ms: number, scheduler: SchedulerLike): Observable<number> =>
  isWatching$.pipe(
    distinctUntilChanged(),
    switchMap((isWatching) => (isWatching ? timer(ms, ms, scheduler) : EMPTY)),
  );

/** Errors and completions of the push stream are gaps: it is subscribed to again, and the orders are queried. */
function listen(
  broker: BrokerAdapter,
  scheduler: SchedulerLike,
  onGap: () => void,
  onReport: (raw: unknown) => void,
): Subscription | undefined {
  const stream = pushStreamOf(broker);
  if (stream === undefined) return undefined;
  return defer(() => stream)
    .pipe(
      tap((raw) => (isGap(raw) ? onGap() : onReport(raw))),
      tap({ error: onGap, complete: onGap }),
      retry({ delay: () => timer(RECONNECT_MS, scheduler) }),
      repeat({ delay: () => timer(RECONNECT_MS, scheduler) }),
      catchError(() => EMPTY),
    )
    .subscribe();
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
