/**
 * Three servers of Restate that keep everything twice: one is killed, one stands still, two are killed and come back (S1, A6).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, said, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** Kills one server after the other, each back before the next goes. */
const KILLS = Number(process.env['FILLCHART_SCALE_SERVER_KILLS'] ?? 2);

describe('three servers', { timeout: 400_000 }, () => {
  it('S1 A6: killed in turn, one frozen, two killed and back', async () => {
    running = await cluster({ workers: 2, servers: 3 });
    const now = running;
    const all: Promise<Awaited<ReturnType<typeof untilExecuted>>>[] = [];
    // However late it is: what holds, holds at any speed.
    const some = async (): Promise<void> => {
      all.push(...advisories(10).map((advisory) => untilExecuted(now.front, advisory)));
      await pause(1_000);
    };
    for (let kill = 0; kill < KILLS; kill += 1) {
      await some();
      now.killServer(1 + (kill % 2));
      await pause(1_000);
      await now.startServer(1 + (kill % 2));
    }
    await some();
    await now.freezeServer(5_000, 1);
    await some();
    now.killServer(1);
    now.killServer(2);
    await pause(3_000);
    await Promise.all([now.startServer(1), now.startServer(2)]);
    await some();
    const results = await Promise.all(all);
    await expectSound(now, results);
    said({ servers: 3, kills: KILLS + 2, ...countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`) });
    // However often the servers went: what was not sent says so, and all else was filled.
    const others = results.filter(({ status, reason }) => status !== 'FILLED' && reason !== 'ORDER_NOT_SENT');
    expect(others).toEqual([]);
  });
});
