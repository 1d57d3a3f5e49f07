/**
 * What would keep the exits from being placed, asked before the entry (V10).
 *
 * 1. The day-trade rule: with less than $25,000 of equity and three day trades in five days, Alpaca refuses the exits of
 *    a position that was opened on the same day (HTTP 403), and the position would stay naked.
 * 2. Wash trades: a market order is refused while an order of the account stands on the other side of the symbol, as
 *    the exits of an earlier execution do.
 * 3. Shares that an earlier exit has reserved are not counted: the engine protects what it is about to buy.
 *
 * Source: Alpaca, "User protection" (pattern day trading, wash trades), read in 2025.
 */
import { absolute, decimal, lessThan, parseVenueDecimal, subtract } from '../../../domain/decimal.js';
import type { ProtectionRequest } from '../../../domain/ports.js';
import { openOrdersOf } from './holdings.js';
import type { AlpacaSettings } from './options.js';
import type { Wire } from './wire.js';
import { isOver, type Json, legsOf, textOf } from './wire-order.js';

/** Equity from which the day-trade rule does not bind, in dollars. */
const DAY_TRADE_EQUITY = decimal('25000');
/** Day trades in five business days that use the allowance up. */
const MOST_DAY_TRADES = 3;
/** Least distance of a stop from the take-profit. */
const CENT = decimal('0.01');

type Verdict = 'ok' | { readonly refused: string };

export async function checkExits(
  wire: Wire,
  settings: AlpacaSettings,
  readAccount: (signal: AbortSignal) => Promise<Json>,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<Verdict> {
  const [account, open] = await Promise.all([
    readAccount(signal),
    openOrdersOf(wire, [request.symbol], signal, 'read'),
  ]);
  const refused =
    (settings.dayTradeRule ? byDayTradeRule(account) : undefined) ?? byWashTrade(request, open) ?? byDistance(request);
  return refused === undefined ? 'ok' : { refused };
}

/** Alpaca looks at the equity of the last close; whichever of the two is known and lower is held against the bound. */
function byDayTradeRule(account: Json): string | undefined {
  const figures = [account['equity'], account['last_equity']].map(parseVenueDecimal).filter((one) => one !== undefined);
  const low = figures.find((equity) => lessThan(equity, DAY_TRADE_EQUITY));
  const trades = Number(textOf(account['daytrade_count']) ?? 'NaN');
  if (low === undefined || !(trades >= MOST_DAY_TRADES)) return undefined;
  return (
    `pattern day trading: equity ${low} is below ${DAY_TRADE_EQUITY} and ${trades} day trades are used, ` +
    'so Alpaca would refuse exits on the day of the entry (HTTP 403)'
  );
}

/** The exits' own side may be full of exits; the other side must be empty. */
function byWashTrade({ symbol, side }: ProtectionRequest, open: readonly Json[]): string | undefined {
  const standing = open
    .flatMap((order) => [order, ...legsOf(order)])
    .filter((order) => !isOver(order) && order['symbol'] === symbol && order['side'] === side);
  const [first] = standing;
  if (first === undefined) return undefined;
  const count = standing.length === 1 ? 'an order' : `${standing.length} orders`;
  return (
    `wash trade: ${count} to ${side} ${symbol} stands already (${textOf(first['client_order_id']) ?? 'no id'}), ` +
    `and Alpaca refuses a market order against it (HTTP 403)`
  );
}

function byDistance({ stopLoss, takeProfit }: ProtectionRequest): string | undefined {
  const [stop, profit] = [parseVenueDecimal(stopLoss), parseVenueDecimal(takeProfit)];
  if (stop === undefined || profit === undefined || !lessThan(absolute(subtract(profit, stop)), CENT)) return undefined;
  return `stop-loss ${stop} and take-profit ${profit} are less than ${CENT} apart`;
}
