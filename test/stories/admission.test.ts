/**
 * Any number handed in: so many side by side, the rest waits, and a kill switch takes hold at once (E4).
 */
import { createEngine } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { advisory, execute, fill, fills, type Setting, set, type World, world } from './support.js';

const at151 = fills(fill(1, 100, 151));

async function handIn(
  count: number,
  setting: Setting,
  differs = (_n: number) => ({}),
): Promise<World & { ended: string[] }> {
  const now = await world(setting);
  const ended: string[] = [];
  for (let n = 0; n < count; n += 1)
    void now.engine.execute(advisory(`A-${n}`, { symbol: `S${n}`, ...differs(n) })).then(
      ({ status }) => ended.push(status),
      () => ended.push('closed'),
    );
  return { ...now, ended };
}

describe('maxConcurrent (A3 E4)', () => {
  it('A3 E4: never more than maxConcurrent run, all run in the end, and each has its whole time', async () => {
    const now = await handIn(100, { script: at151, engine: { maxConcurrent: 7 } });
    let most = 0;
    while (now.ended.length < 100) {
      most = Math.max(most, now.engine.metrics().live);
      await now.clock.advance(100);
    }
    expect(most).toBe(7);
    expect(new Set(now.ended)).toEqual(new Set(['FILLED']));
    expect(now.engine.metrics()).toMatchObject({ live: 0, waiting: 0 });
  });

  it('E4: the default is 1,000', async () => {
    const now = await handIn(1_050, { script: {} });
    await now.clock.advance(500);
    expect(now.engine.metrics()).toMatchObject({ live: 1_000, waiting: 50 });
    await now.clock.runUntil(now.engine.close());
  });

  it('E4: what waits is cheap: no record, no call, no timer of its own; and it can be seen', async () => {
    const now = await handIn(500, { script: {}, engine: { maxConcurrent: 1 } });
    await now.clock.advance(100);
    expect(now.broker.count('submitOrder')).toBe(1);
    expect(now.engine.metrics().waiting).toBe(499);
    expect(now.engine.executionLogs.filter(({ event }) => event === 'execution_start')).toHaveLength(1);
    expect(now.clock.pendingTimers).toBeLessThan(10);
    expect(now.engine.execution('A-499')?.stage).toBe('VALIDATING');
    expect(now.engine.executions()).toHaveLength(500);
    await now.clock.runUntil(now.engine.close());
    expect(now.ended).toHaveLength(500);
  });

  it('E4 K2: GLOBAL refuses all that wait at once, whatever runs; no order leaves after it', async () => {
    const now = await handIn(2_000, { script: {}, engine: { maxConcurrent: 10 } });
    await now.clock.advance(500);
    await set('GLOBAL')(now);
    const submits = now.broker.count('submitOrder');
    await now.clock.advance(500);
    expect(now.ended.filter((status) => status === 'REJECTED')).toHaveLength(1_990);
    expect(now.broker.count('submitOrder')).toBe(submits);
  });

  it('E4 K2: a switch on a symbol refuses its advisories alone', async () => {
    const differs = (n: number) => ({ symbol: n % 2 === 0 ? 'EVEN' : 'ODD' });
    const now = await handIn(200, { script: {}, engine: { maxConcurrent: 2 } }, differs);
    await now.clock.advance(500);
    await set('SYMBOL_LEVEL', 'ODD')(now);
    await now.clock.advance(500);
    expect(now.ended.filter((status) => status === 'REJECTED')).toHaveLength(99);
    await now.clock.runUntil(now.engine.close());
  });

  it('E1 E4: the same advisory while it waits is the same execution; another snapshot is a conflict', async () => {
    const now = await world({ script: at151, engine: { maxConcurrent: 1 } });
    now.engine.start(advisory('FIRST'));
    const waiting = now.engine.start(advisory('B'));
    const stages: string[] = [];
    waiting.stage$.subscribe((stage) => stages.push(stage));
    expect(now.engine.start(advisory('B'))).toBe(waiting);
    const conflict = now.engine.execute(advisory('B', { positionSize: '1' }));
    expect((await now.clock.runUntil(waiting.result)).status).toBe('FILLED');
    expect((await now.clock.runUntil(conflict)).reason).toBe('ADVISORY_CONFLICT');
    expect(now.engine.start(advisory('B'))).toBe(waiting);
    expect(stages).toEqual(['VALIDATING', 'SUBMITTED', 'PENDING', 'FILLED']);
    expect(now.broker.count('submitOrder')).toBe(2);
  });

  it('E4 A44: close() rejects what waits, says that nothing was sent, and the journal knows nothing of it', async () => {
    const clock = virtualClock();
    const kept = memoryJournal();
    const broker = faultBroker({ clock, script: {} });
    const engine = await clock.runUntil(
      createEngine({ broker, clock, journal: kept, logger: false, maxConcurrent: 1 }),
    );
    engine.execute(advisory('A')).catch(() => undefined);
    const waiting = engine.execute(advisory('B'));
    waiting.catch(() => undefined);
    await clock.runUntil(engine.close());
    await expect(waiting).rejects.toMatchObject({
      code: 'ENGINE_CLOSED',
      message: expect.stringContaining('nothing was sent'),
    });
  });
});

describe('capacity (E4)', () => {
  const budget = (carried: { lives: number }): Setting => ({
    script: at151,
    wrap: (broker) => ({ ...broker, capacity: (inFlight: number) => carried.lives - inFlight }),
  });

  it('E4: no more are let in than the rate budget carries, counted in the same turn', async () => {
    const now = await handIn(30, budget({ lives: 3 }));
    let most = 0;
    while (now.ended.length < 30) {
      most = Math.max(most, now.engine.metrics().live);
      await now.clock.advance(100);
    }
    expect(most).toBe(3);
    expect(new Set(now.ended)).toEqual(new Set(['FILLED']));
  });

  it('E4: without any capacity for a minute the refusal says so in its own code; when there is some again, the next one runs', async () => {
    const carried = { lives: 0 };
    const now = await world(budget(carried));
    const result = await execute(now, advisory('A'));
    expect([result.status, result.reason]).toEqual(['REJECTED', 'CAPACITY_EXHAUSTED']);
    expect(now.broker.count('instrument')).toBe(0);
    const waiting = now.engine.execute(advisory('B'));
    await now.clock.advance(5_000);
    carried.lives = 1;
    expect((await now.clock.runUntil(waiting)).status).toBe('FILLED');
  });

  it('E4: an adapter whose answer throws, or is none, is not waited for', async () => {
    for (const capacity of [
      () => Number.NaN,
      () => {
        throw new Error('no');
      },
    ]) {
      const now = await world({ script: at151, wrap: (broker) => ({ ...broker, capacity }) });
      expect((await execute(now)).status).toBe('FILLED');
    }
  });
});
