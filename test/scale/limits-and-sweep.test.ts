/**
 * Limits and the sweep over several workers (G1–G3, M3): one room for all orders, and one comparison with the broker.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, said, untilExecuted, untilOrders } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

/** Invocations that are over and that Restate still keeps. */
const KEPT = `SELECT target_service_name AS service, count(*) AS kept FROM sys_invocation
  WHERE status = 'completed' GROUP BY target_service_name`;

const ROOM = 5;
const ASKED = 16;

describe('limits over several workers', { timeout: 120_000 }, () => {
  it('G1 V11: so many orders as there is room for, however many ask at once; room that is left is taken again', async () => {
    running = await cluster({ workers: 2, limits: { maxLiveExecutions: ROOM } });
    const now = running;
    await now.broker({ fillMs: 600_000 });
    const all = advisories(ASKED).map((advisory) => untilExecuted(now.front, advisory));
    await untilOrders(now, ROOM);
    const refused = await Promise.all(all.map((each) => Promise.race([each, pause(15_000)])));
    const told = refused.filter((result) => result !== undefined);
    said({ room: ROOM, asked: ASKED, ...countBy(told, ({ reason }) => `${reason}`) });
    expect((await now.state()).orders).toHaveLength(ROOM);
    expect(told).toHaveLength(ASKED - ROOM);
    expect(told.every(({ reason, refusedBy }) => reason === 'LIMIT_EXCEEDED' && refusedBy?.kind === 'limit')).toBe(
      true,
    );
    await now.broker({ fillsNow: true });
    const results = await Promise.all(all);
    const more = await Promise.all(advisories(2).map((advisory) => untilExecuted(now.front, advisory)));
    expect(more.map(({ status }) => status)).toEqual(['FILLED', 'FILLED']);
    await expectSound(now, [...results, ...more]);
  });

  it('G3: reaching the bound of submit calls sets RISK_LIMIT for all workers; a person releases it', async () => {
    running = await cluster({ workers: 2, limits: { maxSubmitsPerMinute: 2 } });
    const { front } = running;
    const statuses: string[] = [];
    for (const advisory of advisories(3)) {
      const { status, reason } = await untilExecuted(front, advisory);
      statuses.push(reason ?? status);
      await pause(500);
    }
    expect(statuses).toEqual(['FILLED', 'FILLED', 'KILL_SWITCH_ACTIVE']);
    expect(await front.killSwitch.switches()).toMatchObject([
      { type: 'RISK_LIMIT', state: 'ACTIVE', by: 'fillchart', reason: expect.stringContaining('maxSubmitsPerMinute') },
    ]);
  });
});

describe('the sweep over several workers', { timeout: 120_000 }, () => {
  it('M3 M4 M1: finds nothing where nothing is wrong, at the start and on demand; then what is wrong, once', async () => {
    running = await cluster({ workers: 2, settings: { sweepAfterStartMs: 1_000, sweepIntervalMs: 10_000 } });
    const now = running;
    const results = await Promise.all(advisories(6).map((advisory) => untilExecuted(now.front, advisory)));
    const clean = await now.front.sweep();
    expect(clean).toMatchObject({ positions: 1, cases: [], failures: [] });
    // While executions come and go, nothing is taken for a difference.
    const going = advisories(12).map((advisory) => untilExecuted(now.front, advisory));
    for (let sweeps = 0; sweeps < 4; sweeps += 1) expect((await now.front.sweep()).cases).toEqual([]);
    await Promise.all(going);
    await now.broker({ loses: results[0]?.clientOrderId ?? '' });
    const found = await now.front.sweep();
    expect(found.cases).toMatchObject([
      { kind: 'MISMATCH', symbol: 'AAPL', mismatches: [{ expected: '1800', actual: '1700' }] },
    ]);
    expect((await now.front.sweep()).cases, 'said already').toEqual([]);
    // Sweeps of the schedule find it open, too.
    await pause(12_000);
    const cases = await now.front.cases.all();
    expect(cases).toHaveLength(1);
    said({ sweeps: countBy(cases, ({ kind }) => kind) });
    const [caseId = ''] = cases.map((each) => each.caseId);
    await now.front.cases.resolve(caseId, { by: 'operator', reason: 'sold by hand' });
    expect((await now.front.sweep()).cases, 'accepted').toEqual([]);
    // What is done many times a second leaves nothing behind; executions are kept for a day.
    const kept = await now.query<{ service: string; kept: number }>(KEPT);
    expect(kept).toEqual([{ service: 'execution', kept: 18 }]);
  });
});
