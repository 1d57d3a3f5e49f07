/**
 * Cases (M): what stops a symbol after a mismatch, and who lets it go on. V7, B2.
 */
import { describe, expect, it } from 'vitest';
import { expectSafe } from './safety.js';
import { ADVISORY, advisory, auditEvents, execute, fill, fills, push, told, type World, world } from './support.js';

const at151 = fills(fill(1, 100, 151));
const withoutSl = { ...at151, hides: ['sl'] } as const;
const by = { by: 'desk', reason: 'looked at, position is right' };
/** AAPL loses its SL; every other symbol is well. */
const aaplOnly = (order: { readonly symbol: string }) => (order.symbol === 'AAPL' ? withoutSl : at151);
const openCaseId = ({ engine }: World): string => engine.cases.open()[0]?.caseId ?? '';

describe('what an open case does to new executions (M1, V7)', () => {
  const another = advisory('ADV-2');
  const elsewhere = advisory('ADV-3', { symbol: 'MSFT' });
  const blocked = { status: 'REJECTED', reason: 'UNRESOLVED_MISMATCH' };
  const table = [
    ['halt-symbol', blocked, { status: 'FILLED' }],
    ['halt-all', blocked, blocked],
    ['report-only', { status: 'FILLED' }, { status: 'FILLED' }],
  ] as const;

  for (const [onMismatch, inSymbol, inAnother] of table) {
    it(`${onMismatch}: the symbol ${inSymbol.status}, another ${inAnother.status} [M1 V7]`, async () => {
      const now = await world({ script: aaplOnly, engine: { onMismatch } });
      expect(await execute(now, advisory('ADV-1'))).toMatchObject({
        status: 'FILLED',
        reconciliationReport: { requiresManualResolution: true },
      });
      expect(await execute(now, another)).toMatchObject(inSymbol);
      expect(await execute(now, elsewhere)).toMatchObject(inAnother);
      expect(now.engine.cases.all().length).toBeGreaterThan(0);
    });
  }

  it('halt-symbol is the default [M1]', async () => {
    const { now } = await told({ script: withoutSl });
    expect(await execute(now, another)).toMatchObject({
      ...blocked,
      errorMessage: `Case ${openCaseId(now)} is open and covers "AAPL"; resolve it, then send a new advisory.`,
    });
    expect(await execute(now, advisory('ADV-4', { symbol: 'aapl' }))).toMatchObject(blocked);
  });

  it('V7 comes before V8, and after the fields [V]', async () => {
    const { now } = await told({ script: withoutSl });
    await now.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });
    expect(await execute(now, another)).toMatchObject(blocked);
    expect(await execute(now, advisory('ADV-5', { positionSize: -1 }))).toMatchObject({
      reason: 'INVALID_POSITION_SIZE',
    });
  });

  it('orders that are live already go on [M1]', async () => {
    const now = await world({
      script: ({ quantity }) =>
        quantity === '7' ? { ...fills(fill(1, 7, 151)), positionShown: '2' } : fills(fill(9, 100, 151)),
    });
    const all = Promise.all([
      now.engine.execute(advisory('ADV-1', { positionSize: 7 })),
      now.engine.execute(advisory('ADV-2')),
    ]);
    const [, live] = await now.clock.runUntil(all);
    expect(live).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
  });
});

