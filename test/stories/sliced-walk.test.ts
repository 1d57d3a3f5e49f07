/**
 * A kill switch that is told to very many executions in slices: as if all had been told at once, and nobody waits for it.
 */
import type { Clock } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { inSlices } from '../../src/actors/next-turn.js';
import { slicedWalk } from '../../src/actors/sliced-walk.js';
import { virtualClock } from '../../src/testing/virtual-clock.js';
import { type SlowClock, slowClock } from './slow-clock.js';
import { advisory, type World, world } from './support.js';

const told = (clock: Clock) => {
  const walk = slicedWalk<string>(clock);
  const heard: string[] = [];
  const tell = (change: string) => (item: string) => void heard.push(`${item} ${change}`);
  return { walk, heard, tell };
};

describe('a walk in slices', () => {
  it('K5: tells all in the turn of the call where no time passes', () => {
    const { walk, heard, tell } = told(virtualClock());
    void walk.begin(['a', 'b', 'c'], tell('ON'));
    expect(heard).toEqual(['a ON', 'b ON', 'c ON']);
    expect(walk.underWay).toBeUndefined();
  });

  it('K5: gives the turn back when the slice is over, and tells the rest in order; a later change comes after', async () => {
    const clock = slowClock();
    clock.count(true);
    const { walk, heard, tell } = told(clock);
    const items = Array.from({ length: 40 }, (_, index) => `${index}`);
    const first = walk.begin(items, tell('ON'));
    expect(heard.length).toBeLessThan(5);
    const second = walk.begin(items, tell('OFF'));
    await clock.advance(1_000);
    await Promise.all([first, second]);
    expect(heard).toEqual([...items.map((item) => `${item} ON`), ...items.map((item) => `${item} OFF`)]);
    expect(walk.underWay).toBeUndefined();
  });

  it('who is about to hear of something else is told before, of each change once and in order', async () => {
    const clock = slowClock();
    clock.count(true);
    const { walk, heard, tell } = told(clock);
    const items = Array.from({ length: 40 }, (_, index) => `${index}`);
    void walk.begin(items, tell('ON'));
    void walk.begin(items, tell('OFF'));
    heard.length = 0;
    walk.catchUp('39');
    walk.catchUp('39');
    expect(heard).toEqual(['39 ON', '39 OFF']);
    await clock.advance(1_000);
    expect(heard.filter((one) => one.startsWith('39 '))).toEqual(['39 ON', '39 OFF']);
  });
});

describe('an answer on very many orders', () => {
  it('P2: is looked at in slices, each row once and in order, and others have their turn in between', async () => {
    const clock = slowClock();
    clock.count(true);
    const seen: number[] = [];
    const between: number[] = [];
    const rows = Array.from({ length: 60 }, (_, index) => index);
    const looked = inSlices(clock, rows, (row) => void seen.push(row));
    clock.setTimeout(() => between.push(seen.length), 0);
    await clock.advance(1_000);
    await looked;
    expect(seen).toEqual(rows);
    expect(between[0]).toBeLessThan(rows.length);
  });

  it('P2: is looked at in the turn of the answer where no time passes', () => {
    const seen: number[] = [];
    void inSlices(virtualClock(), [1, 2, 3], (row) => void seen.push(row));
    expect(seen).toEqual([1, 2, 3]);
  });
});

describe('GLOBAL with many orders in flight, told in slices', () => {
  const MANY = 60;

  async function inFlight(): Promise<{ readonly now: World; readonly clock: SlowClock }> {
    const clock = slowClock();
    const now = await world({ clock, script: {} });
    for (let index = 0; index < MANY; index += 1) {
      now.engine.start(advisory(`ADV-${index}`, { symbol: `S${index}` })).result.catch(() => undefined);
    }
    await now.clock.advance(2_000);
    return { now, clock };
  }

  it('K3 K5: the gate is closed when `set` returns, the cancels follow, each order gets one, and all are CANCELLED', async () => {
    const { now, clock } = await inFlight();
    clock.count(true);
    const setting = now.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'now' });
    expect(now.engine.killSwitch.isActive('S1')).toBe(true);
    expect(now.broker.count('cancelOrder')).toBeLessThan(MANY);
    clock.count(false);
    await now.clock.advance(3_000);
    await setting;
    expect(now.broker.count('cancelOrder')).toBe(MANY);
    const all = now.engine.executions();
    expect(all.every(({ result }) => result?.status === 'CANCELLED')).toBe(true);
  });
});
