/**
 * Exits as a stream of news (B7): slow polls for what is open, one watch for all positions of a broker.
 *
 * 1. What it costs depends on what is open: nothing is asked of an exit that is over, and nothing at all when none is watched.
 * 2. A round asks each watched exit once: in batches where the adapter has them, else the list of open orders first and then,
 *    a few at a time, those that it does not show. Failures in a row end a round, and the next one waits twice as long.
 * 3. What must be settled (its position is closed, or an exit of it has ended) is asked about each second.
 * 4. A failed call is no news (M4). "Not found" proves nothing by itself: an exit is absent when, besides, the open orders
 *    do not show it, twice, with some time between.
 * 5. Where the adapter asks in batches, the entry of a watched position goes along, as one more line of a batch that leaves
 *    anyhow: a bust, a correction or a stray fill after the result is found by polls too (P8, T5). It costs no call.
 * 6. A gap in the pushes begins a round at once, yet none asks an exit again before the adapter's `minPollMs` has passed.
 */
import { EMPTY, type Observable, Subject, timer } from 'rxjs';
import { distinctUntilChanged, exhaustMap, switchMap, throttleTime } from 'rxjs/operators';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import { callBroker } from './calls.js';
import { clockScheduler } from './clock-scheduler.js';

/** `id` is the exit's own `clientOrderId`, or the entry's of its position. */
export type ExitNews =
  | { readonly kind: 'report'; readonly id: string; readonly raw: unknown }
  | { readonly kind: 'absent'; readonly id: string };

export interface ExitWatchOptions {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly clock: Clock;
  /** Time between two rounds, in ms. */
  readonly intervalMs: number;
  readonly statusDeadlineMs: number;
  /** Tells that pushes may have been missed. */
  readonly gaps$: Observable<unknown>;
  /** The entry of a position, by the owner of its exits. */
  readonly entryOf?: (owner: string) => OrderRef | undefined;
}

/** What a look at some exits came to. */
export interface ExitAnswers {
  /** Their state is known now. */
  readonly told: ReadonlySet<string>;
  /** The broker does not know them by their id, which proves nothing. */
  readonly notFound: ReadonlySet<string>;
  /** Why another was not answered, by its id. */
  readonly failures: ReadonlyMap<string, string>;
  /** Why the rest was not asked, or the last word that the broker gave instead of an answer. */
  readonly failure?: string;
}

export interface LookLimits {
  /** No question is begun after so many ms. */
  readonly limitMs?: number;
  /** The open orders, when they were asked for just now. */
  readonly listed?: readonly unknown[];
  /** Asked for in a batch, if there is one, and not by themselves. */
  readonly along?: readonly OrderRef[];
}

export interface ExitWatch {
  /** Hot; completes on `close`. */
  readonly news$: Observable<ExitNews>;
  /** Watches exactly these exits of the owner from now on. */
  watch(owner: string, refs: readonly OrderRef[], isSoon: boolean): void;
  unwatch(owner: string): void;
  /** Asks these at once, but for those that were asked within the adapter's `minPollMs`. */
  query(refs: readonly OrderRef[]): Promise<ExitAnswers>;
  /** Asks these once. */
  ask(refs: readonly OrderRef[], limits?: LookLimits): Promise<ExitAnswers>;
  /** Exits watched now. */
  readonly size: number;
  /** Requests made so far. */
  readonly polls: number;
  close(): void;
}

interface Watched {
  readonly ref: OrderRef;
  readonly owner: string;
  readonly isSoon: boolean;
}

/** Time between two rounds for what must be settled. */
const SOON_MS = 1_000;
/** Longest time between two rounds when they fail. */
const GREATEST_BACKOFF_MS = 300_000;
/** Most single questions of one look: the rest has its turn in the next, longest unasked first. */
const MOST_SINGLES = 60;
/** Single questions under way at once. */
const AT_ONCE = 4;
/** So many failures in a row, and the broker is asked for nothing more in this round. */
const MOST_FAILURES = 3;
/** Most exits in one batch. */
const BATCH = 50;
/** From here on the list of open orders is asked for before single exits. */
const WORTH_A_LIST = 3;

