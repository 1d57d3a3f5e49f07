/**
 * Partitions: a worker that cannot reach Restate, or be reached, or cannot reach the broker, with orders on their way (S1, S4, A6).
 */
import { afterEach, describe, it } from 'vitest';
import { type Cluster, cluster, pause, type Wire } from './cluster.js';
import { advisories, countBy, expectSound, said, untilExecuted, untilOrders } from './story.js';

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
});
