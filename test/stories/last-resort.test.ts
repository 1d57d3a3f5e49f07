/**
 * The engine's own fault ends one execution, with a result, and leaves nothing live and unprotected that it can help (E5).
 */
import { createEngine } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { replayExecution } from '../../src/journal/replay.js';
import { executionGuards } from '../../src/machines/execution.guards.js';
import { ADVISORY, advisory, auditEvents, execute, fill, fills, type World, world } from './support.js';

type Guard = keyof typeof executionGuards;

/** From now on this guard of the chart throws. */
const breakGuard = (name: Guard): void => {
  vi.spyOn(executionGuards as unknown as Record<string, () => boolean>, name).mockImplementation(() => {
    throw new Error(`${name} is broken`);
  });
};

afterEach(() => {
  vi.restoreAllMocks();
});

function expectAlarm({ engine }: World): void {
  expect(engine.killSwitch.switches).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'fillchart' }]);
  expect(engine.cases.open()).toMatchObject([{ kind: 'ENGINE_FAULT', advisoryId: 'ADV-A', symbol: 'AAPL' }]);
  expect(engine.metrics()).toMatchObject({ live: 0, watchedOrders: 0 });
}

describe('a guard that throws (A9 E5)', () => {
  it('A9 E5: while the order is live: it is cancelled, and the result comes', async () => {
    const now = await world({ script: {} });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(1_000);
    breakGuard('isDeadline');
    breakGuard('isCancelledBySwitch');
    const ended = await now.clock.runUntil(result, 60_000);
    expect(ended).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT' });
    expect(ended.errorMessage).toContain('is broken');
    expect(now.broker.count('cancelOrder')).toBe(1);
    expect(auditEvents(now, 'ADV-A').slice(-3)).toEqual(['engine_fault', 'case_opened', 'execution_result']);
    expectAlarm(now);
  });

  it('A9 E5: when the fill comes: it is protected from the last good context', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    const execution = now.engine.start(ADVISORY);
    await now.clock.advance(500);
    breakGuard('fillsInTime');
    const ended = await now.clock.runUntil(execution.result, 120_000);
    expect(ended).toMatchObject({
      status: 'FAILED',
      reason: 'ENGINE_FAULT',
      finalFillPrice: '151',
      finalPositionSize: '100',
    });
    const placed = now.broker.calls.filter(({ method }) => method === 'placeProtection');
    expect(placed.map(({ argument }) => argument)).toMatchObject([
      { quantity: '100', stopLoss: '147.98', takeProfit: '155.53', side: 'sell' },
    ]);
    expect(execution.stage).toBe('FAILED');
    expectAlarm(now);
  });

  it('A9 E5: after the fill, while the exits are placed: they are placed again under the same ids', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(500);
    breakGuard('isProtected');
    const ended = await now.clock.runUntil(result, 120_000);
    expect(ended).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT', finalSl: '147.98', finalTp: '155.53' });
    expectAlarm(now);
  });

  it('A9 E5: before the order: nothing leaves', async () => {
    const now = await world();
    breakGuard('isRefusedBy');
    const ended = await execute(now);
    expect(ended).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT', attempts: [] });
    expect(now.broker.count('writes')).toBe(0);
    expectAlarm(now);
  });

  it('E5 E2: an execution beside it is cancelled by the gate, and ends as by any kill switch', async () => {
    const now = await world({ script: {} });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(1_000);
    // Its own 30 s end after those of the first.
    const other = now.engine.start(advisory('B', { symbol: 'MSFT' }));
    await now.clock.advance(1_000);
    const spy = vi.spyOn(executionGuards, 'isClosed').mockImplementation(() => {
      spy.mockRestore();
      throw new Error('once');
    });
    const ends = await now.clock.runUntil(Promise.all([result, other.result]), 60_000);
    expect(ends.map(({ status }) => status).sort()).toEqual(['CANCELLED', 'FAILED']);
  });

  it('E5: a broker that answers nothing to the last resort holds nothing up', async () => {
    const now = await world({ script: { cancel: 'hang' }, faults: { placeProtection: 'hang' } });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(1_000);
    breakGuard('isDeadline');
    breakGuard('isCancelledBySwitch');
    expect((await now.clock.runUntil(result, 60_000)).reason).toBe('ENGINE_FAULT');
  });

  it('E5 E1 A3 A7: after a restart the result stands, the gate is what it was, and the replay agrees', async () => {
    const clock = virtualClock();
    const kept = memoryJournal();
    const journal = { ...kept, close: async () => undefined };
    const broker = faultBroker({ clock, script: fills(fill(1, 100, 151)) });
    const open = () => clock.runUntil(createEngine({ broker, clock, journal, logger: false }));
    const first = await open();
    const running = first.start(ADVISORY);
    await clock.advance(500);
    breakGuard('fillsInTime');
    const result = await clock.runUntil(running.result);
    vi.restoreAllMocks();
    await clock.runUntil(first.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'mended', force: true }));
    await clock.runUntil(first.close());
    const replay = replayExecution(await kept.open(), 'ADV-A');
    expect([replay?.verdict, replay?.result]).toEqual(['equal', result]);
    const second = await open();
    const again = await clock.runUntil(second.execute(ADVISORY));
    expect(again).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT', finalFillPrice: '151' });
    expect(second.killSwitch.isActive()).toBe(false);
    expect(broker.count('submitOrder')).toBe(1);
    await clock.runUntil(second.close());
  });
});
