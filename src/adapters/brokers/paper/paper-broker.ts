/**
 * The paper broker: a simulated broker behind the same port as a real one.
 *
 * 1. Everything repeats exactly: time comes from the clock, chance from the seed, prices are decimals.
 * 2. A write is done once or not at all; what a caller is told of it is only what the line lets through.
 * 3. When nothing is under way no timer is left, but for that of a price file; after `close` none at all.
 * 4. It remembers nothing beyond its own life: an engine that is started again meets an empty account.
 */

import type { Subscription } from 'rxjs';
import type {
  BrokerAdapter,
  Instrument,
  OpenOrder,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  Quote,
} from '../../../domain/ports.js';
import { clockReading } from '../clock-reading.js';
import { configuredAliases } from '../configured-aliases.js';
import { type Answer, answer, HANG } from './answer.js';
import { invalidOption } from './check.js';
import { createLink, type Link } from './link.js';
import type { PaperBrokerOptions } from './paper-options.js';
import { type PaperOrderView, viewOf } from './paper-order.js';
import { isListed, truePosition } from './position-view.js';
import type { SymbolQuote } from './price-file.js';
import { startPriceReplay } from './price-replay.js';
import { type PaperQuote, readQuote } from './quote.js';
import { createReporter } from './reporter.js';
import { createScriptStore, type ScriptStore } from './script-store.js';
import { type PaperSettings, quoteOrThrow, readSettings } from './settings.js';
import { createTimers } from './timers.js';
import { createVenue, type Venue } from './venue.js';

/** How often the broker was called, each repeat included, whether or not the call got through. @public @since 0.1.0 */
export interface PaperCalls {
  readonly submits: number;
  readonly cancels: number;
  readonly protections: number;
  /** Reads of every kind: orders, positions, instruments, margin. */
  readonly queries: number;
  /** Of these, reads of the status of orders; a batch counts once. */
  readonly orderQueries: number;
  /** Of these, reads of positions. */
  readonly positionQueries: number;
}

/** The paper broker, and what tests and the console do to it besides trading. @public @since 0.1.0 */
export interface PaperBroker extends BrokerAdapter {
  getOrderStatuses(refs: readonly OrderRef[], signal: AbortSignal): Promise<readonly OrderReport[]>;
  /** The legs of exit pairs are among them. */
  getOpenOrders(signal: AbortSignal): Promise<readonly OpenOrder[]>;
  checkMargin(order: OrderRequest, signal: AbortSignal): Promise<'ok' | { readonly refused: string }>;
  /** Bid and ask now; neither while there is no price. */
  quote(symbol: string, signal: AbortSignal): Promise<Quote>;
  /** Ends every timer and call, the feed and `reports$`; from then on there is no connection. Final; may be repeated. */
  close(): Promise<void>;
  /**
   * Moves the price of a symbol: orders that waited for one are filled, exits that it reaches go off. Nothing after `close`.
   * @throws {FillchartError} `INVALID_OPTION` for a symbol that is not known, or what is no price
   */
  setQuote(symbol: string, quote: string | PaperQuote): void;
  /** Cuts the connection, or brings it back (`reports$` then tells of a gap). The broker trades on meanwhile. */
  setConnected(connected: boolean): void;
  /** All orders as they are in the books, oldest first; the legs of exit pairs are among them. */
  orders(): readonly PaperOrderView[];
  /** All positions and working exits as they are in the books, whatever scripts show of them. */
  positions(): readonly PositionReport[];
  readonly calls: PaperCalls;
}

/**
 * A simulated broker. With nothing but instruments and quotes it fills every market order at once, in full, at the quote.
 *
 * @throws {FillchartError} `INVALID_OPTION` naming the option, its value and what is accepted
 * @public @since 0.1.0
 */
export function paperBroker(options: PaperBrokerOptions): PaperBroker {
  let last = 0;
  return numberedPaperBroker(options, () => (last += 1));
}

