/**
 * The order guard of a worker: what it sent is cancelled and protected when Restate cannot be reached (T3, B1).
 */
import { describe, expect, it } from 'vitest';
import { type OrderGuard, orderGuard } from '../../src/restate/order-guard.js';
import { type Bench, bench, INPUT, readyContext, report } from './support.js';

function guarded(worker: Bench): OrderGuard {
  const { calls, clock, feed } = worker;
  const guard = orderGuard({ calls, clock, silentMs: feed.silentMs, marginMs: 500 });
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
});
