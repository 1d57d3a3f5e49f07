/**
 * A new version of the workers, registered while executions of the old one are live (S1, A6): those end where they began, new
 * ones begin on the new version, and once the old one is drained its workers can go.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, lost, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const LIVE = 8;

describe('an upgrade with live executions', { timeout: 180_000 }, () => {
  it('S1 A6 B7: 0 lost; the old end on the old version, the new ones run on the new one', async () => {
    running = await cluster({ workers: 2 });
    const now = running;
    await now.broker({ fillMs: 600_000 });
    const old = advisories(LIVE).map((advisory) => untilExecuted(now.front, advisory));
    await untilOrders(now, LIVE);
    await now.startVersion('new');
    const fresh = advisories(LIVE).map((advisory) => untilExecuted(now.front, advisory));
    await untilOrders(now, 2 * LIVE);
    const undrained = await now.undrained();
    await now.broker({ fillsNow: true });
    const results = await Promise.all([...old, ...fresh]);
    for (const endsAt = Date.now() + 30_000; (await now.undrained()) > 0 && Date.now() < endsAt; ) await pause(250);
    expect(await now.undrained(), 'what must still end on the old version').toBe(0);
    await now.killWorkers();
    const after = await Promise.all(advisories(LIVE).map((advisory) => untilExecuted(now.front, advisory)));
    const all = [...results, ...after];
    const state = await expectSound(now, all);
    const byVersion = countBy(state.orders, ({ by }) => `${by}`);
    said({ undrainedAtFirst: undrained, byVersion, exits: countBy(state.exits, ({ by }) => `${by}`) });
    expect(lost(state, all)).toEqual([]);
    expect(countBy(all, ({ status }) => status)).toEqual({ FILLED: 3 * LIVE });
    expect(undrained).toBeGreaterThanOrEqual(LIVE);
    expect(byVersion).toEqual({ old: LIVE, new: 2 * LIVE });
    // An execution protects where it lives.
    expect(countBy(state.exits, ({ by }) => `${by}`)).toEqual({ old: 2 * LIVE, new: 4 * LIVE });
    // Positions of the old version are known to the new one, and nothing is amiss at the broker.
    expect(await now.front.position(results[0]?.clientOrderId ?? '')).toMatchObject({ isOpen: true });
    expect(await now.front.sweep()).toMatchObject({ cases: [], failures: [], positions: 1 });
    expect(await now.front.cases.all()).toEqual([]);
  });
});
