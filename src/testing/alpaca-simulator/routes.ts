/**
 * The REST routes: from a request to the status and body that Alpaca would answer.
 */
import type { Clock } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import { isOver } from '../venue/venue-order.js';
import { type AlpacaRefusal, readWanted, refused } from './order-checks.js';
import { isLeg, orderJson, type SimulatedOrder } from './order-json.js';
import type { AlpacaAsset, AlpacaRoute } from './simulator-options.js';
import type { SimulatedVenue } from './venue.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface RouteParts {
  readonly venue: SimulatedVenue;
  readonly clock: Clock;
  readonly equity: string;
  readonly dayTrades: number;
  /** What positions shows instead of the truth, by symbol. */
  readonly shown: Map<string, string>;
  /** How old the prices of a symbol are, in ms; of now where it is not there. */
  readonly ages: Map<string, number>;
}

const DAY_MS = 86_400_000;
const NAMED: Readonly<Record<string, AlpacaRoute>> = {
  'GET /v2/orders': 'orders',
  'DELETE /v2/orders': 'cancelAll',
  'GET /v2/orders:by_client_order_id': 'orderByClientId',
  'GET /v2/positions': 'positions',
  'GET /v2/account': 'account',
  'GET /v2/clock': 'clock',
  'GET /v2/assets': 'assets',
};

export function routeOf({ method, path, body }: Asked): AlpacaRoute {
  if (method === 'POST' && path === '/v2/orders') {
    return (body as { order_class?: unknown } | undefined)?.order_class === 'oco' ? 'protect' : 'submit';
  }
  const named = NAMED[`${method} ${path}`];
  if (named !== undefined) return named;
  if (/^\/v2\/orders\/[^/]+$/.test(path)) return method === 'DELETE' ? 'cancel' : 'order';
  if (/^\/v2\/positions\/.+$/.test(path)) return 'position';
  if (/^\/v2\/assets\/.+$/.test(path)) return 'asset';
  if (/^\/v2\/stocks\/[^/]+\/trades\/latest$/.test(path)) return 'lastTrade';
  return /^\/v2\/stocks\/[^/]+\/quotes\/latest$/.test(path) ? 'lastQuote' : 'other';
}

/** The order that a request is about. */
export function orderOf({ path, query, body }: Asked, { venue }: RouteParts): SimulatedOrder | string | undefined {
  const named = query.get('client_order_id') ?? (body as { client_order_id?: string } | undefined)?.client_order_id;
  return named === undefined ? venue.find(lastPart(path)) : (venue.find(named) ?? named);
}

export function answerTo(route: AlpacaRoute, asked: Asked, parts: RouteParts): Answer {
  const { venue, clock } = parts;
  switch (route) {
    case 'submit':
    case 'protect':
      return submit(asked, parts);
    case 'order':
    case 'orderByClientId':
      return readOrder(asked, parts);
    case 'orders':
      return listOrders(asked.query, parts);
    case 'cancel':
      return cancel(asked, parts);
    case 'cancelAll':
      return {
        status: 207,
        body: venue.orders
          .filter(isOpen)
          .map((order) => ({ id: order.model.id, status: venue.cancel(order)?.status ?? 200 })),
      };
    case 'positions':
      return { status: 200, body: shownSymbols(parts).map((symbol) => positionJson(symbol, parts)) };
    case 'position':
      return readPosition(decodeURIComponent(lastPart(asked.path)), parts);
    case 'account':
      return { status: 200, body: accountJson(parts) };
    case 'clock':
      return { status: 200, body: clockJson(clock.now(), venue.isOpen) };
    case 'assets':
      return { status: 200, body: [...venue.assets.values()].filter(isWanted(asked.query)).map(assetJson) };
    case 'asset':
      return readAsset(decodeURIComponent(asked.path.slice('/v2/assets/'.length)), parts);
    case 'lastTrade':
      return { status: 200, body: lastTrade(asked.path, parts) };
    case 'lastQuote':
      return { status: 200, body: lastQuote(asked.path, parts) };
    case 'other':
      return fail(refused(404, 40410000, 'endpoint not found'));
  }
}

