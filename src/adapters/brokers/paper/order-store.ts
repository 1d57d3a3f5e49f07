/**
 * The books of the paper broker: orders, exit pairs, net positions, quotes.
 *
 * 1. Every change of an order goes through `add` or `change`, and is reported.
 * 2. Every fill changes its order and the position together.
 * 3. A `clientOrderId` is in the books once and for ever.
 */
import type { Decimal } from '../../../domain/decimal.js';
import type { OrderRef, Side } from '../../../domain/ports.js';
import { type ExitPair, isWorking } from './exit-pair.js';
import { afterFill, FLAT, type NetPosition } from './net-position.js';
import { closedOrder, isOpen, newPaperOrder, type PaperClosedState, type PaperOrder, withFill } from './paper-order.js';
import { marketPrice, type Quote, takerPrice } from './quote.js';
import { type DrawKey, drawDecimal } from './random.js';
import type { Reporter } from './reporter.js';
import type { PaperInstrument, PaperSettings } from './settings.js';

type OpeningOrder = Omit<Parameters<typeof newPaperOrder>[0], 'brokerOrderId'>;

export interface OrderStore {
  instrument(symbol: string): PaperInstrument | undefined;
  has(clientOrderId: string): boolean;
  order(clientOrderId: string): PaperOrder | undefined;
  /** By `clientOrderId`, else by the broker's id. */
  find(ref: Pick<OrderRef, 'clientOrderId' | 'brokerOrderId'>): PaperOrder | undefined;
  /** All orders, oldest first. */
  orders(): readonly PaperOrder[];
  openOrders(): readonly PaperOrder[];
  /** Takes a new order in and gives it the broker's id. */
  add(order: OpeningOrder): PaperOrder;
  change(order: PaperOrder): PaperOrder;
  close(order: PaperOrder, as: PaperClosedState, reason: string): PaperOrder;
  fill(order: PaperOrder, quantity: Decimal, price: Decimal): PaperOrder;

  pair(clientOrderId: string): ExitPair | undefined;
  putPair(pair: ExitPair): void;
  /** Pairs of a symbol with a leg that is working, oldest first. */
  workingPairs(symbol: string): readonly ExitPair[];

  position(symbol: string): NetPosition;
  positions(): ReadonlyMap<string, NetPosition>;

  setQuote(symbol: string, quote: Quote): void;
  /** The price at which `side` can trade; `undefined` while there is no quote. Not rounded. */
  market(symbol: string, side: Side): Decimal | undefined;
  /** What a market order gets, slippage drawn for `key`. */
  taken(symbol: string, side: Side, key: DrawKey): Decimal | undefined;
}

export function createOrderStore(settings: PaperSettings, reporter: Reporter, nextNumber: () => number): OrderStore {
  const orders = new Map<string, PaperOrder>();
  const open = new Set<string>();
  const clientIds = new Map<string, string>();
  const positions = new Map(settings.positions);
  const quotes = new Map(settings.quotes);
  const pairs = createPairs();

  function change(order: PaperOrder): PaperOrder {
    orders.set(order.clientOrderId, order);
    if (isOpen(order)) open.add(order.clientOrderId);
    else open.delete(order.clientOrderId);
    reporter.changed(order);
    return order;
  }

  const position = (symbol: string): NetPosition => positions.get(symbol) ?? FLAT;
  const order = (clientOrderId: string): PaperOrder | undefined => orders.get(clientOrderId);

  function market(symbol: string, side: Side): Decimal | undefined {
    const quote = quotes.get(symbol);
    return quote === undefined ? undefined : marketPrice(quote, side, settings.spreadBps);
  }

  return {
    instrument: (symbol) => settings.instruments.get(symbol),
    has: (clientOrderId) => orders.has(clientOrderId),
    order,
    find: ({ clientOrderId, brokerOrderId }) => order(clientOrderId) ?? order(clientIds.get(brokerOrderId ?? '') ?? ''),
    orders: () => [...orders.values()],
    openOrders: () => [...open].flatMap((clientOrderId) => order(clientOrderId) ?? []),
    add(opening) {
      const brokerOrderId = `paper-${nextNumber()}`;
      clientIds.set(brokerOrderId, opening.clientOrderId);
      return change(newPaperOrder({ ...opening, brokerOrderId }));
    },
    change,
    close: (closing, as, reason) => change(closedOrder(closing, as, reason)),
    fill(filling, quantity, price) {
      positions.set(filling.symbol, afterFill(position(filling.symbol), filling.side, quantity, price));
      return change(withFill(filling, { quantity, price }));
    },
    ...pairs,
    position,
    positions: () => positions,
    setQuote: (symbol, quote) => void quotes.set(symbol, quote),
    market,
    taken(symbol, side, key) {
      const price = market(symbol, side);
      const instrument = settings.instruments.get(symbol);
      if (price === undefined || instrument === undefined) return undefined;
      const slippageBps = drawDecimal(settings.slippageBps, settings.seed, ['slippage', ...key]);
      return takerPrice(price, side, slippageBps, instrument.tickSize);
    },
  };
}

/** Pairs by entry, and those with a working leg by symbol: a quote looks at these only. */
function createPairs(): Pick<OrderStore, 'pair' | 'putPair' | 'workingPairs'> {
  const byEntry = new Map<string, ExitPair>();
  const working = new Map<string, Map<string, ExitPair>>();
  return {
    pair: (clientOrderId) => byEntry.get(clientOrderId),
    putPair(pair) {
      byEntry.set(pair.clientOrderId, pair);
      const ofSymbol = working.get(pair.symbol) ?? new Map<string, ExitPair>();
      working.set(pair.symbol, ofSymbol);
      if (isWorking(pair)) ofSymbol.set(pair.clientOrderId, pair);
      else ofSymbol.delete(pair.clientOrderId);
    },
    workingPairs: (symbol) => [...(working.get(symbol)?.values() ?? [])],
  };
}
