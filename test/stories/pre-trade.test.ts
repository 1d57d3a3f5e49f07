/**
 * The host program's veto, asked before each submit call (G2, V11): whatever it does but agree, nothing is sent.
 */
import type { PreTrade } from 'fillchart';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, after, execute, fill, fills, type Setting, type World, world } from './support.js';

const FILLED = fills(fill(1, 100, 151));
const submits = ({ broker }: World): number => broker.count('submitOrder');

describe("the host program's veto (G2 V11)", () => {
  const vetoed = (preTrade: unknown, setting: Setting = {}) =>
    world({ script: FILLED, ...setting, engine: { preTrade: preTrade as PreTrade } });

  it('G2 V11: a reason refuses, in its own words, and nothing is sent', async () => {
    const now = await vetoed(() => 'not on a Friday');
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'PRE_TRADE_VETO', attempts: [] });
    expect(result.errorMessage).toContain('not on a Friday');
    expect(submits(now)).toBe(0);
  });

  it('G2: it is told the frozen snapshot and what adds up, once for each submit call', async () => {
    const told: Parameters<PreTrade>[] = [];
    const busy = { kind: 'not_sent', reason: 'no line' } as const;
    const now = await vetoed((...given: Parameters<PreTrade>) => void told.push(given), { script: { submit: busy } });
    after(now, 0.3, ({ engine }) => engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'enough' }));
    await execute(now);
    expect(told.map(([, { attempt, submitsLastMinute }]) => [attempt, submitsLastMinute])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(told[0]?.[1]).toMatchObject({ liveExecutions: 0, openNotional: '0', dailyLoss: '0' });
    expect(told.every(([snapshot, context]) => Object.isFrozen(snapshot) && Object.isFrozen(context))).toBe(true);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('my database is away');
      },
      'my database is away',
    ],
    ['returns a promise', async () => undefined, 'in the same turn'],
    ['returns a promise that fails', () => Promise.reject(new Error('late')), 'in the same turn'],
    ['returns true', () => true, 'in the same turn'],
    ['returns null', () => null, 'in the same turn'],
  ])('G2: one that %s refuses', async (_how, preTrade, words) => {
    const result = await execute(await vetoed(preTrade));
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'PRE_TRADE_VETO' });
    expect(result.errorMessage).toContain(words);
  });

  it('G2 E6 K2: it sets a switch and agrees: the gate is looked at after it, and nothing is sent', async () => {
    let now: World | undefined;
    now = await vetoed(() => {
      void now?.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'from within' });
    });
    expect((await execute(now)).reason).toBe('KILL_SWITCH_ACTIVE');
    expect(submits(now)).toBe(0);
  });

  it('G2 V1: it takes so long that the advisory expires: nothing is sent', async () => {
    const clock = virtualClock();
    const now = await vetoed(() => void clock.stepWall(2 * 3_600_000), { clock });
    expect((await execute(now, ADVISORY)).reason).toBe('ADVISORY_EXPIRED');
    expect(submits(now)).toBe(0);
  });

  it('G2: a control: one that agrees changes nothing', async () => {
    expect((await execute(await vetoed(() => undefined))).status).toBe('FILLED');
  });
});
