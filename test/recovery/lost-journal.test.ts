/**
 * What the first start without its journal finds of its own accord (A9, M3): not only orders, but what is held.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { scratchFolders } from '../audit/audit.support.js';
import { advisory, fill, fills } from '../stories/support.js';

const newFolder = scratchFolders();

/** A dead engine whose first order was filled after it died, and is not protected, and whose second is still open. */
async function leftBehind(path: string) {
  const clock = virtualClock();
  const script = ({ symbol }: { symbol: string }) => (symbol === 'HELD' ? fills(fill(5, 100, 151)) : {});
  const broker = faultBroker({ clock, openOrders: true, script });
  const first = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
  first.start(advisory('ADV-1', { symbol: 'HELD' }));
  first.start(advisory('ADV-2', { symbol: 'OPEN' }));
  await clock.advance(1_000);
  await first.close();
  await clock.advance(10_000);
  return { clock, broker };
}

const told = (engine: Engine): readonly string[] =>
  engine.cases
    .open()
    .map(({ kind, symbol }) => `${kind} ${symbol}`)
    .sort();

describe('A35 A9 M3: what nobody knows is told at the first start, unasked', () => {
  it('A35: the journal deleted beside its lock: the position that is held without exits has a case', async () => {
    const path = join(newFolder(), 'journal.db');
    const { clock, broker } = await leftBehind(path);
    rmSync(path);
    const engine = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
    await clock.advance(1_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION HELD', 'STRAY_ORDER OPEN']);
    expect(engine.killSwitch.isActive()).toBe(true);
    expect(broker.count('submitOrder')).toBe(2);
    await engine.close();
  });

  it('A35: nothing left on the disk, one order of ours open: what else is held has a case too', async () => {
    const { clock, broker } = await leftBehind(join(newFolder(), 'journal.db'));
    const engine = await createEngine({ clock, broker, journal: memoryJournal(), logger: false });
    await clock.advance(1_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION HELD', 'STRAY_ORDER OPEN']);
    await engine.close();
  });

  it('A35 A9: an order that was on its way when all was compared is told once it can fill no more, unasked', async () => {
    const path = join(newFolder(), 'journal.db');
    const clock = virtualClock();
    const script = ({ symbol }: { symbol: string }) => (symbol === 'LATE' ? fills(fill(20, 100, 151)) : {});
    const broker = faultBroker({ clock, openOrders: true, script });
    const first = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
    first.start(advisory('ADV-1', { symbol: 'LATE' }));
    first.start(advisory('ADV-2', { symbol: 'OPEN' }));
    await clock.advance(1_000);
    await first.close();
    rmSync(path);
    // The venue lists it only when it is too late.
    const getOpenOrders = async (signal: AbortSignal) =>
      ((await broker.getOpenOrders?.(signal)) ?? []).filter(({ symbol }) => symbol !== 'LATE');
    const slow = { ...broker, getOpenOrders };
    const engine = await createEngine({ clock, broker: slow, journal: sqliteJournal({ path }), logger: false });
    await clock.advance(30_000);
    expect(told(engine)).toEqual(['STRAY_ORDER OPEN']);
    await clock.advance(10_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION LATE', 'STRAY_ORDER OPEN']);
    await engine.close();
  });

  /** The first so many calls of a method fail. */
  const failing = (calls: number) => (call: number) => (call <= calls ? ('throw' as const) : undefined);

  it('A35 M4: the look is not answered: nothing is sent, and it is made again for the next advisory', async () => {
    const path = join(newFolder(), 'journal.db');
    const { clock, broker } = await leftBehind(path);
    rmSync(path);
    rmSync(`${path}-lock`);
    let answers = false;
    const sick = {
      ...broker,
      getOpenOrders: async (signal: AbortSignal) => {
        if (!answers) throw new Error('503');
        return broker.getOpenOrders?.(signal) ?? [];
      },
    };
    const engine = await createEngine({ clock, broker: sick, journal: sqliteJournal({ path }), logger: false });
    expect(engine.killSwitch.isActive()).toBe(false);
    const first = await clock.runUntil(engine.execute(advisory('ADV-3')));
    expect(first).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(first.errorMessage).toContain('whether an earlier one is lost is not known');
    answers = true;
    const second = await clock.runUntil(engine.execute(advisory('ADV-4')));
    expect(second).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    await clock.advance(1_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION HELD', 'STRAY_ORDER OPEN']);
    expect(broker.count('submitOrder')).toBe(2);
    await engine.close();
  });

  it('A35 M4: the broker is not there at the start: the look is made before the first order', async () => {
    const path = join(newFolder(), 'journal.db');
    const { clock, broker } = await leftBehind(path);
    rmSync(path);
    rmSync(`${path}-lock`);
    let connects = 0;
    const away = {
      ...broker,
      connect: async () => {
        connects += 1;
        if (connects === 1) throw new Error('refused');
      },
    };
    const engine = await createEngine({ clock, broker: away, journal: sqliteJournal({ path }), logger: false });
    const result = await clock.runUntil(engine.execute(advisory('ADV-3')));
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(broker.count('submitOrder')).toBe(2);
    await engine.close();
  });

  it('A35: a truly new journal: a look that fails once costs the first advisory, and nothing later', async () => {
    const clock = virtualClock();
    const path = join(newFolder(), 'journal.db');
    const faults = { getOpenOrders: failing(2) };
    const broker = faultBroker({ clock, openOrders: true, script: fills(fill(1, 100, 151)), faults });
    const engine = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
    expect((await clock.runUntil(engine.execute(advisory('ADV-1')))).reason).toBe('BROKER_UNAVAILABLE');
    expect((await clock.runUntil(engine.execute(advisory('ADV-2')))).status).toBe('FILLED');
    await engine.close();
  });

  it('A35: a journal that does not outlive the process has nothing to lose: the look holds nothing up', async () => {
    const clock = virtualClock();
    const faults = { getOpenOrders: 'throw' } as const;
    const broker = faultBroker({ clock, openOrders: true, script: fills(fill(1, 100, 151)), faults });
    const engine = await createEngine({ clock, broker, journal: memoryJournal(), logger: false });
    expect((await clock.runUntil(engine.execute(advisory('ADV-1')))).status).toBe('FILLED');
    await engine.close();
  });
});
