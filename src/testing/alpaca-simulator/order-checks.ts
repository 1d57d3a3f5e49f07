/**
 * What Alpaca refuses, with the status and the code that it gives.
 */
import {
  absolute,
  add,
  type Decimal,
  decimal,
  isMultipleOf,
  isNegative,
  isPositive,
  lessThan,
  multiply,
  parseDecimal,
  subtract,
  sum,
  ZERO,
} from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';
import { isOpen, leaves, type SimulatedOrder } from './order-book.js';
import type { AlpacaAsset } from './simulator-options.js';

export interface Refused {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** An order request, read. */
export interface Wanted {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly type: string;
  readonly timeInForce: string;
  readonly orderClass: string;
  readonly limitPrice?: string;
  readonly stopPrice?: string;
}

export interface Venue {
  readonly assets: ReadonlyMap<string, AlpacaAsset>;
  readonly orders: readonly SimulatedOrder[];
  readonly buyingPower: Decimal;
  position(symbol: string): Decimal;
  quote(symbol: string): Decimal;
}

export const refused = (status: number, code: number, message: string): Refused => ({ status, code, message });

const CENT = decimal('0.01');
const FINE_TICK = decimal('0.0001');
const ONE = decimal('1');

/** Reads the body of `POST /v2/orders`. */
export function readWanted(body: unknown, makeId: () => string): Wanted | Refused {
  const given = record(body);
  const symbol = text(given['symbol']);
  const quantity = parseDecimal(given['qty']);
  const side = given['side'];
  if (symbol === undefined) return refused(422, 40010001, 'symbol is required');
  if (quantity === undefined || !isPositive(quantity)) return refused(422, 40010001, 'qty must be > 0');
  if (side !== 'buy' && side !== 'sell') return refused(422, 40010001, 'side must be buy or sell');
  const limitPrice = text(record(given['take_profit'])['limit_price']) ?? text(given['limit_price']);
  const stopPrice = text(record(given['stop_loss'])['stop_price']) ?? text(given['stop_price']);
  return {
    clientOrderId: text(given['client_order_id']) ?? makeId(),
    symbol,
    side,
    quantity,
    type: text(given['type']) ?? '',
    timeInForce: text(given['time_in_force']) ?? '',
    orderClass: text(given['order_class']) ?? '',
    ...(limitPrice !== undefined && { limitPrice }),
    ...(stopPrice !== undefined && { stopPrice }),
  };
}

/** Why Alpaca would not take the order. */
export function refusalOf(wanted: Wanted, venue: Venue): Refused | undefined {
  return wrongId(wanted, venue) ?? wrongAsset(wanted, venue) ?? wrongPrices(wanted, venue) ?? notCovered(wanted, venue);
}

function wrongId({ clientOrderId }: Wanted, { orders }: Venue): Refused | undefined {
  const taken = orders.some((order) => order.clientOrderId === clientOrderId);
  return taken ? refused(422, 40010001, 'client_order_id must be unique') : undefined;
}

function wrongAsset({ symbol, quantity, orderClass, timeInForce }: Wanted, { assets }: Venue): Refused | undefined {
  const asset = assets.get(symbol);
  if (asset === undefined) return refused(422, 42210000, `asset "${symbol}" not found`);
  if (asset.tradable === false) return refused(422, 42210000, `asset ${symbol} is not tradable`);
  if (isMultipleOf(quantity, ONE) || asset.class === 'crypto') return undefined;
  if (asset.fractionable === false) return refused(403, 40310000, `asset "${symbol}" is not fractionable`);
  if (orderClass !== '' && orderClass !== 'simple')
    return refused(422, 42210000, 'fractional orders must be simple orders');
  return timeInForce === 'day' ? undefined : refused(422, 42210000, 'fractional orders must be DAY orders');
}

function wrongPrices(wanted: Wanted, venue: Venue): Refused | undefined {
  const limit = price(wanted.limitPrice);
  const stop = price(wanted.stopPrice);
  for (const [name, value] of [['limit_price', limit] as const, ['stop_price', stop] as const]) {
    if (value === undefined || isMultipleOf(value, lessThan(value, ONE) ? FINE_TICK : CENT)) continue;
    const why = 'sub-penny increment does not fulfill minimum pricing criteria';
    return refused(422, 42210000, `invalid ${name} ${value}. ${why}`);
  }
  if (wanted.type === 'market') {
    const bare = limit === undefined && stop === undefined;
    return bare ? undefined : refused(422, 40010001, 'market orders require no stop or limit price');
  }
  if (wanted.orderClass !== 'oco') return undefined;
  if (limit === undefined) return refused(422, 40010001, 'oco orders require take_profit.limit_price');
  if (stop === undefined) return refused(422, 40010001, 'oco orders require stop_loss.stop_price');
  return wrongPair(wanted, limit, stop, venue.quote(wanted.symbol));
}

function wrongPair({ side }: Wanted, limit: Decimal, stop: Decimal, market: Decimal): Refused | undefined {
  const [low, high] = side === 'sell' ? [stop, limit] : [limit, stop];
  if (lessThan(subtract(high, low), CENT)) {
    return refused(422, 42210000, `take_profit.limit_price and stop_loss.stop_price must be 0.01 apart`);
  }
  const distance = side === 'sell' ? subtract(market, stop) : subtract(stop, market);
  if (!lessThan(distance, CENT)) return undefined;
  const way = side === 'sell' ? '<= base_price - 0.01' : '>= base_price + 0.01';
  return refused(422, 42210000, `stop_loss.stop_price must be ${way} (${market})`);
}

/** Shares that are held and not reserved by another exit, or money for what is opened. */
function notCovered(wanted: Wanted, venue: Venue): Refused | undefined {
  const { symbol, side, quantity } = wanted;
  const held = venue.position(symbol);
  const closes = side === 'sell' ? isPositive(held) : isNegative(held);
  if (closes || wanted.orderClass === 'oco') {
    const reserved = sum(
      venue.orders
        .filter(
          (order) => order.symbol === symbol && order.side === side && order.parent === undefined && isOpen(order),
        )
        .map(leaves),
    );
    const available = subtract(closes ? absolute(held) : ZERO, reserved);
    if (!lessThan(available, quantity)) return undefined;
    const message = `insufficient qty available for order (requested: ${quantity}, available: ${available})`;
    return refused(403, 40310000, message);
  }
  if (side === 'sell' && venue.assets.get(symbol)?.shortable === false) {
    return refused(422, 42210000, `asset "${symbol}" cannot be sold short`);
  }
  const needed = add(multiply(quantity, venue.quote(symbol)), ZERO);
  return lessThan(venue.buyingPower, needed) ? refused(403, 40310000, 'insufficient buying power') : undefined;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
const price = (value: string | undefined): Decimal | undefined => parseDecimal(value);
