/** A world with Alpaca in it: simulator, adapter, engine, one virtual clock for the three. */
import { type BrokerAdapter, createEngine, type Engine, type ExecutionResult, type SnapshotInput } from 'fillchart';
import { type AlpacaBrokerOptions, alpacaBroker } from 'fillchart/alpaca';
import {
  type AlpacaScript,
  type AlpacaSimulator,
  type AlpacaSimulatorOptions,
  alpacaSimulator,
  VIRTUAL_EPOCH_MS,
} from 'fillchart/testing';
import { afterEach } from 'vitest';
import { type LoopbackClock, loopbackClock } from './loopback.js';

/** Reads like a secret, so that it is found wherever it turns up. */
export const KEYS = { keyId: 'PKTESTKEYID000000001', secretKey: 'sk-Very/Secret+Key0000000000000000000001' } as const;

const HOUR_MS = 3_600_000;

/** The advisory of the vectors: buy 100 AAPL, reference 150, SL −2 %, TP +3 %, one hour to live. */
export const ADVISORY: SnapshotInput = {
  advisoryId: 'ADV-A',
  symbol: 'AAPL',
  side: 'buy',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + HOUR_MS),
};

export const SHORT: SnapshotInput = { ...ADVISORY, side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' };

export interface Venue {
  readonly clock: LoopbackClock;
  readonly simulator: AlpacaSimulator;
  readonly broker: BrokerAdapter;
  readonly warnings: readonly string[];
  /** Runs a call of the adapter to its end. */
  call<T>(act: (broker: BrokerAdapter, signal: AbortSignal) => Promise<T>): Promise<T>;
}

export interface World extends Venue {
  readonly engine: Engine;
  readonly lines: readonly string[];
}

export interface Setting extends AlpacaSimulatorOptions {
  readonly scripts?: readonly AlpacaScript[];
  readonly adapter?: AlpacaBrokerOptions;
  readonly connects?: boolean;
  /** Refuses the connection for a request. */
  readonly refuse?: (method: string | undefined) => boolean;
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** With the stream up unless `connects` is false: loading the library and the handshake take real time, not the clock's. */
export async function venue({
  scripts = [],
  adapter,
  connects = true,
  refuse,
  ...options
}: Setting = {}): Promise<Venue> {
  const clock = loopbackClock();
  const simulator = await alpacaSimulator({ clock, quotes: { AAPL: '151.00', MSFT: '400.00' }, ...KEYS, ...options });
  clock.attach(simulator);
  for (const script of scripts) simulator.script(script);
  const warnings: string[] = [];
  const broker = alpacaBroker({
    ...KEYS,
    tradingUrl: simulator.url,
    dataUrl: simulator.url,
    clock,
    fetch: (input, init) => (refuse?.(init?.method) ? refusedConnection() : clock.fetch(input, init)),
    reconnectMs: 5,
    warn: (message) => warnings.push(message),
    ...adapter,
  });
  open.push(async () => {
    await broker.close?.();
    await simulator.close();
  });
  if (connects) await broker.connect?.(new AbortController().signal);
  const call: Venue['call'] = (act) => clock.runUntil(act(broker, new AbortController().signal));
  return { clock, simulator, broker, warnings, call };
}

function refusedConnection(): Promise<never> {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
  return Promise.reject(new TypeError('fetch failed', { cause }));
}

export async function world(setting: Setting = {}): Promise<World> {
  const now = await venue(setting);
  const { clock, broker } = now;
  const lines: string[] = [];
  const log = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const engine = await clock.runUntil(
    createEngine({ broker, clock, logger: { debug: log, info: log, warn: log, error: log } }),
  );
  open.push(() => clock.runUntil(engine.close()));
  return { ...now, engine, lines };
}

export const execute = ({ clock, engine }: World, input: SnapshotInput = ADVISORY): Promise<ExecutionResult> =>
  clock.runUntil(engine.execute(input));

/** The entry order's id, as the engine makes it. */
export const entryId = ({ engine }: World, advisoryId = 'ADV-A'): string =>
  engine.execution(advisoryId)?.clientOrderId ?? 'no execution';

/** Waits, in real time and bounded, for what the network brings. */
export async function eventually(isSo: () => boolean): Promise<void> {
  const { setImmediate: nextTurn } = await import('node:timers/promises');
  const end = performance.now() + 5_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error('it never came');
    await nextTurn();
  }
}

export const order = {
  clientOrderId: 'fc-1',
  symbol: 'AAPL',
  side: 'buy',
  quantity: '100',
  orderType: 'MARKET',
} as const;
export const ref = { clientOrderId: 'fc-1', symbol: 'AAPL' } as const;
export const exits = {
  ...ref,
  side: 'sell',
  quantity: '100',
  stopLoss: '147.98',
  takeProfit: '155.53',
} as const;
