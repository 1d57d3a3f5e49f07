/**
 * Would Alpaca take this order? Asked beforehand, so that a refusal costs nothing.
 *
 * 1. The account must be allowed to trade, and have the buying power for what the order opens, at the last price.
 * 2. A sale beyond the position opens a short: account and symbol must allow it. Alpaca does not turn a position around
 *    in one order.
 * 3. An estimate, never the last word: Alpaca's own answer to the order is.
 */
import {
  absolute,
  type Decimal,
  isNegative,
  isPositive,
  lessThan,
  multiply,
  parseVenueDecimal,
  ZERO,
} from '../../../domain/decimal.js';
import type { OrderRequest } from '../../../domain/ports.js';
import type { InstrumentReader } from './instrument.js';
import type { Wire } from './wire.js';
import { isJson, type Json, textOf } from './wire-order.js';

type MarginVerdict = 'ok' | { readonly refused: string };

export async function readAccount(wire: Wire, signal: AbortSignal): Promise<Json> {
  const account = await wire.get(signal, (apis, init) => apis.account.getAccountRaw(init));
  if (!isJson(account)) throw new Error('Alpaca: unreadable account');
  return account;
}

/** Why the account may not trade at all. */
export function whyBlocked(account: Json): string | undefined {
  if (account['status'] !== 'ACTIVE') return `the account is ${textOf(account['status']) ?? 'in no known status'}`;
  const blocks = ['account_blocked', 'trading_blocked', 'trade_suspended_by_user'];
  return blocks.find((block) => account[block] === true);
}

export async function checkMargin(
  wire: Wire,
  reader: InstrumentReader,
  accountNow: (signal: AbortSignal) => Promise<Json>,
  order: OrderRequest,
  signal: AbortSignal,
): Promise<MarginVerdict> {
  const { symbol, side } = order;
  const [account, held, price] = await Promise.all([
    accountNow(signal),
    heldSize(wire, symbol, signal),
    reader.lastPrice(symbol, signal),
  ]);
  const blocked = whyBlocked(account);
  if (blocked !== undefined) return { refused: blocked };
  const quantity = parseVenueDecimal(order.quantity) ?? ZERO;
  const closes = side === 'buy' ? isNegative(held) : isPositive(held);
  if (closes) {
    const turns = lessThan(absolute(held), quantity);
    return turns ? { refused: `${held} held: Alpaca does not turn a position around in one order` } : 'ok';
  }
  if (side === 'sell') {
    const cannotShort = await whyNoShort(account, reader, symbol, signal);
    if (cannotShort !== undefined) return { refused: cannotShort };
  }
  const needed = multiply(quantity, parseVenueDecimal(price) ?? ZERO);
  const power = parseVenueDecimal(account['buying_power']);
  if (power === undefined) throw new Error('Alpaca: account without buying power');
  return lessThan(power, needed) ? { refused: `buying power ${power}, about ${needed} needed` } : 'ok';
}

async function heldSize(wire: Wire, symbol: string, signal: AbortSignal): Promise<Decimal> {
  const position = await wire.get(signal, (apis, init) =>
    apis.positions.getOpenPositionRaw({ symbolOrAssetId: symbol }, init),
  );
  if (position === undefined) return ZERO;
  const size = isJson(position) ? parseVenueDecimal(position['qty']) : undefined;
  if (size === undefined) throw new Error('Alpaca: unreadable position');
  return size;
}

async function whyNoShort(
  account: Json,
  reader: InstrumentReader,
  symbol: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (account['shorting_enabled'] !== true) return 'the account may not sell short';
  const asset = await reader.asset(symbol, signal);
  const canShort = asset?.['shortable'] === true && asset['easy_to_borrow'] === true;
  return canShort ? undefined : `${symbol} cannot be sold short`;
}