const isOpen = ({ model }: SimulatedOrder): boolean => !isOver(model);

const fail = ({ status, code, message }: AlpacaRefusal): Answer => ({ status, body: { code, message } });
const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const NO_ORDER = refused(404, 40410000, 'order not found');

function submit({ body }: Asked, { venue, clock }: RouteParts): Answer {
  const wanted = readWanted(body, venue.nextId);
  if ('message' in wanted) return fail(wanted);
  const order = venue.submit(wanted);
  if ('message' in order) return fail(order);
  const answer = { status: 200, body: orderJson(order, clock.now(), true) };
  venue.afterAnswer(order);
  return answer;
}

const takenAt = ({ model, timeAt }: SimulatedOrder): number => timeAt(model.takenAt);
const isHidden = (order: SimulatedOrder, now: number): boolean => now < takenAt(order) + (order.script.hiddenMs ?? 0);

function readOrder(asked: Asked, parts: RouteParts): Answer {
  const order = orderOf(asked, parts);
  const now = parts.clock.now();
  if (order === undefined || typeof order === 'string' || isHidden(order, now)) return fail(NO_ORDER);
  return { status: 200, body: orderJson(order, now, asked.query.get('nested') === 'true') };
}

/** Most orders that one request may ask for. */
const MOST_ORDERS = 500;

function listOrders(query: URLSearchParams, { venue, clock }: RouteParts): Answer {
  const now = clock.now();
  const limit = Number(query.get('limit') ?? 50);
  if (!(limit >= 1 && limit <= MOST_ORDERS)) return fail(refused(422, 42210000, `limit must be 1 to ${MOST_ORDERS}`));
  const after = Date.parse(query.get('after') ?? '');
  const until = Date.parse(query.get('until') ?? '');
  const status = query.get('status') ?? 'open';
  const symbols = query.get('symbols')?.split(',');
  const nested = query.get('nested') === 'true';
  const found = venue.orders
    .filter((order) => !isHidden(order, now) && !(nested && isLeg(order.model)))
    // A leg that waits for its turn is listed under its parent alone.
    .filter((order) => nested || isOver(order.model) || !isLeg(order.model))
    .filter((order) => status === 'all' || (status === 'open') === isOpen(order))
    .filter((order) => !(takenAt(order) <= after) && !(takenAt(order) >= until))
    .filter(({ model }) => symbols === undefined || symbols.includes(model.symbol));
  if ((query.get('direction') ?? 'desc') === 'desc') found.reverse();
  return { status: 200, body: found.slice(0, limit).map((order) => orderJson(order, now, nested)) };
}

function cancel(asked: Asked, parts: RouteParts): Answer {
  const order = orderOf(asked, parts);
  if (order === undefined || typeof order === 'string') return fail(NO_ORDER);
  const refusal = parts.venue.cancel(order);
  return refusal === undefined ? { status: 204 } : fail(refusal);
}

const shownSize = (symbol: string, { shown, venue }: RouteParts) => shown.get(symbol) ?? venue.position(symbol);

function shownSymbols(parts: RouteParts): string[] {
  const symbols = new Set([...parts.venue.symbols, ...parts.shown.keys()]);
  return [...symbols].filter((symbol) => shownSize(symbol, parts) !== '0');
}

function readPosition(symbol: string, parts: RouteParts): Answer {
  if (!shownSymbols(parts).includes(symbol)) return fail(refused(404, 40410000, 'position does not exist'));
  return { status: 200, body: positionJson(symbol, parts) };
}

