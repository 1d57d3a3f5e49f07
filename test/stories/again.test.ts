/**
 * An advisory once more, on purpose: only when nothing ever left the process (E1).
 */
import { createEngine } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { replayExecution } from '../../src/journal/replay.js';
import { ADVISORY, advisory, execute, fill, fills, set, world } from './support.js';

const at151 = fills(fill(1, 100, 151));
const again = { again: true };

describe('execute(…, { again: true }) (E1)', () => {
  it('E1: a rejected advisory runs once more, with the same clientOrderId; without `again` it keeps its result', async () => {
    const now = await world({ script: at151 });
    const { engine, clock } = now;
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'drill' });
    const first = await execute(now);
    const { clientOrderId } = engine.start(ADVISORY);
    await engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    expect(await execute(now)).toBe(first);
    const second = await clock.runUntil(engine.execute(ADVISORY, again));
    expect(second).toMatchObject({ status: 'FILLED', clientOrderId });
    expect(await clock.runUntil(engine.execute(ADVISORY, again))).toBe(second);
    expect(now.broker.count('submitOrder')).toBe(1);
    expect(engine.executions()).toHaveLength(1);
  });

  it.each([
    ['FAILED', { script: { submit: { kind: 'rejected', code: 'NO', reason: 'no' } } }],
    ['FAILED_TIMEOUT', { script: {} }],
    ['FILLED', { script: at151 }],
  ] as const)('E1: %s keeps its result for ever', async (status, setting) => {
    const now = await world(setting);
    const first = await execute(now);
    expect(first.status).toBe(status);
    expect(await now.clock.runUntil(now.engine.execute(ADVISORY, again))).toBe(first);
    expect(now.broker.count('submitOrder')).toBe(1);
  });

  it('E1: a running one is not begun again, nor twice at once, and another snapshot is a conflict', async () => {
    const now = await world({ script: at151 });
    const { engine, clock } = now;
    const first = engine.start(ADVISORY);
    expect(engine.start(ADVISORY, again)).toBe(first);
    await clock.runUntil(first.result);
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'drill' });
    await clock.runUntil(engine.execute(advisory('B')));
    await engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    const other = await clock.runUntil(engine.execute({ ...ADVISORY, positionSize: '1' }, again));
    expect(other.reason).toBe('ADVISORY_CONFLICT');
    const [one, two] = [engine.start(advisory('B'), again), engine.start(advisory('B'), again)];
    expect(one).toBe(two);
    await clock.runUntil(one.result);
    expect(now.broker.count('submitOrder')).toBe(2);
  });

  it('E1 A3 A6: the journal keeps both runs; a restart and a replay know the last one', async () => {
    const clock = virtualClock();
    const kept = memoryJournal();
    const journal = { ...kept, close: async () => undefined };
    const broker = faultBroker({ clock, script: at151 });
    const open = () => clock.runUntil(createEngine({ broker, clock, journal, logger: false }));
    const first = await open();
    await first.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'drill' });
    await clock.runUntil(first.execute(ADVISORY));
    await first.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    const result = await clock.runUntil(first.execute(ADVISORY, again));
    await clock.runUntil(first.close());
    const records = await kept.open();
    expect(records.filter(({ stream, fact }) => stream === 'execution' && fact.type === 'START')).toHaveLength(2);
    const replay = replayExecution(records, 'ADV-A');
    expect([replay?.verdict, replay?.result]).toEqual(['equal', result]);
    const second = await open();
    expect(await clock.runUntil(second.execute(ADVISORY))).toEqual(result);
    expect(await clock.runUntil(second.execute(ADVISORY, again))).toEqual(result);
    expect(broker.count('submitOrder')).toBe(1);
    await clock.runUntil(second.close());
  });

  it('E1 A6: a restart in the middle of the second run goes on with the second run', async () => {
    const clock = virtualClock();
    const kept = memoryJournal();
    const journal = { ...kept, close: async () => undefined };
    const broker = faultBroker({ clock, script: fills(fill(5, 100, 151)) });
    const open = () => clock.runUntil(createEngine({ broker, clock, journal, logger: false }));
    const first = await open();
    await set('GLOBAL')({ engine: first } as never);
    await clock.runUntil(first.execute(ADVISORY));
    await first.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    first.execute(ADVISORY, again).catch(() => undefined);
    await clock.advance(1_000);
    await clock.runUntil(first.close());
    const second = await open();
    expect((await clock.runUntil(second.execute(ADVISORY))).status).toBe('FILLED');
    expect(broker.count('submitOrder')).toBe(1);
    await clock.runUntil(second.close());
  });
});