export function exitWatch(options: ExitWatchOptions): ExitWatch {
  const { capabilities, clock, intervalMs, gaps$ } = options;
  const scheduler = clockScheduler(clock);
  const watched = new Map<string, Watched>();
  const absences = new Map<string, number>();
  const askedAt = new Map<string, number>();
  const news$ = new Subject<ExitNews>();
  const pending = new Map<string, number>();
  const look = counting(exitLook(options, { onAsked, onRow, onNotFound }), pending);
  const [anyWatched$, soonWatched$] = [new Subject<boolean>(), new Subject<boolean>()];
  const owners = ownersOf(watched, [watched, askedAt, absences]);
  const failures = { slow: 0, soon: 0 };
  const notBefore = { slow: 0, soon: 0 };

  function onAsked(id: string): void {
    if (watched.has(id)) askedAt.set(id, clock.monotonic());
  }

  function onRow(id: string, raw: unknown): void {
    absences.delete(id);
    news$.next({ kind: 'report', id, raw });
  }

  /** @param isListed whether the open orders were told, and do not show it */
  function onNotFound(id: string, isListed: boolean): void {
    if (!isListed || !watched.has(id)) return;
    const since = absences.get(id);
    if (since === undefined) absences.set(id, clock.monotonic());
    else if (clock.monotonic() - since >= EXIT_GRACE_MS) news$.next({ kind: 'absent', id });
  }

  const lastAsked = ({ clientOrderId }: OrderRef): number => askedAt.get(clientOrderId) ?? -1;
  const isFree = (ref: OrderRef): boolean =>
    !pending.has(ref.clientOrderId) &&
    (!askedAt.has(ref.clientOrderId) || clock.monotonic() - lastAsked(ref) >= capabilities.minPollMs);

  const refsOf = (pace: 'slow' | 'soon'): OrderRef[] =>
    [...watched.values()].filter(({ isSoon }) => isSoon === (pace === 'soon')).map(({ ref }) => ref);

  async function round(pace: 'slow' | 'soon', isGap = false): Promise<void> {
    if (!isGap && clock.monotonic() < notBefore[pace]) return;
    const refs = refsOf(pace)
      .filter(isFree)
      .sort((one, other) => lastAsked(one) - lastAsked(other));
    if (refs.length === 0) return;
    const { failure } = await look(refs, { along: pace === 'slow' ? entriesAlong(options, watched, refs) : [] });
    failures[pace] = failure === undefined ? 0 : failures[pace] + 1;
    // The tick that comes at that very moment counts.
    const wait = failure === undefined ? undefined : backOff(pace, intervalMs, failures[pace]) - 1;
    notBefore[pace] = wait === undefined ? 0 : clock.monotonic() + wait;
  }

  const every = (isWatched$: Observable<boolean>, ms: number) =>
    isWatched$.pipe(
      distinctUntilChanged(),
      switchMap((isWatched) => (isWatched ? timer(ms, ms, scheduler) : EMPTY)),
    );
  const soonMs = Math.max(SOON_MS, capabilities.minPollMs);
  const ticks = [
    every(anyWatched$, intervalMs)
      .pipe(exhaustMap(() => round('slow')))
      .subscribe(),
    every(soonWatched$, soonMs)
      .pipe(exhaustMap(() => round('soon')))
      .subscribe(),
    gaps$
      .pipe(
        throttleTime(soonMs, scheduler, { leading: true, trailing: true }),
        exhaustMap(() => Promise.all([round('slow', true), round('soon', true)])),
      )
      .subscribe(),
  ];

  function tellWatched(): void {
    anyWatched$.next(watched.size > 0);
    soonWatched$.next(owners.soon > 0);
  }

  return {
    news$: news$.asObservable(),
    watch(owner, refs, isSoon) {
      owners.put(owner, refs, isSoon);
      tellWatched();
    },
    unwatch(owner) {
      owners.put(owner, [], false);
      tellWatched();
    },
    query: (refs) => look(refs.filter(isFree)),
    ask: look,
    get size() {
      return watched.size;
    },
    get polls() {
      return look.calls();
    },
    close() {
      for (const tick of ticks) tick.unsubscribe();
      watched.clear();
      news$.complete();
    },
  };
}

