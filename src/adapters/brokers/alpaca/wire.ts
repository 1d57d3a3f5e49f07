/**
 * One request, one answer: the library builds and signs it, this file carries it.
 *
 * 1. One call sends at most one request. The library's retries are off, redirects are errors, nothing is tried again.
 * 2. One deadline covers the request and the whole body; the body is read to its end before anyone looks at it.
 * 3. Nothing is thrown for what the network does: an `Exchange` says what is certain.
 */

import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import type { BrokerRateLimit } from '../../../domain/ports.js';
import { type Exchange, httpCall, type InTime } from '../http-exchange.js';
import { redactor } from '../redact.js';
import { minuteRules, ONE_REQUEST, type Purpose, requestBudget } from '../request-budget.js';
import { keysRefused, read, refusesKeys } from './classify.js';
import { type LegNames, legNames } from './leg-names.js';
import type { AlpacaSettings } from './options.js';
import type { AlpacaSdk } from './sdk.js';

/** The parts of the library that build requests. */
interface Apis {
  readonly orders: InstanceType<AlpacaSdk['trading']['OrdersApi']>;
  readonly assets: InstanceType<AlpacaSdk['trading']['AssetsApi']>;
  readonly clock: InstanceType<AlpacaSdk['trading']['ClockApi']>;
  readonly account: InstanceType<AlpacaSdk['trading']['AccountsApi']>;
  readonly positions: InstanceType<AlpacaSdk['trading']['PositionsApi']>;
  readonly stocks: InstanceType<AlpacaSdk['marketData']['StockApi']>;
}

/** Asks the library for one request. */
export type Send = (apis: Apis, init: RequestInit) => Promise<unknown>;

export interface Wire {
  /**
   * Sends what `send` asks of the library, once. `tag` names the life that it is spent on: an entry's id, or its symbol before
   * that; `isInTime` says whether it may still leave.
   */
  exchange(purpose: Purpose, signal: AbortSignal, send: Send, tag?: string, isInTime?: InTime): Promise<Exchange>;
  /**
   * A read: the body of a 2xx; `undefined` for Alpaca's own 404.
   *
   * @throws {BrokerRefusal} for a no to the keys or the account, in Alpaca's own words
   * @throws {Error} for everything else: no news
   */
  get(signal: AbortSignal, send: Send, purpose?: Purpose, tag?: string): Promise<unknown>;
  /** An entry goes out: what was asked about its symbol before was asked for this life. */
  begin(clientOrderId: string, symbol: string): void;
  /** How many further whole lives the account's requests carry now. */
  capacity(inFlight: number): number;
  readonly redact: (text: string) => string;
  /** What the answers have told of the legs of exit pairs. */
  readonly legs: LegNames;
  /** As the venue told it, else as configured. */
  rateLimit(): BrokerRateLimit;
}

const MINUTE_MS = 60_000;
/** What one trade asks: six reads before the entry, the entry, a look, the exits, four looks afterwards. */
const LIFE_REQUESTS = 16;

/** Keys or permissions, not the moment. */
const isRefusal = (status: number): boolean => status === 401 || status === 403;

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export function alpacaWire(settings: AlpacaSettings, sdk: () => Promise<AlpacaSdk>): Wire {
  const { clock, keyId, secretKey } = settings;
  const redact = redactor([secretKey, keyId]);
  const rules = minuteRules(settings.requestsPerMinute, settings.reservedPerMinute, LIFE_REQUESTS);
  const budget = requestBudget(clock, rules);
  const legs = legNames();

  async function exchange(
    purpose: Purpose,
    signal: AbortSignal,
    send: Send,
    tag?: string,
    isInTime?: InTime,
  ): Promise<Exchange> {
    const library = await sdk();
    if (signal.aborted) return { kind: 'not_sent', cause: 'given up before it was sent' };
    const ticket = await budget.admit(purpose, signal, ONE_REQUEST, tag);
    if (ticket.held !== undefined) return { kind: 'not_sent', cause: ticket.held };
    const call = httpCall(settings, ticket, signal, isInTime);
    try {
      await send(apisOf(library, settings, call.carry), { signal: call.signal });
    } catch {
      // What the library makes of an answer decides nothing: the call says what came.
    } finally {
      call.end();
    }
    const outcome = call.outcome() ?? { kind: 'not_sent', cause: 'the library sent nothing' };
    if (outcome.kind === 'answer') legs.learn(outcome.body);
    return redacted(outcome, redact);
  }

  return {
    exchange,
    begin: (clientOrderId, symbol) => budget.begin(clientOrderId, symbol),
    capacity: (inFlight) => budget.capacity(inFlight),
    async get(signal, send, purpose = 'read', tag) {
      const answer = await exchange(purpose, signal, send, tag);
      if (answer.kind !== 'answer') throw new Error(`Alpaca: ${answer.cause}`);
      const { status, body } = answer;
      const { code, message } = read(body);
      // A 404 of some proxy is no proof of absence: Alpaca's own carries its code.
      if (status === 404 && code !== undefined) return undefined;
      if (status >= 200 && status < 300 && typeof body === 'object' && body !== null) return body;
      if (refusesKeys(status, message)) throw new BrokerRefusal(`Alpaca: HTTP ${status}: ${keysRefused(message)}`);
      const sentence = `Alpaca: HTTP ${status}: ${message ?? 'no readable answer'}`;
      throw isRefusal(status) && code !== undefined ? new BrokerRefusal(sentence) : new Error(sentence);
    },
    redact,
    legs,
    rateLimit() {
      const { limit: requests, perMs } = budget.limit() ?? { limit: settings.requestsPerMinute, perMs: MINUTE_MS };
      return { requests, perMs, remaining: Math.max(0, requests - budget.used()) };
    },
  };
}

function apisOf({ trading, marketData }: AlpacaSdk, settings: AlpacaSettings, fetchApi: Fetch): Apis {
  const { keyId, secretKey: secret, tradingUrl, dataUrl } = settings;
  // The deadline is ours (`timeoutMs: 0`), and there is no second try (`maxRetries: 0`).
  const common = { keyId, secret, fetchApi, timeoutMs: 0, retry: { maxRetries: 0 } };
  const trade = new trading.Configuration({ ...common, basePath: tradingUrl });
  return {
    orders: new trading.OrdersApi(trade),
    assets: new trading.AssetsApi(trade),
    clock: new trading.ClockApi(trade),
    account: new trading.AccountsApi(trade),
    positions: new trading.PositionsApi(trade),
    stocks: new marketData.StockApi(new marketData.Configuration({ ...common, basePath: dataUrl })),
  };
}

/** Alpaca's words may quote what was sent. */
function redacted(exchange: Exchange, redact: (text: string) => string): Exchange {
  if (exchange.kind !== 'answer') return { ...exchange, cause: redact(exchange.cause) };
  const { body } = exchange;
  if (typeof body !== 'object' || body === null || !('message' in body) || typeof body.message !== 'string') {
    return exchange;
  }
  return { ...exchange, body: { ...body, message: redact(body.message) } };
}
