/**
 * Bybit spot, API v5, unified account.
 *
 * 1. Answers come with HTTP 200; `retCode` says what happened.
 * 2. There is no pair of exits that holds the balance once. Each is a conditional order (`StopOrder`), which holds nothing
 *    until it triggers, and is cancelled then if the balance is not there. (TP/SL orders hold it from the start, each.)
 * 3. A conditional order is given no direction: Bybit takes it from the side of the market on which its price lies. An
 *    exit that waits for the wrong one is shown as no stop-loss and no take-profit.
 * 4. Closed orders are in the list of recent orders for a while, then in the history.
 *
 * Source: Bybit API documentation v5, "Place order", "Cancel order", "Get open & closed orders", "Get order history", "Enums
 * definitions", "Error codes".
 */
import { lessThan, parseVenueDecimal } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';
import type { Row } from './answer-row.js';
import { averageOf, feesOf, isoOf, positive } from './averages.js';
import { balanceOfTotal } from './balance.js';
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
  type Listing,
  listOf,
  type Market,
  numberOf,
  type OrderName,
  post,
  type Request,
  type Rules,
  type Said,
  textOf,
  type VenueOrder,
  wordOf,
} from './dialect.js';

const TABLE: readonly Row[] = [
  ...ACCEPTED,
  { code: /^(110072|170141)$/, proves: 'duplicate', why: 'the id is taken: the order exists' },
  { code: /^(429|10006|10018|10429|170005|170222)$/, proves: 'transient', why: 'rate limit: not carried out' },
  { status: [429, 429], proves: 'transient', why: 'too many requests: not carried out' },
  { code: /^(-1|10002)$/, proves: 'transient', why: 'the time was off: not carried out' },
  {
    code: /^(10000|10014|10016|10019|170001|170007|170032|170035|170146|170147|170149|170195|170196|170234)$/,
    proves: 'unknown',
    why: 'Bybit does not know what became of it',
  },
  { code: /^(170131|170033)$/, exitOnly: true, proves: 'transient', why: 'the balance may lag the fill' },
  { status: [200, 200], code: /^(100\d\d|110\d{3}|170\d{3})$/, proves: 'rejected', why: 'a rule of Bybit is broken' },
  { status: [400, 401], code: /^(100\d\d|110\d{3}|170\d{3})$/, proves: 'rejected', why: 'malformed, or keys refused' },
];

const STATES: Readonly<Record<string, string>> = {
  New: 'submitted',
  PartiallyFilled: 'partially_filled',
  Untriggered: 'pending',
  Triggered: 'pending',
  Active: 'pending',
  Filled: 'filled',
  Cancelled: 'cancelled',
  PartiallyFilledCanceled: 'cancelled',
  Deactivated: 'cancelled',
  Rejected: 'rejected',
};

const SPOT = { category: 'spot' } as const;

export const bybit: Dialect = {
  exchange: 'bybit',
  isOrdered: false,
  feeInQuote: false,
  table: TABLE,
  readAnswer,
  pauseAfter: ({ code }) => (/^(429|10006|10018|10429|170222)$/.test(code ?? '') ? 1_000 : undefined),
  mustLook: ({ code }) => /^(110001|110008|110010|170139|170142|170143|170144|170145|170190|170213)$/.test(code ?? ''),
  isAbsent: ({ code }) => code === '110001' || code === '170213',
  isStale: ({ code }) => code === '10002' || code === '-1',
  isUnknownMarket: ({ code, message = '' }) => code === '170121' || (code === '10001' && /symbol/i.test(message)),
  time: get('public', 'v5/market/time'),
  serverTime(data) {
    const seconds = isJson(data) ? numberOf(data['timeNano']) / 1e6 : Number.NaN;
    return Number.isFinite(seconds) ? Math.trunc(seconds) : undefined;
  },
  account: get('private', 'v5/account/wallet-balance', { accountType: 'UNIFIED' }),
  balances,
  whyBlocked: () => undefined,
  rulesOf: ({ id }) => get('public', 'v5/market/instruments-info', { ...SPOT, symbol: id }),
  rules,
  priceOf: ({ id }) => get('public', 'v5/market/tickers', { ...SPOT, symbol: id }),
  lastPrice: (data) => positive(rowsOf(data)?.[0]?.['lastPrice']),
  quote(data) {
    const row = rowsOf(data)?.[0];
    const [bid, ask, last] = ['bid1Price', 'ask1Price', 'lastPrice'].map((field) => positive(row?.[field]));
    return row && { ...(bid && { bid }), ...(ask && { ask }), ...(last && { last }) };
  },
  entry,
  acceptedId: (data) => (isJson(data) ? textOf(data['orderId']) : undefined),
  cancel: ({ id }, order) => post('v5/order/cancel', { ...SPOT, symbol: id, ...nameOf(order), ...filterOf(order) }),
  isCancelTaken: (data) => isJson(data) && textOf(data['orderId']) !== undefined,
  lookUps: ({ id }, order) =>
    ['v5/order/realtime', 'v5/order/history'].map((path) =>
      get('private', path, { ...SPOT, symbol: id, ...nameOf(order) }),
    ),
  found,
  openOrders: (market) => [openOrders(market)],
  listed: (data) =>
    allOf(rowsOf(data)?.map(orderOf))?.filter(({ state }) => !['filled', 'cancelled', 'rejected'].includes(state)),
  waitingExits: (market) => [openOrders(market, { orderFilter: 'StopOrder' })],
  exit,
};

