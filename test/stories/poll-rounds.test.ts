/**
 * Very many orders that are watched: each tick looks through them in slices, and asks for all of them together.
 */
import type { BrokerAdapter, OrderReport } from 'fillchart';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { orderWatch } from '../../src/actors/order-watch.js';
import { type SlowClock, slowClock } from './slow-clock.js';

const MANY = 1_500;

/** Watches so many orders at a broker that takes batches, and answers each after `answerMs`. */
async function watching(clock: ReturnType<typeof virtualClock> | SlowClock, count: number, answerMs = 10) {
  const scripted = faultBroker({ clock });
  const batches: (readonly string[])[] = [];
  const broker: BrokerAdapter = {
    ...scripted,
    capabilities: { ...scripted.capabilities, batchStatus: true },
    getOrderStatus: async () => 'not_found',
    async getOrderStatuses(refs) {
      batches.push(refs.map(({ clientOrderId }) => clientOrderId));
      await new Promise<void>((resolve) => clock.setTimeout(resolve, answerMs));
      return refs.map(
        ({ clientOrderId }): OrderReport => ({ clientOrderId, brokerOrderId: 'B', state: 'pending', filledSize: '0' }),
      );
    },
  };
  const { capabilities } = broker;
  const watch = orderWatch({ broker, capabilities, clock, pollIntervalMs: 100, statusDeadlineMs: 2_000 });
  const reported = new Map<string, number>();
  watch.reports$.subscribe(({ clientOrderId: id }) => reported.set(id, (reported.get(id) ?? 0) + 1));
  for (let index = 0; index < count; index += 1) {
    const ref = { clientOrderId: `order-${index}`, symbol: 'AAPL' };
    watch.watch(ref.clientOrderId, () => ref);
  }
  await clock.advance(50);
  return { watch, batches, reported };
}

describe('a tick over very many orders', () => {
  it('P1 E4: looks through them in slices, and asks for all of them in one request', async () => {
    const clock = slowClock();
    const { watch, batches, reported } = await watching(clock, MANY);
    clock.count(true);
    let turns = 0;
    const again = () => {
      turns += 1;
      if (batches.length === 0) clock.setTimeout(again, 0);
    };
    clock.setTimeout(again, 50);
    for (let step = 0; step < 2 * MANY && batches.length === 0; step += 1) await clock.advance(step === 0 ? 50 : 0);
    clock.count(false);
    expect(turns).toBeGreaterThan(10);
    expect(batches.map(({ length }) => length)).toEqual([MANY]);
    await clock.advance(60);
    expect(reported.size).toBe(MANY);
    watch.close();
  });

  it('P1: an order with a request under way is not asked for again, however long the answer takes', async () => {
    const clock = virtualClock();
    const { watch, batches } = await watching(clock, MANY, 450);
    await clock.advance(60);
    expect(batches.map(({ length }) => length)).toEqual([MANY]);
    const late = { clientOrderId: 'late', symbol: 'AAPL' };
    const later = { clientOrderId: 'later', symbol: 'AAPL' };
    for (const ref of [late, later]) watch.watch(ref.clientOrderId, () => ref);
    await clock.advance(300);
    expect(batches.slice(1)).toEqual([['late', 'later']]);
    await clock.advance(200);
    expect(batches.flat().filter((id) => id === 'order-0')).toHaveLength(2);
    watch.close();
  });

  it('control: few orders are looked through in the turn of the tick', async () => {
    const clock = slowClock();
    const { watch, batches } = await watching(clock, 500);
    clock.count(true);
    await clock.advance(50);
    clock.count(false);
    expect(batches.map(({ length }) => length)).toEqual([500]);
    watch.close();
  });
});
