/**
 * What Alpaca refuses, with the status and the code that it gives: of a request's words and prices by itself, of the rest in
 * the venue model's stead.
 */
import {
  type Decimal,
  decimal,
  isMultipleOf,
  isPositive,
  lessThan,
  parseDecimal,
  subtract,
} from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';
import type { Refused } from '../venue/venue-rules.js';
import type { AlpacaAsset } from './simulator-options.js';

export interface AlpacaRefusal {
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
  readonly extendedHours: boolean;
}

/** What a request is held against. */
interface Surroundings {
  readonly asset: AlpacaAsset | undefined;
  /** The position in the symbol, signed. */
  readonly held: Decimal;
  readonly market: Decimal;
}

export const refused = (status: number, code: number, message: string): AlpacaRefusal => ({ status, code, message });

const CENT = decimal('0.01');
const FINE_TICK = decimal('0.0001');
const ONE = decimal('1');

/** Reads the body of `POST /v2/orders`. */
export function readWanted(body: unknown, makeId: () => string): Wanted | AlpacaRefusal {
  const given = record(body);
  const symbol = text(given['symbol']);
  const quantity = parseDecimal(given['qty']);
  const side = given['side'];
  if (symbol === undefined) return refused(422, 40010001, 'symbol is required');
  if (quantity === undefined || !isPositive(quantity)) return refused(422, 40010001, 'qty must be > 0');
  if (!isMultipleOf(quantity, SMALLEST_STEP)) return refused(422, 40010001, 'qty has more than 9 decimal places');
  if (side !== 'buy' && side !== 'sell') return refused(422, 40010001, 'side must be buy or sell');
  const malformed = wrongWords(given);
  if (malformed !== undefined) return malformed;
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
    extendedHours: given['extended_hours'] === true,
    ...(limitPrice !== undefined && { limitPrice }),
    ...(stopPrice !== undefined && { stopPrice }),
  };
}

const SMALLEST_STEP = decimal('0.000000001');
const LONGEST_ID = 128;
const TYPES = ['market', 'limit', 'stop', 'stop_limit', 'trailing_stop'];
const TIMES_IN_FORCE = ['day', 'gtc', 'opg', 'cls', 'ioc', 'fok'];
const CLASSES = ['', 'simple', 'bracket', 'oco', 'oto'];

/** Fields with a list of words that they may hold. */
function wrongWords(given: Readonly<Record<string, unknown>>): AlpacaRefusal | undefined {
  const isOneOf = (name: string, words: readonly string[]): boolean => words.includes(text(given[name]) ?? '');
  if (!isOneOf('type', TYPES)) return refused(422, 40010001, `type must be one of ${TYPES.join(', ')}`);
  if (!isOneOf('time_in_force', TIMES_IN_FORCE)) {
    return refused(422, 40010001, `time_in_force must be one of ${TIMES_IN_FORCE.join(', ')}`);
  }
  if (!isOneOf('order_class', CLASSES)) return refused(422, 40010001, 'invalid order_class');
  const id = text(given['client_order_id']);
  if (id !== undefined && id.length > LONGEST_ID) {
    return refused(422, 40010001, `client_order_id must be no more than ${LONGEST_ID} characters`);
  }
  return undefined;
}

/** Why Alpaca would not take the order, beside what the venue model refuses ({@link wordsFor}). */
export const dialectRefusal = (wanted: Wanted, { asset, held, market }: Surroundings): AlpacaRefusal | undefined =>
  asset === undefined || asset.tradable === false
    ? undefined
    : (wrongFraction(wanted, asset, held) ?? wrongTerms(wanted) ?? wrongPrices(wanted, market));

