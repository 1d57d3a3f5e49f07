/**
 * A worker stands still in the middle of a submit, is taken over, and thaws (S1): the fence keeps it from sending again.
 */
import { afterEach, describe, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, said, untilExecuted } from './story.js';

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
});
