/**
 * Kill switches (K1–K6): what they stop, what they must not stop, and who may release them.
 */

import fc from 'fast-check';
import type { KillSwitchState, KillSwitchType } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { type SwitchChange, stateFor, withChange } from '../../src/domain/kill-switch.js';
import { expectSafe } from './safety.js';
import { advisory, after, auditEvents, execute, fill, fills, set, told, type World, world } from './support.js';

const at151 = fills(fill(1, 100, 151));
const by = { by: 'ops', reason: 'all clear' };

describe('which switch covers what (K1)', () => {
  const SYMBOLS = ['AAPL', 'MSFT', 'aapl '];
  const change = fc.record({
    type: fc.constantFrom<KillSwitchType>('GLOBAL', 'SYMBOL_LEVEL', 'RISK_LIMIT', 'MANUAL'),
    state: fc.constantFrom<KillSwitchState>('OFF', 'WARNING', 'ACTIVE'),
    target: fc.option(fc.constantFrom(...SYMBOLS), { nil: undefined }),
  });
  const asChange = ({
    type,
    state,
    target,
  }: {
    type: KillSwitchType;
    state: KillSwitchState;
    target: string | undefined;
  }): SwitchChange => {
    const aims = type === 'GLOBAL' ? undefined : type === 'SYMBOL_LEVEL' ? (target ?? 'AAPL') : target;
    return {
      time: '2026-01-01T00:00:00.000Z',
      type,
      state,
      previous: 'OFF',
      reason: 'r',
      durationMs: 0,
      ...(aims !== undefined && { target: aims }),
    };
  };
  const keyOf = ({ type, target }: SwitchChange): string => `${type}:${target?.trim().toUpperCase() ?? ''}`;

  it('the state of a symbol is the most severe of the last states of all switches that cover it [K1]', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), fc.constantFrom(...SYMBOLS, 'TSLA'), (drawn, symbol) => {
        const changes = drawn.map(asChange);
        const last = new Map(changes.map((one) => [keyOf(one), one]));
        const covering = [...last.values()].filter(
          ({ target }) => target === undefined || target.trim().toUpperCase() === symbol.trim().toUpperCase(),
        );
        const severity = ['OFF', 'WARNING', 'ACTIVE'];
        const worst = severity[Math.max(0, ...covering.map(({ state }) => severity.indexOf(state)))];
        expect(stateFor(changes.reduce(withChange, []), symbol)).toBe(worst);
      }),
    );
  });

  it('setting one never changes another [K1]', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), change, (drawn, next) => {
        const switches = drawn.map(asChange).reduce(withChange, []);
        const changed = asChange(next);
        const others = (all: typeof switches) =>
          all.filter((one) => keyOf(one as unknown as SwitchChange) !== keyOf(changed));
        expect(others(withChange(switches, changed))).toEqual(others(switches));
      }),
    );
  });

  it('a target is a target whatever its case and blanks [K1]', async () => {
    const now = await world({ script: at151 });
    await now.engine.killSwitch.set({ type: 'SYMBOL_LEVEL', state: 'ACTIVE', target: ' aapl ', reason: 'a drill' });
    expect(now.engine.killSwitch.isActive('AAPL')).toBe(true);
    expect(now.engine.killSwitch.isActive('AAP')).toBe(false);
    expect(now.engine.killSwitch.isActive()).toBe(false);
    expect(await execute(now)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
  });

  for (const type of ['RISK_LIMIT', 'MANUAL'] as const) {
    it(`${type} without a target covers every symbol; with one, only that [K1]`, async () => {
      const now = await world({ script: at151 });
      await now.engine.killSwitch.set({ type, state: 'ACTIVE', target: 'MSFT', reason: 'a drill' });
      expect([now.engine.killSwitch.isActive('MSFT'), now.engine.killSwitch.isActive('AAPL')]).toEqual([true, false]);
      expect(await execute(now, advisory('ADV-1'))).toMatchObject({ status: 'FILLED' });
      await now.engine.killSwitch.set({ type, state: 'ACTIVE', reason: 'a drill' });
      expect(now.engine.killSwitch.isActive('AAPL')).toBe(true);
      expect(await execute(now, advisory('ADV-2'))).toMatchObject({ status: 'REJECTED' });
    });
  }

  it('WARNING lets executions proceed, and each says so at warning level [K1]', async () => {
    const { now, result } = await told({ script: at151 }, [], advisory('ADV-1'));
    expect(result.killSwitchState).toBe('OFF');
    await set('GLOBAL', undefined, 'WARNING')(now);
    for (const name of ['ADV-2', 'ADV-3'])
      expect(await execute(now, advisory(name))).toMatchObject({ status: 'FILLED', killSwitchState: 'WARNING' });
    const warned = now.lines.filter(({ level, message }) => level === 'warn' && message === 'execution_start');
    expect(warned.map(({ fields }) => fields['advisoryId'])).toEqual(['ADV-2', 'ADV-3']);
  });
});

