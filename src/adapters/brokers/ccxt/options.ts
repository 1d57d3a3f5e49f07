/**
 * The options of the ccxt adapter, read and checked before anything is sent.
 *
 * 1. The exchange's sandbox is the default; real money needs `live: true`. Where there is no sandbox, nothing else will do.
 * 2. Keys come from the options or the environment, never from the command line, and are never in a message.
 */
import type { Clock } from '../../../domain/ports.js';
import { FillchartError } from '../../../domain/reasons.js';
import { systemClock } from '../../system-clock.js';
import { platformFetch } from '../http-exchange.js';
import { address, between, invalid, isLocal, oneOf, quietly } from '../option-checks.js';

/** The exchanges that the adapter knows. Others are refused, though ccxt may know them. */
const CCXT_EXCHANGES = ['binance', 'bybit', 'okx', 'kraken'] as const;
/** An exchange that the ccxt adapter knows. @public @since 0.1.0 */
export type CcxtExchange = (typeof CCXT_EXCHANGES)[number];

const MARKETS = ['spot', 'linear'] as const;

/** What `ccxtBroker` takes. @public @since 0.1.0 */
export interface CcxtBrokerOptions {
  /** Which exchange: `binance`, `bybit`, `okx` or `kraken`. */
  readonly exchange: CcxtExchange;
  /** True trades with real money. Absent or false trades in the exchange's sandbox; kraken has none for spot. */
  readonly live?: boolean;
  /** `linear`: perpetual contracts that are settled in USDT or USDC, at Bybit alone; spot by default. */
  readonly market?: 'spot' | 'linear';
  /** API key; the environment's `FILLCHART_CCXT_API_KEY`, else e.g. `BINANCE_API_KEY`, by default. */
  readonly apiKey?: string;
  /** API secret; the environment's `FILLCHART_CCXT_SECRET`, else e.g. `BINANCE_SECRET`, by default. */
  readonly secret?: string;
  /** The key's passphrase, which okx alone has; the environment's `FILLCHART_CCXT_PASSWORD`, else `OKX_PASSWORD`, by default. */
  readonly password?: string;
  /** Origin of the API instead of the exchange's own, such as `http://127.0.0.1:8080`. On another machine: https, and live. */
  readonly baseUrl?: string;
  /** Sells what the account holds, with exits that buy it back. Default false: a sell is refused before any order. */
  readonly sells?: boolean;
  /** Time between two polls of an order, in ms, 100 to 10 000. By default 500, on kraken 3 000. */
  readonly pollMs?: number;
  /** What the account may ask a minute, at least 20, in place of the exchange's own limits, which are the default. */
  readonly requestsPerMinute?: number;
  /** Kept of `requestsPerMinute` for cancels, exits and looks, less than half; a fifth of it by default. */
  readonly reservedPerMinute?: number;
  /** Orders are pushed by the exchange as well as polled. Default true, and false with a `baseUrl`. */
  readonly stream?: boolean;
  /** Longest time of any one request with its whole body, in ms; 10 000 by default. A call's own deadline may be shorter. */
  readonly requestTimeoutMs?: number;
  /** Told in one sentence what an operator must see. Default: a process warning. */
  readonly warn?: (message: string) => void;
  readonly clock?: Clock;
  /** Carries the requests; the global `fetch` by default. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CcxtSettings {
  readonly exchange: CcxtExchange;
  readonly live: boolean;
  readonly market: 'spot' | 'linear';
  readonly apiKey: string;
  readonly secret: string;
  readonly password?: string;
  readonly baseUrl?: string;
  readonly sells: boolean;
  readonly pollMs: number;
  readonly requestsPerMinute?: number;
  readonly reservedPerMinute?: number;
  readonly stream: boolean;
  readonly requestTimeoutMs: number;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

const POLL_MS: Readonly<Record<CcxtExchange, number>> = { binance: 500, bybit: 500, okx: 500, kraken: 3_000 };

/** Where only `reservedPerMinute` is given. */
const DEFAULT_PER_MINUTE = 600;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {FillchartError} `INVALID_OPTION`, naming the option and what is accepted; never showing a key */
export function readSettings(options: CcxtBrokerOptions, environment: Environment = process.env): CcxtSettings {
  const exchange = oneOf('exchange', options.exchange, CCXT_EXCHANGES);
  const live = options.live === true;
  const baseUrl = options.baseUrl === undefined ? undefined : address('baseUrl', options.baseUrl);
  if (exchange === 'kraken' && !live && baseUrl === undefined) {
    const sentence = 'kraken has no sandbox for spot trading: set live: true to trade with real money, or a baseUrl.';
    throw new FillchartError('INVALID_OPTION', sentence);
  }
  if (!live && baseUrl !== undefined && !isLocal(baseUrl)) {
    throw invalid('baseUrl', baseUrl, 'an address of this machine, unless live: true');
  }
  const market = oneOf('market', options.market ?? 'spot', MARKETS);
  if (market === 'linear' && exchange !== 'bybit') throw invalid('market', market, `spot at ${exchange}`);
  const key = (option: 'apiKey' | 'secret' | 'password'): string =>
    readKey(option, options[option], exchange, environment);
  return {
    exchange,
    live,
    market,
    apiKey: key('apiKey'),
    secret: key('secret'),
    ...(exchange === 'okx' && { password: key('password') }),
    ...(baseUrl !== undefined && { baseUrl }),
    sells: options.sells === true,
    pollMs: between('pollMs', options.pollMs, POLL_MS[exchange], 100, 10_000),
    ...readLimit(options),
    stream: options.stream ?? baseUrl === undefined,
    requestTimeoutMs: between('requestTimeoutMs', options.requestTimeoutMs, 10_000, 100, 60_000),
    warn: quietly(options.warn ?? ((message) => process.emitWarning(message, 'CcxtWarning'))),
    clock: options.clock ?? systemClock(),
    fetch: options.fetch ?? platformFetch,
  };
}

function readLimit({ requestsPerMinute, reservedPerMinute }: CcxtBrokerOptions) {
  if (requestsPerMinute === undefined && reservedPerMinute === undefined) return {};
  const perMinute = between('requestsPerMinute', requestsPerMinute, DEFAULT_PER_MINUTE, 20, 100_000);
  const reserved = between('reservedPerMinute', reservedPerMinute, perMinute / 5, 0, perMinute / 2);
  return { requestsPerMinute: perMinute, reservedPerMinute: reserved };
}

const VARIABLES = { apiKey: 'API_KEY', secret: 'SECRET', password: 'PASSWORD' } as const;

function readKey(
  option: keyof typeof VARIABLES,
  given: string | undefined,
  exchange: CcxtExchange,
  environment: Environment,
): string {
  const names = [`FILLCHART_CCXT_${VARIABLES[option]}`, `${exchange.toUpperCase()}_${VARIABLES[option]}`];
  const found = names.map((name) => environment[name]).find((value) => value !== undefined && value !== '');
  const value = given ?? found ?? '';
  // A key with a line break in it would otherwise end up, quoted, in the error of the HTTP library.
  const isReadable = option === 'password' ? /^[\x20-\x7e]+$/.test(value) : /^[\x21-\x7e]+$/.test(value);
  if (isReadable && (exchange !== 'kraken' || option !== 'secret' || isBase64(value))) return value;
  const problem = value === '' ? 'missing' : exchange === 'kraken' ? 'not a key of kraken' : 'not printable ASCII';
  const sentence = `${option} is ${problem}; set it, or ${names.join(' or ')} in the environment.`;
  throw new FillchartError('INVALID_OPTION', sentence);
}

const isBase64 = (value: string): boolean => /^[A-Za-z0-9+/]+={0,2}$/.test(value);