function readAnswer(_status: number, body: unknown): Said | undefined {
  if (!isJson(body) || typeof body['retCode'] !== 'number') return undefined;
  const { retCode, retMsg, result } = body;
  const message = textOf(retMsg);
  return { isOk: retCode === 0, code: String(retCode), ...(message && { message }), data: result };
}

/** Rows of a page. */
const PAGE = 50;

/** Open orders of a category, of one market or of all. */
export const openOrdersOf = (which: Json): Listing => ({
  request: (page) =>
    get('private', 'v5/order/realtime', {
      ...which,
      openOnly: 0,
      limit: PAGE,
      ...(page && { cursor: page }),
    }),
  // A page that is not full is the last one, whatever the cursor says.
  nextPage: (data) =>
    isJson(data) && (rowsOf(data)?.length ?? 0) >= PAGE ? textOf(data['nextPageCursor']) : undefined,
});

const openOrders = (market: Market | undefined, filter: Json = {}): Listing =>
  openOrdersOf({ ...SPOT, ...(market && { symbol: market.id }), ...filter });

export const rowsOf = (data: unknown): readonly Json[] | undefined => (isJson(data) ? listOf(data['list']) : undefined);

function balances(data: unknown): Balances | undefined {
  const coins = listOf(rowsOf(data)?.[0]?.['coin']);
  return (
    coins && new Map(coins.map((row) => [wordOf(row['coin']), balanceOfTotal(row['walletBalance'], row['locked'])]))
  );
}

function rules(data: unknown, { id }: Market): Rules | 'absent' | undefined {
  if (rowsOf(data)?.length === 0) return 'absent';
  const market = rowsOf(data)?.find((row) => row['symbol'] === id);
  const lot = isJson(market?.['lotSizeFilter']) ? market['lotSizeFilter'] : {};
  const price = isJson(market?.['priceFilter']) ? market['priceFilter'] : {};
  const [tickSize, lotSize] = [positive(price['tickSize']), positive(lot['basePrecision'])];
  if (market === undefined || tickSize === undefined || lotSize === undefined) return undefined;
  const minQty = positive(lot['minOrderQty']);
  const maxQty = positive(lot['maxMarketOrderQty']) ?? positive(lot['maxOrderQty']);
  const minNotional = positive(lot['minOrderAmt']);
  const halted =
    market['status'] === 'Trading' ? undefined : `its status is ${textOf(market['status']) ?? 'not known'}`;
  return {
    tickSize,
    lotSize,
    ...(minQty && { minQty }),
    ...(maxQty && { maxQty }),
    ...(minNotional && { minNotional }),
    ...(halted && { halted }),
    exits: EXIT_LIMITS,
  };
}

/** Conditional orders of a market, and how far from the last price one may trigger. */
const BAND = { least: '0.9', most: '1.1' } as const;
const EXIT_LIMITS: ExitLimits = { maxStops: 30, bands: { buy: BAND, sell: BAND } };

/** A list of other orders is no answer to the question. */
function found(data: unknown, { name, brokerOrderId }: OrderName): VenueOrder | 'absent' | undefined {
  const orders = rowsOf(data)?.map(orderOf);
  if (orders?.length === 0) return 'absent';
  return orders?.find((order) => order?.name === name || order?.brokerOrderId === brokerOrderId);
}

