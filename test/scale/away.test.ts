/**
 * Restate is away: killed, or frozen. What a worker has sent is cancelled by T = 31 s, or filled and protected, by its order
 * guard; when Restate is back every execution ends, and nothing is sent twice (T3, B1, S1).
 */
import { loadavg } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, naked, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const SECONDS = (process.env['FILLCHART_SCALE_AWAY'] ?? '40').split(',').map(Number);

/** Orders of which half fill 5 s after they were sent, and half never do. */
async function midway(now: Cluster): Promise<readonly Promise<unknown>[]> {
  await now.broker({ fillMs: 5_000 });
  const filling = advisories(10).map((advisory) => untilExecuted(now.front, advisory));
  await untilOrders(now, 10);
  await now.broker({ fillMs: 600_000 });
  const resting = advisories(10).map((advisory) => untilExecuted(now.front, advisory));
  await untilOrders(now, 20);
  return [...filling, ...resting];
}

describe('Restate is away', { timeout: 400_000 }, () => {
  it.each(SECONDS)('for %i s: cancelled by T = 31 s, or filled and protected; all end afterwards', async (seconds) => {
    running = await cluster({ workers: 2 });
    const now = running;
    const all = await midway(now);
    now.killServer();
    const killedAt = Date.now();
    await pause(seconds * 1_000);
    if (seconds >= 35) {
      const during = await now.state();
      expect(naked(during), 'filled and without exits while Restate is away').toEqual([]);
      expect(
        during.orders.filter(({ state }) => state === 'open'),
        'open while Restate is away',
      ).toEqual([]);
    }
    await now.startServer();
    const results = (await Promise.all(all)) as Awaited<ReturnType<typeof untilExecuted>>[];
    const state = await expectSound(now, results);
    const lateness = state.orders.flatMap(({ at, cancelledAt }) =>
      cancelledAt === undefined ? [] : [cancelledAt - at],
    );
    const cases = await now.front.cases.all();
    said({
      seconds,
      lastCancelAtT: Math.max(0, ...lateness),
      returnedMs: Date.now() - killedAt - seconds * 1_000,
      ...countBy(results, ({ status }) => status),
      cases: cases.map(({ kind, mismatches }) => `${kind}: ${mismatches.map(({ message }) => message).join(' ')}`),
      load: Math.round(loadavg()[0] ?? 0),
    });
    // What filled while Restate was away filled in time, and what was cancelled in time timed out: no person is asked.
    expect(cases).toEqual([]);
    expect(countBy(results, ({ status }) => status)['FILLED']).toBe(10);
    expect(Math.max(0, ...lateness)).toBeLessThanOrEqual(seconds < 25 ? 32_000 : 31_500);
  });

  it('frozen for 12 s: as if it were gone', async () => {
    running = await cluster({ workers: 2 });
    const now = running;
    const all = await midway(now);
    await now.freezeServer(12_000);
    const results = (await Promise.all(all)) as Awaited<ReturnType<typeof untilExecuted>>[];
    await expectSound(now, results);
    said({ frozen: 12, ...countBy(results, ({ status }) => status), cases: (await now.front.cases.all()).length });
  });
});
