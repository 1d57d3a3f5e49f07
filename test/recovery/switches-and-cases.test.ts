/**
 * Kill switches and cases across restarts (K7, M2), and the gate that closes when the record cannot be trusted (K7, A5).
 */

import fc from 'fast-check';
import type { Engine } from 'fillchart';
import { type JournalRecord, verifyChain } from 'fillchart';
import { describe, expect, it, vi } from 'vitest';
import { ADVISORY, at, earth, executed, fill, recoveredAs, type Setting } from './support.js';

const global = { type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill', by: 'ops' } as const;

/** What somebody did, then a death at the very moment, and the next engine. */
async function afterwards(acts: (engine: Engine) => Promise<unknown>, setting: Setting = {}) {
  const now = earth(setting);
  const first = await now.start();
  await acts(first.engine);
  first.process.kill();
  await now.clock.advance(5_000);
  const second = await now.start();
  return { now, first: first.engine, second: second.engine, life: second };
}

describe('switches', () => {
  it('K7: each switch is as it was, with reason, person and history', async () => {
    const { first, second } = await afterwards(async ({ killSwitch }) => {
      await killSwitch.set({ type: 'SYMBOL_LEVEL', target: 'AAPL', state: 'ACTIVE', reason: 'halt', by: 'ann' });
      await killSwitch.set({ type: 'RISK_LIMIT', state: 'WARNING', reason: 'close to the limit' });
      await killSwitch.set(global);
      await killSwitch.release({ type: 'GLOBAL', by: 'bob', reason: 'the drill is over' });
    });
    expect(second.killSwitch.switches).toEqual(first.killSwitch.switches);
    expect(second.killSwitch.history).toEqual(first.killSwitch.history);
    expect(second.killSwitch.stateFor('AAPL')).toBe('ACTIVE');
    expect(second.killSwitch.stateFor('MSFT')).toBe('WARNING');
  });

  it('K7 K2: what was ACTIVE refuses after the restart as before', async () => {
    const { now, life } = await afterwards(({ killSwitch }) => killSwitch.set(global));
    expect(await executed(now, life)).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.count('submitOrder')).toBe(0);
  });

  it('K3 K7: the switch was durable and no execution was told: the cancel goes out after the restart', async () => {
    const now = earth({ plan: { fills: [] } });
    const first = await now.start(at('commit', 'KILL_SWITCH'));
    now.clock.setTimeout(() => first.engine.killSwitch.set(global), 5_000);
    await executed(now, first);
    expect(now.disk.records.at(-1)?.stream).toBe('kill-switch');
    const second = await now.start();
    expect(await executed(now, second)).toMatchObject({ status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.count('cancelOrder')).toBe(1);
  });

  it('K1 K7: a RISK_LIMIT that was set cancels nothing after a restart either', async () => {
    const now = earth({ plan: { fills: [fill(10)] } });
    const first = await now.start(at('call', 'getOrderStatus', 30));
    now.clock.setTimeout(() => first.engine.killSwitch.set({ ...global, type: 'RISK_LIMIT' }), 1_000);
    await executed(now, first);
    const second = await now.start();
    expect(await executed(now, second)).toMatchObject({ status: 'FILLED', killSwitchPostFill: true });
    expect(now.count('cancelOrder')).toBe(0);
  });
});

describe('cases', () => {
  const short = { plan: { fills: [fill(1, 40)] } };

  it('M2 K7: an open case is open, blocks its symbol, and is closed by a person only', async () => {
    const now = earth(short);
    const first = await now.start();
    await executed(now, first);
    first.process.kill();
    const second = await now.start();
    expect(second.engine.cases.open()).toEqual(first.engine.cases.open());
    const next = { ...ADVISORY, advisoryId: 'ADV-B' };
    expect(await executed(now, second, next)).toMatchObject({ reason: 'UNRESOLVED_MISMATCH' });
    const [open] = second.engine.cases.open();
    await second.engine.cases.resolve(open?.caseId ?? '', { by: 'ann', reason: 'looked at' });
    second.process.kill();
    const third = await now.start();
    expect(third.engine.cases.open()).toEqual([]);
    expect(third.engine.cases.all()).toEqual(second.engine.cases.all());
  });

  it('M1 A6: the verdict was durable and its case was not: the case is opened after the restart', async () => {
    const now = earth(short);
    await executed(now, await now.start(at('commit', 'CASE_OPENED')));
    expect(now.disk.records.at(-1)?.fact.type).toBe('RECONCILED');
    const second = await now.start();
    expect(second.engine.cases.open()).toMatchObject([{ symbol: 'AAPL', advisoryId: 'ADV-A' }]);
    expect(await executed(now, second)).toMatchObject({ status: 'FAILED_TIMEOUT' });
    second.process.kill();
    const third = await now.start();
    expect(third.engine.cases.all(), 'once').toEqual(second.engine.cases.all());
  });
});

describe('a journal that cannot be trusted', () => {
  it('K7: it cannot be read: the engine starts with GLOBAL ACTIVE, says why, and sends nothing', async () => {
    const now = earth();
    await executed(now, await now.start());
    now.disk.unreadableBecause = 'disk I/O error';
    const life = await now.start();
    expect(life.engine.killSwitch.switches).toMatchObject([
      { type: 'GLOBAL', state: 'ACTIVE', reason: expect.stringContaining('disk I/O error') },
    ]);
    expect(await executed(now, life, { ...ADVISORY, advisoryId: 'ADV-B' })).toMatchObject({ status: 'REJECTED' });
    expect(now.count('submitOrder')).toBe(1);
  });

  it('A5 K7: a record was changed: GLOBAL ACTIVE, and the record is named', async () => {
    const now = earth();
    await executed(now, await now.start());
    tamper(now.disk.records, 3, (record) => ({ ...record, at: record.at + 1 }));
    const { engine } = await now.start();
    expect(engine.killSwitch.isActive('AAPL')).toBe(true);
    expect(engine.killSwitch.switches[0]?.reason).toMatch(/record 4/);
  });

  it('A5 K7: the gate stays closed although GLOBAL was set and released in that very journal', async () => {
    const now = earth();
    const first = await now.start();
    await first.engine.killSwitch.set(global);
    await first.engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    first.process.kill();
    tamper(now.disk.records, 0, (record) => ({ ...record, wall: '2026-01-01T00:00:00.001Z' }));
    const { engine } = await now.start();
    expect(engine.killSwitch.stateFor('AAPL')).toBe('ACTIVE');
    expect(engine.killSwitch.history.map(({ state }) => state)).toEqual(['ACTIVE', 'OFF', 'ACTIVE']);
  });

  it('A5 K7: whatever is changed, missing or cut in a record, the engine starts, gate closed, and sends nothing', async () => {
    // The chart's library warns of events after the end, which only a spoilt record can bring about.
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const whole = earth({ plan: { fills: [] } });
    const first = await whole.start(at('committed', 'CANCEL_OUTCOME'));
    await executed(whole, first);
    const { records } = whole.disk;
    const spoils: readonly ((record: JournalRecord) => unknown)[] = [
      (record) => ({ ...record, fact: {} }),
      (record) => ({ ...record, fact: null }),
      (record) => ({ ...record, fact: { type: record.fact.type } }),
      (record) => ({ ...record, fact: { type: 'NONSENSE' } }),
      (record) => ({ ...record, audit: null }),
      (record) => ({ ...record, stream: 'unheard-of' }),
      (record) => ({ ...record, stream: 'case' }),
      (record) => ({ ...record, stream: 'kill-switch' }),
      (record) => ({ ...record, at: 'soon' }),
      () => ({}),
      () => null,
    ];
    const spoilt = fc.record({ index: fc.nat(records.length - 1), spoil: fc.constantFrom(...spoils) });
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ index, spoil }) => {
        const now = earth();
        now.disk.records.push(...records);
        tamper(now.disk.records, index, spoil);
        const { engine } = await now.start();
        await now.clock.advance(60_000);
        expect(engine.killSwitch.isActive('AAPL')).toBe(true);
        expect(now.count('submitOrder')).toBe(0);
      }),
      { numRuns: 120, seed: 4 },
    );
    vi.restoreAllMocks();
  });

  it('A6: `recovered` says what was done, and why is on record', async () => {
    const now = earth({ plan: { fills: [fill(5)] } });
    await executed(now, await now.start(at('call', 'getOrderStatus', 4)));
    const second = await now.start();
    await executed(now, second);
    expect(recoveredAs(second.engine)).toEqual([
      { from: 'pending', to: 'pending', actions: ['scheduleDeadline', 'watchOrder'] },
    ]);
    expect(verifyChain(now.disk.records)).toMatchObject({ ok: true });
  });
});

function tamper(records: JournalRecord[], index: number, spoil: (record: JournalRecord) => unknown): void {
  const record = records[index];
  if (record === undefined) throw new Error(`there is no record ${index}`);
  records[index] = spoil(record) as JournalRecord;
}
