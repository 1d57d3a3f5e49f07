/**
 * ccxt: an optional peer, loaded when it is first needed; of its 61 MB only the one exchange.
 *
 * 1. It finds the markets, and builds and signs requests. It sends none by itself: what it wants to fetch goes through
 *    the carrier that it is given. Its retries and its queue are off.
 * 2. Numbers stay the strings that the exchange wrote.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { FillchartError } from '../../../domain/reasons.js';
import type { CcxtExchange, CcxtSettings } from './options.js';

/** The part of an exchange of ccxt that is used. */
export interface CcxtLibrary {
  sign(path: string, api: string, method: string, params: object): SignedRequest;
  loadMarkets(reload: boolean): Promise<unknown>;
  setSandboxMode(isOn: boolean): void;
  markets: Readonly<Record<string, unknown>> | undefined;
  headers: Readonly<Record<string, string>>;
  urls: Record<string, unknown>;
  has: Readonly<Record<string, unknown>>;
  options: Record<string, unknown>;
  number: (value: string) => unknown;
  fetchImplementation: unknown;
  httpAgent?: unknown;
  milliseconds: () => number;
  nonce: () => number;
  setMarkets(markets: readonly unknown[]): unknown;
  /** Only of the class that streams. */
  watchOrders?(symbol?: string): Promise<unknown>;
  close?(): Promise<unknown>;
}

export interface SignedRequest {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type ExchangeClass = new (config: object) => CcxtLibrary;

/** The version that this adapter is tested with. */
export const CCXT_VERSION = '4.5.84';

/** ccxt's own timer must never fire: the deadline is ours. In ms, the longest that Node keeps. */
const NEVER_MS = 2 ** 31 - 1;

/** @throws {FillchartError} `INVALID_OPTION`, saying what to install */
export async function loadClass(
  exchange: CcxtExchange,
  load: (exchange: CcxtExchange) => Promise<unknown> = (name) => importOne(name, ''),
): Promise<ExchangeClass> {
  try {
    const found = (await load(exchange)) as { readonly default?: unknown };
    if (typeof found.default === 'function') return found.default as ExchangeClass;
    const all = found.default as Readonly<Record<string, unknown>> | undefined;
    const one = all?.[exchange];
    if (typeof one === 'function') return one as ExchangeClass;
    throw new Error(`there is no ${exchange} in it`);
  } catch (error) {
    const code = (error as { code?: unknown } | undefined)?.code;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    const problem = isMissing ? 'is not installed' : 'cannot be loaded';
    throw new FillchartError('INVALID_OPTION', `ccxt ${problem}; run: npm install ccxt@${CCXT_VERSION}`);
  }
}

/** The class of the exchange that also streams. @throws {FillchartError} `INVALID_OPTION`, saying what to install */
export const loadStreamingClass = (exchange: CcxtExchange): Promise<ExchangeClass> =>
  loadClass(exchange, (name) => importOne(name, 'pro/'));

/** The file of the one exchange lies beside the package's entry; where it does not, all of ccxt is loaded. */
async function importOne(exchange: CcxtExchange, folder: '' | 'pro/'): Promise<unknown> {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve('ccxt'));
  try {
    return await import(/* @vite-ignore */ new URL(`../js/src/${folder}${exchange}.js`, entry).href);
  } catch {
    const all = (await import('ccxt')) as { readonly default: { readonly pro?: unknown } };
    return folder === '' ? all : { default: all.default.pro };
  }
}

/** An exchange of ccxt, set up; `carry` is asked for whatever it fetches by itself, its list of markets. */
export function setUp(
  Exchange: ExchangeClass,
  settings: CcxtSettings,
  carry: (url: string, init: RequestInit) => Promise<Response>,
  now: () => number,
): CcxtLibrary {
  const { apiKey, secret, password, live, baseUrl, clock } = settings;
  const library = new Exchange({
    apiKey,
    secret,
    ...(password !== undefined && { password }),
    enableRateLimit: false,
    timeout: NEVER_MS,
    options: {
      maxRetriesOnFailure: 0,
      adjustForTimeDifference: false,
      fetchMarkets: { types: [settings.market] },
      // Otherwise the markets of a live Binance account come with two requests about margin.
      fetchMargins: false,
    },
  });
  if (!live && settings.exchange !== 'kraken') library.setSandboxMode(true);
  if (baseUrl !== undefined) library.urls['api'] = movedTo(baseUrl, library.urls['api']);
  library.has = { ...library.has, fetchCurrencies: false };
  library.number = String;
  library.fetchImplementation = carry;
  library.milliseconds = now;
  library.nonce =
    settings.exchange === 'kraken' ? risingNonce(() => Math.trunc(clock.now())) : () => library.milliseconds();
  return library;
}

/** kraken takes a nonce only if it is greater than every one before. */
function risingNonce(now: () => number): () => number {
  let last = 0;
  return () => {
    last = Math.max(last + 1, now());
    return last;
  };
}

/** Every address at the origin that is given, streams by the same host. */
function movedTo(baseUrl: string, urls: unknown): unknown {
  if (typeof urls === 'string') {
    const origin = urls.startsWith('ws') ? baseUrl.replace(/^http/, 'ws') : baseUrl;
    return urls.replace(/^(?:http|ws)s?:\/\/[^/]+/, () => origin);
  }
  if (typeof urls !== 'object' || urls === null) return urls;
  return Object.fromEntries(Object.entries(urls).map(([api, url]) => [api, movedTo(baseUrl, url)]));
}
