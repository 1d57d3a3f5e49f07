/**
 * What no generated path comes to, reached on the engine: each life here ends an entry of `REACHED_ELSEWHERE`.
 *
 * The paths have one execution, whose two queries always end before the reconciliation does; and a switch that they set
 * stands well before T = 30 s.
 */
import { type BrokerAdapter, createEngine, type Journal, type JournalRecord, type OrderReport } from 'fillchart';
import { faultBroker, VIRTUAL_EPOCH_MS, type VirtualClock, virtualClock } from 'fillchart/testing';
import { expect, it } from 'vitest';
import { memoryJournal } from '../../src/adapters/journals/memory.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { coverageMeter } from '../../src/testing/paths/coverage.js';
import { REACHED_ELSEWHERE } from '../../src/testing/paths/unreachable.js';

const LATE_FILL_AT_MS = 32_000;
const HARD_TIMEOUT_MS = 30_000;
const [ASKING, BACKING_OFF] = ['reconciling.asking', 'cancelling.backingOff'];

const advisory = (advisoryId: string) => ({
  ...{ advisoryId, symbol: 'AAPL', referencePrice: '150', slOffsetPct: '-0.02', tpOffsetPct: '0.03' },
  ...{ positionSize: '100', expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000) },
});

/** A journal in memory; what it holds can be seen. */
function seenJournal(beforeAppend: () => Promise<void> = async () => undefined) {
  const records: JournalRecord[] = [];
  const inMemory = memoryJournal();
  const journal: Journal = {
    ...{ name: 'seen', durable: false, open: () => inMemory.open(), close: () => inMemory.close() },
    async append(more) {
      records.push(...more);
      await beforeAppend();
      return inMemory.append(more);
    },
  };
  const factsOf = (id: string): readonly ExecutionFact[] =>
    records
      .filter(({ advisoryId, stream }) => advisoryId === id && stream === 'execution')
      .map(({ fact }) => fact as ExecutionFact);
  return { journal, factsOf };
}

/** Of the entries about a state, what the facts have not covered. */
function notReached(state: string, facts: readonly ExecutionFact[]): readonly string[] {
  const reasons = REACHED_ELSEWHERE.filter(({ what }) => what.source.includes(state.replace('.', '\\.')));
  expect(reasons).not.toEqual([]);
  const meter = coverageMeter(executionMachine);
  const [start] = facts;
  meter.add(start?.type === 'START' ? start.advisory : undefined, facts);
  const { transitions, branches } = meter.missing();
  return [...transitions, ...branches].filter((name) => reasons.some(({ what }) => what.test(name)));
}

it('E3 R6.1: the exits of another execution are looked at until the time for the reconciliation is over', async () => {
  const clock = virtualClock();
  const { broker, isAtLastTry } = slowBroker(clock);
  const { journal, factsOf } = seenJournal(async () => {
    if (isAtLastTry()) await took(clock, 900);
  });
  const engine = await createEngine({ broker, journal, clock, logger: false });
  await clock.runUntil(engine.execute(advisory('ADV-1')));
  const result = await clock.runUntil(engine.execute(advisory('ADV-2')));
  await engine.close();
  expect(result.status).toBe('EXECUTED_FULL_LATE');
  expect(result.totalDurationSeconds).toBe(47);
  expect(result.reconciliationReport?.requiresManualResolution).toBe(true);
  expect(notReached(ASKING, factsOf('ADV-2'))).toEqual([]);
});

it('K3 T3: T = 30 s comes while a failed cancel of a kill switch waits for its next try', async () => {
  const clock = virtualClock();
  const broker = faultBroker({ clock, script: { fills: [], cancel: 'unknown' } });
  const { journal, factsOf } = seenJournal();
  const engine = await createEngine({ broker, journal, clock, logger: false });
  const { result } = engine.start(advisory('ADV-1'));
  await clock.advance(HARD_TIMEOUT_MS - 100);
  void engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'the last moment' });
  expect((await clock.runUntil(result)).status).toBe('FAILED_TIMEOUT');
  await engine.close();
  expect(notReached(BACKING_OFF, factsOf('ADV-1'))).toEqual([]);
});

const took = (clock: VirtualClock, ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
const never = new Promise<never>(() => undefined);
const placed = { kind: 'accepted', brokerOrderId: 'B-exit' } as const;
const busy = { kind: 'rejected', code: 'BUSY', reason: 'try again', transient: true } as const;
const LAST_TRY = 6;

/**
 * Fills the first order at once and the second at T = 32 s, whose exits it refuses until just before their 5 s are over. From
 * then on each call takes nearly all of its time, and the position fits nothing.
 */
function slowBroker(clock: VirtualClock): { readonly broker: BrokerAdapter; readonly isAtLastTry: () => boolean } {
  let [isSlow, orders, protections, sentAt] = [false, 0, 0, 0];
  const report = (clientOrderId: string, state: string): OrderReport => ({
    ...{ clientOrderId, brokerOrderId: `B-${clientOrderId}`, state },
    ...(state === 'filled' ? { filledSize: '100', fillPrice: '151' } : { filledSize: '0' }),
  });
  const told = async (clientOrderId: string): Promise<OrderReport> => {
    if (/-(?:sl|tp)$/.test(clientOrderId)) return isSlow ? never : report(clientOrderId, 'working');
    const isFilled = orders === 1 || clock.monotonic() - sentAt >= LATE_FILL_AT_MS;
    return report(clientOrderId, isFilled ? 'filled' : 'submitted');
  };
  const broker: BrokerAdapter = {
    name: 'slow',
    capabilities: {
      ...{ push: false, batchStatus: true, lookupByClientId: true, nativeOco: false, fractional: false, minPollMs: 0 },
      positions: 'netting',
    },
    instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
    async submitOrder({ clientOrderId }) {
      orders += 1;
      sentAt = clock.monotonic();
      return { kind: 'accepted', brokerOrderId: `B-${clientOrderId}` };
    },
    getOrderStatus: ({ clientOrderId }) => told(clientOrderId),
    async getOrderStatuses(refs) {
      if (isSlow) await took(clock, 1_900);
      return isSlow ? [] : Promise.all(refs.map((ref) => told(ref.clientOrderId)));
    },
    cancelOrder: async () => 'requested',
    async placeProtection() {
      protections += 1;
      if (orders === 1) return { stopLoss: placed, takeProfit: placed };
      if (protections === 2) await took(clock, 1_850);
      if (protections < LAST_TRY) return { stopLoss: busy, takeProfit: busy };
      isSlow = true;
      return never;
    },
    async getPositions([symbol = 'AAPL']) {
      if (isSlow) await took(clock, 4_990);
      return [{ symbol, size: orders === 0 ? '0' : isSlow ? '7' : '100', sl: '147.98', tp: '155.53' }];
    },
  };
  return { broker, isAtLastTry: () => protections === LAST_TRY - 1 };
}
