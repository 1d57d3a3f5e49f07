/**
 * The order guard of a worker: what it sent is cancelled and protected when Restate cannot be reached (T3, B1).
 */
import { describe, expect, it } from 'vitest';
import { type GuardFact, type OrderGuard, type OrderGuardOptions, orderGuard } from '../../src/restate/order-guard.js';
import { type Bench, bench, INPUT, readyContext, report } from './support.js';

function guarded(worker: Bench, tell: OrderGuardOptions['tell'] = async () => undefined): OrderGuard {
  const { calls, clock, feed } = worker;
  const guard = orderGuard({ calls, clock, silentMs: feed.silentMs, marginMs: 500, tell });
  guard.sent({ ...readyContext(clock.now()), firstSubmitAt: clock.now() });
  return guard;
}

const times = ({ called }: Bench, name: string): number => called.filter((each) => each === name).length;

describe('while Restate answers', () => {
  it('nothing is asked before T = 30.5 s', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('pending') } });
    guarded(worker);
    await worker.clock.advance(30_400);
    expect(worker.called).toEqual([]);
  });

  it('T3: an order that is open at T = 30.5 s is cancelled, whatever the workflow does', async () => {
    let isCancelled = false;
    const worker = bench({
      broker: {
        getOrderStatus: async () => report(isCancelled ? 'cancelled' : 'pending'),
        cancelOrder: async () => {
          isCancelled = true;
          return 'requested';
        },
      },
    });
    const guard = guarded(worker);
    await worker.clock.advance(31_000);
    expect([times(worker, 'cancelOrder'), times(worker, 'placeProtection')]).toEqual([1, 0]);
    await worker.clock.advance(2_000);
    expect(guard.size).toBe(0);
  });

  it('an order that the workflow has ended is of no concern any more', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('pending') } });
    guarded(worker).release(INPUT.clientOrderId);
    await worker.clock.advance(60_000);
    expect(worker.called).toEqual([]);
  });
});

describe('while Restate is away', () => {
  it('B1: a fill is protected within seconds, once', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('filled', '100') } });
    const guard = guarded(worker);
    worker.silence();
    await worker.clock.advance(3_000);
    expect(times(worker, 'placeProtection')).toBe(1);
    await worker.clock.advance(60_000);
    expect([times(worker, 'placeProtection'), guard.size]).toEqual([1, 0]);
  });

  it('B2: exits that were not placed are tried again', async () => {
    let tries = 0;
    const worker = bench({
      broker: {
        getOrderStatus: async () => report('filled', '100'),
        placeProtection: async () => {
          tries += 1;
          if (tries < 3) throw new Error('busy');
          return { stopLoss: { kind: 'duplicate' }, takeProfit: { kind: 'duplicate' } };
        },
      },
    });
    const guard = guarded(worker);
    worker.silence();
    await worker.clock.advance(10_000);
    expect([tries, guard.size]).toEqual([3, 0]);
  });

  it('T3: an order that is not filled is cancelled by T = 31 s, and tried again until it is closed', async () => {
    let cancels = 0;
    const worker = bench({
      broker: {
        getOrderStatus: async () => report(cancels >= 2 ? 'cancelled' : 'pending'),
        cancelOrder: async () => {
          cancels += 1;
          return cancels < 2 ? 'unknown' : 'requested';
        },
      },
    });
    guarded(worker);
    worker.silence();
    await worker.clock.advance(30_400);
    expect(cancels).toBe(0);
    await worker.clock.advance(600);
    expect(cancels).toBeGreaterThanOrEqual(1);
    await worker.clock.advance(2_000);
    expect(cancels).toBe(2);
  });

  it('T2: what it saw is told with its time when Restate is back, and tried until it is taken', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('filled', '100') } });
    const told: GuardFact[] = [];
    let tries = 0;
    guarded(worker, async (id, facts) => {
      tries += 1;
      if (tries < 3) throw new Error('busy');
      expect(id).toBe(INPUT.clientOrderId);
      told.push(...facts);
    });
    const begun = worker.clock.now();
    worker.silence();
    await worker.clock.advance(40_000);
    expect([tries, told]).toEqual([0, []]);
    worker.answer();
    await worker.clock.advance(2_000);
    expect(told).toMatchObject([{ type: 'ORDER_REPORT', report: { cumQty: '100' } }]);
    expect((told[0]?.at ?? 0) - begun).toBeLessThanOrEqual(2_500);
    await worker.clock.advance(60_000);
    expect(tries, 'told once it is taken').toBe(3);
  });
});
