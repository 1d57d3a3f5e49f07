/**
 * What once went wrong where money was at stake, and must not again: commands that got lost, orders that left too late or
 * too early, fills that nobody protected.
 */
import type { Execution } from 'fillchart';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { land, latency, type SlowJournal, slowJournal, timesOf } from './regressions.support.js';
import { ADVISORY, advisory, execute, fill, fills, type Setting, set, type World, world } from './support.js';

/** Exits that take a moment: what a listener does at the fill comes before the end (E6). */
const SLOW_EXITS = { placeProtection: { delayMs: 10 } } as const;

/** Acts once, in the turn in which the chart enters the state. */
function whenIn(execution: Execution, state: 'pending' | 'filled', act: () => unknown): void {
  let hasActed = false;
  execution.actor.subscribe((snapshot) => {
    if (hasActed || !snapshot.matches(state)) return;
    hasActed = true;
    void act();
  });
}

/** A world whose journal commits as slowly as it is told to. */
async function recorded(setting: Setting = {}): Promise<World & { readonly journal: SlowJournal }> {
  const clock = virtualClock();
  const journal = slowJournal(clock);
  const now = await world({ ...setting, clock, engine: { journal } });
  return { ...now, journal };
}

describe('listeners that act', () => {
  it('E2 B1 K4: a listener that sets a kill switch at `filled` costs neither SL nor TP', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)), faults: SLOW_EXITS });
    const execution = now.engine.start(ADVISORY);
    whenIn(execution, 'filled', () => set('GLOBAL')(now));
    const result = await now.clock.runUntil(execution.result);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53', killSwitchPostFill: true });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(now.broker.count('placeProtection')).toBe(1);
    expect(now.engine.metrics()).toMatchObject({ live: 0, watchedOrders: 0 });
  });

  it('E2 K3: a listener that sets a kill switch at `pending` has the order cancelled, once', async () => {
    const now = await world();
    const execution = now.engine.start(ADVISORY);
    whenIn(execution, 'pending', () => set('GLOBAL')(now));
    const result = await now.clock.runUntil(execution.result);
    expect(result).toMatchObject({ status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(timesOf(now.broker, 'cancelOrder')).toEqual([0]);
    expect(now.engine.metrics().watchedOrders).toBe(0);
  });

  it('E2 P1: a report that a listener sets off at `pending` is heard after the step, and the order is not watched on', async () => {
    const now = await world({ capabilities: { push: true } });
    const execution = now.engine.start(ADVISORY);
    const { clientOrderId } = execution;
    const report = { clientOrderId, brokerOrderId: 'B-1', state: 'filled', filledSize: '100', fillPrice: '151' };
    whenIn(execution, 'pending', () => now.broker.push(report));
    const result = await now.clock.runUntil(execution.result);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(now.engine.metrics().watchedOrders).toBe(0);
  });

  it('E2 B1: so does a listener of a command: it is heard after the step', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)), faults: SLOW_EXITS });
    const execution = now.engine.start(ADVISORY);
    execution.actor.on('unwatchOrder', () => void set('GLOBAL')(now));
    expect(await now.clock.runUntil(execution.result)).toMatchObject({ status: 'FILLED', killSwitchPostFill: true });
    expect(now.broker.count('placeProtection')).toBe(1);
  });

  it.each(['stop', 'send', 'start'] as const)(
    'E2 A3: execution.actor.%s throws READ_ONLY and changes nothing',
    async (method) => {
      const now = await world({ script: fills(fill(2, 100, 151)) });
      const { actor, result } = now.engine.start(ADVISORY);
      await now.clock.advance(1_000);
      const before = actor.getSnapshot();
      // Untyped callers find it all the same.
      const call = (actor as unknown as Record<typeof method, (event?: unknown) => unknown>)[method];
      expect(() => call({ type: 'KILL_SWITCH' })).toThrow(expect.objectContaining({ code: 'READ_ONLY' }));
      expect(actor.getSnapshot()).toBe(before);
      expect(await now.clock.runUntil(result)).toMatchObject({ status: 'FILLED', finalTp: '155.53' });
    },
  );
});

