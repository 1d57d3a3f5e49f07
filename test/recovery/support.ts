/**
 * A world in which processes die: virtual clock, the broker's own truth, a disk, and one engine after the other on them.
 *
 * 1. The broker answers at once and hides nothing, unless a story says otherwise.
 * 2. `dies` names the step at which the process ends; what was durable by then is all that the next one knows.
 */
import { createEngine, type Engine, type EngineOptions, type ExecutionResult, type SnapshotInput } from 'fillchart';
import {
  type MortalProcess,
  mortalProcess,
  type OrderPlan,
  type Step,
  type StepKind,
  Venue,
  VenuePort,
  VIRTUAL_EPOCH_MS,
  type VirtualClock,
  type VirtualDisk,
  virtualClock,
  virtualDisk,
} from 'fillchart/testing';
import type { BrokerAdapter, BrokerCapabilities } from '../../src/domain/ports.js';

export const ADVISORY: SnapshotInput = {
  advisoryId: 'ADV-A',
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000),
};

/** A whole fill, so many seconds after the order went live. */
export const fill = (seconds: number, quantity = 100, price = 151) => ({
  atMs: seconds * 1_000,
  quantity: String(quantity),
  price: String(price),
});

/** What becomes of an order, and which of its exits the market hits. */
interface OrderFate extends OrderPlan {
  readonly exit?: { readonly leg: 'sl' | 'tp'; readonly afterMs: number };
}

export interface Setting {
  readonly plan?: OrderFate | ((order: { readonly clientOrderId: string }) => OrderFate);
  readonly positions?: Readonly<Record<string, string>>;
  /** Methods that do not simply tell the truth. */
  readonly broker?: (world: VenuePort, clock: VirtualClock) => Partial<BrokerAdapter>;
  readonly engine?: Partial<EngineOptions>;
  readonly createEngine?: typeof createEngine;
  /** Monotonic readings of two processes cannot be compared, as on systems that do not name their start. */
  readonly isClockOfProcess?: true;
}

interface Call {
  readonly method: string;
  readonly argument: unknown;
  readonly at: number;
}

export interface Life {
  readonly process: MortalProcess;
  /** Where it died, if it did. */
  readonly diedAt: () => Step | undefined;
  /** Steps taken. */
  readonly steps: () => number;
  /** Resolves when it is dead. */
  readonly death: Promise<void>;
  /** The engine; throws when the process died before it was ready. */
  readonly engine: Engine;
}

export interface Earth {
  readonly clock: VirtualClock;
  readonly world: VenuePort;
  readonly disk: VirtualDisk;
  readonly calls: readonly Call[];
  count(method: string): number;
  /** Starts a process, and waits until its engine is ready or it is dead. */
  start(dies?: (step: Step, nth: number) => boolean): Promise<Life>;
}

const CAPABILITIES: BrokerCapabilities = {
  push: false,
  batchStatus: false,
  lookupByClientId: true,
  nativeOco: true,
  positions: 'netting',
  fractional: false,
  minPollMs: 0,
};

export function earth(setting: Setting = {}): Earth {
  const clock = virtualClock();
  const disk = virtualDisk();
  const calls: Call[] = [];
  const planned = (order: { readonly clientOrderId: string }) =>
    typeof setting.plan === 'function' ? setting.plan(order) : (setting.plan ?? {});
  const venue = new Venue({
    clock,
    plan: ({ clientOrderId, role }) => {
      const { exit, ...plan } = planned({ clientOrderId });
      if (role === 'entry') return { fills: [fill(1)], ...plan };
      return exit !== undefined && clientOrderId.endsWith(exit.leg) ? { hitAfterMs: exit.afterMs } : {};
    },
    ...(setting.positions !== undefined && { positions: setting.positions }),
  });
  const world = new VenuePort(venue);
  const broker = listed({ ...honest(world), ...setting.broker?.(world, clock) }, (method, argument) =>
    calls.push({ method, argument, at: clock.monotonic() }),
  );

  async function start(dies: (step: Step, nth: number) => boolean = () => false): Promise<Life> {
    let steps = 0;
    let diedAt: Step | undefined;
    let engine: Engine | undefined;
    let tellOfDeath = (): void => undefined;
    const death = new Promise<void>((resolve) => {
      tellOfDeath = resolve;
    });
    const { monotonicOrigin: _, ...clockOfProcess } = clock;
    const process = mortalProcess({
      clock: setting.isClockOfProcess ? clockOfProcess : clock,
      broker,
      disk,
      diesAt: (step) => {
        steps += 1;
        return dies(step, steps);
      },
      onDeath: (step) => {
        diedAt = step;
        tellOfDeath();
      },
    });
    const make = setting.createEngine ?? createEngine;
    const ports = { broker: process.broker, journal: process.journal, clock: process.clock, logger: false } as const;
    const ready = make({ ...ports, ...setting.engine }).then((made) => {
      engine = made;
    });
    await clock.runUntil(Promise.race([ready, death]));
    return {
      process,
      diedAt: () => diedAt,
      steps: () => steps,
      death,
      get engine() {
        if (engine === undefined) throw new Error(`the process died before its engine was ready: ${diedAt?.kind}`);
        return engine;
      },
    };
  }

  return { clock, world, disk, calls, start, count: (method) => calls.filter((call) => call.method === method).length };
}