/** A refusal of the venue model in Alpaca's status, code and words. */
export function wordsFor({ why, message }: Refused, { symbol }: Pick<Wanted, 'symbol'>): AlpacaRefusal {
  switch (why) {
    case 'duplicate':
      return refused(422, 40010001, 'client_order_id must be unique');
    case 'unknown_symbol':
      return refused(422, 42210000, `asset "${symbol}" not found`);
    case 'not_tradable':
      return refused(422, 42210000, `asset ${symbol} is not tradable`);
    case 'not_shortable':
      return refused(422, 42210000, `asset "${symbol}" cannot be sold short`);
    case 'wash_trade':
      return refused(403, 40310000, 'potential wash trade detected. use complex orders');
    case 'day_trade':
      return refused(403, 40310100, 'trade denied due to pattern day trading protection');
    case 'funds': {
      const [, requested, available] = /^requested (\S+), available (\S+)$/.exec(message) ?? [];
      const isOfShares = requested !== undefined;
      const shares = `insufficient qty available for order (requested: ${requested}, available: ${available})`;
      return refused(403, 40310000, isOfShares ? shares : 'insufficient buying power');
    }
    default:
      return refused(422, 42210000, message);
  }
}

/** What a class of orders may be combined with. */
function wrongTerms({ orderClass, timeInForce, type, extendedHours }: Wanted): AlpacaRefusal | undefined {
  const isAdvanced = orderClass !== '' && orderClass !== 'simple';
  if (isAdvanced && timeInForce !== 'day' && timeInForce !== 'gtc') {
    return refused(422, 42210000, `${orderClass} orders must be DAY or GTC`);
  }
  if (isAdvanced && extendedHours) return refused(422, 42210000, `${orderClass} orders cannot be extended_hours`);
  if (extendedHours && (type !== 'limit' || timeInForce !== 'day')) {
    return refused(422, 42210000, 'extended hours order must be DAY limit orders');
  }
  if (orderClass === 'oco' && type !== 'limit') return refused(422, 40010001, 'oco orders must be limit orders');
  return undefined;
}

/** What of a share may be traded, and how. */
function wrongFraction(
  { symbol, side, quantity, orderClass, timeInForce }: Wanted,
  asset: AlpacaAsset,
  held: Decimal,
): AlpacaRefusal | undefined {
  if (isMultipleOf(quantity, ONE) || asset.class === 'crypto') return undefined;
  if (asset.fractionable === false) return refused(403, 40310000, `asset "${symbol}" is not fractionable`);
  if (orderClass !== '' && orderClass !== 'simple')
    return refused(422, 42210000, 'fractional orders must be simple orders');
  if (timeInForce !== 'day') return refused(422, 42210000, 'fractional orders must be DAY orders');
  const isShort = side === 'sell' && !isPositive(held);
  return isShort ? refused(422, 42210000, 'fractional orders cannot be sold short') : undefined;
}

function wrongPrices(wanted: Wanted, market: Decimal): AlpacaRefusal | undefined {
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
  return wrongPair(wanted, limit, stop, market);
}

function wrongPair({ side }: Wanted, limit: Decimal, stop: Decimal, market: Decimal): AlpacaRefusal | undefined {
  const [low, high] = side === 'sell' ? [stop, limit] : [limit, stop];
  if (lessThan(subtract(high, low), CENT)) {
    return refused(422, 42210000, `take_profit.limit_price and stop_loss.stop_price must be 0.01 apart`);
  }
  const profit = side === 'sell' ? subtract(limit, market) : subtract(market, limit);
  if (lessThan(profit, CENT)) {
    const bound = side === 'sell' ? '>= base_price + 0.01' : '<= base_price - 0.01';
    return refused(422, 42210000, `take_profit.limit_price must be ${bound}`);
  }
  const distance = side === 'sell' ? subtract(market, stop) : subtract(stop, market);
  if (!lessThan(distance, CENT)) return undefined;
  const way = side === 'sell' ? '<= base_price - 0.01' : '>= base_price + 0.01';
  return refused(422, 42210000, `stop_loss.stop_price must be ${way} (${market})`);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
const price = (value: string | undefined): Decimal | undefined => parseDecimal(value);
