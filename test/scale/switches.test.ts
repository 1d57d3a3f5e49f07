/**
 * One kill switch over all workers (K3, K5): what is live is cancelled, and once `set` has resolved nothing leaves any more.
 */
import { loadavg } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/domain/journal.js';
import { type Cluster, cluster, pause } from './cluster.js';
import { advisories, countBy, expectSound, said, untilExecuted } from './story.js';

let running: Cluster | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const RACED = Number(process.env['FILLCHART_SCALE_RACED'] ?? 100);
const LIVE = Number(process.env['FILLCHART_SCALE_LIVE'] ?? 40);

async function untilLive(now: Cluster, count: number): Promise<void> {
  const open = async () => (await now.state()).orders.filter(({ state }) => state === 'open').length;
  for (const endsAt = Date.now() + 28_000; (await open()) < count; ) {
    if (Date.now() > endsAt) throw new Error(`${await open()} of ${count} orders are live`);
    await pause(50);
  }
}

/** A fact in few words. */
const shown = ({ at, fact: { type, outcome, refusal, effective } }: JournalRecord): string =>
  `${at % 100_000} ${[type, outcome, refusal, effective].map((part) => (part === undefined ? '' : JSON.stringify(part))).join(' ')}`;

describe('GLOBAL over three workers', { timeout: 300_000 }, () => {
  it('K3 K5: live orders are cancelled, and no order leaves after set has resolved', async () => {
    running = await cluster({ workers: 3 });
    const now = running;
    await now.broker({ neverFills: true });
    const live = advisories(LIVE).map((advisory) => untilExecuted(now.front, advisory));
    await untilLive(now, LIVE);
    const raced = advisories(RACED).map((advisory) => untilExecuted(now.front, advisory));
    await pause(300);
    const begun = Date.now();
    await now.front.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a person says stop', by: 'operator' });
    const setAt = Date.now();
    const results = await Promise.all([...live, ...raced]);
    const state = await expectSound(now, results);
    const cancels = state.orders
      .map(({ cancelledAt = 0 }) => cancelledAt - begun)
      .toSorted((one, other) => one - other);
    const lastCancel = cancels.at(-1);
    const after = state.orders.filter(({ at }) => at > setAt);
    said({
      setMs: setAt - begun,
      firstCancelMs: cancels[0],
      halfCancelledMs: cancels[cancels.length >> 1],
      lastCancelMs: lastCancel,
      ordersAfterSet: after.length,
      load: Math.round(loadavg()[0] ?? 0),
      ...countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`.trim()),
    });
    const failed = results.filter(({ status }) => status === 'FAILED');
    for (const { advisoryId } of failed.slice(0, 3)) said({ failed: (await now.front.records(advisoryId)).map(shown) });
    expect(after).toEqual([]);
    expect(state.orders.filter(({ state: each }) => each === 'open')).toEqual([]);
    expect(Object.keys(countBy(results, ({ status }) => status)).toSorted()).toEqual(['CANCELLED', 'REJECTED']);
    const named = results.filter(({ refusedBy }) => refusedBy?.kind === 'kill-switch');
    expect(named).toHaveLength(results.length);
  });

  it('K3 K7 E1: set while no worker is up, with live orders: they are cancelled once one is, and nothing new is sent after set', async () => {
    running = await cluster({ workers: 2 });
    const now = running;
    await now.broker({ neverFills: true });
    const live = advisories(4).map((advisory) => untilExecuted(now.front, advisory));
    await untilLive(now, 4);
    await now.killWorkers();
    const setting = now.front.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', by: 'operator' });
    // The same advisory from two at once, while nobody is there.
    const fresh = advisories(2).flatMap((advisory) => [1, 2].map(() => untilExecuted(now.front, advisory)));
    await pause(1_000);
    await Promise.all([now.restartWorker(0), now.restartWorker(1)]);
    await setting;
    const setAt = Date.now();
    const results = await Promise.all([...live, ...fresh]);
    const state = await expectSound(now, results);
    said({
      orders: state.orders.length,
      ...countBy(results, ({ status, reason }) => `${status} ${reason ?? ''}`.trim()),
    });
    expect(state.orders.filter(({ at, state: each }) => at > setAt || each === 'open')).toEqual([]);
    expect(results.every(({ status }) => status === 'CANCELLED' || status === 'REJECTED')).toBe(true);
    expect(await now.front.killSwitch.stateFor('AAPL')).toBe('ACTIVE');
  });

  it('K6 K8: released by a person with a reason; refused while a case in its scope is open', async () => {
    running = await cluster({ workers: 1 });
    const { front } = running;
    await front.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'maintenance', by: 'operator' });
    const [advisory] = advisories(1);
    expect(await front.execute(advisory ?? ({} as never))).toMatchObject({
      status: 'REJECTED',
      refusedBy: { reason: 'maintenance' },
    });
    await expect(front.killSwitch.release({ type: 'GLOBAL', by: '', reason: '' })).rejects.toMatchObject({
      code: 'INVALID_KILL_SWITCH',
    });
    await front.killSwitch.release({ type: 'GLOBAL', by: 'operator', reason: 'done' });
    expect(await front.killSwitch.stateFor('AAPL')).toBe('OFF');
    // The very advisory once more, on purpose: nothing had left (E1).
    if (advisory !== undefined) {
      expect(await front.execute(advisory)).toMatchObject({ status: 'REJECTED' });
      expect(await front.execute(advisory, { again: true })).toMatchObject({ status: 'FILLED' });
      expect(await front.execute({ ...advisory, positionSize: '101' })).toMatchObject({ reason: 'ADVISORY_CONFLICT' });
    }
  });
});
