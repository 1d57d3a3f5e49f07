/** A world with an exchange in it: fake exchange, adapter, engine, one virtual clock for the three. */
import { type BrokerAdapter, createEngine, type Engine, type ExecutionResult, type SnapshotInput } from 'fillchart';
import { type CcxtBrokerOptions, type CcxtExchange, ccxtBroker } from 'fillchart/ccxt';
import { VIRTUAL_EPOCH_MS } from 'fillchart/testing';
import { afterEach, expect } from 'vitest';
import { type LoopbackClock, loopbackClock } from '../alpaca/loopback.js';
import { binanceSpeech } from './binance.speech.js';
import { bybitSpeech } from './bybit.speech.js';
import { FakeExchange, type Speech } from './fake-exchange.js';
import { krakenSpeech } from './kraken.speech.js';
import { okxSpeech } from './okx.speech.js';
import { type Script, type StoreOptions, VenueStore } from './venue-store.js';

export const EXCHANGES: readonly CcxtExchange[] = ['binance', 'bybit', 'okx', 'kraken'];

export const SPEECHES: Readonly<Record<CcxtExchange, Speech>> = {
  binance: binanceSpeech,
  bybit: bybitSpeech,
  okx: okxSpeech,
  kraken: krakenSpeech,
};

export const symbolOf = (exchange: CcxtExchange): string => SPEECHES[exchange].symbol;

/** Read like secrets, so that they are found wherever they turn up. The secret is base64, as kraken's is. */
export const KEYS = {
  apiKey: 'AKTESTAPIKEY000000000000000000001',
  secret: 'c2VjcmV0LVZlcnkvU2VjcmV0K0tleTAwMDAwMDAwMDAwMDAwMDAwMDE=',
  password: 'pass-Phrase-0001',
} as const;

const HOUR_MS = 3_600_000;

/** The advisory of the vectors: buy 100, reference 150, SL −2 %, TP +3 %, one hour to live. */
export const advisory = (exchange: CcxtExchange): SnapshotInput => ({
  advisoryId: 'ADV-A',
  symbol: symbolOf(exchange),
  side: 'buy',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + HOUR_MS),
});

/** The clock of this machine, whose wall time can be put forward or back. */
interface WorldClock extends LoopbackClock {
  wallStepMs: number;
}

export interface Venue {
  readonly clock: WorldClock;
  readonly fake: FakeExchange;
  readonly store: VenueStore;
  readonly broker: BrokerAdapter;
  readonly warnings: readonly string[];
  /** Runs a call of the adapter to its end. */
  call<T>(act: (broker: BrokerAdapter, signal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface World extends Venue {
  readonly exchange: CcxtExchange;
  readonly engine: Engine;
  readonly lines: readonly string[];
}

export interface Setting extends Omit<StoreOptions, 'clock' | 'exchange'> {
  /** Lets the adapter ask as much as the exchange does, at the options that are the default. */
  readonly limits?: boolean;
  readonly scripts?: readonly Script[];
  readonly adapter?: Partial<CcxtBrokerOptions>;
  readonly connects?: boolean;
  /** What the engine is given in place of the adapter. */
  readonly wrap?: (broker: BrokerAdapter) => BrokerAdapter;
  /** Refuses the connection for a request. */
  readonly refuse?: (method: string, url: string) => boolean;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export async function venue(exchange: CcxtExchange, setting: Setting = {}): Promise<Venue> {
  const { scripts = [], adapter, connects = true, refuse, limits = false, ...options } = setting;
  const clock = steppingClock();
  // Where the two exits each hold the balance, as much again is in the account.
  const spare = exchange === 'kraken' ? '1000' : '0';
  const store = new VenueStore({ clock, exchange, base: spare, ...options });
  store.scripts.push(...scripts);
  const fake = new FakeExchange(SPEECHES[exchange], store, KEYS.apiKey, limits);
  await fake.listen();
  clock.attach(fake);
  const warnings: string[] = [];
  const broker = ccxtBroker({
    exchange,
    ...KEYS,
    baseUrl: fake.url,
    clock,
    ...(!limits && { pollMs: 500, requestsPerMinute: 10_000 }),
    fetch: (input, init) =>
      refuse?.(init?.method ?? 'GET', String(input)) === true ? refusedConnection() : clock.fetch(input, init),
    warn: (message) => warnings.push(message),
    ...adapter,
  });
  open.push(async () => {
    await broker.close?.();
    await fake.close();
    expect(fake.strange, 'requests that nobody expects').toEqual([]);
  });
  if (connects) await broker.connect?.(new AbortController().signal);
  const call: Venue['call'] = (act) => clock.runUntil(act(broker, new AbortController().signal));
  return { clock, fake, store, broker, warnings, call };
}

function steppingClock(): WorldClock {
  const clock = loopbackClock();
  const stepping: WorldClock = { ...clock, wallStepMs: 0, now: () => clock.now() + stepping.wallStepMs };
  return stepping;
}

function refusedConnection(): Promise<never> {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
  return Promise.reject(new TypeError('fetch failed', { cause }));
}

export async function world(exchange: CcxtExchange, { wrap, ...setting }: Setting = {}): Promise<World> {
  const now = await venue(exchange, setting);
  const { clock } = now;
  const broker = wrap?.(now.broker) ?? now.broker;
  const lines: string[] = [];
  const log = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const logger = { debug: log, info: log, warn: log, error: log };
  const engine = await clock.runUntil(createEngine({ broker, clock, logger }));
  open.push(() => clock.runUntil(engine.close()));
  return { ...now, exchange, engine, lines };
}

export const execute = ({ clock, engine, exchange }: World, input = advisory(exchange)): Promise<ExecutionResult> =>
  clock.runUntil(engine.execute(input));

export const order = (exchange: CcxtExchange) =>
  ({ clientOrderId: ENTRY_ID, symbol: symbolOf(exchange), side: 'buy', quantity: '100', orderType: 'MARKET' }) as const;

/** An id as the engine makes them. */
export const ENTRY_ID = 'fc-0123456789abcdef0123456789abc';

export const ref = (exchange: CcxtExchange, id = ENTRY_ID) => ({ clientOrderId: id, symbol: symbolOf(exchange) });

export const exits = (exchange: CcxtExchange) =>
  ({ ...ref(exchange), side: 'sell', quantity: '100', stopLoss: '147.98', takeProfit: '155.53' }) as const;