describe('close', () => {
  it('E8: the engine is disposed of by closing it, and refuses what comes after', async () => {
    const now = await world();
    await now.engine[Symbol.asyncDispose]();
    expect(() => now.engine.start(ADVISORY)).toThrow(expect.objectContaining({ code: 'ENGINE_CLOSED' }));
    await expect(now.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'late' })).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
    });
  });

  it('A4: no order leaves an engine that is closed while the intent is being committed', async () => {
    const now = await recorded();
    now.journal.commitMs = 20;
    const execution = now.engine.start(ADVISORY);
    await now.clock.settle();
    expect(execution.actor.getSnapshot().value).toEqual({ submitted: 'ready' });
    await now.engine.close();
    await now.clock.advance(60_000);
    expect(now.broker.count('writes')).toBe(0);
    await expect(execution.result).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('A4: no order leaves once close() has been called, however far the submission had come', async () => {
    for (let turns = 0; turns < 60; turns += 1) {
      const now = await world();
      now.engine.start(ADVISORY);
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const before = now.broker.count('submitOrder');
      const closing = now.engine.close();
      await now.clock.advance(1_000);
      await closing;
      expect(now.broker.count('submitOrder'), `closed after ${turns} turns`).toBe(before);
    }
  });
});

describe('a slow journal', () => {
  it('T3: at T = 30 s a cancel waits for its record for one second at most', async () => {
    const now = await recorded();
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(29_000);
    now.journal.commitMs = 3_000;
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(timesOf(now.broker, 'cancelOrder')).toEqual([31_000]);
  });

  it('K3: so does the cancel of a kill switch', async () => {
    const now = await recorded();
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(5_000);
    now.journal.commitMs = 4_900;
    const isSet = set('GLOBAL')(now) as Promise<void>;
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'CANCELLED' });
    await now.clock.runUntil(isSet);
    expect(timesOf(now.broker, 'cancelOrder')).toEqual([6_000]);
  });

  it('B2: a journal that stalls for 4.9 s at the fill keeps SL and TP waiting for one second', async () => {
    const now = await recorded({ script: fills(fill(1, 100, 151)) });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(800);
    now.journal.commitMs = 4_900;
    expect(await now.clock.runUntil(result)).toMatchObject({
      status: 'FILLED',
      finalSl: '147.98',
      nakedWindowMs: 1_000,
    });
    expect(timesOf(now.broker, 'placeProtection')).toEqual([2_000]);
  });

  it('B2: a journal that never answers at the fill does so too', async () => {
    const now = await recorded({ script: fills(fill(1, 100, 151)), faults: latency(50) });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(900);
    now.journal.commitMs = 3_600_000;
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    const [protectedAt = 0] = timesOf(now.broker, 'placeProtection');
    expect(protectedAt).toBeLessThanOrEqual(2_200);
  });
});

describe('a commit that is answered at its deadline', () => {
  it.each([
    [5_050, 'FILLED'],
    [5_200, 'REJECTED'],
  ])('A4: after %i ms, as in a process that was stopped for a while: %s', async (commitMs, status) => {
    const now = await recorded({ script: fills(fill(1, 100, 151)) });
    now.journal.commitMs = commitMs;
    const { result } = now.engine.start({ ...ADVISORY, advisoryId: `ADV-${commitMs}` });
    await now.clock.advance(1);
    now.journal.commitMs = 0;
    expect(await now.clock.runUntil(result)).toMatchObject({ status });
  });
});

describe('at the end of the late window', () => {
  const told = [31.96, 31.99].flatMap((at) => [50, 60, 80, 100].map((delayMs) => [at, delayMs] as const));

  it.each(told)('T2 B1: a fill at T = %d s, told %i ms later, is protected', async (at, delayMs) => {
    const script = { ...fills(fill(at, 100, 151)), cancel: 'ignore' } as const;
    const now = await world({ script, faults: latency(delayMs) });
    const result = await execute(now);
    const [protectedAt = 0] = timesOf(now.broker, 'placeProtection');
    expect(['EXECUTED_FULL_LATE', 'FAILED_TIMEOUT']).toContain(result.status);
    expect(result).toMatchObject({ finalPositionSize: '100', finalSl: '147.98', finalTp: '155.53' });
    expect(now.broker.count('placeProtection')).toBe(1);
    expect(protectedAt).toBeLessThanOrEqual(32_000 + 2 * delayMs);
  });

  const foundAfter = async (delayMs: number, at: number) => {
    const script = { ...fills(fill(at, 100, 151)), cancel: 'ignore' } as const;
    const now = await world({ script, faults: { getOrderStatus: { delayMs } } });
    return { now, result: await execute(now) };
  };

  it('T2: what is told by T = 32 s is EXECUTED_FULL_LATE, what is told after is FAILED_TIMEOUT; both are protected', async () => {
    const [inTime, tooLate] = [await foundAfter(50, 31.8), await foundAfter(70, 31.99)];
    expect(inTime.result).toMatchObject({ status: 'EXECUTED_FULL_LATE', finalSl: '147.98' });
    expect(inTime.now.engine.cases.open()).toEqual([]);
    expect(tooLate.result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '100', finalSl: '147.98' });
    expect(tooLate.now.broker.count('placeProtection')).toBe(1);
  });

  // Known to be broken: the chart says that a human looks, and no mismatch is noted. The mark goes when this passes.
  it('T2 M1: a whole fill that is told after T = 32 s opens a case: the caller is told FAILED_TIMEOUT, and holds 100', async () => {
    const { now, result } = await foundAfter(70, 31.99);
    expect(result.reconciliationReport).toMatchObject({ status: 'MISMATCH', requiresManualResolution: true });
    expect(now.engine.cases.open()).toHaveLength(1);
  });
});

