/**
 * Under load: a broker that fails is not stormed (A11), nor one that says "gap" (A43).
 */
import type { BrokerCapabilities } from 'fillchart';
import type { FaultBroker } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { OrderReport } from '../../src/domain/ports.js';
import { ADVISORY, advisory, fill, fills, type Setting, type World, world } from './support.js';

const LIVE = 200;
const tooMany = (): Promise<never> => Promise.reject(new Error('429 Too Many Requests'));

/** 200 live orders at a broker with a batch. `answers` says what stands between engine and broker, by the clock. */
async function many(
  answers: (broker: FaultBroker, clock: World['clock']) => Partial<FaultBroker>,
  setting: Setting = {},
): Promise<World> {
  const now = await world({
    capabilities: { batchStatus: true },
    wrap: (broker, clock) => ({ ...broker, ...answers(broker, clock) }),
    ...setting,
  });
  for (let n = 0; n < LIVE; n += 1)
    now.engine.start(advisory(`A-${n}`, { symbol: `S${n}` })).result.catch(() => undefined);
  await now.clock.advance(100);
  return now;
}

describe('a broker that refuses to be asked (A11)', () => {
  it('A11 P1: batches answer 429, and so do single queries: 200 live orders cost few requests in 5 s', async () => {
    let batches = 0;
    let singles = 0;
    const now = await many(() => ({
      getOrderStatuses: () => {
        batches += 1;
        return tooMany();
      },
      getOrderStatus: () => {
        singles += 1;
        return tooMany();
      },
    }));
    [batches, singles] = [0, 0];
    await now.clock.advance(5_000);
    expect(batches).toBeLessThanOrEqual(12);
    expect(singles).toBeLessThanOrEqual(100);
    await now.clock.runUntil(now.engine.close());
  });

  it('A11 P1: only the batches answer 429: orders are looked at one by one, a few at a time', async () => {
    let singles = 0;
    const now = await many((broker) => ({
      getOrderStatuses: tooMany,
      getOrderStatus: (ref, signal) => {
        singles += 1;
        return broker.getOrderStatus(ref, signal);
      },
    }));
    singles = 0;
    await now.clock.advance(5_000);
    expect(singles).toBeGreaterThan(20);
    expect(singles).toBeLessThanOrEqual(120);
    await now.clock.runUntil(now.engine.close());
  });

  it('A11: when the broker answers again, all orders are seen within a second', async () => {
    const now = await many(
      (broker, clock) => {
        const isDown = () => clock.monotonic() < 5_000;
        return {
          getOrderStatuses: (refs, signal) =>
            isDown() ? tooMany() : (broker.getOrderStatuses?.(refs, signal) ?? Promise.resolve([])),
          getOrderStatus: (ref, signal) => (isDown() ? tooMany() : broker.getOrderStatus(ref, signal)),
        };
      },
      { script: fills(fill(2, 100, 151)) },
    );
    await now.clock.advance(6_200 - now.clock.monotonic());
    const stages = now.engine.executions().map(({ stage }) => stage);
    expect(stages.filter((stage) => stage === 'FILLED')).toHaveLength(LIVE);
    await now.clock.runUntil(now.engine.close());
  });

  it('A11: orders that the batches leave out and nobody finds are looked for less and less', async () => {
    let singles = 0;
    const now = await many(() => ({
      getOrderStatuses: () => Promise.resolve([]),
      getOrderStatus: () => {
        singles += 1;
        return Promise.resolve('not_found' as const);
      },
    }));
    singles = 0;
    await now.clock.advance(5_000);
    expect(singles).toBeGreaterThan(LIVE);
    expect(singles).toBeLessThanOrEqual(LIVE * 9);
    await now.clock.runUntil(now.engine.close());
  });
});

describe('gaps (A43)', () => {
  const GAP = { type: 'gap' } as unknown as OrderReport;

  async function stormed(capabilities: Partial<BrokerCapabilities>, perSecond: number, seconds: number) {
    const now = await world({ capabilities: { push: true, ...capabilities } });
    now.engine.start(ADVISORY).result.catch(() => undefined);
    await now.clock.advance(1_000);
    const times: number[] = [];
    const before = now.broker.count('getOrderStatus');
    for (let n = 0; n < perSecond * seconds; n += 1)
      now.clock.setTimeout(() => now.broker.push(GAP), (n * 1_000) / perSecond);
    await now.clock.advance(seconds * 1_000);
    const calls = now.broker.calls.filter(({ method }) => method === 'getOrderStatus').slice(before);
    times.push(...calls.map(({ at }) => at));
    await now.clock.runUntil(now.engine.close());
    return times;
  }

  it.each([0, 50, 250, 1_000])(
    'A43 P1: 1,000 gaps a second, minPollMs %i: no two queries are closer',
    async (minPollMs) => {
      const times = await stormed({ minPollMs }, 1_000, 2);
      const gaps = times.slice(1).map((at, n) => at - (times[n] ?? 0));
      expect(times.length).toBeGreaterThan(0);
      expect(times.length).toBeLessThanOrEqual(45);
      for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(minPollMs);
    },
  );

  it('A43 P1: 5,000 gaps a second for 2.5 s, one order, minPollMs 100: 26 queries, not 12,276', async () => {
    const times = await stormed({ minPollMs: 100 }, 5_000, 2.5);
    expect(times.length).toBeGreaterThan(0);
    expect(times.length).toBeLessThanOrEqual(26);
  });

  it('A43 P1: a single gap is still answered at once', async () => {
    const now = await world({ capabilities: { push: true }, engine: { pollIntervalMs: 10_000 } });
    now.engine.start(ADVISORY).result.catch(() => undefined);
    await now.clock.advance(1_000);
    const before = now.broker.count('getOrderStatus');
    now.broker.push(GAP);
    await now.clock.settle();
    expect(now.broker.count('getOrderStatus')).toBe(before + 1);
    await now.clock.runUntil(now.engine.close());
  });

  it('A43 P1: a gap that comes right after a query is answered as soon as minPollMs allows', async () => {
    const now = await world({ capabilities: { push: true, minPollMs: 300 }, engine: { pollIntervalMs: 10_000 } });
    now.engine.start(ADVISORY).result.catch(() => undefined);
    await now.clock.advance(1_000);
    now.broker.push(GAP);
    await now.clock.advance(10);
    now.broker.push(GAP);
    const before = now.broker.count('getOrderStatus');
    await now.clock.advance(280);
    expect(now.broker.count('getOrderStatus')).toBe(before);
    await now.clock.advance(20);
    expect(now.broker.count('getOrderStatus')).toBe(before + 1);
    await now.clock.runUntil(now.engine.close());
  });
});
