/**
 * Binance spot, API v3.
 *
 * 1. Ids of orders are unique among open orders only: a market order that is filled leaves its id free again.
 * 2. Both exits are one order list (OCO); each leg has a name of its own.
 * 3. Orders tell no average price but the value that was traded; a negative value means "not known". Fees stand in the
 *    answer to the entry and in the list of trades, never in an order.
 * 4. Order ids can be beyond 2^53: they are text.
 *
 * Source: Binance spot API documentation, "Trading endpoints", "Error codes", "Filters".
 */
import { type Decimal, maximum, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';
import type { Row } from './answer-row.js';
import { averageOf, feesOf, isoOf, positive } from './averages.js';
import { balanceOf } from './balance.js';
import { ACCEPTED } from './classify.js';
import {
  allOf,
  type Balances,
  type Dialect,
  type ExitLimits,
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
  type Trades,
  textOf,
  type VenueOrder,
  wordOf,
} from './dialect.js';

/** The one exchange whose answer to a broken limit may come without words: these statuses are its own. */
const TABLE: readonly Row[] = [
  ...ACCEPTED,
  { code: /^-2010$/, says: /duplicate order/i, proves: 'duplicate', why: 'the id is taken: the order is open' },
  { status: [418, 418], proves: 'transient', why: 'banned for a while: not carried out' },
  { status: [429, 429], proves: 'transient', why: 'rate limit: not carried out' },
  { status: [400, 400], code: /^-(1003|1015)$/, proves: 'transient', why: 'too many requests or orders' },
  { status: [400, 400], code: /^-1021$/, proves: 'transient', why: 'the time was off: not carried out' },
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
  PENDING_NEW: 'pending_new',
  PARTIALLY_FILLED: 'partially_filled',
  FILLED: 'filled',
  CANCELED: 'cancelled',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
  EXPIRED_IN_MATCH: 'expired',
};

const STOPS = ['STOP_LOSS', 'STOP_LOSS_LIMIT'];
/** What MAX_NUM_ALGO_ORDERS counts. */
const ALGO = [...STOPS, 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'];

export const binance: Dialect = {
  exchange: 'binance',
  isOrdered: false,
  feeInQuote: false,
  table: TABLE,
  readAnswer,
  pauseAfter: ({ code }) => (code === '-1003' || code === '-1015' ? 1_000 : undefined),
  mustLook: ({ code }) => code === '-2011' || code === '-2013',
  isAbsent: ({ code }) => code === '-2013',
  isStale: ({ code }) => code === '-1021',
  isUnknownMarket: ({ code }) => code === '-1121',
  isProfitPassed,
  time: get('public', 'time'),
  serverTime: (data) => wholeOf(isJson(data) ? data['serverTime'] : undefined),
  account: get('private', 'account', { omitZeroBalances: 'true' }),
  balances,
  whyBlocked: (data) => (isJson(data) && data['canTrade'] === false ? 'the account may not trade' : undefined),
  rulesOf: ({ id }) => get('public', 'exchangeInfo', { symbol: id }),
  rules,
  priceOf: ({ id }) => get('public', 'ticker/price', { symbol: id }),
  lastPrice: (data) => (isJson(data) ? positive(data['price']) : undefined),
  quoteOf: ({ id }) => get('public', 'ticker/24hr', { symbol: id }),
  quote(data) {
    if (!isJson(data)) return undefined;
    const [bid, ask, last] = [data['bidPrice'], data['askPrice'], data['lastPrice'] ?? data['price']].map(positive);
    return { ...(bid && { bid }), ...(ask && { ask }), ...(last && { last }) };
  },
  averageOf: ({ id }) => get('public', 'avgPrice', { symbol: id }),
  feeRate(account) {
    const rates = isJson(account) && isJson(account['commissionRates']) ? account['commissionRates'] : {};
    return parseVenueDecimal(rates['taker']);
  },
  entry,
  acceptedId: (data) => (isJson(data) ? (textOf(data['orderId']) ?? textOf(data['orderListId'])) : undefined),
  cancel: (market, order) => ({ ...orderRequest(market, order), method: 'DELETE' }),
  isCancelTaken: (data) => isJson(data) && textOf(data['orderId']) !== undefined,
  lookUps: (market, order) => [orderRequest(market, order)],
  found: (data, { kind }) => orderOf(data, kind),
  fillsOf: ({ id }, { brokerOrderId }) => get('private', 'myTrades', { symbol: id, orderId: brokerOrderId }),
  readFills: (data) => tradesOf(listOf(data)),
  entered,
  openOrders: (market) => [
    { request: () => get('private', 'openOrders', market === undefined ? {} : { symbol: market.id }) },
  ],
  listed: (data) => allOf(listOf(data)?.map((order) => orderOf(order))),
  exitPair,
  legIds,
  exit,
};

function readAnswer(status: number, body: unknown): Said | undefined {
  if (Array.isArray(body)) return { isOk: status < 300, data: body };
  if (!isJson(body)) return undefined;
  const { code, msg } = body;
  const message = textOf(msg);
  if (typeof code === 'number' && code < 0) return { isOk: false, code: String(code), ...(message && { message }) };
  return status < 300 ? { isOk: true, data: body } : undefined;
}

const wholeOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

function balances(data: unknown): Balances | undefined {
  const rows = isJson(data) ? listOf(data['balances']) : undefined;
  return rows && new Map(rows.map((row) => [wordOf(row['asset']), balanceOf(row['free'], row['locked'])]));
}

function rules(data: unknown, { id }: Market): Rules | 'absent' | undefined {
  if (isJson(data) && listOf(data['symbols'])?.length === 0) return 'absent';
  const market = isJson(data) ? listOf(data['symbols'])?.find((row) => row['symbol'] === id) : undefined;
  if (market === undefined) return undefined;
  const filters = listOf(market['filters']) ?? [];
  const filter = (type: string): Json => filters.find((row) => row['filterType'] === type) ?? {};
  const [price, lot, marketLot] = [filter('PRICE_FILTER'), filter('LOT_SIZE'), filter('MARKET_LOT_SIZE')];
  const [tickSize, lotSize] = [positive(price['tickSize']), positive(lot['stepSize'])];
  if (tickSize === undefined || lotSize === undefined) return undefined;
  const minQty = largest(lot['minQty'], marketLot['minQty']);
  const maxQty = positive(marketLot['maxQty']) ?? positive(lot['maxQty']);
  const minNotional = positive(filter('NOTIONAL')['minNotional'] ?? filter('MIN_NOTIONAL')['minNotional']);
  const halted =
    market['status'] === 'TRADING' ? undefined : `its status is ${textOf(market['status']) ?? 'not known'}`;
  const bare = whyBare(market);
  return {
    tickSize,
    lotSize: largest(lotSize, marketLot['stepSize']) ?? lotSize,
    ...(minQty && { minQty }),
    ...(maxQty && { maxQty }),
    ...(minNotional && { minNotional }),
    ...(halted && { halted }),
    ...(bare && { bare }),
    exits: exitLimits(filter),
  };
}

function largest(one: unknown, other: unknown): Decimal | undefined {
  const [a, b] = [positive(one), positive(other)];
  return a === undefined || b === undefined ? (a ?? b) : maximum(a, b);
}

/** Zero, or nothing: no such limit. */
const countOf = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined);

function exitLimits(filter: (type: string) => Json): ExitLimits {
  const price = filter('PRICE_FILTER');
  const [minPrice, maxPrice] = [positive(price['minPrice']), positive(price['maxPrice'])];
  const maxNotional = positive(filter('NOTIONAL')['maxNotional']);
  const maxStops = countOf(filter('MAX_NUM_ALGO_ORDERS')['maxNumAlgoOrders']);
  const maxOrders = countOf(filter('MAX_NUM_ORDERS')['maxNumOrders']);
  const maxLists = countOf(filter('MAX_NUM_ORDER_LISTS')['maxNumOrderLists']);
  const [bySide, both] = [filter('PERCENT_PRICE_BY_SIDE'), filter('PERCENT_PRICE')];
  const band = (prefix: string) => {
    const least = positive(bySide[`${prefix}MultiplierDown`] ?? both['multiplierDown']);
    const most = positive(bySide[`${prefix}MultiplierUp`] ?? both['multiplierUp']);
    return least && most && { least, most };
  };
  const [buy, sell] = [band('bid'), band('ask')];
  return {
    ...(minPrice && { minPrice }),
    ...(maxPrice && { maxPrice }),
    ...(maxNotional && { maxNotional }),
    ...(maxStops && { maxStops }),
    ...(maxOrders && { maxOrders }),
    ...(maxLists && { maxLists }),
    ...(buy && sell && { bands: { buy, sell } }),
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
  return post('order', { ...params, newOrderRespType: 'FULL' });
}

/** The answer to the entry holds the fills with their fees, where the order was filled at once. */
function entered(data: unknown): VenueOrder | undefined {
  const order = orderOf(data, 'entry');
  const trades = isJson(data) ? tradesOf(listOf(data['fills'])) : undefined;
  return order && { ...order, ...(trades?.fills.length && trades) };
}

/** Undefined when there are none: then they are not known yet. */
function tradesOf(rows: readonly Json[] | undefined): Trades | undefined {
  if (rows === undefined) return undefined;
  const fills = rows.map((row) => {
    const id = textOf(row['tradeId']) ?? textOf(row['id']);
    return { ...(id && { id }), quantity: wordOf(row['qty']), price: wordOf(row['price']) };
  });
  return { fills, fees: feesOf(rows.map((row) => [row['commissionAsset'], row['commission']] as const)) };
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
    state: inOwnWords(STATES, status) ?? status,
    filledSize,
    quantity: quantity ?? '0',
    ...(fillPrice && { fillPrice }),
    ...(brokerTime && { brokerTime }),
    ...listOfOrder(order),
    isStop: ALGO.includes(wordOf(order['type'])),
    ...(kind === 'entry' ? {} : exitPrices(order)),
  };
}

function listOfOrder({ orderListId }: Json): { readonly list?: string } {
  const list = textOf(orderListId);
  return list === undefined || list.startsWith('-') ? {} : { list };
}

/** The prices of a pair must lie on both sides of the market; which of them does not, the answer leaves open. */
function isProfitPassed({ code, message = '' }: Said): 'no' | 'maybe' {
  const isOfPrice = /relationship of the prices|immediately (match|trigger)|trigger immediately/i.test(message);
  return (code === '-2010' || code === '-1013' || code === '-2021') && isOfPrice ? 'maybe' : 'no';
}

/** One leg by itself: the stop-loss, whose take-profit the market has passed. */
function exit({ market, side, stopLoss, takeProfit }: Exits, leg: 'stopLoss' | 'takeProfit'): Request {
  const { name, quantity, price } = leg === 'stopLoss' ? stopLoss : takeProfit;
  const what = leg === 'stopLoss' ? { type: 'STOP_LOSS', stopPrice: price } : { type: 'LIMIT_MAKER', price };
  const params = { symbol: market.id, side: side.toUpperCase(), ...what, quantity, newClientOrderId: name };
  return post('order', { ...params, newOrderRespType: 'RESULT' });
}

function exitPrices(order: Json): { readonly stopLoss?: string; readonly takeProfit?: string } {
  if (STOPS.includes(wordOf(order['type']))) {
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
    const isDead = ['REJECTED', 'EXPIRED', 'CANCELED'].includes(wordOf(report?.['status']));
    return isDead ? undefined : textOf(orders.find((row) => row['clientOrderId'] === name)?.['orderId']);
  };
  const [sl, tp] = [idOf(stopLoss.name), idOf(takeProfit.name)];
  return { ...(sl && { stopLoss: sl }), ...(tp && { takeProfit: tp }) };
}
