/**
 * The simulated venue: orders, fills, positions, exit pairs. It knows nothing of HTTP.
 *
 * 1. A client order id is taken once, for ever.
 * 2. A pair is one parent, the limit order, and its leg, the stop, held until it is needed. One ends the other: filled or
 *    cancelled. Ids look like Alpaca's, and are the same in every run.
 * 3. While the market is closed orders are taken and wait.
 */
import {
  absolute,
  add,
  type Decimal,
  decimal,
  divide,
  lessThan,
  maximum,
  minimum,
  multiply,
  negate,
  parseDecimal,
  subtract,
  sum,
  ZERO,
} from '../../domain/decimal.js';
import type { Clock } from '../../domain/ports.js';
import { closes, openingValue, type Refused, refusalOf, refused, type Wanted } from './order-checks.js';
import { isOpen, leaves, type SimulatedOrder } from './order-store.js';
import type { AlpacaAsset, AlpacaScript } from './simulator-options.js';

export interface VenueOptions {
  readonly clock: Clock;
  readonly assets: readonly AlpacaAsset[];
  readonly quotes: Readonly<Record<string, string>>;
  readonly buyingPower: Decimal;
  /** The day-trade rule binds: what was opened today cannot be closed today. */
  readonly isDayTradeBound: boolean;
  readonly isOpen: boolean;
  /** Told of everything that happens to an order. */
  readonly onUpdate: (event: string, order: SimulatedOrder, fill?: { quantity: Decimal; price: Decimal }) => void;
}

export type SimulatedVenue = ReturnType<typeof simulatedVenue>;

const ANY_PRICE = decimal('100');

type Positions = ReadonlyMap<string, { readonly size: Decimal; readonly entryPrice: Decimal }>;

/** Positions, and orders that open one, reserve their value. */
function reserved(
  positions: Positions,
  orders: readonly SimulatedOrder[],
  { position, quote }: { position(symbol: string): Decimal; quote(symbol: string): Decimal },
): Decimal {
  const held = [...positions.values()].map(({ size, entryPrice }) => multiply(absolute(size), entryPrice));
  const asked = orders
    .filter((order) => isOpen(order) && order.orderClass !== 'oco' && !closes(position(order.symbol), order.side))
    .map((order) => openingValue(order.side, leaves(order), quote(order.symbol)));
  return sum([...held, ...asked]);
}

