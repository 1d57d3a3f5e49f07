/**
 * Two exits of one position, of which the one that has not filled must go: it would sell from the rest of the balance.
 * Watched where the exchange does not see to it by itself, and its exits hold nothing until they trigger.
 *
 * 1. A pair is watched from its placement, and from a connect that finds an exit of the engine's naming open. No other
 *    order is ever cancelled, and nothing is sold or bought here.
 * 2. An exit is cancelled when its sibling has filled in full, and for nothing else. Cancelled by a person, refused on
 *    its trigger, filled in part, or not to be found: the other stays, and a warning says so.
 * 3. One cancel. Another goes out only after a later read has shown the order still open.
 * 4. One read a symbol and round, none while there is no pair; a tenth of the account's requests at the very most.
 */
import { lessThan, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import { type Connection, marketOf, nameAtVenue } from './connection.js';
import type { Market, VenueOrder } from './dialect.js';
import { cancelOrder, findOrder } from './orders.js';
import { readWaitingExits } from './waiting-exits.js';

export interface SiblingWatch {
  /** Watches the exits of an entry, from now on until one of them, or both, are gone. */
  watch(symbol: string, entry: string): void;
  /** Connected: looks once for exits that are open, then goes on in rounds. */
  start(): void;
  stop(): void;
}

/** Time between two rounds, in ms, where few symbols have pairs. */
const ROUND_MS = 5_000;
/** Requests a minute that an account may make at the least, where the options say nothing. */
const PER_MINUTE = 600;
/** Part of the requests a minute that the watch may use. */
const SHARE = 0.1;
/** Rounds that an order may take to be shown, or to go after its cancel. */
const PATIENCE = 3;
/** Rounds between two tries, once it has taken longer. */
const SELDOM = 12;

const ENGINE_EXIT = /^(fc-[0-9a-f]{29})-(?:sl|tp)$/;

interface Pair {
  readonly symbol: string;
  readonly entry: string;
  /** Something may have happened that no round has seen. */
  isUnwatched: boolean;
  absences: number;
  nextLook: number;
  cancels: number;
  nextCancel: number;
  isToldOf: boolean;
}

type Fate = 'works' | 'filled' | 'partly' | 'ended' | 'absent';

export function siblingWatch(connection: Connection): SiblingWatch {
  const { dialect, settings } = connection;
  const { clock, warn } = settings;
  const isNeeded = dialect.waitingExits !== undefined && dialect.exitPair === undefined;
  const pairs = new Map<string, Pair>();
  let life: AbortController | undefined;
  let timer: unknown;
  let hasLooked = false;
  let rounds = 0;

  function remember(symbol: string, entry: string, isUnwatched: boolean): void {
    const fresh = { isUnwatched, absences: 0, nextLook: 0, cancels: 0, nextCancel: 0, isToldOf: false };
    if (!pairs.has(entry)) pairs.set(entry, { symbol, entry, ...fresh });
  }

  const symbols = (): ReadonlySet<string> => new Set([...pairs.values()].map(({ symbol }) => symbol));

  function schedule(): void {
    if (life === undefined || timer !== undefined || (hasLooked && pairs.size === 0)) return;
    const leastMs = (symbols().size * 60_000) / ((settings.requestsPerMinute ?? PER_MINUTE) * SHARE);
    timer = clock.setTimeout(() => void run(life), Math.max(ROUND_MS, leastMs));
  }

  /** A round that finds no answer has no news: the next one asks again. */
  async function run(owner: AbortController | undefined): Promise<void> {
    if (owner === undefined) return;
    rounds += 1;
    try {
      if (!hasLooked) await lookAround(owner);
      for (const symbol of symbols()) await attendTo(symbol, owner.signal).catch(() => undefined);
    } catch {
      // Not looked yet.
    }
    if (life !== owner) return;
    timer = undefined;
    schedule();
  }

  async function lookAround(owner: AbortController): Promise<void> {
    const open = await readWaitingExits(connection, undefined, owner.signal);
    if (life !== owner) return;
    for (const { name, marketId } of open) {
      const symbol = connection.markets().symbolOf(marketId);
      const entry = ENGINE_EXIT.exec(connection.ids.fromVenue(name) ?? '')?.[1];
      if (entry !== undefined && connection.markets().find(symbol) !== undefined) remember(symbol, entry, true);
    }
    hasLooked = true;
  }

  async function attendTo(symbol: string, signal: AbortSignal): Promise<void> {
    // Those that are placed while the list is on its way are not in it, and are not missing either.
    const own = [...pairs.values()].filter((pair) => pair.symbol === symbol);
    const market = marketOf(connection, symbol);
    const open = new Set((await readWaitingExits(connection, market, signal)).map(({ name }) => name));
    for (const pair of own) await attend(pair, market, open, signal).catch(() => undefined);
  }

  async function attend(pair: Pair, market: Market, open: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const legs = [`${pair.entry}-sl`, `${pair.entry}-tp`] as const;
    const [survivor, ...more] = legs.filter((id) => open.has(connection.ids.toVenue(id)));
    if (survivor === undefined) return settle(pair, market, legs, signal);
    if (more.length > 0) {
      pair.isUnwatched = false;
      pair.absences = 0;
      return;
    }
    if (pair.cancels > 0) return cancel(pair, survivor, signal);
    if (rounds < pair.nextLook) return;
    const gone = survivor === legs[0] ? legs[1] : legs[0];
    const fate = await fateOf(gone, market, signal);
    if (fate === 'filled') return cancel(pair, survivor, signal);
    if (fate === 'absent') return miss(pair, gone, survivor);
    if (fate === 'works') return;
    const what = fate === 'partly' ? 'has filled in part only' : 'was cancelled or refused';
    warn(`${pair.symbol}: the exit ${gone} ${what}, and its sibling ${survivor} stays for the full size.`);
    pairs.delete(pair.entry);
  }

  async function fateOf(id: string, market: Market, signal: AbortSignal): Promise<Fate> {
    return fate(await findOrder(connection, market, nameAtVenue(connection, id), signal));
  }

  function miss(pair: Pair, gone: string, survivor: string): void {
    pair.absences += 1;
    if (pair.absences === PATIENCE) {
      const what = `the exit ${gone} is not known to ${settings.exchange}`;
      warn(`${pair.symbol}: ${what}, and its sibling ${survivor} stays.`);
    }
    if (pair.absences >= PATIENCE) pair.nextLook = rounds + SELDOM;
  }

  async function cancel(pair: Pair, survivor: string, signal: AbortSignal): Promise<void> {
    if (rounds < pair.nextCancel) return;
    pair.cancels += 1;
    if (pair.cancels === 1 && pair.isUnwatched) {
      warn(`${pair.symbol}: an exit filled while nothing watched, and its sibling ${survivor} is cancelled now.`);
    }
    pair.nextCancel = rounds + 1;
    const told = await cancelOrder(connection, { clientOrderId: survivor, symbol: pair.symbol }, signal);
    if (signal.aborted) return;
    const outcome = typeof told === 'string' ? told : told.kind;
    const patience = outcome === 'requested' ? PATIENCE * pair.cancels : pair.cancels;
    pair.nextCancel = rounds + Math.min(patience, SELDOM);
    const isTaken = outcome === 'requested' || outcome === 'already_closed';
    // A cancel that was taken, and had no effect, is no better than one that was not.
    if (pair.isToldOf || (isTaken && pair.cancels === 1)) return;
    pair.isToldOf = true;
    warn(`An exit has filled, and its sibling ${survivor} may still be working (${outcome}).`);
  }

  /** None of the two waits any more. */
  async function settle(
    pair: Pair,
    market: Market,
    legs: readonly [string, string],
    signal: AbortSignal,
  ): Promise<void> {
    const fates = [await fateOf(legs[0], market, signal), await fateOf(legs[1], market, signal)];
    if (fates.includes('works')) return;
    pair.absences += 1;
    if (fates.includes('absent') && pair.absences < PATIENCE) return;
    if (fates.every((one) => one === 'filled' || one === 'partly')) {
      warn(`${pair.symbol}: both exits of ${pair.entry} have traded. Compare the balance with what it should be.`);
    }
    pairs.delete(pair.entry);
  }

  return {
    watch(symbol, entry) {
      if (!isNeeded) return;
      remember(symbol, entry, false);
      schedule();
    },
    start() {
      if (!isNeeded || life !== undefined) return;
      life = new AbortController();
      hasLooked = false;
      for (const pair of pairs.values()) pair.isUnwatched = true;
      timer = clock.setTimeout(() => void run(life), 0);
    },
    stop() {
      life?.abort();
      life = undefined;
      if (timer !== undefined) clock.clearTimeout(timer);
      timer = undefined;
    },
  };
}

function fate(order: VenueOrder | undefined): Fate {
  if (order === undefined) return 'absent';
  const [filled, all] = [parseVenueDecimal(order.filledSize) ?? ZERO, parseVenueDecimal(order.quantity) ?? ZERO];
  if (order.state === 'filled' && !lessThan(filled, all)) return 'filled';
  if (!['filled', 'cancelled', 'rejected', 'expired'].includes(order.state)) return 'works';
  return filled === ZERO ? 'ended' : 'partly';
}