export const sideOf = (side: Side): string => (side === 'buy' ? 'Buy' : 'Sell');

/** Without `marketUnit` a market buy would be counted in the quote currency. */
function entry({ id }: Market, side: Side, quantity: string, name: string): Request {
  const params = { ...SPOT, symbol: id, side: sideOf(side), orderType: 'Market', qty: quantity };
  return post('v5/order/create', { ...params, marketUnit: 'baseCoin', orderLinkId: name });
}

export const nameOf = ({ name, brokerOrderId }: OrderName): Json =>
  brokerOrderId === undefined ? { orderLinkId: name } : { orderId: brokerOrderId };

const filterOf = ({ kind }: OrderName): Json => (kind === 'entry' ? {} : { orderFilter: 'StopOrder' });

function orderOf(order: Json): VenueOrder | undefined {
  const [brokerOrderId, status] = [textOf(order['orderId']), textOf(order['orderStatus'])];
  if (brokerOrderId === undefined || status === undefined) return undefined;
  const filledSize = textOf(order['cumExecQty']) ?? '0';
  const name = textOf(order['orderLinkId']) ?? '';
  const fillPrice = positive(order['avgPrice']) ?? averageOf(order['cumExecValue'], filledSize);
  const brokerTime = isoOf(order['updatedTime']);
  const words = textOf(order['rejectReason']);
  const reason = words === 'EC_NoError' ? undefined : words;
  return {
    name,
    brokerOrderId,
    marketId: textOf(order['symbol']) ?? '',
    side: order['side'] === 'Sell' ? 'sell' : 'buy',
    state: inOwnWords(STATES, status) ?? status,
    filledSize,
    quantity: textOf(order['qty']) ?? '0',
    ...(fillPrice && { fillPrice }),
    ...(reason && { reason }),
    ...(brokerTime && { brokerTime }),
    ...chargedFor(order),
    isStop: positive(order['triggerPrice']) !== undefined,
    ...exitPrices(order, name),
  };
}

/** By coin, where it is told so; else the sum, where the coin is told beside it. */
function chargedFor(order: Json): Pick<VenueOrder, 'fees'> {
  const detail = order['cumFeeDetail'];
  const rows = isJson(detail) ? Object.entries(detail) : [[order['feeCurrency'], order['cumExecFee']] as const];
  const fees = feesOf(rows);
  return fees.length === 0 ? {} : { fees };
}

/** Which of the two an exit is, its name says, unless it waits for the wrong side; a stranger's says it by that side. */
function exitPrices(order: Json, name: string): { readonly stopLoss?: string; readonly takeProfit?: string } {
  const price = positive(order['triggerPrice']);
  if (price === undefined) return {};
  const way = directionOf(order, price);
  const bySide = way === undefined ? undefined : (way === 'rise') === (order['side'] === 'Sell') ? 'tp' : 'sl';
  const byName = /-(sl|tp)$/.exec(name)?.[1];
  if (byName !== undefined && bySide !== undefined && byName !== bySide) return {};
  return (byName ?? bySide ?? 'sl') === 'sl' ? { stopLoss: price } : { takeProfit: price };
}

/** What the market must do for the order to trigger; `undefined` when Bybit shows neither that nor its price back then. */
function directionOf(order: Json, price: string): 'rise' | 'fall' | undefined {
  const told = numberOf(order['triggerDirection']);
  if (told === 1 || told === 2) return told === 1 ? 'rise' : 'fall';
  const [trigger, base] = [parseVenueDecimal(price), parseVenueDecimal(positive(order['basePrice']))];
  if (trigger === undefined || base === undefined || trigger === base) return undefined;
  return lessThan(base, trigger) ? 'rise' : 'fall';
}

function exit({ market, side, stopLoss, takeProfit }: Exits, leg: 'stopLoss' | 'takeProfit'): Request {
  const { name, quantity, price } = leg === 'stopLoss' ? stopLoss : takeProfit;
  return post('v5/order/create', {
    ...SPOT,
    symbol: market.id,
    side: sideOf(side),
    orderType: 'Market',
    qty: quantity,
    marketUnit: 'baseCoin',
    triggerPrice: price,
    orderFilter: 'StopOrder',
    orderLinkId: name,
  });
}
