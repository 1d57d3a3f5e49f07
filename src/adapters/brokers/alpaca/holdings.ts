/**
 * What the account holds, and what stands open at Alpaca.
 *
 * 1. One net position a symbol; its sign comes from its side, whatever the sign of the number.
 * 2. Stop-loss and take-profit are working orders, read with their legs, never what was once asked for.
 * 3. A list is read to its end, page by page: an order that was left out would be an order that is not there.
 * 4. Pairs of ours are listed one by one, by the entry that they protect. A symbol in which only strangers' exits stand
 *    shows those, and no list.
 */
import { absolute, negate, parseVenueDecimal } from '../../../domain/decimal.js';
import type { OpenOrder, PositionReport, WorkingProtection } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import type { Wire } from './wire.js';
import { allReportsOf, exitOf, isJson, type Json, textOf } from './wire-order.js';

/** Most orders that one request lists. */
export const LIST_LIMIT = 500;

export async function readPositions(
  wire: Wire,
  symbols: readonly string[],
  signal: AbortSignal,
): Promise<readonly PositionReport[]> {
  const [held, open] = await Promise.all([
    wire.get(signal, (apis, init) => apis.positions.getAllOpenPositionsRaw(init), 'look'),
    openOrdersOf(wire, symbols, signal),
  ]);
  return listOf(held, 'positions')
    .filter((position) => symbols.length === 0 || symbols.includes(textOf(position['symbol']) ?? ''))
    .map((position) => positionOf(position, open));
}

/** @throws {Error} when it cannot be read, or not all of it */
export async function readOpenOrders(wire: Wire, signal: AbortSignal): Promise<readonly OpenOrder[]> {
  const orders = await openOrdersOf(wire, [], signal, 'background');
  return orders.flatMap(allReportsOf);
}

/** Pages read at most: 10,000 open orders. */
const MOST_PAGES = 20;

/**
 * Every open order of the symbols, or of all, each with its legs.
 *
 * @throws {Error} when a page cannot be read, or there are more pages than anybody should have
 */
export async function openOrdersOf(
  wire: Wire,
  symbols: readonly string[],
  signal: AbortSignal,
  purpose: Purpose = 'look',
): Promise<readonly Json[]> {
  const byId = new Map<string, Json>();
  let after: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const rows = listOf(await readPage(wire, symbols, after, purpose, signal), 'orders');
    const known = byId.size;
    for (const row of rows) byId.set(textOf(row['id']) ?? `${byId.size}`, row);
    if (rows.length < LIST_LIMIT) return [...byId.values()];
    // Pages meet at a time that both show; one that brings nothing new cannot be gone past.
    if (byId.size === known) break;
    after = justBefore(textOf(rows.at(-1)?.['submitted_at']));
  }
  throw new Error(`Alpaca: more orders are open than ${MOST_PAGES} pages of ${LIST_LIMIT} list`);
}

function readPage(
  wire: Wire,
  symbols: readonly string[],
  after: string | undefined,
  purpose: Purpose,
  signal: AbortSignal,
) {
  return wire.get(
    signal,
    (apis, init) =>
      apis.orders.getAllOrdersRaw(
        {
          status: 'open',
          limit: LIST_LIMIT,
          nested: true,
          direction: 'asc',
          ...(after !== undefined && { after }),
          ...(symbols.length > 0 && { symbols: symbols.join(',') }),
        },
        init,
      ),
    purpose,
  );
}

/** Alpaca's `after` leaves the named instant out; orders of the same millisecond must not be lost between two pages. */
function justBefore(time: string | undefined): string {
  const at = Date.parse(time ?? '');
  if (!Number.isFinite(at)) throw new Error('Alpaca: an order without the time of its submission');
  return new Date(at - 1).toISOString();
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
  const quantity = parseVenueDecimal(position['qty']);
  if (quantity === undefined) return undefined;
  if (position['side'] === 'short') return negate(absolute(quantity));
  return position['side'] === 'long' ? absolute(quantity) : quantity;
}
