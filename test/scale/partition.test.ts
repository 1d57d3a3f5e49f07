/**
 * Partitions: a worker that cannot reach Restate, or be reached, or cannot reach the broker, with orders on their way (S1, S4, A6).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, ONE_WAY, type OneWay, pause, type Wire } from './cluster.js';
import { advisories, countBy, expectSound, lost, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('a worker that is cut off', { timeout: 180_000 }, () => {
  it.each<Wire>(['restate', 'ingress', 'broker'])(
    'S1 A6: from %s for 8 s, in the middle of its submits',
    async (wire) => {
      running = await cluster({ workers: 2, wired: true });
      const now = running;
      await now.broker({ submitMs: 400 });
      const begun = Date.now();
      const all = advisories(24).map((advisory) => untilExecuted(now.front, advisory));
      await untilOrders(now, 4);
      await now.cut(wire, 8_000);
      const results = await Promise.all(all);
      const doneMs = Date.now() - begun;
      await pause(1_000);
      const state = await expectSound(now, results);
      said({ cut: wire, doneMs, orders: state.orders.length, ...countBy(results, ({ status }) => status) });
    },
  );

  it.each(Object.keys(ONE_WAY) as readonly OneWay[])(
    'S1 A6 M1: one way, %s, for 8 s: 0 doubled, lost, unprotected, and no false case',
    async (way) => {
      running = await cluster({ workers: 2, wired: true });
      const now = running;
      await now.broker({ submitMs: 400, fillMs: 2_000 });
      const all = advisories(16).map((advisory) => untilExecuted(now.front, advisory));
      await untilOrders(now, 4);
      await now.cutOneWay(way, 8_000);
      const results = await Promise.all(all);
      const state = await expectSound(now, results);
      said({ cut: way, orders: state.orders.length, ...countBy(results, ({ status }) => status) });
      expect(lost(state, results)).toEqual([]);
      expect(await now.front.cases.all()).toEqual([]);
      // What cannot be asked about before its order is refused (V9); nothing else ends otherwise.
      const refused = results.filter(({ reason }) => way.includes('broker') && reason === 'BROKER_UNAVAILABLE');
      expect(countBy(results, ({ status }) => status)['FILLED']).toBe(results.length - refused.length);
    },
  );
});
