/**
 * Workers that die or stand still: another takes over, under the original deadlines, and nothing is sent twice (S1, A6).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, type ClusterOptions, cluster, type LabState, pause } from './cluster.js';
import { advisories, countBy, doubles, expectSound, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const COUNT = Number(process.env['FILLCHART_SCALE_COUNT'] ?? 40);

const KILLS = 8;

/** Kills one worker after the other; each has a second to work, once it is back. */
async function killInTurn({ restartWorker }: Cluster, kills: number): Promise<void> {
  for (let index = 0; index < kills; index += 1) {
    await pause(1_000);
    await restartWorker(index % 3);
  }
}

describe('several workers', { timeout: 300_000 }, () => {
  it('no faults: every advisory is filled, protected and matched', async () => {
    running = await cluster({ workers: 3 });
    const { front } = running;
    const begun = Date.now();
    const results = await Promise.all(advisories(COUNT).map((advisory) => untilExecuted(front, advisory)));
    said({ executions: COUNT, ms: Date.now() - begun });
    expect(countBy(results, ({ status }) => status)).toEqual({ FILLED: COUNT });
    expect(countBy(results, (result) => `${result.reconciliationReport?.status}`)).toEqual({ MATCHED: COUNT });
    await expectSound(running, results);
  });

  it.each([[{}], [{ submitMode: 'never' as const }]])(
    'S1 A6: workers are killed at random, settings %j',
    async (settings) => {
      running = await cluster({ workers: 3, settings });
      const { front } = running;
      await running.broker({ submitMs: 200 });
      const killing = killInTurn(running, KILLS);
      const results = await Promise.all(advisories(COUNT).map((advisory) => untilExecuted(front, advisory)));
      await killing;
      said(countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`));
      await expectSound(running, results);
    },
  );

  /** All workers at once, with submits that the broker has and nobody has heard of yet. */
  async function killedInMidSubmit(settings: ClusterOptions): Promise<LabState> {
    running = await cluster(settings);
    const now = running;
    await now.broker({ submitMs: 3_000 });
    const all = advisories(12).map((advisory) => untilExecuted(now.front, advisory));
    await untilOrders(now, 6);
    await Promise.all([0, 1, 2].map((index) => now.restartWorker(index)));
    await now.broker({ submitMs: 5 });
    const results = await Promise.all(all);
    said(countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`));
    return now.state();
  }

  it('S1: all workers are killed in the middle of their submits', async () => {
    const state = await killedInMidSubmit({ workers: 3 });
    expect([state.orders.length, doubles(state)]).toEqual([12, 0]);
  });

  it('negative control: without the fence the same kills send orders twice', async () => {
    const state = await killedInMidSubmit({ workers: 3, unfenced: true, settings: { leaseMs: 10_000 } });
    expect(doubles(state)).toBeGreaterThan(0);
  });
});
