/**
 * What each exchange lets an account ask, in its own units, and what each request costs.
 *
 * 1. Binance counts weights a minute, and new orders in ten seconds. Bybit and OKX count each endpoint by itself in a window
 *    of a second or two. Kraken has a counter that leaks, which entries, exits and cancels leave alone.
 * 2. Headers that tell a count or a limit are believed.
 * 3. `requestsPerMinute` puts one plain limit in place of all that.
 *
 * Source: Binance "Limits" and the weights of each endpoint; Bybit "Rate limit rules"; OKX "Rate limit" of each endpoint;
 * Kraken "Spot REST rate limits".
 */

import type { Cost, Meter, Told } from '../rate-meter.js';
import { type BudgetRules, minuteRules, ONE_REQUEST, wholeOf } from '../request-budget.js';
import type { Request } from './dialect.js';
import type { CcxtExchange, CcxtSettings } from './options.js';

interface VenueLimits {
  readonly rules: BudgetRules;
  costOf(request: Request): Cost;
  /** The limit that says most of the account, for a person. */
  readonly main: string;
}

type HeaderSource = Pick<Headers, 'get'>;

const window = (limit: number, perMs: number): Meter => ({ kind: 'window', limit, perMs });

/** Left to cancels, exits and looks, and to the polls of orders that rest. */
const SHARES = { reserve: 0.2, watchShare: 0.2 } as const;

export function limitsOf({ exchange, requestsPerMinute, reservedPerMinute }: CcxtSettings): VenueLimits {
  if (requestsPerMinute === undefined) return LIMITS[exchange];
  const reserved = reservedPerMinute ?? requestsPerMinute / 5;
  return {
    rules: minuteRules(requestsPerMinute, reserved, LIFE_REQUESTS),
    costOf: () => ONE_REQUEST,
    main: 'requests',
  };
}

/** What a trade asks when requests alone are counted. */
const LIFE_REQUESTS = 14;

const BINANCE_WEIGHTS: Readonly<Record<string, number>> = {
  'GET exchangeInfo': 20,
  'GET account': 20,
  'GET order': 4,
  'GET openOrders': 6,
  'GET myTrades': 20,
  'GET ticker/price': 2,
  'GET ticker/24hr': 2,
  'GET avgPrice': 2,
};
/** Lists of all symbols at once. */
const ALL_SYMBOLS = 80;
const BINANCE_ORDERS: Readonly<Record<string, number>> = { 'POST order': 1, 'POST orderList/oco': 2 };

function binanceCost({ method, path, params }: Request): Cost {
  const key = `${method} ${path}`;
  const isAll = path === 'openOrders' && params['symbol'] === undefined;
  const orders = BINANCE_ORDERS[key];
  return { weight: isAll ? ALL_SYMBOLS : (BINANCE_WEIGHTS[key] ?? 1), ...(orders !== undefined && { orders }) };
}

function binanceTold(headers: HeaderSource): Record<string, Told> {
  const weight = wholeOf(headers.get('x-mbx-used-weight-1m'));
  const orders = wholeOf(headers.get('x-mbx-order-count-10s'));
  return {
    ...(weight !== undefined && { weight: { used: weight } }),
    ...(orders !== undefined && { orders: { used: orders } }),
  };
}

const lastPart = (path: string): string => path.split('/').slice(-2).join('/');

const BYBIT_PER_SECOND: Readonly<Record<string, number>> = {
  'order/create': 20,
  'order/cancel': 20,
  'order/realtime': 50,
  'order/history': 50,
  'account/wallet-balance': 50,
  'execution/list': 50,
  'position/list': 50,
};

function bybitCost({ path }: Request): Cost {
  const endpoint = lastPart(path);
  return { ip: 1, ...(BYBIT_PER_SECOND[endpoint] !== undefined && { [endpoint]: 1 }) };
}

