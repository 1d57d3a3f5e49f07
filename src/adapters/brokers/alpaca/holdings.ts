/**
 * What the account holds, and what stands open at Alpaca.
 *
 * 1. One net position a symbol; its sign comes from its side, whatever the sign of the number.
 * 2. Stop-loss and take-profit are working orders, read with their legs, never what was once asked for.
 * 3. Pairs of ours are listed one by one, by the entry that they protect. A symbol in which only strangers' exits stand
 *    shows those, and no list.
 */
import { absolute, negate, parseDecimal } from '../../../domain/decimal.js';
import type { OpenOrder, PositionReport, WorkingProtection } from '../../../domain/ports.js';
import type { Wire } from './wire.js';
import { exitOf, isJson, type Json, reportsOf, textOf } from './wire-order.js';

/** Most orders that one request lists. */
export const LIST_LIMIT = 500;

export async function readPositions(
  wire: Wire,
  symbols: readonly string[],
  signal: AbortSignal,
): Promise<readonly PositionReport[]> {
  const [held, open] = await Promise.all([
    wire.get(signal, (apis, init) => apis.positions.getAllOpenPositionsRaw(init)),
    openOrders(wire, symbols, signal),
  ]);
  return listOf(held, 'positions')
    .filter((position) => symbols.length === 0 || symbols.includes(textOf(position['symbol']) ?? ''))
    .map((position) => positionOf(position, open));
}

export async function readOpenOrders(wire: Wire, signal: AbortSignal): Promise<readonly OpenOrder[]> {
  const orders = await openOrders(wire, [], signal);
  if (orders.length >= LIST_LIMIT) throw new Error(`Alpaca: more than ${LIST_LIMIT} orders are open`);
  return orders.flatMap(reportsOf);
}

async function openOrders(wire: Wire, symbols: readonly string[], signal: AbortSignal): Promise<readonly Json[]> {
  const body = await wire.get(signal, (apis, init) =>
    apis.orders.getAllOrdersRaw(
      { status: 'open', limit: LIST_LIMIT, nested: true, ...(symbols.length > 0 && { symbols: symbols.join(',') }) },
      init,
    ),
  );
  return listOf(body, 'orders');
}

export function listOf(body: unknown, what: string): readonly Json[] {
  if (Array.isArray(body) && body.every(isJson)) return body;
  throw new Error(`Alpaca: unreadable ${what}`);
}

function positionOf(position: Json, open: readonly Json[]): PositionReport {
  const symbol = textOf(position['symbol']);
  const size = sizeOf(position);
  if (symbol === undefined || size === undefined) throw new Error('Alpaca: unreadable position');
  const exitSide = size.startsWith('-') ? 'buy' : 'sell';
  const exits = open
    .filter((order) => order['symbol'] === symbol && order['side'] === exitSide)
    .map(exitOf)
    .filter((exit) => exit !== undefined);
  const ours = exits.filter(({ isOurs }) => isOurs).map(({ isOurs: _, ...pair }): WorkingProtection => pair);
  const sl = exits.find(({ stopLoss }) => stopLoss !== undefined)?.stopLoss;
  const tp = exits.find(({ takeProfit }) => takeProfit !== undefined)?.takeProfit;
  const entryPrice = textOf(position['avg_entry_price']);
  return {
    symbol,
    size,
    ...(entryPrice !== undefined && { entryPrice }),
    ...(sl !== undefined && { sl }),
    ...(tp !== undefined && { tp }),
    ...(ours.length > 0 && { protections: ours }),
  };
}

function sizeOf(position: Json): string | undefined {
  const quantity = parseDecimal(position['qty']);
  if (quantity === undefined) return undefined;
  if (position['side'] === 'short') return negate(absolute(quantity));
  return position['side'] === 'long' ? absolute(quantity) : quantity;
}