describe('resolving (M2)', () => {
  it('a case is closed by a person with a reason, and the symbol trades again [M2]', async () => {
    const { now } = await told({ script: withoutSl });
    const caseId = openCaseId(now);
    await now.clock.advance(5_000);
    await now.engine.cases.resolve(caseId, by);
    expect(now.engine.cases.open()).toEqual([]);
    expect(now.engine.cases.all()).toMatchObject([
      { caseId, kind: 'MISSING_SL_TP', resolution: { ...by, at: '2026-01-01T00:00:06.000Z' } },
    ]);
    expect(auditEvents(now).at(-1)).toBe('case_resolved');
    expect(await execute(now, advisory('ADV-2'))).not.toMatchObject({ status: 'REJECTED' });
  });

  it('who and why are needed, and the case must be open [M2]', async () => {
    const { now } = await told({ script: withoutSl });
    const { cases } = now.engine;
    const caseId = openCaseId(now);
    await expect(cases.resolve(caseId, { by: '', reason: 'r' })).rejects.toMatchObject({ code: 'INVALID_RESOLUTION' });
    await expect(cases.resolve(caseId, { by: 'desk', reason: ' ' })).rejects.toMatchObject({
      code: 'INVALID_RESOLUTION',
    });
    await expect(cases.resolve('case-99', by)).rejects.toMatchObject({ code: 'UNKNOWN_CASE' });
    await cases.resolve(caseId, by);
    await expect(cases.resolve(caseId, by)).rejects.toMatchObject({ code: 'UNKNOWN_CASE' });
  });

  it('nothing closes itself: neither time nor a later match [M2]', async () => {
    const now = await world({ script: aaplOnly });
    await execute(now, ADVISORY);
    await now.clock.advance(3_600_000);
    await execute(now, advisory('ADV-2', { symbol: 'MSFT' }));
    expect(now.engine.cases.open()).toHaveLength(1);
  });

  it('the case of one symbol is not closed with that of another [M2]', async () => {
    const now = await world({ script: withoutSl });
    for (const symbol of ['AAPL', 'MSFT']) await execute(now, advisory(`ADV-${symbol}`, { symbol }));
    await now.engine.cases.resolve(openCaseId(now), by);
    expect(now.engine.cases.open()).toMatchObject([{ symbol: 'MSFT' }]);
  });
});

describe('what opens a case (M1, B2, R6.4)', () => {
  it('a matched execution opens none [M1]', async () => {
    const { now } = await told({ script: at151 });
    expect(now.engine.cases.all()).toEqual([]);
  });

  it('the case is durable before the result is told [A4 M1]', async () => {
    const { now } = await told({ script: withoutSl });
    const events = auditEvents(now);
    expect(events.slice(-3)).toEqual(['reconciliation', 'execution_result', 'case_opened']);
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'MISSING_SL_TP', symbol: 'AAPL', advisoryId: 'ADV-A' }]);
  });

  it('an unprotected position is alarmed at error level, at once [B2]', async () => {
    const refused = { kind: 'rejected', code: 'NO', reason: 'no stops today' } as const;
    const { now, result } = await told({
      script: { ...at151, protection: { stopLoss: refused, takeProfit: refused } },
    });
    expect(result).toMatchObject({
      status: 'FILLED',
      reconciliationReport: { status: 'MISSING_SL_TP', requiresManualResolution: true },
    });
    const alarms = now.lines.filter(({ level }) => level === 'error').map(({ message }) => message);
    expect(alarms).toEqual(expect.arrayContaining(['protection_failed', 'case_opened']));
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'UNPROTECTED_POSITION' }]);
    expectSafe(now, result);
  });

  it('one case an execution: what is found later is added to it, once [M1]', async () => {
    const refused = { kind: 'rejected', code: 'NO', reason: 'no stops today' } as const;
    const { now } = await told({ script: { ...at151, protection: { stopLoss: refused, takeProfit: refused } } });
    for (const filledSize of ['150', '150']) push({ filledSize })(now);
    await now.clock.advance(1);
    const kinds = now.engine.cases.all().map(({ mismatches }) => mismatches.map(({ kind }) => kind));
    expect(kinds).toEqual([['UNPROTECTED_POSITION', 'MISSING_SL', 'MISSING_TP', 'STRAY_FILL']]);
  });

  it('what is found after a case was resolved opens another [M1 M2]', async () => {
    const { now } = await told({ script: withoutSl });
    await now.engine.cases.resolve(openCaseId(now), by);
    push({ filledSize: '150' })(now);
    await now.clock.advance(1);
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'STRAY_FILL' }]);
    expect(new Set(now.engine.cases.all().map(({ caseId }) => caseId)).size).toBe(2);
  });
});