/** The same for several that stand for one broker: `nextNumber` gives each of their orders a number of its own. */
export function numberedPaperBroker(options: PaperBrokerOptions, nextNumber: () => number): PaperBroker {
  const settings = readSettings(options);
  const timers = createTimers(settings.clock);
  const scripts = createScriptStore(settings.scripts, settings.clock);
  const reporter = createReporter(settings.clock, scripts);
  const link = createLink(timers, settings.latencyMs, settings.seed);
  const venue = createVenue({ settings, timers, scripts, reporter, nextNumber });
  const { counted, calls } = createCounter();
  let closed = false;

  const applyQuotes = (quotes: readonly SymbolQuote[]): void => {
    for (const { symbol, quote } of quotes) venue.movePrice(symbol, quote);
  };
  if (settings.replay !== undefined) startPriceReplay(settings.replay, settings.clock, timers, applyQuotes);
  const feed = subscribeToFeed(settings, applyQuotes);

  return {
    name: 'paper',
    capabilities: Object.freeze({
      push: settings.push,
      batchStatus: true,
      lookupByClientId: true,
      nativeOco: true,
      positions: 'netting' as const,
      fractional: settings.fractional,
      minPollMs: 0,
    }),
    ...(settings.push && { reports$: reporter.reports$ }),
    ...createWrites(venue, link, counted),
    ...createReads(venue, link, counted, settings, scripts),
    async describe() {
      const now = settings.clock.now();
      return {
        about: 'simulated in this process, without a network',
        clock: clockReading(now, now, now),
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      feed?.unsubscribe();
      link.close();
      timers.clearAll();
      reporter.complete();
    },
    aliases: configuredAliases(settings.instruments.keys()),
    setQuote(symbol, quote) {
      if (!settings.instruments.has(symbol)) throw invalidOption(`setQuote: the symbol ${symbol} is not known.`);
      const read = quoteOrThrow(quote, `setQuote: the quote of ${symbol}`);
      if (!closed) venue.movePrice(symbol, read);
    },
    setConnected(connected) {
      if (closed) return;
      link.setConnected(connected);
      reporter.setConnected(connected);
    },
    orders: () => venue.store.orders().map(viewOf),
    positions: () =>
      [...settings.instruments.keys()].map((symbol) => truePosition(symbol, venue.store)).filter(isListed),
    get calls() {
      return calls();
    },
  };
}

type Counted = keyof PaperCalls;
type Count = (...names: readonly Counted[]) => void;

function createCounter(): { counted: Count; calls: () => PaperCalls } {
  const counts: Record<Counted, number> = {
    submits: 0,
    cancels: 0,
    protections: 0,
    queries: 0,
    orderQueries: 0,
    positionQueries: 0,
  };
  return {
    counted(...names) {
      for (const name of names) counts[name] += 1;
    },
    calls: () => Object.freeze({ ...counts }),
  };
}

/** Prices from outside are not trusted: what is none is passed over. */
function subscribeToFeed(
  settings: PaperSettings,
  apply: (quotes: readonly SymbolQuote[]) => void,
): Subscription | undefined {
  return settings.feed?.subscribe({
    next(tick) {
      const quote = readQuote(tick);
      if (quote !== undefined && settings.instruments.has(tick.symbol)) apply([{ symbol: tick.symbol, quote }]);
    },
    // A feed that fails leaves the last prices standing.
    error() {},
  });
}

function createWrites(
  venue: Venue,
  link: Link,
  counted: Count,
): Pick<BrokerAdapter, 'connect' | 'submitOrder' | 'cancelOrder' | 'placeProtection'> {
  const unknownOrNotSent = (sent: boolean, cause: string) =>
    sent ? ({ kind: 'unknown', cause } as const) : ({ kind: 'not_sent', reason: cause } as const);

  return {
    connect: (signal) => link.call({ method: 'connect', signal, work: () => answer(undefined), cut: failRead }),
    submitOrder(order, signal) {
      counted('submits');
      return link.call({ method: 'submit', signal, work: () => venue.submit(order), cut: unknownOrNotSent });
    },
    cancelOrder(ref, signal) {
      counted('cancels');
      return link.call({ method: 'cancel', signal, work: () => venue.cancel(ref), cut: () => 'unknown' as const });
    },
    placeProtection(request, signal) {
      counted('protections');
      return link.call({
        method: 'protect',
        signal,
        work: () => venue.protect(request),
        cut: (sent, cause) => ({ stopLoss: unknownOrNotSent(sent, cause), takeProfit: unknownOrNotSent(sent, cause) }),
      });
    },
  };
}

/** A read that got no answer is no news. */
function failRead(_sent: boolean, cause: string): never {
  throw new Error(cause);
}

function quoteOf({ store }: Venue, symbol: string): Quote {
  const [bid, ask] = [store.market(symbol, 'sell'), store.market(symbol, 'buy')];
  return { ...(bid !== undefined && { bid }), ...(ask !== undefined && { ask }) };
}

type ReadMethods =
  | 'instrument'
  | 'getOrderStatus'
  | 'getOrderStatuses'
  | 'getOpenOrders'
  | 'getPositions'
  | 'checkMargin'
  | 'quote';

function createReads(
  venue: Venue,
  link: Link,
  counted: Count,
  settings: PaperSettings,
  scripts: ScriptStore,
): Pick<PaperBroker, ReadMethods> {
  const madeAtMs = settings.clock.monotonic();
  const read = <T>(method: string, signal: AbortSignal, work: () => Answer<T>): Promise<T> =>
    link.call({ method, signal, work, cut: failRead });

  function instrument(symbol: string): Answer<Instrument | 'unknown_symbol'> {
    const fate = scripts.fateOf(scripts.ofSymbol(symbol).instrumentQuery, madeAtMs);
    if (fate === 'hang') return HANG;
    if (fate === 'fail') return { kind: 'error', message: `the query of the instrument ${symbol} failed` };
    return answer(settings.instruments.get(symbol)?.rules ?? 'unknown_symbol');
  }

  return {
    instrument(symbol, signal) {
      counted('queries');
      return read('instrument', signal, () => instrument(symbol));
    },
    getOrderStatus(ref, signal) {
      counted('queries', 'orderQueries');
      return read('status', signal, () => venue.status(ref));
    },
    getOrderStatuses(refs, signal) {
      counted('queries', 'orderQueries');
      return read('statuses', signal, () => venue.statuses(refs));
    },
    getOpenOrders(signal) {
      counted('queries', 'orderQueries');
      return read('open orders', signal, () => venue.openOrders());
    },
    getPositions(symbols, signal) {
      counted('queries', 'positionQueries');
      return read('positions', signal, () => venue.positions(symbols));
    },
    checkMargin(order, signal) {
      counted('queries');
      return read('margin', signal, () => venue.margin(order));
    },
    quote(symbol, signal) {
      counted('queries');
      return read('quote', signal, () => answer(quoteOf(venue, symbol)));
    },
  };
}