function positionJson(symbol: string, parts: RouteParts): Record<string, unknown> {
  const { venue } = parts;
  const size = shownSize(symbol, parts);
  const price = venue.quote(symbol);
  return {
    asset_id: `asset-${symbol}`,
    symbol,
    exchange: 'NASDAQ',
    asset_class: assetClass(venue.assets.get(symbol)),
    asset_marginable: true,
    qty: size,
    qty_available: size,
    avg_entry_price: venue.entryPrice(symbol),
    side: size.startsWith('-') ? 'short' : 'long',
    market_value: '0',
    cost_basis: '0',
    unrealized_pl: '0',
    unrealized_plpc: '0',
    unrealized_intraday_pl: '0',
    unrealized_intraday_plpc: '0',
    current_price: price,
    lastday_price: price,
    change_today: '0',
  };
}

const accountJson = ({ venue: { buyingPower }, equity, dayTrades }: RouteParts): Record<string, unknown> => ({
  id: '0f1c2a3b-0000-4000-8000-00000000acc7',
  account_number: 'PA0SIMULATED',
  status: 'ACTIVE',
  currency: 'USD',
  buying_power: buyingPower,
  regt_buying_power: buyingPower,
  cash: buyingPower,
  portfolio_value: equity,
  equity,
  last_equity: equity,
  long_market_value: '0',
  short_market_value: '0',
  multiplier: '2',
  pattern_day_trader: false,
  trading_blocked: false,
  transfers_blocked: false,
  account_blocked: false,
  trade_suspended_by_user: false,
  shorting_enabled: true,
  daytrade_count: dayTrades,
  created_at: isoTime(0),
});

const clockJson = (now: number, open: boolean): Record<string, unknown> => ({
  timestamp: isoTime(now),
  is_open: open,
  next_open: isoTime(now + DAY_MS),
  next_close: isoTime(now + (open ? DAY_MS / 4 : DAY_MS)),
});

const assetClass = (asset: AlpacaAsset | undefined): string => asset?.class ?? 'us_equity';

const isWanted = (query: URLSearchParams) => (asset: AlpacaAsset) =>
  (query.get('asset_class') ?? assetClass(asset)) === assetClass(asset);

function readAsset(symbol: string, { venue }: RouteParts): Answer {
  const asset = venue.assets.get(symbol);
  if (asset === undefined) return fail(refused(404, 40410000, `asset not found for ${symbol}`));
  return { status: 200, body: assetJson(asset) };
}

function assetJson(asset: AlpacaAsset): Record<string, unknown> {
  const { symbol, tradable = true, fractionable = true, shortable = true } = asset;
  const isCrypto = assetClass(asset) === 'crypto';
  return {
    id: `asset-${symbol}`,
    class: assetClass(asset),
    exchange: isCrypto ? 'CRYPTO' : 'NASDAQ',
    symbol,
    name: symbol,
    status: 'active',
    tradable,
    marginable: !isCrypto,
    shortable,
    easy_to_borrow: shortable,
    fractionable,
    attributes: [],
    ...(isCrypto && { min_order_size: '0.0001', min_trade_increment: '0.0001', price_increment: '0.01' }),
  };
}

const symbolIn = (path: string): string => decodeURIComponent(path.split('/')[3] ?? '');

function lastTrade(path: string, { venue, clock, ages }: RouteParts): Record<string, unknown> {
  const symbol = symbolIn(path);
  return {
    symbol,
    trade: {
      t: isoTime(clock.now() - (ages.get(symbol) ?? 0)),
      x: 'V',
      p: Number(venue.quote(symbol)),
      s: 100,
      c: ['@'],
      i: 1,
      z: 'C',
    },
  };
}

function lastQuote(path: string, { venue, clock, ages }: RouteParts): Record<string, unknown> {
  const symbol = symbolIn(path);
  const price = Number(venue.quote(symbol));
  return {
    symbol,
    quote: {
      t: isoTime(clock.now() - (ages.get(symbol) ?? 0)),
      ax: 'V',
      ap: price,
      as: 1,
      bx: 'V',
      bp: price,
      bs: 1,
      c: ['R'],
      z: 'C',
    },
  };
}
