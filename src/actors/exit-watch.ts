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
 * 7. A round over ten thousand exits is taken in slices: the event loop goes on in between.
 */
import { EMPTY, type Observable, Subject, timer } from 'rxjs';
import { distinctUntilChanged, exhaustMap, switchMap, throttleTime } from 'rxjs/operators';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, OrderRef } from '../domain/ports.js';
import { clockScheduler } from './clock-scheduler.js';
import { counting, type ExitAnswers, exitLook, type LookLimits } from './exit-look.js';
import { inSlices, SHORT_SLICE_MS } from './next-turn.js';

/** `id` is the exit's own `clientOrderId`, or the entry's of its position. */
type ExitNews =
  | { readonly kind: 'report'; readonly id: string; readonly raw: unknown }
  | { readonly kind: 'absent'; readonly id: string };

interface ExitWatchOptions {
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
    const along = pace === 'slow' ? await entriesAlong(options, watched, refs) : [];
    // Some may have been asked, or be over, by now.
    const asked = refs.filter((ref) => watched.has(ref.clientOrderId) && isFree(ref));
    if (asked.length === 0) return;
    const { failure } = await look(asked, { along });
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

/** The entries of the positions that these exits are of, where a batch can take them along. After a restart each is read from the journal. */
async function entriesAlong(
  { capabilities, clock, entryOf }: ExitWatchOptions,
  watched: ReadonlyMap<string, Watched>,
  refs: readonly OrderRef[],
): Promise<readonly OrderRef[]> {
  if (!capabilities.batchStatus || entryOf === undefined) return [];
  const owners = new Set(refs.flatMap(({ clientOrderId }) => watched.get(clientOrderId)?.owner ?? []));
  const entries: OrderRef[] = [];
  const find = (owner: string): void => {
    const entry = entryOf(owner);
    if (entry !== undefined) entries.push(entry);
  };
  await inSlices(clock, owners, find, SHORT_SLICE_MS);
  return entries;
}

function backOff(pace: 'slow' | 'soon', intervalMs: number, failures: number): number {
  const step = pace === 'soon' ? SOON_MS : intervalMs;
  const greatest = Math.max(intervalMs, pace === 'soon' ? SOON_MS : GREATEST_BACKOFF_MS);
  return Math.min(greatest, step * 2 ** failures);
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