describe('before the order (K2, K5)', () => {
  it('the gate closes in the turn of the call: an advisory of the same turn is refused [K5 K2]', async () => {
    const now = await world({ script: at151 });
    void set('GLOBAL')(now);
    expect(now.engine.killSwitch.isActive('AAPL')).toBe(true);
    expect(await execute(now)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.broker.count('writes')).toBe(0);
  });

  it('an advisory of the turn before is stopped before its submit call [K5 K2]', async () => {
    const now = await world({ script: at151 });
    const result = now.engine.execute(advisory('ADV-A'));
    void set('GLOBAL')(now);
    expect(await now.clock.runUntil(result)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.broker.count('writes')).toBe(0);
    expect(auditEvents(now, 'ADV-A')).toEqual([
      'execution_start',
      'kill_switch_abort',
      'validation_failed',
      'execution_result',
    ]);
  });
});

describe('while orders are live (K3, K5)', () => {
  for (const [type, target] of [
    ['GLOBAL', undefined],
    ['SYMBOL_LEVEL', 'AAPL'],
    ['MANUAL', undefined],
    ['MANUAL', 'AAPL'],
  ] as const) {
    it(`${type}${target === undefined ? '' : ` ${target}`} cancels at once [K3]`, async () => {
      const { now, result } = await told({ script: {} }, [[5.05, set(type, target)]]);
      expect(result).toMatchObject({
        status: 'CANCELLED',
        reason: 'KILL_SWITCH_ACTIVE',
        killSwitchState: 'ACTIVE',
        totalDurationSeconds: 5.05,
        reconciliationReport: { status: 'MATCHED' },
      });
      expect(now.broker.calls.filter(({ method }) => method === 'cancelOrder').map(({ at }) => at)).toEqual([5_050]);
      expectSafe(now, result);
    });
  }

  for (const [type, target, state] of [
    ['SYMBOL_LEVEL', 'MSFT', 'ACTIVE'],
    ['MANUAL', 'MSFT', 'ACTIVE'],
    ['RISK_LIMIT', undefined, 'ACTIVE'],
    ['GLOBAL', undefined, 'WARNING'],
  ] as const) {
    it(`${type} ${target ?? ''} ${state} does not [K3]`, async () => {
      const { now, result } = await told({ script: fills(fill(9, 100, 151)) }, [[5, set(type, target, state)]]);
      expect(result).toMatchObject({ status: 'FILLED' });
      expect(now.broker.count('cancelOrder')).toBe(0);
    });
  }

  it('released before the cancel is confirmed: the cancel stands [K3 K6]', async () => {
    const { result } = await told({ script: { cancel: 800 } }, [
      [5, set('GLOBAL')],
      [5.2, ({ engine }) => engine.killSwitch.release({ type: 'GLOBAL', ...by })],
    ]);
    expect(result).toMatchObject({ status: 'CANCELLED', killSwitchState: 'ACTIVE' });
  });

  it('from activation to the last cancel is measured: in one turn for all [K5]', async () => {
    const now = await world({ script: {} });
    const all = Promise.all(
      Array.from({ length: 25 }, (_, i) => now.engine.execute(advisory(`ADV-${i}`, { symbol: `S${i}` }))),
    );
    after(now, 5, set('GLOBAL'));
    for (const result of await now.clock.runUntil(all)) expect(result.status).toBe('CANCELLED');
    expect(now.engine.metrics()).toMatchObject({ activationToLastCancelMs: 0, cancels: 25 });
  });

  it('and tells the truth when a submit call was under way [K5 K3]', async () => {
    const { now } = await told({ script: { submit: { delayMs: 700 } } }, [[0.2, set('GLOBAL')]]);
    expect(now.engine.metrics().activationToLastCancelMs).toBe(500);
  });

  it('a slow poll does not hold the cancel up [K3]', async () => {
    const { now } = await told({ script: {}, faults: { getOrderStatus: (call) => (call < 4 ? 'hang' : undefined) } }, [
      [0.5, set('GLOBAL')],
    ]);
    expect(now.broker.calls.find(({ method }) => method === 'cancelOrder')?.at).toBe(500);
  });
});

