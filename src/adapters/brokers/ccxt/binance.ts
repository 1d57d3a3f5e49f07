/**
 * Binance spot, API v3.
 *
 * 1. Ids of orders are unique among open orders only: a market order that is filled leaves its id free again.
 * 2. Both exits are one order list (OCO); each leg has a name of its own.
 * 3. Orders tell no average price but the value that was traded; a negative value means "not known".
 *
 * Source: Binance spot API documentation, "Trading endpoints", "Error codes", "Filters".
 */
import type { Side } from '../../../domain/ports.js';
import type { Row } from './answer-row.js';
import { averageOf, isoOf, positive } from './averages.js';
import { balanceOf } from './balance.js';
import { ACCEPTED } from './classify.js';
import {
  type Balances,
  type Dialect,
  type Exits,
  get,
  isJson,
  type Json,
  listOf,
  type Market,
  type OrderName,
  post,
  type Request,
  type Rules,
  type Said,
  textOf,
  type VenueOrder,
} from './dialect.js';

/** The one exchange whose answer to a broken limit may come without words: these statuses are its own. */
const TABLE: readonly Row[] = [
  ...ACCEPTED,
  { code: /^-2010$/, says: /duplicate order/i, proves: 'duplicate', why: 'the id is taken: the order is open' },
  { status: [418, 418], proves: 'transient', why: 'banned for a while: not carried out' },
  { status: [429, 429], proves: 'transient', why: 'rate limit: not carried out' },
  { status: [400, 400], code: /^-(1003|1015)$/, proves: 'transient', why: 'too many requests or orders' },
  {
    status: [400, 499],
    code: /^-(1000|1001|1006|1007|1008|1010|1016)$/,
    proves: 'unknown',
    why: 'Binance does not know what became of it',
  },
  {
    status: [400, 400],
    code: /^-2010$/,
    says: /insufficient balance/i,
    exitOnly: true,
    proves: 'transient',
    why: 'the balance may lag the fill',
  },
  { status: [400, 401], code: 'any', proves: 'rejected', why: 'malformed, keys refused, or a rule is broken' },
];

const STATES: Readonly<Record<string, string>> = {
  NEW: 'submitted',
  PENDING_NEW: 'submitted',
  PARTIALLY_FILLED: 'partially_filled',
  FILLED: 'filled',
  CANCELED: 'cancelled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
  EXPIRED_IN_MATCH: 'expired',
};

const STOPS = ['STOP_LOSS', 'STOP_LOSS_LIMIT'];

export const binance: Dialect = {
  exchange: 'binance',
  isOrdered: false,
  table: TABLE,
  readAnswer,
  pauseAfter: ({ code }) => (code === '-1003' || code === '-1015' ? 1_000 : undefined),
  mustLook: ({ code }) => code === '-2011' || code === '-2013',
  isAbsent: ({ code }) => code === '-2013',
  time: get('public', 'time'),
  serverTime: (data) => numberOf(isJson(data) ? data['serverTime'] : undefined),
  account: get('private', 'account', { omitZeroBalances: 'true' }),
  balances,
  whyBlocked: (data) => (isJson(data) && data['canTrade'] === false ? 'the account may not trade' : undefined),
  rulesOf: ({ id }) => get('public', 'exchangeInfo', { symbol: id }),
  rules,
  priceOf: ({ id }) => get('public', 'ticker/price', { symbol: id }),
  lastPrice: (data) => (isJson(data) ? positive(data['price']) : undefined),
  entry,
  acceptedId: (data) => (isJson(data) ? (textOf(data['orderId']) ?? textOf(data['orderListId'])) : undefined),
  cancel: (market, order) => ({ ...orderRequest(market, order), method: 'DELETE' }),
  isCancelTaken: (data) => isJson(data) && textOf(data['orderId']) !== undefined,
  lookUps: (market, order) => [orderRequest(market, order)],
  found: (data, { kind }) => orderOf(data, kind),
  fillsOf: ({ id }, { brokerOrderId }) => get('private', 'myTrades', { symbol: id, orderId: brokerOrderId }),
  readFills: (data) =>
    (listOf(data) ?? []).map((trade) => ({ quantity: String(trade['qty']), price: String(trade['price']) })),
  openOrders: (market) => [get('private', 'openOrders', market === undefined ? {} : { symbol: market.id })],
  listed: (data) => listOf(data)?.flatMap((order) => orderOf(order) ?? []),
  exitPair,
  legIds,
};