/** The entries of the positions that these exits are of, where a batch can take them along. */
function entriesAlong(
  { capabilities, entryOf }: ExitWatchOptions,
  watched: ReadonlyMap<string, Watched>,
  refs: readonly OrderRef[],
): readonly OrderRef[] {
  if (!capabilities.batchStatus) return [];
  const owners = new Set(refs.map(({ clientOrderId }) => watched.get(clientOrderId)?.owner));
  return [...owners].flatMap((owner) => (owner === undefined ? [] : (entryOf?.(owner) ?? [])));
}

function backOff(pace: 'slow' | 'soon', intervalMs: number, failures: number): number {
  const step = pace === 'soon' ? SOON_MS : intervalMs;
  const greatest = Math.max(intervalMs, pace === 'soon' ? SOON_MS : GREATEST_BACKOFF_MS);
  return Math.min(greatest, step * 2 ** failures);
}

interface LookEvents {
  onAsked(id: string): void;
  onRow(id: string, raw: unknown): void;
  onNotFound(id: string, isListed: boolean): void;
}

interface Look {
  (refs: readonly OrderRef[], limits?: LookLimits): Promise<ExitAnswers>;
  calls(): number;
}

/** Counts what is about to be asked, so that it is not asked beside that. */
function counting(look: Look, pending: Map<string, number>): Look {
  async function counted(refs: readonly OrderRef[], limits?: LookLimits): Promise<ExitAnswers> {
    for (const { clientOrderId: id } of refs) pending.set(id, (pending.get(id) ?? 0) + 1);
    const answers = await look(refs, limits);
    for (const { clientOrderId: id } of refs) {
      const left = (pending.get(id) ?? 1) - 1;
      if (left === 0) pending.delete(id);
      else pending.set(id, left);
    }
    return answers;
  }
  return Object.assign(counted, { calls: look.calls });
}

