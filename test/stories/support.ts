/**
 * A world to tell stories in: virtual clock, scripted broker, engine, and every line that was logged.
 *
 * 1. Nothing sleeps: time moves only through the virtual clock.
 * 2. T is counted from the first submit call. With a broker that answers at once, that is the clock's own zero.
 */
import {
  createEngine,
  type Engine,
  type EngineOptions,
  type ExecutionResult,
  type KillSwitchState,
  type KillSwitchType,
  type Logger,
  type SnapshotInput,
} from 'fillchart';
import {
  type FaultBroker,
  type FaultBrokerOptions,
  faultBroker,
  type OrderScript,
  VIRTUAL_EPOCH_MS,
  type VirtualClock,
  virtualClock,
} from 'fillchart/testing';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import type { ScriptedFill } from '../../src/testing/fault-broker.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

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

/** The same idea the other way round. */
export const SHORT: SnapshotInput = { ...ADVISORY, side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' };

/** The advisory with another name, and whatever else differs. */
export const advisory = (advisoryId: string, differs: Partial<SnapshotInput> = {}): SnapshotInput => ({
  ...ADVISORY,
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + DAY_MS),
  advisoryId,
  ...differs,
});

interface LogLine {
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface Setting extends Omit<FaultBrokerOptions, 'clock'> {
  /** What stands between engine and broker. */
  readonly wrap?: (broker: FaultBroker, clock: VirtualClock) => BrokerAdapter;
  readonly engine?: Partial<EngineOptions>;
  readonly clock?: VirtualClock;
}

export interface World {
  readonly clock: VirtualClock;
  readonly broker: FaultBroker;
  readonly engine: Engine;
  readonly lines: readonly LogLine[];
}

export async function world({
  wrap,
  engine: options,
  clock = virtualClock(),
  ...setting
}: Setting = {}): Promise<World> {
  const broker = faultBroker({ clock, ...setting });
  const lines: LogLine[] = [];
  const log = (level: keyof Logger) => (fields: object, message: string) => {
    lines.push({ level, fields: { ...fields }, message });
  };
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const adapter = wrap?.(broker, clock) ?? broker;
  const engine = await clock.runUntil(createEngine({ broker: adapter, clock, logger, ...options }));
  return { clock, broker, engine, lines };
}

/** Executes to the end. */
export const execute = ({ clock, engine }: World, input: SnapshotInput = ADVISORY): Promise<ExecutionResult> =>
  clock.runUntil(engine.execute(input));

export type Act = (world: World) => unknown;

/** Does something at a time of the clock, in seconds from now. */
export const after = (now: World, seconds: number, act: Act): unknown =>
  now.clock.setTimeout(() => void act(now), Math.round(seconds * 1_000));

/** A whole story: a world, what happens in it, and how the execution ends. */
export async function told(
  setting: Setting,
  events: readonly (readonly [seconds: number, act: Act])[] = [],
  input: SnapshotInput = ADVISORY,
): Promise<{ now: World; result: ExecutionResult }> {
  const now = await world(setting);
  for (const [seconds, act] of events) after(now, seconds, act);
  return { now, result: await execute(now, input) };
}

/** A fill at T, in seconds. */
export const fill = (seconds: number, quantity: number | string, price: number | string): ScriptedFill => ({
  at: Math.round(seconds * 1_000),
  quantity: String(quantity),
  price: String(price),
});

export const fills = (...all: readonly ScriptedFill[]): OrderScript => ({ fills: all });

export const set =
  (type: KillSwitchType, target?: string, state: KillSwitchState = 'ACTIVE'): Act =>
  ({ engine }) =>
    engine.killSwitch.set({ type, state, reason: 'a drill', by: 'ops', ...(target !== undefined && { target }) });

/** A raw report on the execution's order, as a push would bring it. */
const reportOn = (now: World, differs: object, advisoryId = 'ADV-A'): object => ({
  clientOrderId: now.engine.execution(advisoryId)?.clientOrderId,
  brokerOrderId: 'B-1',
  state: 'filled',
  filledSize: '100',
  fillPrice: '151',
  ...differs,
});

export const push =
  (differs: object, advisoryId?: string): Act =>
  (now) =>
    now.broker.push(reportOn(now, differs, advisoryId));

/** Audit events, in order; of one advisory when it is named. */
export const auditEvents = ({ engine }: World, advisoryId?: string): string[] =>
  engine.executionLogs
    .filter((record) => advisoryId === undefined || record.advisoryId === advisoryId)
    .map(({ event }) => event);

export const sentences = (result: ExecutionResult): string[] =>
  (result.reconciliationReport?.mismatches ?? []).map(({ message }) => message);

export const mismatchKinds = (result: ExecutionResult): string[] =>
  (result.reconciliationReport?.mismatches ?? []).map(({ kind }) => kind);