function readAnswer(status: number, body: unknown): Said | undefined {
  if (Array.isArray(body)) return { isOk: status < 300, data: body };
  if (!isJson(body)) return undefined;
  const { code, msg } = body;
  const message = textOf(msg);
  if (typeof code === 'number' && code < 0) return { isOk: false, code: String(code), ...(message && { message }) };
  return status < 300 ? { isOk: true, data: body } : undefined;
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function balances(data: unknown): Balances | undefined {
  const rows = isJson(data) ? listOf(data['balances']) : undefined;
  return rows && new Map(rows.map((row) => [String(row['asset']), balanceOf(row['free'], row['locked'])]));
}

function rules(data: unknown, { id }: Market): Rules | undefined {
  const market = isJson(data) ? listOf(data['symbols'])?.find((row) => row['symbol'] === id) : undefined;
  if (market === undefined) return undefined;
  const filters = listOf(market['filters']) ?? [];
  const filter = (type: string): Json => filters.find((row) => row['filterType'] === type) ?? {};
  const [price, lot, marketLot] = [filter('PRICE_FILTER'), filter('LOT_SIZE'), filter('MARKET_LOT_SIZE')];
  const [tickSize, lotSize] = [positive(price['tickSize']), positive(lot['stepSize'])];
  if (tickSize === undefined || lotSize === undefined) return undefined;
  const minQty = positive(lot['minQty']);
  const maxQty = positive(marketLot['maxQty']) ?? positive(lot['maxQty']);
  const minNotional = positive(filter('NOTIONAL')['minNotional'] ?? filter('MIN_NOTIONAL')['minNotional']);
  const halted =
    market['status'] === 'TRADING' ? undefined : `its status is ${textOf(market['status']) ?? 'not known'}`;
  const bare = whyBare(market);
  return {
    tickSize,
    lotSize,
    ...(minQty && { minQty }),
    ...(maxQty && { maxQty }),
    ...(minNotional && { minNotional }),
    ...(halted && { halted }),
    ...(bare && { bare }),
  };
}

function whyBare(market: Json): string | undefined {
  const types: unknown = market['orderTypes'];
  if (market['ocoAllowed'] === false) return 'it takes no order lists (OCO)';
  if (!Array.isArray(types) || types.includes('STOP_LOSS')) return undefined;
  return 'it takes no stop-loss orders at market';
}

function entry({ id }: Market, side: Side, quantity: string, name: string): Request {
  const params = { symbol: id, side: side.toUpperCase(), type: 'MARKET', quantity, newClientOrderId: name };
  return post('order', { ...params, newOrderRespType: 'ACK' });
}

const orderRequest = ({ id }: Market, { name, brokerOrderId }: OrderName): Request =>
  get('private', 'order', {
    symbol: id,
    ...(brokerOrderId === undefined ? { origClientOrderId: name } : { orderId: brokerOrderId }),
  });

function orderOf(order: unknown, kind?: OrderName['kind']): VenueOrder | undefined {
  if (!isJson(order)) return undefined;
  const [brokerOrderId, status] = [textOf(order['orderId']), textOf(order['status'])];
  const [filledSize, quantity] = [textOf(order['executedQty']), textOf(order['origQty'])];
  if (brokerOrderId === undefined || status === undefined || filledSize === undefined) return undefined;
  const fillPrice = averageOf(order['cummulativeQuoteQty'], filledSize);
  const brokerTime = isoOf(order['updateTime']) ?? isoOf(order['time']);
  // Once cancelled, an order has the name of its cancel; the name that it was given stands beside it.
  const name = textOf(order['origClientOrderId']) ?? textOf(order['clientOrderId']) ?? '';
  return {
    name,
    brokerOrderId,
    marketId: textOf(order['symbol']) ?? '',
    side: order['side'] === 'SELL' ? 'sell' : 'buy',
    state: STATES[status] ?? status,
    filledSize,
    quantity: quantity ?? '0',
    ...(fillPrice && { fillPrice }),
    ...(brokerTime && { brokerTime }),
    ...(kind === 'entry' ? {} : exitPrices(order)),
  };
}

function exitPrices(order: Json): { readonly stopLoss?: string; readonly takeProfit?: string } {
  if (STOPS.includes(String(order['type']))) {
    const stopLoss = positive(order['stopPrice']);
    return stopLoss === undefined ? {} : { stopLoss };
  }
  const takeProfit =
    order['type'] === 'LIMIT_MAKER' || order['type'] === 'LIMIT' ? positive(order['price']) : undefined;
  return takeProfit === undefined ? {} : { takeProfit };
}

/** A sell has the profit above and the stop below, a buy the other way round. */
function exitPair({ market, side, pair, stopLoss, takeProfit }: Exits): Request {
  const stop = (where: 'above' | 'below') => ({
    [`${where}Type`]: 'STOP_LOSS',
    [`${where}StopPrice`]: stopLoss.price,
    [`${where}ClientOrderId`]: stopLoss.name,
  });
  const profit = (where: 'above' | 'below') => ({
    [`${where}Type`]: 'LIMIT_MAKER',
    [`${where}Price`]: takeProfit.price,
    [`${where}ClientOrderId`]: takeProfit.name,
  });
  const legs = side === 'sell' ? { ...profit('above'), ...stop('below') } : { ...stop('above'), ...profit('below') };
  const params = { symbol: market.id, side: side.toUpperCase(), quantity: stopLoss.quantity, listClientOrderId: pair };
  return post('orderList/oco', { ...params, ...legs, newOrderRespType: 'RESULT' });
}

function legIds(data: unknown, { stopLoss, takeProfit }: Exits) {
  const orders = isJson(data) ? (listOf(data['orders']) ?? []) : [];
  const reports = isJson(data) ? (listOf(data['orderReports']) ?? []) : [];
  const idOf = (name: string): string | undefined => {
    const report = reports.find((row) => row['clientOrderId'] === name);
    const isDead = ['REJECTED', 'EXPIRED', 'CANCELED'].includes(String(report?.['status']));
    return isDead ? undefined : textOf(orders.find((row) => row['clientOrderId'] === name)?.['orderId']);
  };
  const [sl, tp] = [idOf(stopLoss.name), idOf(takeProfit.name)];
  return { ...(sl && { stopLoss: sl }), ...(tp && { takeProfit: tp }) };
}
