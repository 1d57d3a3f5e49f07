/**
 * What the account holds, and what stands open at the exchange.
 *
 * 1. A spot position is the whole balance of the base currency, what orders hold of it included. It is told for the
 *    symbols that are asked for by name, and for no other: a coin in the account is nobody's position in a symbol.
 * 2. Stop-loss and take-profit are working orders, never what was once asked for.
 * 3. Exits of ours are listed one by one, by the entry that they protect; strangers' sells are shown where there are
 *    none of ours.
 */
import { type Decimal, isNegative, isZero, minimum, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { OpenOrder, PositionReport, WorkingProtection } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import type { Connection } from './connection.js';
import { readContracts } from './contracts.js';
import type { Market, VenueOrder } from './dialect.js';
import { readListing } from './listings.js';
import { reportOf } from './orders.js';

export async function readPositions(
  connection: Connection,
  symbols: readonly string[],
  signal: AbortSignal,
): Promise<readonly PositionReport[]> {
  const isContract = connection.dialect.positionsOf !== undefined;
  const named = symbols.map((symbol) => connection.markets().find(symbol)).filter((market) => market !== undefined);
  if (named.length === 0 && !(isContract && symbols.length === 0)) return [];
  const purpose = connection.live.positionPurpose(symbols);
  const tag = purpose === 'look' ? connection.live.lifeOf(symbols[0] ?? '') : symbols[0];
  if (isContract) return contractPositions(connection, named, signal, purpose, tag);
  const markets = named;
  const [account, ...open] = await Promise.all([
    connection.accounts.read(signal, purpose, tag),
    ...markets.map((market) =>
      connection.recent.keep(market.symbol, openOrders(connection, signal, purpose, market, tag)),
    ),
  ]);
  endOf(connection, purpose, tag);
  return markets.flatMap(
    (market, index) => positionOf(connection, market, account.total(market.baseId), open[index] ?? []) ?? [],
  );
}

/** With the position of what is over, the reconciliation has asked what it asks. */
function endOf({ live, wire }: Connection, purpose: Purpose, tag: string | undefined): void {
  if (purpose === 'look' && tag !== undefined && live.isOver(tag)) wire.budget.end(tag);
}

/** Of the markets that are named, else of all. */
async function contractPositions(
  connection: Connection,
  named: readonly Market[],
  signal: AbortSignal,
  purpose: Purpose,
  tag: string | undefined,
): Promise<readonly PositionReport[]> {
  const asked = named.length === 0 ? [undefined] : named;
  const reports = await Promise.all(
    asked.map(async (one) => {
      const orders = openOrders(connection, signal, purpose, one, tag);
      if (one !== undefined) void connection.recent.keep(one.symbol, orders);
      const [rows, open] = await Promise.all([readContracts(connection, signal, purpose, one, tag), orders]);
      const markets =
        one === undefined ? rows.flatMap(({ marketId }) => marketNamed(connection, marketId) ?? []) : [one];
      return [...new Set(markets)].flatMap((market) => {
        const row = rows.find(({ marketId }) => marketId === market.id);
        return positionOf(connection, market, parseVenueDecimal(row?.size) ?? ZERO, open, row?.entryPrice) ?? [];
      });
    }),
  );
  endOf(connection, purpose, tag);
  return reports.flat();
}

const marketNamed = (connection: Connection, marketId: string): Market | undefined =>
  connection.markets().find(connection.markets().symbolOf(marketId));

export async function readOpenOrders(connection: Connection, signal: AbortSignal): Promise<readonly OpenOrder[]> {
  const orders = await openOrders(connection, signal, 'background');
  return orders.flatMap((order) => {
    const symbol = connection.markets().symbolOf(order.marketId);
    return idsOf(connection, order).flatMap((id) => {
      const report = reportOf(order, id, connection.markets().find(symbol));
      // Left out it would count as closed (M4).
      if (report === undefined)
        throw new Error(`${connection.settings.exchange}: unreadable order among those that are open`);
      return [{ ...report, symbol }];
    });
  });
}

/** @throws {Error} when the exchange does not say, or not all */
export async function openOrders(
  connection: Connection,
  signal: AbortSignal,
  purpose: Purpose,
  market?: Market,
  tag?: string,
): Promise<readonly VenueOrder[]> {
  const listings = connection.dialect.openOrders(market);
  const lists = await Promise.all(listings.map((listing) => readListing(connection, listing, signal, purpose, tag)));
  return lists.flat();
}

/** Our ids for an order; a pair under one name is both of its legs. Orders of others keep their name. */
function idsOf({ ids }: Connection, { name, brokerOrderId }: VenueOrder): readonly string[] {
  const id = name === '' ? undefined : ids.fromVenue(name);
  if (id === undefined) return [name === '' ? brokerOrderId : name];
  const pair = /^(.+)-oco$/.exec(id)?.[1];
  return pair === undefined ? [id] : [`${pair}-sl`, `${pair}-tp`];
}

function positionOf(
  connection: Connection,
  market: Market,
  size: Decimal,
  open: readonly VenueOrder[],
  entryPrice?: string,
): PositionReport | undefined {
  const { symbol } = market;
  const exits = open.filter(
    (order) =>
      connection.markets().symbolOf(order.marketId) === symbol &&
      (order.stopLoss !== undefined || order.takeProfit !== undefined),
  );
  const ours = pairsOf(connection, exits);
  if (isZero(size) && ours.length === 0) return undefined;
  const shown = ours.length > 0 ? ours : exits.filter(({ side }) => (side === 'sell') !== isNegative(size));
  const sl = shown.find(({ stopLoss }) => stopLoss !== undefined)?.stopLoss;
  const tp = shown.find(({ takeProfit }) => takeProfit !== undefined)?.takeProfit;
  return {
    symbol,
    size,
    ...(entryPrice !== undefined && { entryPrice }),
    ...(sl !== undefined && { sl }),
    ...(tp !== undefined && { tp }),
    ...(ours.length > 0 && { protections: ours }),
  };
}

/** The exits of ours, leg by leg or as pairs, put together by entry; of two sizes the lesser is what is protected. */
function pairsOf(connection: Connection, exits: readonly VenueOrder[]): readonly WorkingProtection[] {
  const pairs = new Map<string, WorkingProtection>();
  for (const order of exits) {
    for (const id of idsOf(connection, order)) {
      const [, entry = '', leg] = /^(.+)-(sl|tp)$/.exec(id) ?? [];
      if (entry === '') continue;
      const own = parseVenueDecimal(order.quantity) ?? ZERO;
      const known = pairs.get(entry);
      const quantity = known === undefined ? own : minimum(own, parseVenueDecimal(known.quantity) ?? own);
      const price = leg === 'sl' ? { stopLoss: order.stopLoss } : { takeProfit: order.takeProfit };
      pairs.set(entry, { ...known, clientOrderId: entry, quantity, ...defined(price) });
    }
  }
  return [...pairs.values()];
}

const defined = (prices: { readonly stopLoss?: string | undefined; readonly takeProfit?: string | undefined }) => ({
  ...(prices.stopLoss !== undefined && { stopLoss: prices.stopLoss }),
  ...(prices.takeProfit !== undefined && { takeProfit: prices.takeProfit }),
});
