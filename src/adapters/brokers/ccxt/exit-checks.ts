/**
 * Could the exits be placed? Asked before the entry, with the bracket of the reference price (V10).
 *
 * 1. What the exchange demands of exits: the range of prices, how far they may lie from the market, least and greatest value,
 *    how many orders of the market may be open at once. Exits that are still to come for other entries count as open.
 * 2. What is left of a buy after the exchange's fee, in whole lots, must still be an order.
 * 3. What cannot be read is told as such: an error, never "ok".
 */
import {
  type Decimal,
  decimal,
  isPositive,
  lessThan,
  multiply,
  ONE,
  parseVenueDecimal,
  roundToStep,
  subtract,
  ZERO,
} from '../../../domain/decimal.js';
import type { ProtectionRequest } from '../../../domain/ports.js';
import type { Account } from './account.js';
import { type Connection, marketOf } from './connection.js';
import type { ExitLimits, Market, Rules, VenueOrder } from './dialect.js';
import { openOrders } from './holdings.js';
import type { InstrumentReader } from './instrument.js';

/** The usual fee of a market order, where the exchange does not tell the account's own. */
const USUAL_FEE = decimal('0.001');

type Verdict = 'ok' | { readonly refused: string };

export async function checkExits(
  connection: Connection,
  reader: InstrumentReader,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<Verdict> {
  const { symbol } = request;
  const market = connection.markets().find(symbol);
  // The instrument query says of it what is to be said.
  if (market === undefined) return 'ok';
  const rules = await reader.rules(symbol, signal);
  const { exits = {} } = rules;
  const isCounted = [exits.maxStops, exits.maxOrders, exits.maxLists].some((most) => most !== undefined);
  const [average, open, account] = await Promise.all([
    exits.bands === undefined ? undefined : reader.averagePrice(symbol, signal),
    isCounted ? ((await connection.recent.of(symbol)) ?? openOrders(connection, signal, 'read', market, symbol)) : [],
    connection.dialect.feeRate === undefined ? undefined : connection.accounts.recent(signal, symbol),
  ]);
  const problem =
    bySize(connection, market, rules, request, account) ??
    byPrice(exits, request, parseVenueDecimal(average)) ??
    byCount(connection, exits, request, open);
  return problem === undefined ? 'ok' : { refused: problem };
}

function bySize(
  { dialect }: Connection,
  market: Market,
  { lotSize, minQty, minNotional, exits }: Rules,
  { quantity, side, stopLoss, takeProfit }: ProtectionRequest,
  account: Account | undefined,
): string | undefined {
  const [wanted, lot] = [parseVenueDecimal(quantity) ?? ZERO, parseVenueDecimal(lotSize) ?? ONE];
  const isCut = side === 'sell' && market.settle === undefined && !dialect.feeInQuote;
  const rate = isCut ? (parseVenueDecimal(account?.feeRate) ?? USUAL_FEE) : ZERO;
  const left = roundToStep(subtract(wanted, multiply(wanted, rate)), lot, 'down');
  const what = left === wanted ? `${wanted}` : `${left}, what is left of ${wanted} after a fee in ${market.baseId},`;
  if (!isPositive(left)) return `${what} is no order: the lot is ${lot}`;
  const least = parseVenueDecimal(minQty);
  if (least !== undefined && lessThan(left, least)) return `${what} is less than the least order, ${least}`;
  const values = [stopLoss, takeProfit].map((price) => multiply(left, parseVenueDecimal(price) ?? ZERO));
  const [leastValue, mostValue] = [parseVenueDecimal(minNotional), parseVenueDecimal(exits?.maxNotional)];
  const tooSmall = leastValue && values.find((value) => lessThan(value, leastValue));
  if (tooSmall !== undefined) return `an exit is worth ${tooSmall}, at least ${leastValue} needed`;
  const tooLarge = mostValue && values.find((value) => lessThan(mostValue, value));
  return tooLarge === undefined ? undefined : `an exit is worth ${tooLarge}, at most ${mostValue} allowed`;
}

function byPrice(
  { minPrice, maxPrice, bands }: ExitLimits,
  { side, stopLoss, takeProfit }: ProtectionRequest,
  average: Decimal | undefined,
): string | undefined {
  const [least, most] = [parseVenueDecimal(minPrice), parseVenueDecimal(maxPrice)];
  const band = average === undefined ? undefined : bands?.[side];
  const [lowest, highest] = [band?.least, band?.most].map((part) => {
    const read = parseVenueDecimal(part);
    return read === undefined || average === undefined ? undefined : multiply(average, read);
  });
  for (const [what, text] of [
    ['stop-loss', stopLoss],
    ['take-profit', takeProfit],
  ] as const) {
    const price = parseVenueDecimal(text) ?? ZERO;
    const floor = greater(least, lowest);
    const ceiling = lesser(most, highest);
    if (floor !== undefined && lessThan(price, floor)) return `the ${what} ${price} is below ${floor}, the least price`;
    if (ceiling !== undefined && lessThan(ceiling, price)) {
      return `the ${what} ${price} is above ${ceiling}, the greatest price that is taken now`;
    }
  }
  return undefined;
}

const greater = (a: Decimal | undefined, b: Decimal | undefined): Decimal | undefined =>
  a === undefined || b === undefined ? (a ?? b) : lessThan(a, b) ? b : a;
const lesser = (a: Decimal | undefined, b: Decimal | undefined): Decimal | undefined =>
  a === undefined || b === undefined ? (a ?? b) : lessThan(a, b) ? a : b;

function byCount(
  connection: Connection,
  { maxStops, maxOrders, maxLists }: ExitLimits,
  { symbol, clientOrderId }: ProtectionRequest,
  open: readonly VenueOrder[],
): string | undefined {
  const { id } = marketOf(connection, symbol);
  const own = open.filter(({ marketId }) => marketId === id || connection.markets().symbolOf(marketId) === symbol);
  const coming = connection.live.unguarded(symbol, clientOrderId) + 1;
  // One request may hold both exits: then it is one stop, or one list of two orders.
  const isOne = connection.dialect.exitPair !== undefined;
  const counts = [
    ['exits that wait', own.filter(({ isStop }) => isStop === true).length, coming * (isOne ? 1 : 2), maxStops],
    ['orders', own.length, coming * 2, maxOrders],
    ['order lists', new Set(own.flatMap(({ list }) => list ?? [])).size, coming, maxLists],
  ] as const;
  for (const [what, there, more, most] of counts) {
    if (most === undefined || there + more <= most) continue;
    return `${there} ${what} of ${symbol} are open and ${more} would come; ${connection.settings.exchange} takes ${most}`;
  }
  return undefined;
}