/** One look at some exits, with as few calls as the adapter allows. */
function exitLook({ broker, capabilities, clock, statusDeadlineMs }: ExitWatchOptions, events: LookEvents): Look {
  let calls = 0;

  function call(make: (signal: AbortSignal) => Promise<unknown>): Promise<{ value?: unknown; failure?: string }> {
    calls += 1;
    return callBroker(clock, statusDeadlineMs, make).then((outcome) =>
      outcome.kind === 'answered' ? { value: outcome.value } : { failure: outcome.cause },
    );
  }

  /** Publishes the rows about these exits; returns the ids that they name. */
  function publish(rows: readonly unknown[], wanted: ReadonlySet<string>): string[] {
    return rows.flatMap((row) => {
      const id = idOf(row);
      if (id === undefined || !wanted.has(id)) return [];
      events.onRow(id, row);
      return [id];
    });
  }

  async function batches(refs: readonly OrderRef[], found: Set<string>): Promise<string | undefined> {
    for (let next = 0; next < refs.length; next += BATCH) {
      const part = refs.slice(next, next + BATCH);
      for (const { clientOrderId } of part) events.onAsked(clientOrderId);
      const { value, failure } = await call((signal) => broker.getOrderStatuses?.(part, signal) ?? Promise.resolve([]));
      if (!Array.isArray(value)) return failure ?? 'unreadable answer';
      for (const id of publish(value, idsOf(part))) found.add(id);
    }
    return undefined;
  }

  async function openOrders(): Promise<readonly unknown[] | undefined> {
    if (broker.getOpenOrders === undefined) return undefined;
    const { value } = await call((signal) => broker.getOpenOrders?.(signal) ?? Promise.resolve(undefined));
    return Array.isArray(value) ? value : undefined;
  }

  async function look(refs: readonly OrderRef[], limits: LookLimits = {}): Promise<ExitAnswers> {
    const { limitMs = Number.POSITIVE_INFINITY, along = [] } = limits;
    const endsAt = clock.monotonic() + limitMs;
    const found = { told: new Set<string>(), notFound: new Set<string>(), failures: new Map<string, string>() };
    const left = () => refs.filter(({ clientOrderId }) => !found.told.has(clientOrderId));
    let { listed } = limits;
    const take = (rows: readonly unknown[] = []) => {
      for (const id of publish(rows, idsOf(refs))) found.told.add(id);
    };
    take(listed);
    const asked = [...left(), ...along];
    const isBatch = capabilities.batchStatus && broker.getOrderStatuses !== undefined && asked.length > 1;
    const failed = isBatch ? await batches(asked, found.told) : undefined;
    if (failed !== undefined) return { ...found, failure: failed };
    if (!isBatch && listed === undefined && refs.length >= WORTH_A_LIST) {
      listed = await openOrders();
      take(listed);
    }
    const failure = await singles(left().slice(0, MOST_SINGLES), endsAt, found);
    if (found.notFound.size > 0) listed ??= await openOrders();
    for (const id of found.notFound) events.onNotFound(id, listed?.some((row) => idOf(row) === id) === false);
    return { ...found, ...(failure !== undefined && { failure }) };
  }

  return Object.assign(look, { calls: () => calls });

  /** A few at a time. A broker that fails several times in a row is not asked for the rest. */
  async function singles(refs: readonly OrderRef[], endsAt: number, found: Found): Promise<string | undefined> {
    const waiting = [...refs];
    let failure: string | undefined;
    let inARow = 0;
    async function work(): Promise<void> {
      for (let ref = waiting.shift(); ref !== undefined; ref = waiting.shift()) {
        if (inARow >= MOST_FAILURES) return;
        if (clock.monotonic() >= endsAt) {
          failure ??= 'no time was left to ask';
          return;
        }
        const cause = await single(ref, found);
        inARow = cause === undefined ? 0 : inARow + 1;
        failure = cause ?? failure;
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, refs.length) }, work));
    return failure;
  }

  /** Returns why there is no answer. */
  async function single(ref: OrderRef, { told, notFound, failures }: Found): Promise<string | undefined> {
    const id = ref.clientOrderId;
    events.onAsked(id);
    const { value, failure = 'unreadable answer' } = await call((signal) => broker.getOrderStatus(ref, signal));
    if (value === 'not_found') notFound.add(id);
    else if (publish([value], idsOf([ref])).length > 0) told.add(id);
    else {
      failures.set(id, failure);
      return failure;
    }
    return undefined;
  }
}

interface Found {
  readonly told: Set<string>;
  readonly notFound: Set<string>;
  readonly failures: Map<string, string>;
}

const idsOf = (refs: readonly OrderRef[]): ReadonlySet<string> =>
  new Set(refs.map(({ clientOrderId }) => clientOrderId));

function idOf(row: unknown): string | undefined {
  const id = attempt(() => (row as { clientOrderId?: unknown }).clientOrderId);
  return typeof id === 'string' ? id : undefined;
}

interface Owners {
  /** Exits that must be settled soon. */
  readonly soon: number;
  /** From now on the owner has these watched, and no others. */
  put(owner: string, refs: readonly OrderRef[], isSoon: boolean): void;
}

/**
 * Who has what watched: a change costs the same however many exits are watched.
 *
 * @param kept what is forgotten of an exit that nobody watches any more
 */
function ownersOf(watched: Map<string, Watched>, kept: readonly Map<string, unknown>[]): Owners {
  const owned = new Map<string, readonly OrderRef[]>();
  let soon = 0;

  const isSoonNow = (id: string): number => (watched.get(id)?.isSoon === true ? 1 : 0);

  function forget(id: string): void {
    soon -= isSoonNow(id);
    for (const each of kept) each.delete(id);
  }

  return {
    get soon() {
      return soon;
    },
    put(owner, refs, isSoon) {
      const now = new Set(refs.map(({ clientOrderId }) => clientOrderId));
      for (const { clientOrderId: id } of owned.get(owner) ?? [])
        if (!now.has(id) && watched.get(id)?.owner === owner) forget(id);
      if (refs.length === 0) owned.delete(owner);
      else owned.set(owner, refs);
      for (const ref of refs) {
        soon += (isSoon ? 1 : 0) - isSoonNow(ref.clientOrderId);
        watched.set(ref.clientOrderId, { ref, owner, isSoon });
      }
    },
  };
}
