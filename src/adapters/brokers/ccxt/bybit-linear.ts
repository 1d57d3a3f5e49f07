/**
 * Bybit perpetuals that are settled in USDT or USDC, API v5, unified account, one-way mode.
 *
 * 1. A position is the net of a market, long or short. Exits only ever reduce it, so they need no free coin.
 * 2. Each exit is a conditional market order with a direction of its own: the stop-loss of a long waits for a fall. They know
 *    nothing of each other; the one that is left is cancelled here, as on spot.
 * 3. In hedge mode a market has a long and a short position at once, and orders name one of them: it is refused.
 * 4. Fees are taken from the margin, never from the position.
 *
 * Source: Bybit API documentation v5, "Place order", "Get position info", "Get instruments info".
 */
import { divide, isPositive, negate, ONE, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';
import { positive } from './averages.js';
import { bybit, nameOf, openOrdersOf, rowsOf, sideOf } from './bybit.js';
import {
  allOf,
  type Dialect,
  type Exits,
  get,
  isJson,
  type Json,
  type Listing,
  type Market,
  post,
  type Request,
  type Rules,
  textOf,
  type VenuePosition,
} from './dialect.js';

const LINEAR = { category: 'linear' } as const;
/** What contracts are settled in; a list of all markets is asked for by it. */
const SETTLED_IN = ['USDT', 'USDC'] as const;
/** Conditional orders of a market that may wait at once. */
const MOST_STOPS = 10;

const listings = (market: Market | undefined, filter: Json = {}): readonly Listing[] =>
  market === undefined
    ? SETTLED_IN.map((settleCoin) => openOrdersOf({ ...LINEAR, settleCoin, ...filter }))
    : [openOrdersOf({ ...LINEAR, symbol: market.id, ...filter })];

/** Rows of a page of positions, at most. */
const POSITIONS_OF_PAGE = 200;

const positionList = (which: Json): Listing => ({
  request: (page) => get('private', 'v5/position/list', { ...LINEAR, ...which, ...(page && { cursor: page }) }),
  nextPage: (data) =>
    isJson(data) && (rowsOf(data)?.length ?? 0) >= POSITIONS_OF_PAGE ? textOf(data['nextPageCursor']) : undefined,
});

export const bybitLinear: Dialect = {
  ...bybit,
  rulesOf: ({ id }) => get('public', 'v5/market/instruments-info', { ...LINEAR, symbol: id }),
  rules,
  priceOf: ({ id }) => get('public', 'v5/market/tickers', { ...LINEAR, symbol: id }),
  entry,
  cancel: ({ id }, order) => post('v5/order/cancel', { ...LINEAR, symbol: id, ...nameOf(order) }),
  lookUps: ({ id }, order) =>
    ['v5/order/realtime', 'v5/order/history'].map((path) =>
      get('private', path, { ...LINEAR, symbol: id, ...nameOf(order) }),
    ),
  openOrders: (market) => listings(market),
  waitingExits: (market) => listings(market, { orderFilter: 'StopOrder' }),
  exit,
  positionsOf: (market) =>
    market === undefined
      ? SETTLED_IN.map((settleCoin) => positionList({ settleCoin, limit: POSITIONS_OF_PAGE }))
      : [positionList({ symbol: market.id })],
  readPositions: (data) => allOf(rowsOf(data)?.map(positionOf)),
  freeMargin: (account) => {
    const row = rowsOf(account)?.[0];
    return row === undefined ? undefined : (positive(row['totalAvailableBalance']) ?? '0');
  },
};

function rules(data: unknown, { id }: Market): Rules | 'absent' | undefined {
  if (rowsOf(data)?.length === 0) return 'absent';
  const market = rowsOf(data)?.find((row) => row['symbol'] === id);
  const lot = isJson(market?.['lotSizeFilter']) ? market['lotSizeFilter'] : {};
  const price = isJson(market?.['priceFilter']) ? market['priceFilter'] : {};
  const [tickSize, lotSize] = [positive(price['tickSize']), positive(lot['qtyStep'])];
  if (market === undefined || tickSize === undefined || lotSize === undefined) return undefined;
  const [minQty, minNotional] = [positive(lot['minOrderQty']), positive(lot['minNotionalValue'])];
  const maxQty = positive(lot['maxMktOrderQty']) ?? positive(lot['maxOrderQty']);
  const [minPrice, maxPrice] = [positive(price['minPrice']), positive(price['maxPrice'])];
  const halted =
    market['status'] === 'Trading' ? undefined : `its status is ${textOf(market['status']) ?? 'not known'}`;
  return {
    tickSize,
    lotSize,
    ...(minQty && { minQty }),
    ...(maxQty && { maxQty }),
    ...(minNotional && { minNotional }),
    ...(halted && { halted }),
    exits: { maxStops: MOST_STOPS, ...(minPrice && { minPrice }), ...(maxPrice && { maxPrice }) },
  };
}

/** `positionIdx` 0: one-way mode. */
const ONE_WAY = 0;

function entry({ id }: Market, side: Side, quantity: string, name: string): Request {
  const params = { ...LINEAR, symbol: id, side: sideOf(side), orderType: 'Market', qty: quantity };
  return post('v5/order/create', { ...params, positionIdx: ONE_WAY, orderLinkId: name });
}

const RISES = 1;
const FALLS = 2;

function exit({ market, side, stopLoss, takeProfit }: Exits, leg: 'stopLoss' | 'takeProfit'): Request {
  const { name, quantity, price } = leg === 'stopLoss' ? stopLoss : takeProfit;
  const waitsForFall = (side === 'sell') === (leg === 'stopLoss');
  return post('v5/order/create', {
    ...LINEAR,
    symbol: market.id,
    side: sideOf(side),
    orderType: 'Market',
    qty: quantity,
    triggerPrice: price,
    triggerDirection: waitsForFall ? FALLS : RISES,
    triggerBy: 'LastPrice',
    reduceOnly: true,
    positionIdx: ONE_WAY,
    orderLinkId: name,
  });
}

function positionOf(row: Json): VenuePosition | undefined {
  const [marketId, size] = [textOf(row['symbol']), row['size'] === '' ? ZERO : parseVenueDecimal(row['size'])];
  if (marketId === undefined || size === undefined) return undefined;
  const [entryPrice, leverage] = [positive(row['avgPrice']), positive(row['leverage'])];
  const index = textOf(row['positionIdx']) ?? '0';
  return {
    marketId,
    size: row['side'] === 'Sell' ? negate(size) : size,
    isHedged: index !== String(ONE_WAY),
    ...(entryPrice && isPositive(size) && { entryPrice }),
    ...(leverage && { marginRate: divide(ONE, leverage) }),
  };
}