describe('after the fill (K4, B3)', () => {
  it('the position stays, SL and TP are placed, and the result says so [K4 B3]', async () => {
    const { now, result } = await told({ script: at151, faults: { placeProtection: { delayMs: 900 } } }, [
      [1.5, set('GLOBAL')],
    ]);
    expect(result).toMatchObject({
      status: 'FILLED',
      killSwitchPostFill: true,
      finalSl: '147.98',
      finalTp: '155.53',
      reconciliationReport: { status: 'MATCHED' },
    });
    expect(now.broker.count('cancelOrder')).toBe(0);
    expectSafe(now, result);
  });

  it('a switch that comes after the end changes no result and sends nothing [K4]', async () => {
    const { now, result } = await told({ script: at151 });
    const writes = now.broker.count('writes');
    await set('GLOBAL')(now);
    await now.clock.advance(5_000);
    expect([result.killSwitchPostFill, now.broker.count('writes')]).toEqual([false, writes]);
  });
});

describe('setting and releasing (K6)', () => {
  const refused = { code: 'INVALID_KILL_SWITCH' };
  it.each([
    ['no reason', { type: 'GLOBAL', state: 'ACTIVE', reason: ' ' }],
    ['an unknown type', { type: 'EVERYTHING', state: 'ACTIVE', reason: 'r' }],
    ['an inherited name for a type', { type: 'constructor', state: 'ACTIVE', reason: 'r' }],
    ['an unknown state', { type: 'GLOBAL', state: 'ON', reason: 'r' }],
    ['SYMBOL_LEVEL without a target', { type: 'SYMBOL_LEVEL', state: 'ACTIVE', reason: 'r' }],
    ['a blank target', { type: 'MANUAL', state: 'ACTIVE', target: ' ', reason: 'r' }],
    ['GLOBAL with a target', { type: 'GLOBAL', state: 'ACTIVE', target: 'AAPL', reason: 'r' }],
  ])('%s is refused, and changes nothing [K6]', async (_, change) => {
    const { killSwitch } = (await world()).engine;
    await expect(killSwitch.set(change as Parameters<World['engine']['killSwitch']['set']>[0])).rejects.toMatchObject(
      refused,
    );
    expect([killSwitch.switches, killSwitch.history]).toEqual([[], []]);
  });

  it('a release needs who and why, whichever way it is made [K6]', async () => {
    const now = await world();
    const { killSwitch } = now.engine;
    await set('GLOBAL')(now);
    await expect(killSwitch.release({ type: 'GLOBAL', by: '', reason: 'r' })).rejects.toMatchObject(refused);
    await expect(killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: '' })).rejects.toMatchObject(refused);
    await expect(killSwitch.set({ type: 'GLOBAL', state: 'OFF', reason: 'r' })).rejects.toMatchObject(refused);
    await expect(killSwitch.set({ type: 'GLOBAL', state: 'WARNING', reason: 'r' })).rejects.toMatchObject(refused);
    expect(killSwitch.isActive('AAPL')).toBe(true);
    await killSwitch.set({ type: 'GLOBAL', state: 'WARNING', reason: 'r', by: 'ops' });
    expect(killSwitch.stateFor('AAPL')).toBe('WARNING');
  });

  it('is refused while a case in its scope is open, unless forced with a reason [K6 M2]', async () => {
    const { now } = await told({ script: { ...at151, hides: ['tp'] } });
    const { killSwitch, cases } = now.engine;
    for (const target of ['AAPL', 'MSFT']) await set('SYMBOL_LEVEL', target)(now);
    await set('GLOBAL')(now);
    const stays = { code: 'KILL_SWITCH_RELEASE_REFUSED' };
    await expect(killSwitch.release({ type: 'GLOBAL', ...by })).rejects.toMatchObject(stays);
    await expect(killSwitch.set({ type: 'GLOBAL', state: 'OFF', ...by })).rejects.toMatchObject(stays);
    await expect(killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'aapl', ...by })).rejects.toMatchObject(stays);
    await killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'MSFT', ...by }); // no case there
    await killSwitch.release({ type: 'GLOBAL', ...by, force: true });
    expect(killSwitch.history.at(-1)).toMatchObject({ type: 'GLOBAL', state: 'OFF', forced: true, by: 'ops' });
    await cases.resolve(cases.open()[0]?.caseId ?? '', by);
    await killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'AAPL', ...by });
    expect(killSwitch.isActive('AAPL')).toBe(false);
  });

  it('everything is in the history: time, type, target, states, reason, who, duration [K6]', async () => {
    const now = await world();
    const { killSwitch } = now.engine;
    const heard: unknown[] = [];
    killSwitch.changes$.subscribe((change) => heard.push(change));
    await killSwitch.set({ type: 'SYMBOL_LEVEL', state: 'WARNING', target: 'AAPL', reason: 'odd quotes', by: 'desk' });
    await now.clock.advance(1_500);
    await killSwitch.set({ type: 'SYMBOL_LEVEL', state: 'ACTIVE', target: 'AAPL', reason: 'halted' });
    await now.clock.advance(2_500);
    await killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'AAPL', ...by });
    const own = { type: 'SYMBOL_LEVEL', target: 'AAPL' };
    expect(killSwitch.history).toEqual([
      {
        ...own,
        time: '2026-01-01T00:00:00.000Z',
        previous: 'OFF',
        state: 'WARNING',
        reason: 'odd quotes',
        by: 'desk',
        durationMs: 0,
      },
      {
        ...own,
        time: '2026-01-01T00:00:01.500Z',
        previous: 'WARNING',
        state: 'ACTIVE',
        reason: 'halted',
        durationMs: 1_500,
      },
      {
        ...own,
        time: '2026-01-01T00:00:04.000Z',
        previous: 'ACTIVE',
        state: 'OFF',
        reason: 'all clear',
        by: 'ops',
        durationMs: 2_500,
      },
    ]);
    expect(heard).toEqual(killSwitch.history);
    expect(auditEvents(now)).toEqual(['kill_switch_set', 'kill_switch_set', 'kill_switch_released']);
    expect(killSwitch.switches).toMatchObject([{ ...own, state: 'OFF', since: '2026-01-01T00:00:04.000Z' }]);
  });

  it('setting what is OFF to OFF is no release: there is nothing to guard [K6]', async () => {
    const { killSwitch } = (await world()).engine;
    await killSwitch.set({ type: 'MANUAL', state: 'OFF', reason: 'a drill' });
    expect(killSwitch.stateFor('AAPL')).toBe('OFF');
  });

  it('a released switch lets the next advisory through [K6]', async () => {
    const now = await world({ script: at151 });
    await set('GLOBAL')(now);
    expect(await execute(now, advisory('ADV-1'))).toMatchObject({ status: 'REJECTED' });
    await now.engine.killSwitch.release({ type: 'GLOBAL', ...by });
    expect(await execute(now, advisory('ADV-2'))).toMatchObject({ status: 'FILLED' });
  });
});
