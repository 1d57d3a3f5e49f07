/**
 * A worker stands still in the middle of a submit, is taken over, and thaws (S1): the fence keeps it from sending again.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, doubles, expectSound, said, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

describe('a frozen worker', { timeout: 300_000 }, () => {
  it.each([12, 40])('S1 A6: stopped for %i s with orders on their way', async (seconds) => {
    running = await cluster({ workers: 3 });
    const now = running;
    await now.broker({ submitMs: 400 });
    const begun = Date.now();
    const all = advisories(40).map((advisory) => untilExecuted(now.front, advisory));
    await pause(1_500);
    const thawed = now.freezeWorker(0, seconds * 1_000);
    const results = await Promise.all(all);
    const doneMs = Date.now() - begun;
    await thawed;
    await pause(2_000);
    await expectSound(now, results);
    said({
      frozen: seconds,
      doneMs,
      ...countBy(results, ({ status }) => status),
      cases: (await now.front.cases.all()).length,
    });
  });

  it.each([
    ['timed', 'not sent: the adapter looks at the lease where the first byte leaves', 0],
    ['plain', 'sent twice: the control', 1],
  ] as const)(
    'S1: stopped between the call and the first byte, an order that is %s is %s',
    async (stops, _what, count) => {
      running = await cluster({ workers: 2, stops });
      const { front } = running;
      const all = advisories(8).map((advisory) => untilExecuted(front, advisory));
      await running.hasStopped(0);
      // Longer than it takes another worker to wait for the lease, to look, and to send.
      await pause(12_000);
      running.thawWorker(0);
      const results = await Promise.all(all);
      await pause(2_000);
      const state = await running.state();
      expect(doubles(state)).toBe(count);
      said({ stops, doubles: doubles(state), ...countBy(results, ({ status }) => status) });
      if (count === 0) await expectSound(running, results);
    },
  );
});
