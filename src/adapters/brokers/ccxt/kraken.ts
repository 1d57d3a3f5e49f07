/**
 * Kraken spot, REST API.
 *
 * 1. Answers come with HTTP 200; a list of errors, empty when all is well, says what happened.
 * 2. Every request has a nonce greater than the one before, so requests must arrive as they were signed.
 * 3. There is no pair of exits. Each is an order of its own, and holds the balance: the second one needs a balance too.
 * 4. By our name an order is found among the open ones, else among the closed ones; by its id in one query.
 * 5. Fees of a buy are taken in the quote currency when `fciq` says so.
 *
 * Source: Kraken API documentation, "Add order", "Query orders info", "Errors".
 */
import { parseVenueDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';
import type { Row } from './answer-row.js';
import { averageOf, isoOf, positive } from './averages.js';
import { balanceOfTotal } from './balance.js';
import { ACCEPTED } from './classify.js';
import {
  allOf,
  type Balance,
  type Dialect,
  type Exits,
  get,
  isJson,
  type Json,
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

const OK: readonly [number, number] = [200, 200];

const TABLE: readonly Row[] = [
  ...ACCEPTED,
  {
    code: /^E(Order|General):/,
    says: /cl_?ord_?id.*(duplicate|in use|exist|already)|duplicate/i,
    proves: 'duplicate',
    why: 'the id is taken: the order is open',
  },
  {
    status: OK,
    code: /^E(API|Order):Rate limit|^EGeneral:(Too many|Temporary lockout)/,
    proves: 'transient',
    why: 'rate limit: not carried out',
  },
  {
    status: OK,
    code: /^EService:(Market in \w+ mode|Deadline elapsed)/,
    proves: 'rejected',
    why: 'the market takes no such order, or the deadline was over before it was looked at',
  },
  {
    status: OK,
    code: /^EAPI:Invalid nonce/,
    proves: 'transient',
    why: 'overtaken by another request: not carried out',
  },
  {
    status: OK,
    code: /^EOrder:Insufficient funds/,
    exitOnly: true,
    proves: 'transient',
    why: 'the balance may lag the fill',
  },
  { code: /^E(Service|Database):|^EGeneral:(Internal|Unknown)/, proves: 'unknown', why: 'Kraken is not itself' },
  { status: OK, code: /^E(Order|API|General|Query|Trade|Session|Auth|Account):/, proves: 'rejected', why: 'refused' },
];

const STATES: Readonly<Record<string, string>> = {
  pending: 'pending',
  open: 'submitted',
  closed: 'filled',
  canceled: 'cancelled',
  expired: 'expired',
};

export const kraken: Dialect = {
  exchange: 'kraken',
  isOrdered: true,
  feeInQuote: true,
  table: TABLE,
  readAnswer,
  pauseAfter: ({ code }) => (/Rate limit|Too many requests|lockout/.test(code ?? '') ? 5_000 : undefined),
  mustLook: ({ code }) => /^EOrder:Unknown order/.test(code ?? ''),
  isAbsent: ({ code }) => /^EOrder:(Unknown|Invalid) order/.test(code ?? ''),
  isUnknownMarket: ({ code }) => /^EQuery:(Unknown|Invalid) asset/.test(code ?? ''),
  time: get('public', 'Time'),
  serverTime(data) {
    const seconds = isJson(data) ? data['unixtime'] : undefined;
    return typeof seconds === 'number' ? seconds * 1_000 : undefined;
  },
  account: post('BalanceEx', {}),
  balances: (data) =>
    isJson(data)
      ? new Map(Object.entries(data).map(([asset, row]) => [asset, krakenBalance(row)] as const))
      : undefined,
  whyBlocked: () => undefined,
  rulesOf: ({ id }) => get('public', 'AssetPairs', { pair: id }),
  rules,
  priceOf: ({ id }) => get('public', 'Ticker', { pair: id }),
  lastPrice(data) {
    const ticker = isJson(data) ? Object.values(data)[0] : undefined;
    const last = isJson(ticker) ? ticker['c'] : undefined;
    return Array.isArray(last) ? positive(last[0]) : undefined;
  },
  quote(data) {
    const ticker = isJson(data) ? Object.values(data)[0] : undefined;
    if (!isJson(ticker)) return undefined;
    const [bid, ask, last] = ['b', 'a', 'c'].map((field) => {
      const row = ticker[field];
      return Array.isArray(row) ? positive(row[0]) : undefined;
    });
    return { ...(bid && { bid }), ...(ask && { ask }), ...(last && { last }) };
  },
  entry,
  acceptedId(data) {
    const ids = isJson(data) ? data['txid'] : undefined;
    return Array.isArray(ids) ? textOf(ids[0]) : undefined;
  },
  cancel: (_, { name, brokerOrderId }) =>
    post('CancelOrder', brokerOrderId === undefined ? { cl_ord_id: name } : { txid: brokerOrderId }),
  isCancelTaken: (data) => isJson(data) && (numberOf(data['count']) > 0 || data['pending'] === true),
  lookUps: (_, { name, brokerOrderId }) =>
    brokerOrderId === undefined
      ? [post('OpenOrders', { cl_ord_id: name }), post('ClosedOrders', { cl_ord_id: name })]
      : [post('QueryOrders', { txid: brokerOrderId })],
  found,
  openOrders: () => [{ request: () => post('OpenOrders', {}) }],
  listed: (data) => (isJson(data) && isJson(data['open']) ? allOf(rowsOf(data)) : undefined),
  exit,
};

function readAnswer(status: number, body: unknown): Said | undefined {
  const errors = isJson(body) ? body['error'] : undefined;
  if (!isJson(body) || !Array.isArray(errors)) return undefined;
  const [first] = errors.filter((error) => typeof error === 'string' && error.startsWith('E')) as string[];
  if (first !== undefined) return { isOk: false, code: first, message: errors.join('; ') };
  return status < 300 ? { isOk: true, data: body['result'] } : undefined;
}

const krakenBalance = (row: unknown): Balance | undefined =>
  isJson(row) ? balanceOfTotal(row['balance'], row['hold_trade'] ?? ZERO) : undefined;

const step = (decimals: unknown): string | undefined =>
  typeof decimals === 'number' && Number.isInteger(decimals) && decimals >= 0 && decimals < 30
    ? (parseVenueDecimal(`1e-${decimals}`) ?? undefined)
    : undefined;

function rules(data: unknown, { id }: Market): Rules | undefined {
  const market = isJson(data) ? data[id] : undefined;
  if (!isJson(market)) return undefined;
  const [tickSize, lotSize] = [
    positive(market['tick_size']) ?? step(market['pair_decimals']),
    step(market['lot_decimals']),
  ];
  if (tickSize === undefined || lotSize === undefined) return undefined;
  const [minQty, minNotional] = [positive(market['ordermin']), positive(market['costmin'])];
  const halted = market['status'] === 'online' ? undefined : `its status is ${textOf(market['status']) ?? 'not known'}`;
  return {
    tickSize,
    lotSize,
    ...(minQty && { minQty }),
    ...(minNotional && { minNotional }),
    ...(halted && { halted }),
    exits: { maxOrders: MOST_ORDERS },
  };
}

/** Open orders of a pair, on the lowest tier. */
const MOST_ORDERS = 60;

function entry({ id }: Market, side: Side, quantity: string, name: string): Request {
  return post('AddOrder', {
    pair: id,
    type: side,
    ordertype: 'market',
    volume: quantity,
    oflags: 'fciq',
    cl_ord_id: name,
  });
}

/** An empty list is an answer; a list of other orders, or a query by id that has nothing, is none. */
function found(data: unknown, { name, brokerOrderId }: OrderName): VenueOrder | 'absent' | undefined {
  if (!isJson(data)) return undefined;
  const list = data['open'] ?? data['closed'];
  if (isJson(list) && Object.keys(list).length === 0) return 'absent';
  return ordersOf(data).find((order) => order.brokerOrderId === brokerOrderId || order.name === name);
}

const ordersOf = (data: unknown): readonly VenueOrder[] => rowsOf(data).flatMap((order) => order ?? []);

/** `undefined` for what is no order. */
function rowsOf(data: unknown): readonly (VenueOrder | undefined)[] {
  if (!isJson(data)) return [];
  const all = isJson(data['open']) ? data['open'] : isJson(data['closed']) ? data['closed'] : data;
  return Object.entries(all).map(([txid, order]) => (isJson(order) ? orderOf(txid, order) : undefined));
}

function orderOf(brokerOrderId: string, order: Json): VenueOrder | undefined {
  const [status, filledSize] = [textOf(order['status']), textOf(order['vol_exec'])];
  const descr = isJson(order['descr']) ? order['descr'] : {};
  if (status === undefined || filledSize === undefined) return undefined;
  const quantity = textOf(order['vol']) ?? '0';
  const fillPrice = positive(order['price']) ?? averageOf(order['cost'], filledSize);
  const reason = textOf(order['reason']);
  const charged = positive(order['fee']);
  const seconds = numberOf(order['closetm'] ?? order['opentm']);
  const brokerTime = isoOf(Number.isFinite(seconds) ? Math.trunc(seconds * 1_000) : undefined);
  return {
    name: textOf(order['cl_ord_id']) ?? '',
    brokerOrderId,
    marketId: textOf(descr['pair']) ?? '',
    side: descr['type'] === 'sell' ? 'sell' : 'buy',
    state: stateOf(status, quantity, filledSize),
    filledSize,
    quantity,
    ...(fillPrice && { fillPrice }),
    ...(reason && { reason }),
    ...(brokerTime && { brokerTime }),
    ...(charged && { charged }),
    isStop: /^(stop-loss|take-profit|trailing)/.test(wordOf(descr['ordertype'])),
    ...exitPrices(descr),
  };
}

/** "Closed" is filled, unless something is missing. */
function stateOf(status: string, quantity: string, filledSize: string): string {
  const [all, filled] = [parseVenueDecimal(quantity), parseVenueDecimal(filledSize)];
  const isWhole = all === undefined || filled === undefined || subtract(all, filled) === ZERO;
  if (status === 'closed' && !isWhole) return 'cancelled';
  if (status === 'open' && filled !== undefined && filled !== ZERO) return 'partially_filled';
  return inOwnWords(STATES, status) ?? status;
}

function exitPrices(descr: Json): { readonly stopLoss?: string; readonly takeProfit?: string } {
  const price = positive(descr['price']);
  if (price === undefined) return {};
  if (wordOf(descr['ordertype']).startsWith('stop-loss')) return { stopLoss: price };
  return wordOf(descr['ordertype']).startsWith('take-profit') ? { takeProfit: price } : {};
}

function exit({ market, side, stopLoss, takeProfit }: Exits, leg: 'stopLoss' | 'takeProfit'): Request {
  const { name, quantity, price } = leg === 'stopLoss' ? stopLoss : takeProfit;
  return post('AddOrder', {
    pair: market.id,
    type: side,
    ordertype: leg === 'stopLoss' ? 'stop-loss' : 'take-profit',
    volume: quantity,
    price,
    oflags: 'fciq',
    cl_ord_id: name,
  });
}
