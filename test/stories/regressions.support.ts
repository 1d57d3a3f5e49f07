/**
 * What the regression stories share: journals that take their time, brokers that do, and processes that die.
 *
 * 1. All of it runs on the virtual clock; nothing sleeps.
 * 2. A dead process sets off nothing any more, and writes nothing: its timers and its journal are gone.
 */
import { createEngine, type Engine, type EngineOptions, type JournalRecord } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import {
  type BrokerMethod,
  type FaultBroker,
  faultBroker,
  type OrderScript,
  type VirtualClock,
  virtualClock,
} from 'fillchart/testing';
import type { BrokerAdapter, Clock, Journal } from '../../src/domain/ports.js';
import type { FaultBrokerOptions } from '../../src/testing/fault-broker.js';

/** A journal whose commits take as long as they are told to, and whose records can be read. */
export interface SlowJournal extends Journal {
  commitMs: number;
  readonly records: readonly JournalRecord[];
}

export function slowJournal(clock: Clock, commitMs = 0): SlowJournal {
  const inner = memoryJournal();
  const records: JournalRecord[] = [];
  const journal: SlowJournal = {
    ...inner,
    commitMs,
    records,
    async append(appended) {
      records.push(...appended);
      const written = inner.append(appended);
      const ms = journal.commitMs;
      if (ms > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
      return written;
    },
  };
  return journal;
}

const METHODS: readonly BrokerMethod[] = [
  'instrument',
  'submitOrder',
  'getOrderStatus',
  'cancelOrder',
  'placeProtection',
  'getPositions',
];

/** Every call is done at once, and answered so much later, with the truth of then. */
export const latency = (delayMs: number): NonNullable<FaultBrokerOptions['faults']> =>
  delayMs === 0 ? {} : Object.fromEntries(METHODS.map((method) => [method, { delayMs }]));

/** T of each call of a method, in ms. */
export function timesOf({ calls }: FaultBroker, method: BrokerMethod, clientOrderId?: string): number[] {
  const own = calls.filter((call) => clientOrderId === undefined || call.clientOrderId === clientOrderId);
  const start = own.find((call) => call.method === 'submitOrder')?.at ?? 0;
  return own.filter((call) => call.method === method).map(({ at }) => at - start);
}

interface Process {
  readonly engine: Engine;
  /** The process is gone, without a word. */
  dies(): void;
}

/** One broker and one journal, and as many processes on them as a story needs. */
interface Land {
  readonly clock: VirtualClock;
  readonly broker: FaultBroker;
  readonly journal: SlowJournal;
  start(differs?: Partial<EngineOptions>): Promise<Process>;
}

interface LandOptions extends Omit<FaultBrokerOptions, 'clock'> {
  readonly script?: OrderScript;
  readonly wrap?: (broker: FaultBroker, clock: VirtualClock) => BrokerAdapter;
}

export function land({ wrap, ...options }: LandOptions = {}): Land {
  const clock = virtualClock();
  const broker = faultBroker({ clock, ...options });
  const adapter = wrap?.(broker, clock) ?? broker;
  const journal = slowJournal(clock);

  async function start(differs: Partial<EngineOptions> = {}): Promise<Process> {
    let isAlive = true;
    const mortalClock: Clock = {
      ...clock,
      setTimeout: (fn, ms) => clock.setTimeout(() => (isAlive ? fn() : undefined), ms),
    };
    const mortalJournal: Journal = {
      ...journal,
      append: (records) => (isAlive ? journal.append(records) : new Promise(() => undefined)),
    };
    const ports = { broker: adapter, clock: mortalClock, journal: mortalJournal, logger: false } as const;
    const engine = await clock.runUntil(createEngine({ ...ports, ...differs }));
    return {
      engine,
      dies() {
        isAlive = false;
      },
    };
  }

  return { clock, broker, journal, start };
}
