/**
 * Switches by every notation of a symbol (K9), and switches that several engines share (K10).
 */
import { createEngine, createKillSwitch, type SnapshotInput } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, execute, fill, fills, type World, world } from './support.js';

const BTC: Partial<SnapshotInput> = { symbol: 'BTC/USDT' };
const notations = { 'BTC/USDT': ['BTC/USDT', 'BTCUSDT'], BTCUSDT: ['BTC/USDT', 'BTCUSDT'] };
const ACTIVE = { state: 'ACTIVE', reason: 'drill', by: 'ann' } as const;

describe('a symbol that the broker knows by other names', () => {
  const onBtc = (now: World, target: string) => now.engine.killSwitch.set({ type: 'SYMBOL_LEVEL', target, ...ACTIVE });

  it('A29 K9 R3: a switch on BTCUSDT refuses BTC/USDT, and names itself', async () => {
    const now = await world({ aliases: notations });
    await onBtc(now, 'btcusdt');
    const result = await execute(now, advisory('B', BTC));
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(result.errorMessage).toContain('SYMBOL_LEVEL btcusdt');
    expect(now.broker.count('submitOrder')).toBe(0);
    expect(now.engine.killSwitch.isActive('BTC/USDT')).toBe(true);
  });

  it('A29 K9 K3: set while the order is live, it cancels it', async () => {
    const now = await world({ aliases: notations });
    now.clock.setTimeout(() => void onBtc(now, 'BTCUSDT'), 2_000);
    expect((await execute(now, advisory('B', BTC))).status).toBe('CANCELLED');
  });

  it('K9: another symbol goes on, and so does the same where no broker knows the other name', async () => {
    const now = await world({ aliases: notations, script: fills(fill(1, 100, 151)) });
    await onBtc(now, 'BTCUSDT');
    expect((await execute(now, ADVISORY)).status).toBe('FILLED');
    const plain = await world({ script: fills(fill(1, 100, 151)) });
    await onBtc(plain, 'BTCUSDT');
    expect((await execute(plain, advisory('B', BTC))).status).toBe('FILLED');
  });

  it('K9: a symbol that nobody knows is set all the same, and said to cover nothing known', async () => {
    const now = await world({ aliases: notations, script: fills(fill(1, 100, 151)) });
    await onBtc(now, 'BTCUSD');
    expect(now.engine.killSwitch.switches[0]).toMatchObject({
      target: 'BTCUSD',
      state: 'ACTIVE',
      coversNothingKnown: true,
    });
    const set = now.engine.executionLogs.find(({ event }) => event === 'kill_switch_set');
    expect(set?.details).toMatchObject({ coversNothingKnown: true });
    await onBtc(now, 'BTCUSDT');
    expect(now.engine.killSwitch.switches[1]).not.toHaveProperty('coversNothingKnown');
  });

  it('K9: at a broker that tells no notations it is set, and a warning says that only this very name is covered', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    const warned = () =>
      now.lines.filter(({ level, message }) => level === 'warn' && /no advisory has named/.test(message));
    await onBtc(now, 'BTCUSD');
    expect(now.engine.killSwitch.switches[0]).toMatchObject({ target: 'BTCUSD', state: 'ACTIVE' });
    expect(warned().map(({ fields }) => fields)).toEqual([{ type: 'SYMBOL_LEVEL', target: 'BTCUSD', state: 'ACTIVE' }]);
    // The negative control: an advisory has named it.
    expect((await execute(now, ADVISORY)).status).toBe('FILLED');
    await now.engine.killSwitch.set({ type: 'SYMBOL_LEVEL', target: 'AAPL', state: 'ACTIVE', reason: 'halt' });
    expect(warned()).toHaveLength(1);
    await now.engine.killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'BTCUSD', by: 'ops', reason: 'misspelt' });
    expect(warned()).toHaveLength(1);
  });

  it('K9: a list of names that throws, or is none, stops nothing', async () => {
    for (const aliases of [() => undefined, () => [1, null], () => assertNever()]) {
      const wrap = (broker: object) => Object.assign(Object.create(broker), { aliases });
      const now = await world({ wrap, script: fills(fill(1, 100, 151)) });
      await onBtc(now, 'BTCUSDT');
      expect((await execute(now, ADVISORY)).status).toBe('FILLED');
    }
  });
});

function assertNever(): never {
  throw new Error('no names');
}

