/**
 * A worker without Restate: a virtual clock, a broker that is told what to answer, and a gate that is told what to show.
 */
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { brokerCalls } from '../../src/actors/broker-calls.js';
import { orderWatch } from '../../src/actors/order-watch.js';
import { CALL_DEADLINES } from '../../src/domain/limits.js';
import type { BrokerAdapter, BrokerCapabilities, OrderReport } from '../../src/domain/ports.js';
import { freezeSnapshot } from '../../src/domain/snapshot.js';
import { checkedRisk } from '../../src/engine/limit-options.js';
import type { RiskOptions } from '../../src/engine/risk-gate.js';
import { inputOf } from '../../src/machines/advisory.js';
import type { ExecutionContext } from '../../src/machines/execution.context.js';
import type { ExecutionInput } from '../../src/machines/execution.facts.js';
import type { GateReading } from '../../src/restate/gate.js';
import { type Ingress, IngressError } from '../../src/restate/ingress.js';
import { newLife } from '../../src/restate/life.js';
import { type HostSettings, hostSettings } from '../../src/restate/settings.js';
import type { SwitchFeed } from '../../src/restate/switch-feed.js';
import { switchStop } from '../../src/restate/switch-stop.js';
import { turnstile } from '../../src/restate/turnstile.js';
import type { WorkerParts } from '../../src/restate/worker-parts.js';
import { workerWatch } from '../../src/restate/worker-watch.js';

export const INPUT: ExecutionInput = inputOf(
  freezeSnapshot({
    advisoryId: 'ADV-A',
    symbol: 'AAPL',
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '100',
    expirationTimestamp: '2030-01-01T00:00:00Z',
  }),
);

const CAPABILITIES: BrokerCapabilities = {
  push: false,
  batchStatus: false,
  lookupByClientId: true,
  nativeOco: true,
  positions: 'hedging',
  fractional: false,
  minPollMs: 0,
};

export const report = (state: string, filledSize = '0'): OrderReport => ({
  clientOrderId: INPUT.clientOrderId,
  brokerOrderId: 'B-1',
  state,
  filledSize,
  ...(filledSize !== '0' && { fillPrice: '151' }),
});

const OPEN: GateReading = { epoch: 0, switches: [], openCases: [], changes: [] };

export interface Bench extends WorkerParts {
  readonly clock: VirtualClock;
  /** Methods of the broker that were called, in order. */
  readonly called: readonly string[];
  /** Restate does not answer from now on. */
  silence(): void;
  /** It answers again. */
  answer(): void;
}

export interface BenchSetting {
  readonly broker?: Partial<BrokerAdapter>;
  readonly gate?: Partial<GateReading>;
  readonly settings?: Partial<HostSettings>;
  /** Limits and a veto (V11). */
  readonly risk?: RiskOptions;
  /** How old a reading of the gate is when it is there, ms. */
  readonly readingAgeMs?: number;
}

export function bench(setting: BenchSetting = {}): Bench {
  const { broker: given = {}, gate = {}, settings: set, readingAgeMs = 0, risk = {} } = setting;
  const clock = virtualClock();
  const called: string[] = [];
  let silentSince: number | undefined;
  const honest: BrokerAdapter = {
    name: 'bench',
    capabilities: CAPABILITIES,
    instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
    submitOrder: async () => ({ kind: 'accepted', brokerOrderId: 'B-1' }),
    getOrderStatus: async () => 'not_found',
    cancelOrder: async () => 'requested',
    placeProtection: async () => ({
      stopLoss: { kind: 'accepted', brokerOrderId: 'S-1' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'T-1' },
    }),
    getPositions: async () => [],
    ...given,
  };
  const broker = listed(honest, called);
  const settings = hostSettings(set);
  const calls = brokerCalls({
    broker,
    capabilities: CAPABILITIES,
    clock,
    deadlines: CALL_DEADLINES,
    connected: async () => undefined,
  });
  const feed: SwitchFeed = {
    async reading(maxAgeMs, limitMs) {
      if (readingAgeMs <= maxAgeMs) return { ...OPEN, ...gate, askedAt: clock.monotonic() - readingAgeMs };
      await new Promise<void>((resolve) => clock.setTimeout(resolve, limitMs));
      return undefined;
    },
    upToDate: async () => undefined,
    known: () => ({ ...OPEN, ...gate }),
    since: () => [],
    onChange: () => () => undefined,
    silentMs: () => (silentSince === undefined ? 0 : clock.monotonic() - silentSince),
    close: () => undefined,
  };
  return {
    ...{ broker, capabilities: CAPABILITIES, clock, deadlines: CALL_DEADLINES, calls, settings, feed, called },
    watch: workerWatch(
      orderWatch({ ...{ broker, capabilities: CAPABILITIES, clock }, pollIntervalMs: 100, statusDeadlineMs: 2_000 }),
    ),
    guard: {
      ...{ sent: () => undefined, placed: () => undefined, placedOrders: () => [] },
      ...{ release: () => undefined, size: 0, close: () => undefined },
    },
    stop: switchStop({ feed, calls, clock, aliases: () => [], placed: () => [] }),
    guardFacts: async () => [],
    hosted: new Set(),
    outbox: { add: () => undefined, close: () => undefined },
    starting: turnstile(settings.mostStarting),
    metrics: { submits: 0, fenced: 0, takeovers: 0 },
    aliases: () => [],
    ingress: unanswered,
    connected: async () => undefined,
    risk: checkedRisk(risk, broker),
    attemptId: () => 'attempt-1',
    logger: false,
    close: async () => undefined,
    silence() {
      silentSince = clock.monotonic();
    },
    answer() {
      silentSince = undefined;
    },
  };
}

const unanswered: Ingress = {
  call: () => Promise.reject(new IngressError('nobody answers')),
  attach: () => Promise.reject(new IngressError('nobody answers')),
};

function listed(broker: BrokerAdapter, called: string[]): BrokerAdapter {
  return new Proxy(broker, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        called.push(String(name));
        return Reflect.apply(member, target, given);
      };
    },
  });
}

/** The context of an execution that is about to be sent, `at` engine ms. */
export function readyContext(at: number): ExecutionContext {
  const life = newLife(INPUT);
  life.take({ type: 'START', at, gate: { now: at, killSwitchState: 'OFF' }, advisory: INPUT });
  life.take({
    type: 'BROKER_ASKED',
    at,
    answer: {
      kind: 'answered',
      instrument: { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' },
      margin: 'ok',
      baseline: '0' as ExecutionContext['baseline'],
    },
  });
  return life.context;
}
