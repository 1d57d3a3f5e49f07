/**
 * OKX spot, API v5.
 *
 * 1. An answer has a code of its own and, for orders, one a row (`sCode`): the row's decides.
 * 2. Both exits are one algo order (`oco`) under one name; when one triggers, the other is gone. It holds nothing until then,
 *    and is dropped if what it sells is not there.
 * 3. Ids are letters and digits, 32 at most.
 * 4. A fee is told as a change of the balance: below zero. A rebate is above it.
 *
 * Source: OKX API documentation v5, "Order book trading", "Algo trading", "Error code".
 */
import type { Side } from '../../../domain/ports.js';
import { inOwnWords } from '../own-words.js';
import type { Row } from './answer-row.js';
import { asCharge, feesOf, isoOf, positive } from './averages.js';
import { balanceOf } from './balance.js';
import { ACCEPTED } from './classify.js';
import {
  allOf,
  type Balances,
  type Dialect,
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

const REFUSAL = /^5[0-9]{4}$/;

const TABLE: readonly Row[] = [
  ...ACCEPTED,
  { code: /^51016$/, proves: 'duplicate', why: 'the id is taken: the order exists' },
  {
    code: REFUSAL,
    says: /algoClOrdId.*(exist|duplicat)|duplicat.*algoClOrdId/i,
    proves: 'duplicate',
    why: 'the id is taken',
  },
  { code: /^(50011|50061|50040)$/, proves: 'transient', why: 'rate limit: not carried out' },
  { code: /^50102$/, proves: 'transient', why: 'the time was off: not carried out' },
  {
    code: /^(50001|50004|50005|50013|50026|51054|51149)$/,
    proves: 'unknown',
    why: 'OKX does not know what became of it',
  },
  { code: /^(51008|51119|51127|51131)$/, exitOnly: true, proves: 'transient', why: 'the balance may lag the fill' },
  { status: [200, 200], code: REFUSAL, proves: 'rejected', why: 'a rule of OKX is broken' },
  { status: [400, 401], code: REFUSAL, proves: 'rejected', why: 'malformed, or keys refused' },
];

const STATES: Readonly<Record<string, string>> = {
  live: 'submitted',
  partially_filled: 'partially_filled',
  filled: 'filled',
  canceled: 'cancelled',
  mmp_canceled: 'cancelled',
};

const ALGO_STATES: Readonly<Record<string, string>> = {
  live: 'submitted',
  pause: 'paused',
  partially_effective: 'pending',
  effective: 'filled',
  canceled: 'cancelled',
  order_failed: 'rejected',
  partially_failed: 'rejected',
};

export const okx: Dialect = {
  exchange: 'okx',
  isOrdered: false,
  feeInQuote: false,
  table: TABLE,
  readAnswer,
  pauseAfter: ({ code }) => (code === '50011' || code === '50061' ? 1_000 : undefined),
  mustLook: ({ code }) => /^(51400|51401|51402|51405|51410|51503|51509|51510|51603)$/.test(code ?? ''),
  isAbsent: ({ code }) => code === '51603',
  isStale: ({ code }) => code === '50102',
  isUnknownMarket: ({ code }) => code === '51001',
  isProfitPassed: ({ code }) => (code === '51277' || code === '51279' ? 'maybe' : 'no'),
  time: get('public', 'public/time'),
  serverTime(data) {
    const ms = numberOf(listOf(data)?.[0]?.['ts']);
    return Number.isFinite(ms) ? ms : undefined;
  },
  account: get('private', 'account/balance'),
  balances,
  whyBlocked: () => undefined,
  rulesOf: ({ id }) => get('public', 'public/instruments', { instType: 'SPOT', instId: id }),
  rules,
  priceOf: ({ id }) => get('public', 'market/ticker', { instId: id }),
  lastPrice: (data) => positive(listOf(data)?.[0]?.['last']),
  quote(data) {
    const row = listOf(data)?.[0];
    const [bid, ask, last] = ['bidPx', 'askPx', 'last'].map((field) => positive(row?.[field]));
    return row && { ...(bid && { bid }), ...(ask && { ask }), ...(last && { last }) };
  },
  entry,
  acceptedId(data) {
    const row = listOf(data)?.[0];
    return textOf(row?.['ordId']) ?? textOf(row?.['algoId']);
  },
  cancel: ({ id }, { name, brokerOrderId }) =>
    post('trade/cancel-order', { instId: id, ...(brokerOrderId ? { ordId: brokerOrderId } : { clOrdId: name }) }),
  isCancelTaken: (data) => textOf(listOf(data)?.[0]?.['ordId']) !== undefined,
  lookUps,
  found(data, order) {
    const row = listOf(data)?.[0];
    if (row === undefined) return undefined;
    return order.kind === 'entry' ? orderOf(row) : legOf(row, order);
  },
  openOrders: (market) => {
    const which = { instType: 'SPOT', ...(market && { instId: market.id }) };
    return [listing('trade/orders-pending', which, 'ordId'), waitingExits(market)];
  },
  waitingExits: (market) => [waitingExits(market)],
  listed: (data) => allOf(listOf(data)?.map((row) => (row['algoId'] ? pairOf(row) : orderOf(row)))),
  exit,
  exitPair,
  legIds(data) {
    const id = textOf(listOf(data)?.[0]?.['algoId']);
    return id === undefined ? {} : { stopLoss: id, takeProfit: id };
  },
};

/** Rows of a page. */
const PAGE = 100;

/** A page that is full may not be the last: the next one comes after its last row. */
const listing = (path: string, which: Json, idField: string): Listing => ({
  request: (page) => get('private', path, { ...which, ...(page && { after: page }) }),
  nextPage(data) {
    const rows = listOf(data) ?? [];
    return rows.length < PAGE ? undefined : textOf(rows.at(-1)?.[idField]);
  },
});

function waitingExits(market?: Market): Listing {
  const which = { instType: 'SPOT', ...(market && { instId: market.id }), ordType: 'conditional,oco' };
  return listing('trade/orders-algo-pending', which, 'algoId');
}

function readAnswer(status: number, body: unknown): Said | undefined {
  if (!isJson(body) || typeof body['code'] !== 'string') return undefined;
  const { code, msg, data } = body;
  const row = listOf(data)?.[0];
  const rowCode = textOf(row?.['sCode']);
  const isRefused = code !== '0' || (rowCode !== undefined && rowCode !== '0');
  const message = (rowCode === '0' ? undefined : textOf(row?.['sMsg'])) ?? textOf(msg);
  const said = rowCode !== undefined && rowCode !== '0' ? rowCode : code;
  return { isOk: !isRefused && status < 300, code: said, ...(message && { message }), data };
}

function balances(data: unknown): Balances | undefined {
  const rows = listOf(listOf(data)?.[0]?.['details']);
  return rows && new Map(rows.map((row) => [wordOf(row['ccy']), balanceOf(row['availBal'], row['frozenBal'])]));
}

function rules(data: unknown, { id }: Market): Rules | 'absent' | undefined {
  if (listOf(data)?.length === 0) return 'absent';
  const market = listOf(data)?.find((row) => row['instId'] === id);
  const [tickSize, lotSize] = [positive(market?.['tickSz']), positive(market?.['lotSz'])];
  if (market === undefined || tickSize === undefined || lotSize === undefined) return undefined;
  const [minQty, maxQty] = [positive(market['minSz']), positive(market['maxMktSz'])];
  const halted = market['state'] === 'live' ? undefined : `its state is ${textOf(market['state']) ?? 'not known'}`;
  return {
    tickSize,
    lotSize,
    ...(minQty && { minQty }),
    ...(maxQty && { maxQty }),
    ...(halted && { halted }),
    exits: { maxStops: MOST_STOPS },
  };
}

/** Exits of a market that wait for their trigger, pairs counted once. */
const MOST_STOPS = 100;

/** Without `tgtCcy` a market buy would be counted in the quote currency. */
function entry({ id }: Market, side: Side, quantity: string, name: string): Request {
  const params = { instId: id, tdMode: 'cash', side, ordType: 'market', sz: quantity };
  return post('trade/order', { ...params, tgtCcy: 'base_ccy', clOrdId: name });
}

function lookUps({ id }: Market, { kind, name, brokerOrderId, pair }: OrderName): readonly Request[] {
  if (kind === 'entry') {
    const which = brokerOrderId === undefined ? { clOrdId: name } : { ordId: brokerOrderId };
    return [get('private', 'trade/order', { instId: id, ...which })];
  }
  if (brokerOrderId !== undefined) return [get('private', 'trade/order-algo', { algoId: brokerOrderId })];
  // A stop-loss that went alone has a name of its own.
  return [pair, name].map((algoClOrdId) => get('private', 'trade/order-algo', { algoClOrdId }));
}

function orderOf(order: Json): VenueOrder | undefined {
  const [brokerOrderId, state] = [textOf(order['ordId']), textOf(order['state'])];
  const filledSize = textOf(order['accFillSz']);
  if (brokerOrderId === undefined || state === undefined || filledSize === undefined) return undefined;
  const fillPrice = positive(order['avgPx']);
  const reason = textOf(order['cancelSourceReason']);
  return {
    ...common(order, brokerOrderId, textOf(order['clOrdId']) ?? ''),
    state: inOwnWords(STATES, state) ?? state,
    filledSize,
    ...(fillPrice && { fillPrice }),
    ...(reason && { reason }),
    ...chargedFor(order),
  };
}

function chargedFor(order: Json): Pick<VenueOrder, 'fees'> {
  const fees = feesOf([
    [order['feeCcy'], asCharge(order['fee'])],
    [order['rebateCcy'], asCharge(order['rebate'])],
  ]);
  return fees.length === 0 ? {} : { fees };
}

function common(order: Json, brokerOrderId: string, name: string) {
  const brokerTime = isoOf(order['uTime']) ?? isoOf(order['cTime']);
  return {
    name,
    brokerOrderId,
    marketId: textOf(order['instId']) ?? '',
    side: order['side'] === 'sell' ? ('sell' as const) : ('buy' as const),
    quantity: textOf(order['sz']) ?? '0',
    ...(brokerTime && { brokerTime }),
  };
}

/** The pair as one order, with both prices while it works. */
function pairOf(order: Json): VenueOrder | undefined {
  const [id, state] = [textOf(order['algoId']), textOf(order['state'])];
  if (id === undefined || state === undefined) return undefined;
  const [stopLoss, takeProfit] = [positive(order['slTriggerPx']), positive(order['tpTriggerPx'])];
  return {
    ...common(order, id, textOf(order['algoClOrdId']) ?? ''),
    state: inOwnWords(ALGO_STATES, state) ?? state,
    filledSize: '0',
    isStop: true,
    ...(stopLoss && { stopLoss }),
    ...(takeProfit && { takeProfit }),
  };
}

/** One leg of a pair: the one that triggered is filled, the other cancelled. */
function legOf(order: Json, { kind, name }: OrderName): VenueOrder | undefined {
  const pair = pairOf(order);
  if (pair === undefined) return undefined;
  const leg = { ...pair, name };
  if (pair.state !== 'filled') return leg;
  if (textOf(order['actualSide']) !== kind) return { ...leg, state: 'cancelled' };
  const filledSize = textOf(order['actualSz']) ?? '0';
  const fillPrice = positive(order['actualPx']);
  return { ...leg, filledSize, ...(fillPrice && { fillPrice }) };
}

/** One leg by itself, as a conditional order. */
function exit({ market, side, stopLoss, takeProfit }: Exits, leg: 'stopLoss' | 'takeProfit'): Request {
  const { name, quantity, price } = leg === 'stopLoss' ? stopLoss : takeProfit;
  const prefix = leg === 'stopLoss' ? 'sl' : 'tp';
  return post('trade/order-algo', {
    instId: market.id,
    tdMode: 'cash',
    side,
    ordType: 'conditional',
    sz: quantity,
    tgtCcy: 'base_ccy',
    algoClOrdId: name,
    clOrdId: name,
    [`${prefix}TriggerPx`]: price,
    [`${prefix}OrdPx`]: '-1',
  });
}

/** `clOrdId` is given so that ccxt makes none up: it would be another one at each call. */
function exitPair({ market, side, pair, stopLoss, takeProfit }: Exits): Request {
  return post('trade/order-algo', {
    instId: market.id,
    tdMode: 'cash',
    side,
    ordType: 'oco',
    sz: stopLoss.quantity,
    tgtCcy: 'base_ccy',
    algoClOrdId: pair,
    clOrdId: pair,
    tpTriggerPx: takeProfit.price,
    tpOrdPx: '-1',
    slTriggerPx: stopLoss.price,
    slOrdPx: '-1',
  });
}
