/**
 * The options of the Alpaca adapter, read and checked before anything is sent.
 *
 * 1. Paper is the default; real money needs `live: true`, and an address of the live venue without it is refused.
 * 2. Keys come from the options or the environment, never from the command line, and are never in a message.
 */
import type { Clock } from '../../../domain/ports.js';
import { FillchartError } from '../../../domain/reasons.js';
import { systemClock } from '../../system-clock.js';
import { platformFetch } from '../http-exchange.js';
import { address, between, invalid, oneOf, quietly } from '../option-checks.js';

/** What `alpacaBroker` takes. @public @since 0.1.0 */
export interface AlpacaBrokerOptions {
  /** True trades with real money. Absent or false trades on paper. */
  readonly live?: boolean;
  /** API key id; the environment's `APCA_API_KEY_ID` by default. */
  readonly keyId?: string;
  /** API secret key; the environment's `APCA_API_SECRET_KEY` by default. */
  readonly secretKey?: string;
  /** Trading API; the paper or live address by default. For a local simulator. */
  readonly tradingUrl?: string;
  /** Market data API, asked for the last trade of a symbol. */
  readonly dataUrl?: string;
  /** Trade updates; derived from `tradingUrl` by default. */
  readonly streamUrl?: string;
  /** False does without the stream, and polls alone. Default true. */
  readonly stream?: boolean;
  /** Feed of the last trade: `iex` is free and the default. */
  readonly dataFeed?: 'iex' | 'sip' | 'delayed_sip';
  /**
   * How old a quote or last trade may be, by its own time, to count as the market price for the limits, in ms, 1 000 to
   * 3 600 000; 30 000 by default, and 15 minutes more with the feed `delayed_sip`.
   */
  readonly quoteMaxAgeMs?: number;
  /** How long the exits stay: until cancelled (`gtc`, the default), or to the end of the day. */
  readonly exitTimeInForce?: 'gtc' | 'day';
  /**
   * False where the pattern-day-trader rule does not bind the account (a cash account, or a rule that has changed).
   * Default true: an entry whose exits the rule would refuse is refused.
   */
  readonly dayTradeRule?: boolean;
  /** Takes symbols below $1 too, where a stop closer than $0.01 to the market cannot be placed. Default false. */
  readonly belowOneDollar?: boolean;
  /** Time between two polls of an order, in ms, 250 to 10 000. Default 3 000 with the stream, 1 000 without. */
  readonly pollMs?: number;
  /** What the account may ask a minute; 200 by default, at least 50. */
  readonly requestsPerMinute?: number;
  /** Kept of it for cancels and protection; 40 by default, less than half of `requestsPerMinute`. */
  readonly reservedPerMinute?: number;
  /** Longest time of any one request with its whole body, in ms; 10 000 by default. A call's own deadline may be shorter. */
  readonly requestTimeoutMs?: number;
  /** Wait before the first reconnect of the stream, in ms; doubles up to 5 s. Default 500. */
  readonly reconnectMs?: number;
  /** Told in one sentence what an operator must see: that money is at stake, that the stream is down. Default: a process warning. */
  readonly warn?: (message: string) => void;
  readonly clock?: Clock;
  /** Carries the requests; the global `fetch` by default. */
  readonly fetch?: typeof globalThis.fetch;
}

export interface AlpacaSettings {
  readonly live: boolean;
  readonly keyId: string;
  readonly secretKey: string;
  readonly tradingUrl: string;
  readonly dataUrl: string;
  readonly streamUrl: string;
  readonly stream: boolean;
  readonly dataFeed: 'iex' | 'sip' | 'delayed_sip';
  readonly quoteMaxAgeMs: number;
  readonly exitTimeInForce: 'gtc' | 'day';
  readonly dayTradeRule: boolean;
  readonly belowOneDollar: boolean;
  readonly pollMs: number;
  readonly requestsPerMinute: number;
  readonly reservedPerMinute: number;
  readonly requestTimeoutMs: number;
  readonly reconnectMs: number;
  readonly warn: (message: string) => void;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

const PAPER_URL = 'https://paper-api.alpaca.markets';
const LIVE_URL = 'https://api.alpaca.markets';
const DATA_URL = 'https://data.alpaca.markets';

/** Alpaca's limit for one account. */
const REQUESTS_PER_MINUTE = 200;

/** How old a price may be, and by how much the delayed feed lags. */
const FRESH_MS = 30_000;
const DELAYED_MS = 900_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {FillchartError} `INVALID_OPTION`, naming the option and what is accepted; never showing a key */
export function readSettings(options: AlpacaBrokerOptions, environment: Environment = process.env): AlpacaSettings {
  const live = options.live === true;
  const tradingUrl = address('tradingUrl', options.tradingUrl ?? (live ? LIVE_URL : PAPER_URL));
  const isLiveAddress = new URL(tradingUrl).hostname === new URL(LIVE_URL).hostname;
  if (isLiveAddress !== live && (isLiveAddress || options.tradingUrl === PAPER_URL)) {
    throw invalid('live', `${live}`, `true exactly when tradingUrl is the live venue (${tradingUrl})`);
  }
  const stream = options.stream !== false;
  const requestsPerMinute = between('requestsPerMinute', options.requestsPerMinute, REQUESTS_PER_MINUTE, 50, 100_000);
  return {
    live,
    keyId: key('keyId', options.keyId ?? environment['APCA_API_KEY_ID'], 'APCA_API_KEY_ID'),
    secretKey: key('secretKey', options.secretKey ?? environment['APCA_API_SECRET_KEY'], 'APCA_API_SECRET_KEY'),
    tradingUrl,
    dataUrl: address('dataUrl', options.dataUrl ?? DATA_URL),
    streamUrl: options.streamUrl ?? `${tradingUrl.replace(/^http/, 'ws')}/stream`,
    stream,
    dataFeed: oneOf('dataFeed', options.dataFeed ?? 'iex', ['iex', 'sip', 'delayed_sip']),
    quoteMaxAgeMs: between(
      'quoteMaxAgeMs',
      options.quoteMaxAgeMs,
      options.dataFeed === 'delayed_sip' ? FRESH_MS + DELAYED_MS : FRESH_MS,
      1_000,
      3_600_000,
    ),
    exitTimeInForce: oneOf('exitTimeInForce', options.exitTimeInForce ?? 'gtc', ['gtc', 'day']),
    dayTradeRule: options.dayTradeRule !== false,
    belowOneDollar: options.belowOneDollar === true,
    pollMs: between('pollMs', options.pollMs, stream ? 3_000 : 1_000, 250, 10_000),
    requestsPerMinute,
    reservedPerMinute: between('reservedPerMinute', options.reservedPerMinute, 40, 0, requestsPerMinute / 2),
    requestTimeoutMs: between('requestTimeoutMs', options.requestTimeoutMs, 10_000, 100, 60_000),
    reconnectMs: between('reconnectMs', options.reconnectMs, 500, 1, 5_000),
    warn: quietly(options.warn ?? ((message) => process.emitWarning(message, 'AlpacaWarning'))),
    clock: options.clock ?? systemClock(),
    fetch: options.fetch ?? platformFetch,
  };
}

function key(option: string, value: string | undefined, variable: string): string {
  // A key with a line break in it would otherwise end up, quoted, in the error of the HTTP library.
  if (value !== undefined && /^[\x21-\x7e]+$/.test(value)) return value;
  const found = value === undefined || value === '' ? 'missing' : 'not printable ASCII without spaces';
  throw new FillchartError('INVALID_OPTION', `${option} is ${found}; set it, or ${variable} in the environment.`);
}