/** The world as a broker that answers at once and tells the truth. */
const honest = (world: VenuePort): BrokerAdapter => ({
  name: 'honest',
  capabilities: CAPABILITIES,
  connect: () => Promise.resolve(),
  instrument: (symbol) => Promise.resolve({ symbol, tickSize: '0.01', lotSize: '1' }),
  submitOrder: (order) => Promise.resolve(world.submit(order)),
  getOrderStatus: ({ clientOrderId }) => Promise.resolve(world.status(clientOrderId)),
  getOpenOrders: () => Promise.resolve(world.openOrders()),
  cancelOrder: ({ clientOrderId }) => Promise.resolve(world.cancel(clientOrderId)),
  placeProtection: (request) => Promise.resolve(world.protect(request)),
  getPositions: (symbols) => Promise.resolve(world.positions(symbols)),
});

function listed(broker: BrokerAdapter, list: (method: string, argument: unknown) => void): BrokerAdapter {
  const face: Record<string, unknown> = { ...broker };
  for (const [name, member] of Object.entries(broker)) {
    if (typeof member !== 'function') continue;
    face[name] = (...args: unknown[]) => {
      list(name, args[0]);
      return (member as (...given: unknown[]) => unknown).apply(broker, args);
    };
  }
  return face as unknown as BrokerAdapter;
}

/** Dies at a step of this kind that is about `what`: the first, or the so-manieth. */
export function at(kind: StepKind, what = '', nth = 1): (step: Step) => boolean {
  let left = nth;
  return (step) => {
    if (step.kind !== kind || !step.what.includes(what)) return false;
    left -= 1;
    return left === 0;
  };
}

/** Sends the advisory, and waits until it has its result or the process is dead. */
export async function executed(
  { clock }: Earth,
  life: Life,
  input: SnapshotInput = ADVISORY,
  limitMs = 200_000,
): Promise<ExecutionResult | undefined> {
  if (!life.process.isAlive) return undefined;
  const dead = life.death.then(() => undefined);
  return clock.runUntil(Promise.race([life.engine.execute(input), dead]), limitMs);
}

interface Retold {
  readonly now: Earth;
  /** What the last process told. */
  readonly result: ExecutionResult;
  readonly engine: Engine;
  readonly first: Life;
}

/** One advisory, one death, so many seconds down, and how it ends. */
export async function retold(
  setting: Setting,
  dies: (step: Step) => boolean,
  downSeconds = 2,
  events: readonly (readonly [seconds: number, act: (engine: Engine) => unknown])[] = [],
): Promise<Retold> {
  const now = earth(setting);
  const first = await now.start(dies);
  for (const [seconds, act] of events) {
    now.clock.setTimeout(() => (first.process.isAlive ? act(first.engine) : undefined), seconds * 1_000);
  }
  await executed(now, first);
  if (first.process.isAlive) throw new Error('the process lives');
  await now.clock.advance(downSeconds * 1_000);
  const second = await now.start();
  const result = await executed(now, second);
  if (result === undefined) throw new Error('no result');
  return { now, result, engine: second.engine, first };
}

/** What was done about the advisory at recovery, as the audit log has it. */
export const recoveredAs = (engine: Engine): unknown =>
  engine.executionLogs.filter(({ event }) => event === 'recovered').map(({ details }) => details);