/** `X-Bapi-Limit` and the rest speak of the endpoint that was asked. */
function bybitTold(headers: HeaderSource, cost: Cost, now: number): Record<string, Told> {
  const endpoint = Object.keys(cost).find((name) => name !== 'ip');
  const [limit, remaining] = [wholeOf(headers.get('x-bapi-limit')), wholeOf(headers.get('x-bapi-limit-status'))];
  if (endpoint === undefined || limit === undefined || remaining === undefined) return {};
  const reset = wholeOf(headers.get('x-bapi-limit-reset-timestamp'));
  return { [endpoint]: { limit, remaining, ...(reset !== undefined && { resetMs: Math.max(0, reset - now) }) } };
}

const OKX_PER_TWO_SECONDS: Readonly<Record<string, number>> = {
  'POST trade/order': 60,
  'POST trade/cancel-order': 60,
  'POST trade/order-algo': 20,
  'POST trade/cancel-algos': 20,
  'GET trade/order': 60,
  'GET trade/order-algo': 20,
  'GET trade/orders-pending': 60,
  'GET trade/orders-algo-pending': 20,
  'GET account/balance': 10,
  'GET public/instruments': 20,
  'GET market/ticker': 20,
};

function okxCost({ method, path }: Request): Cost {
  const endpoint = `${method} ${path}`;
  return OKX_PER_TWO_SECONDS[endpoint] === undefined ? {} : { [endpoint]: 1 };
}

/** Orders and their cancels count elsewhere, by pair. */
const KRAKEN_TRADING: Readonly<Record<string, number>> = { AddOrder: 1, CancelOrder: 8 };

function krakenCost({ api, path }: Request): Cost {
  if (api === 'public') return {};
  const trading = KRAKEN_TRADING[path];
  return trading === undefined ? { calls: 1 } : { trading };
}

const perEndpoint = (limits: Readonly<Record<string, number>>, perMs: number): Record<string, Meter> =>
  Object.fromEntries(Object.entries(limits).map(([endpoint, limit]) => [endpoint, window(limit, perMs)]));

const LIMITS: Readonly<Record<CcxtExchange, VenueLimits>> = {
  binance: {
    // Rules 20, price 2, account 20, list 6, average 2, entry and exits 2, two looks 8; afterwards
    // 4 + 20 + 6, and 20 for the fees of one that was not filled at once.
    rules: {
      meters: { weight: window(6_000, 60_000), orders: window(100, 10_000) },
      life: { weight: 106, orders: 3 },
      ...SHARES,
      told: binanceTold,
    },
    costOf: binanceCost,
    main: 'weight',
  },
  bybit: {
    rules: {
      meters: { ip: window(600, 5_000), ...perEndpoint(BYBIT_PER_SECOND, 1_000) },
      life: { ip: 18, 'order/create': 3, 'order/realtime': 7, 'order/history': 3, 'account/wallet-balance': 3 },
      ...SHARES,
      told: bybitTold,
    },
    costOf: bybitCost,
    main: 'ip',
  },
  okx: {
    rules: {
      meters: perEndpoint(OKX_PER_TWO_SECONDS, 2_000),
      life: {
        'POST trade/order': 1,
        'POST trade/order-algo': 2,
        'GET trade/order': 4,
        'GET trade/orders-algo-pending': 3,
        'GET account/balance': 3,
        'GET public/instruments': 1,
        'GET market/ticker': 2,
      },
      ...SHARES,
    },
    costOf: okxCost,
    main: 'POST trade/order',
  },
  kraken: {
    // Balance and list before, a look, order, balance and list afterwards: each costs one.
    rules: {
      meters: {
        calls: { kind: 'bucket', limit: 15, perMs: 45_000 },
        trading: { kind: 'bucket', limit: 60, perMs: 60_000 },
      },
      life: { calls: 6, trading: 3 },
      reserve: 0,
      watchShare: 0.2,
      pollShare: 0.6,
    },
    costOf: krakenCost,
    main: 'calls',
  },
};
