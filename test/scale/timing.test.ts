/**
 * How soon another worker goes on, and how exactly deadlines are kept while Restate is up (A6, T3). Wants a quiet machine.
 */
import { loadavg } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, expectSound, naked, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const LIVE = 24;
const TAKEN_OVER_WITHIN_MS = 6_000;
const DEADLINE_WITHIN_MS = 500;
const load = (): number => Math.round(loadavg()[0] ?? 0);

/** Orders that rest at the broker, each watched by one of three workers. */
async function resting(count: number) {
  const now = await cluster({ workers: 3 });
  running = now;
  await now.broker({ fillMs: 600_000 });
  const all = advisories(count).map((advisory) => untilExecuted(now.front, advisory));
  await untilOrders(now, count);
  await pause(1_000);
  return { now, all };
}

async function untilProtected(now: Cluster): Promise<number> {
  for (const endsAt = Date.now() + 60_000; ; await pause(50)) {
    const state = await now.state();
    if (state.orders.every((order) => order.state === 'filled') && naked(state).length === 0)
      return Math.max(...state.exits.map(({ at }) => at));
    if (Date.now() > endsAt) throw new Error('not all orders were protected within 60 s');
  }
}

describe('how soon', { timeout: 180_000 }, () => {
  it.each(['frozen', 'killed'] as const)('A6 B1: fills are protected within 6 s though a worker is %s', async (how) => {
    const { now, all } = await resting(LIVE);
    const struckAt = Date.now();
    const over = how === 'frozen' ? now.freezeWorker(0, 12_000) : now.restartWorker(0);
    await now.broker({ fillsNow: true });
    const takenOverMs = (await untilProtected(now)) - struckAt;
    await over;
    await expectSound(now, await Promise.all(all));
    said({ worker: how, live: LIVE, lastProtectedMs: takenOverMs, load: load() });
    expect(takenOverMs).toBeLessThanOrEqual(TAKEN_OVER_WITHIN_MS);
  });

  it('T3: T = 30 s is kept within 0.5 s, with workers killed meanwhile', async () => {
    const { now, all } = await resting(LIVE);
    for (const index of [0, 1, 2]) {
      await pause(5_000);
      await now.restartWorker(index);
    }
    const results = await Promise.all(all);
    const { orders } = await expectSound(now, results);
    const late = orders.map(({ at, cancelledAt = 0 }) => cancelledAt - at - 30_000);
    said({ deadlines: LIVE, earliestMs: Math.min(...late), latestMs: Math.max(...late), load: load() });
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: LIVE }, () => 'FAILED_TIMEOUT'));
    expect(Math.max(...late)).toBeLessThanOrEqual(DEADLINE_WITHIN_MS);
    // T begins in the worker, so that the broker sees a little less of it.
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-DEADLINE_WITHIN_MS);
  });
});