export function simulatedVenue(options: VenueOptions) {
  const { clock, onUpdate } = options;
  const assets = new Map(options.assets.map((asset) => [asset.symbol, asset]));
  const quotes = new Map(Object.entries(options.quotes).map(([symbol, price]) => [symbol, decimal(price)]));
  const positions = new Map<string, { size: Decimal; entryPrice: Decimal }>();
  const orders: SimulatedOrder[] = [];
  const scripts: AlpacaScript[] = [];
  const lost = new Set<'stopLoss' | 'takeProfit'>();
  let [isMarketOpen, lastId] = [options.isOpen, 0];

  function nextId(): string {
    lastId += 1;
    return `0f1c2a3b-0000-4000-8000-${lastId.toString(16).padStart(12, '0')}`;
  }

  const quote = (symbol: string): Decimal => quotes.get(symbol) ?? ANY_PRICE;
  const position = (symbol: string): Decimal => positions.get(symbol)?.size ?? ZERO;

  const moneyLeft = (): Decimal =>
    maximum(subtract(options.buyingPower, reserved(positions, orders, { position, quote })), ZERO);

  function submit(wanted: Wanted): SimulatedOrder | Refused {
    const { isDayTradeBound } = options;
    const refusal = refusalOf(wanted, { assets, orders, buyingPower: moneyLeft(), isDayTradeBound, position, quote });
    if (refusal !== undefined) return refusal;
    if (wanted.orderClass === 'oco') return pair(wanted);
    const order = take(wanted, wanted.type === 'market' ? (scripts.shift() ?? {}) : { fills: [] });
    onUpdate('new', order);
    if (isMarketOpen) begin(order);
    return order;
  }

  function take(wanted: Wanted, script: AlpacaScript, parent?: SimulatedOrder): SimulatedOrder {
    const now = clock.now();
    const order: SimulatedOrder = {
      ...wanted,
      id: nextId(),
      script,
      takenAt: now,
      updatedAt: now,
      legs: [],
      status: isMarketOpen ? 'new' : 'accepted',
      filled: ZERO,
      value: ZERO,
      ...(parent !== undefined && { parent }),
    };
    orders.push(order);
    return order;
  }

  function pair(wanted: Wanted): SimulatedOrder {
    const { stopPrice, limitPrice, ...rest } = wanted;
    const parent = take({ ...rest, type: 'limit', ...(limitPrice !== undefined && { limitPrice }) }, {});
    const leg = take(
      { ...rest, type: 'stop', clientOrderId: nextId(), ...(stopPrice !== undefined && { stopPrice }) },
      {},
      parent,
    );
    leg.status = 'held';
    parent.legs = [leg];
    onUpdate('new', parent);
    return parent;
  }

  function afterAnswer(order: SimulatedOrder): void {
    // What goes missing does so once the answer is written: it looked sound.
    if (order.orderClass !== 'oco') return;
    if (lost.has('stopLoss')) for (const leg of order.legs) end(leg, 'canceled');
    if (lost.has('takeProfit')) end(order, 'canceled');
  }

  /** A script counts from the moment the order is taken, or the market opens. */
  function begin(order: SimulatedOrder): void {
    const { fills, ends } = order.script;
    const plan = fills ?? [{ at: 0, quantity: order.quantity }];
    if (order.type !== 'market') return;
    for (const { at, quantity, price } of plan) {
      const size = decimal(quantity);
      later(at, () => fill(order, size, price === undefined ? quote(order.symbol) : decimal(price)));
    }
    if (ends !== undefined) later(ends.at, () => end(order, ends.as, ends.reason));
  }

  // What happens "at once" still happens after the answer to the request.
  const later = (ms: number, act: () => void): unknown => clock.setTimeout(act, ms);

  function fill(order: SimulatedOrder, wanted: Decimal, price: Decimal): void {
    if (!isOpen(order)) return;
    const overfills = order.script.fills !== undefined;
    const quantity = overfills ? wanted : minimum(wanted, leaves(order));
    order.filled = add(order.filled, quantity);
    order.value = add(order.value, multiply(quantity, price));
    order.average = divide(order.value, order.filled);
    order.filledAt = clock.now();
    order.updatedAt = clock.now();
    hold(order, quantity, price);
    const isWhole = !lessThan(order.filled, order.quantity);
    if (order.status !== 'pending_cancel' || isWhole) order.status = isWhole ? 'filled' : 'partially_filled';
    onUpdate(isWhole ? 'fill' : 'partial_fill', order, { quantity, price });
    if (isWhole) for (const other of siblings(order)) end(other, 'canceled');
  }

  function hold({ symbol, side }: SimulatedOrder, quantity: Decimal, price: Decimal): void {
    const size = add(position(symbol), side === 'buy' ? quantity : negate(quantity));
    if (size === ZERO) positions.delete(symbol);
    else positions.set(symbol, { size, entryPrice: price });
  }

  function end(order: SimulatedOrder, status: 'canceled' | 'expired' | 'rejected', reason?: string): void {
    if (!isOpen(order)) return;
    order.status = status;
    order.endedAt = clock.now();
    order.updatedAt = clock.now();
    if (reason !== undefined) order.reason = reason;
    onUpdate(status, order);
  }

  function cancel(order: SimulatedOrder): Refused | undefined {
    if (!isOpen(order) || order.status === 'pending_cancel') {
      return refused(422, 42210000, `order is already in "${order.status}" state`);
    }
    const { cancel: manner = 'confirm', cancelMs = 0 } = order.script;
    order.status = 'pending_cancel';
    order.updatedAt = clock.now();
    onUpdate('pending_cancel', order);
    if (manner === 'fill') later(cancelMs, () => fill(order, leaves(order), quote(order.symbol)));
    if (manner === 'confirm') {
      later(cancelMs, () => {
        end(order, 'canceled');
        for (const other of siblings(order)) end(other, 'canceled');
      });
    }
    return undefined;
  }

  return {
    assets,
    orders,
    positions,
    quote,
    position,
    get buyingPower() {
      return moneyLeft();
    },
    submit,
    afterAnswer,
    cancel,
    fill,
    end,
    nextId,
    script: (script: AlpacaScript) => scripts.push(script),
    setQuote: (symbol: string, price: string) => quotes.set(symbol, decimal(price)),
    setPosition(symbol: string, size: string) {
      const read = parseDecimal(size) ?? ZERO;
      if (read === ZERO) positions.delete(symbol);
      else positions.set(symbol, { size: read, entryPrice: quote(symbol) });
    },
    loseExit: (leg: 'stopLoss' | 'takeProfit') => lost.add(leg),
    get isOpen() {
      return isMarketOpen;
    },
    setOpen(open: boolean) {
      const waiting = open && !isMarketOpen ? orders.filter((order) => order.status === 'accepted') : [];
      isMarketOpen = open;
      for (const order of waiting) {
        order.status = 'new';
        begin(order);
      }
    },
  };
}

/** The other half of an exit pair. */
const siblings = ({ legs, parent }: SimulatedOrder): readonly SimulatedOrder[] =>
  parent === undefined ? legs : [parent];
