/**
 * Would the exchange take this order? Asked beforehand, so that a refusal costs nothing.
 *
 * 1. Spot has no short: a sell sells what is held, and only where `sells: true` asks for it.
 * 2. An order must be worth the least that the exchange takes, and a tenth more: the exits lie around the fill, and the
 *    stop of a buy is worth less.
 * 3. A contract needs its part of the value as margin, by the leverage that is set for its market.
 * 4. An estimate at the last price, never the last word: the exchange's own answer to the order is.
 */
import { type Decimal, decimal, lessThan, multiply, ONE, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { OrderRequest } from '../../../domain/ports.js';
import type { Account } from './account.js';
import type { Connection } from './connection.js';
import { readContracts } from './contracts.js';
import type { Market } from './dialect.js';
import type { InstrumentReader } from './instrument.js';

const WITH_ROOM = decimal('1.1');

export async function checkMargin(
  connection: Connection,
  reader: InstrumentReader,
  order: OrderRequest,
  signal: AbortSignal,
): Promise<'ok' | { readonly refused: string }> {
  const { symbol, side } = order;
  const market = connection.markets().find(symbol);
  // The instrument query says of it what is to be said.
  if (market === undefined) return 'ok';
  const isContract = connection.dialect.positionsOf !== undefined;
  if (side === 'sell' && !isContract && !connection.settings.sells) {
    return { refused: 'a sell on spot sells what the account holds; set sells: true to allow it' };
  }
  const [account, price, { minNotional }] = await Promise.all([
    connection.accounts.recent(signal, order.symbol),
    reader.lastPrice(symbol, signal),
    reader.rules(symbol, signal),
  ]);
  if (account.blocked !== undefined) return { refused: account.blocked };
  const quantity = parseVenueDecimal(order.quantity) ?? ZERO;
  const value = multiply(quantity, parseVenueDecimal(price) ?? ZERO);
  const least = multiply(parseVenueDecimal(minNotional) ?? ZERO, WITH_ROOM);
  if (lessThan(value, least)) return { refused: `worth about ${value}, at least ${least} needed` };
  if (isContract) return contractMargin(connection, market, value, account, signal);
  const [needed, free, currency] =
    side === 'buy'
      ? [value, account.free(market.quoteId), market.quoteId]
      : [quantity, account.free(market.baseId), market.baseId];
  return lessThan(free, needed) ? { refused: `${free} ${currency} free, about ${needed} needed` } : 'ok';
}

async function contractMargin(
  connection: Connection,
  market: Market,
  value: Decimal,
  account: Account,
  signal: AbortSignal,
): Promise<'ok' | { readonly refused: string }> {
  const [row] = await readContracts(connection, signal, 'read', market, market.symbol);
  const needed = multiply(value, parseVenueDecimal(row?.marginRate) ?? ONE);
  const free = parseVenueDecimal(account.freeMargin);
  return free !== undefined && lessThan(free, needed)
    ? { refused: `${free} free, about ${needed} of margin needed` }
    : 'ok';
}