describe('switches that engines share', () => {
  async function two() {
    const clock = virtualClock();
    const killSwitch = await createKillSwitch({ clock, logger: false });
    const one = await world({ clock, engine: { killSwitch } });
    const other = await world({ clock, engine: { killSwitch } });
    return { clock, killSwitch, one, other };
  }

  it('A21 K10: GLOBAL on one engine stops the other, before submission and while an order is live', async () => {
    const { clock, one, other } = await two();
    const live = other.engine.start(advisory('LIVE'));
    await clock.advance(2_000);
    expect(live.stage).not.toBe('COMPLETED');
    await one.engine.killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    expect(other.engine.killSwitch.isActive()).toBe(true);
    expect((await clock.runUntil(live.result)).status).toBe('CANCELLED');
    expect((await execute(other, advisory('NEW'))).reason).toBe('KILL_SWITCH_ACTIVE');
    for (const { engine } of [one, other])
      expect(engine.executionLogs.some(({ event }) => event === 'kill_switch_set')).toBe(true);
  });

  it('A21 K10: without sharing, the other trades on', async () => {
    const clock = virtualClock();
    const one = await world({ clock });
    const other = await world({ clock, script: fills(fill(1, 100, 151)) });
    await one.engine.killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    expect((await execute(other)).status).toBe('FILLED');
  });

  it('K10: usable without an engine; set through it, it stops both; released, both go on', async () => {
    const { killSwitch, one, other } = await two();
    await killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    for (const [name, now] of [['A', one] as const, ['B', other] as const])
      expect((await execute(now, advisory(name))).status).toBe('REJECTED');
    await killSwitch.release({ type: 'GLOBAL', by: 'ann', reason: 'over' });
    expect([one, other].map(({ engine }) => engine.killSwitch.isActive())).toEqual([false, false]);
  });

  it('K7 K10: kept in a journal of its own, and found again', async () => {
    const clock = virtualClock();
    const journal = memoryJournal();
    const first = await createKillSwitch({ clock, journal, logger: false });
    await first.set({ type: 'SYMBOL_LEVEL', target: 'AAPL', ...ACTIVE });
    await first.close();
    const again = await createKillSwitch({ clock, journal, logger: false });
    expect(again.stateFor('AAPL')).toBe('ACTIVE');
    expect(again.stateFor('MSFT')).toBe('OFF');
  });

  it('K7 K10: what the journal of an engine knows as ACTIVE stays so after a restart, unless released since', async () => {
    const clock = virtualClock();
    const journal = memoryJournal();
    const before = await world({ clock, engine: { journal } });
    await before.engine.killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    await before.engine.close();
    const killSwitch = await createKillSwitch({ clock, logger: false });
    const after = await world({ clock, engine: { journal, killSwitch } });
    expect([killSwitch.isActive(), after.engine.killSwitch.isActive()]).toEqual([true, true]);
    await after.engine.close();
    await clock.advance(1_000);
    await killSwitch.release({ type: 'GLOBAL', by: 'ann', reason: 'over' });
    await world({ clock, engine: { journal, killSwitch } });
    expect(killSwitch.isActive()).toBe(false);
  });

  it('K10 A19: an engine that closes leaves them alone, and gives no way to close them', async () => {
    const { killSwitch, one, other } = await two();
    expect(one.engine.killSwitch).not.toHaveProperty('close');
    await expect(killSwitch.close()).rejects.toThrow('2 engines use these switches');
    await one.engine.close();
    await killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    expect(other.engine.killSwitch.isActive()).toBe(true);
    await other.engine.close();
    await killSwitch.close();
    await expect(killSwitch.set({ type: 'GLOBAL', ...ACTIVE })).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
  });

  it('K6 K10: a case of any engine keeps a switch in its scope from being released', async () => {
    const clock = virtualClock();
    const killSwitch = await createKillSwitch({ clock, logger: false });
    await world({ clock, engine: { killSwitch } });
    const other = await world({ clock, engine: { killSwitch }, script: fills(fill(1, 40, 151)) });
    await execute(other);
    expect(other.engine.cases.open().length).toBeGreaterThan(0);
    await killSwitch.set({ type: 'GLOBAL', ...ACTIVE });
    const released = killSwitch.release({ type: 'GLOBAL', by: 'ann', reason: 'over' });
    await expect(released).rejects.toMatchObject({ code: 'KILL_SWITCH_RELEASE_REFUSED' });
  });

  it('E8 K10: nothing else is taken as switches', async () => {
    const clock = virtualClock();
    const own = await world({ clock });
    const options = {
      broker: faultBroker({ clock }),
      clock,
      logger: false,
      killSwitch: own.engine.killSwitch,
    } as const;
    await expect(createEngine(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(createKillSwitch({ clok: clock } as never)).rejects.toThrow('clok');
  });
});
