/**
 * Workers that die or stand still: another takes over, under the original deadlines, and nothing is sent twice (S1, A6).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, doubles, expectSound, said, untilExecuted } from './story.js';

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

  it('negative control: without the fence the same kills send orders twice', async () => {
    running = await cluster({ workers: 3, unfenced: true, settings: { leaseMs: 10_000 } });
    const { front } = running;
    await running.broker({ submitMs: 600 });
    const killing = killInTurn(running, KILLS);
    await Promise.all(advisories(COUNT).map((advisory) => untilExecuted(front, advisory)));
    await killing;
    expect(doubles(await running.state())).toBeGreaterThan(0);
  });
});