describe('a cancel that was taken and forgotten', () => {
  it('K3 T3: is asked for again at T = 30 s, and only then', async () => {
    const now = await world({ script: { cancel: 'ignore' } });
    const { result } = now.engine.start(ADVISORY);
    await now.clock.advance(5_000);
    await set('GLOBAL')(now);
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(timesOf(now.broker, 'cancelOrder')).toEqual([5_000, 30_000]);
  });
});

describe('restarts', () => {
  it.each([0, 1, 10])(
    'T3 T4: an order still open after T = 32 s is cancelled, with commits of %i ms',
    async (commitMs) => {
      const { clock, broker, journal, start } = land();
      const first = await start();
      const { clientOrderId } = first.engine.start(ADVISORY);
      await clock.advance(5_000);
      first.dies();
      await clock.advance(60_000);
      journal.commitMs = commitMs;
      const { engine } = await start();
      expect(await clock.runUntil(engine.execute(ADVISORY))).toMatchObject({ status: 'FAILED_TIMEOUT' });
      expect(broker.count('cancelOrder')).toBe(1);
      expect(broker.count('submitOrder')).toBe(1);
      expect(broker.truth(clientOrderId)?.state).toBe('cancelled');
    },
  );

  it.each([0, 50, 250])(
    'T4 B1: a fill at T = 6 s, found at T = 65 s over %i ms of latency, is protected',
    async (delayMs) => {
      const { clock, broker, start } = land({ script: fills(fill(6, 100, 151)), faults: latency(delayMs) });
      const first = await start();
      first.engine.start(ADVISORY);
      await clock.advance(5_000);
      first.dies();
      await clock.advance(60_000);
      const { engine } = await start();
      const result = await clock.runUntil(engine.execute(ADVISORY));
      expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '100', finalSl: '147.98' });
      expect(broker.count('placeProtection')).toBe(1);
      expect(broker.count('submitOrder')).toBe(1);
    },
  );

  it('T4 T3: recovery does not wait for connect: restarted at T = 28 s, the cancel goes out at T = 30 s', async () => {
    let connects = 0;
    const connect = () => {
      connects += 1;
      return connects > 1 ? { delayMs: 4_500 } : undefined;
    };
    const { clock, broker, start } = land({ faults: { connect } });
    const first = await start();
    first.engine.start(ADVISORY);
    await clock.advance(28_000);
    first.dies();
    const { engine } = await start();
    expect(await clock.runUntil(engine.execute(ADVISORY))).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(timesOf(broker, 'cancelOrder')).toEqual([30_000]);
  });

  it('T4 P7: createEngine on a journal with records resolves at once although getPositions hangs', async () => {
    let hangs = false;
    const getPositions = () => (hangs ? ('hang' as const) : undefined);
    const { clock, start } = land({ script: fills(fill(1, 100, 151)), faults: { getPositions } });
    const first = await start();
    await clock.runUntil(first.engine.execute(ADVISORY));
    await first.engine.close();
    hangs = true;
    const before = clock.monotonic();
    const { engine } = await start();
    expect(clock.monotonic()).toBe(before);
    expect(await engine.execute(ADVISORY)).toMatchObject({ status: 'FILLED' });
    const next = await clock.runUntil(engine.execute(advisory('ADV-B')));
    expect(next).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(clock.monotonic() - before).toBeLessThanOrEqual(10_000);
  });
});
