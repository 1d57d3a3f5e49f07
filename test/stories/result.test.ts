/**
 * The result (E1–E3): one execution an advisory, frozen, and thrown for misuse alone.
 */
import { createEngine, FillchartError, freezeSnapshot } from 'fillchart';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { expectSafe } from './safety.js';
import { ADVISORY, advisory, after, execute, fill, fills, told, world } from './support.js';

const at151 = fills(fill(1, 100, 151));
/** What a decimal of a result looks like. */
const CANONICAL = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;

describe('the same advisory again (E1)', () => {
  it('while it runs: the very same execution, and one order [E1 S1]', async () => {
    const now = await world({ script: at151 });
    const first = now.engine.start(ADVISORY);
    await now.clock.advance(500);
    const second = now.engine.start({ ...ADVISORY });
    expect(second).toBe(first);
    expect(now.engine.execution('ADV-A')).toBe(first);
    await now.clock.runUntil(first.result);
    expect(now.broker.count('submitOrder')).toBe(1);
  });

  it('when it is done: the very same result, frozen or raw, however its numbers are written [E1 R1.2]', async () => {
    const { now, result } = await told({ script: at151 });
    await now.clock.advance(3_600_000); // it has expired meanwhile: no matter
    for (const again of [
      ADVISORY,
      freezeSnapshot(ADVISORY),
      { ...ADVISORY, positionSize: 100, referencePrice: '150.00' },
    ]) {
      expect(await execute(now, again)).toBe(result);
    }
    expect(now.broker.count('submitOrder')).toBe(1);
    expect(now.engine.executions()).toHaveLength(1);
  });

  it('a refusal is a result like any other: the same advisory stays refused [E1]', async () => {
    const now = await world({ script: at151 });
    await now.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });
    const refused = await execute(now, ADVISORY);
    await now.engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' });
    expect(await execute(now, ADVISORY)).toBe(refused);
    expect(await execute(now, advisory('ADV-B'))).toMatchObject({ status: 'FILLED' });
  });

  it('the same id, another hash: REJECTED, ADVISORY_CONFLICT, and the first goes on [E1]', async () => {
    const now = await world({ script: at151 });
    const first = now.engine.execute(ADVISORY);
    await now.clock.advance(100);
    const conflict = await execute(now, { ...ADVISORY, positionSize: 101 });
    expect(conflict).toMatchObject({ status: 'REJECTED', reason: 'ADVISORY_CONFLICT', advisoryId: 'ADV-A' });
    expect(conflict.errorMessage).toContain('"ADV-A"');
    const result = await now.clock.runUntil(first);
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
    expect(await execute(now, { ...ADVISORY, htfBias: 'up' })).toMatchObject({ reason: 'ADVISORY_CONFLICT' });
    expect(now.engine.executions()).toHaveLength(1);
    expectSafe(now, result);
  });

  it('an unreadable advisory takes no id: the corrected one is executed [E1 R1.3]', async () => {
    const now = await world({ script: at151 });
    expect(await execute(now, { ...ADVISORY, positionSize: 'many' })).toMatchObject({ status: 'REJECTED' });
    expect(await execute(now, ADVISORY)).toMatchObject({ status: 'FILLED' });
  });

  it('clientOrderId is a pure function of id and hash, and fits every broker [S1]', async () => {
    const ids = await Promise.all(
      ['x'.repeat(64), 'Ä №7', 'ADV-A'].map(async (name) => {
        const { result } = await told({ script: at151 }, [], advisory(name));
        const again = await told({ script: at151 }, [], advisory(name));
        expect(again.result.clientOrderId).toBe(result.clientOrderId);
        return result.clientOrderId ?? '';
      }),
    );
    for (const id of ids) expect(`${id}-sl`).toMatch(/^[A-Za-z0-9-]{1,36}$/);
    expect(new Set(ids).size).toBe(3);
  });
});

describe('the result', () => {
  it('carries everything of a filled execution, decimals canonical [§8]', async () => {
    const { now, result } = await told({ script: at151 });
    expect(result).toEqual({
      advisoryId: 'ADV-A',
      snapshotHash: now.engine.execution('ADV-A')?.actor.getSnapshot().context.snapshotHash,
      status: 'FILLED',
      finalOrderId: 'B-1',
      clientOrderId: now.engine.execution('ADV-A')?.clientOrderId,
      finalFillPrice: '151',
      finalPositionSize: '100',
      finalSl: '147.98',
      finalTp: '155.53',
      slippagePct: '0.67',
      slippageBps: '66.6667',
      totalDurationSeconds: 1,
      nakedWindowMs: 0,
      killSwitchState: 'OFF',
      killSwitchPostFill: false,
      attempts: [
        { attempt: 1, startedAt: '2026-01-01T00:00:00.000Z', durationMs: 0, outcome: 'accepted', brokerOrderId: 'B-1' },
      ],
      reconciliationReport: result.reconciliationReport,
    });
    for (const value of [result.finalFillPrice, result.finalSl, result.finalTp, result.slippagePct, result.slippageBps])
      expect(value).toMatch(CANONICAL);
  });

  it('a fill of many digits stays exact [R2]', async () => {
    const { result } = await told({ script: fills(fill(1, 33, '150.1'), fill(2, 67, '150.2')) });
    expect(result.finalFillPrice).toBe('150.167');
  });

  it('is frozen, all the way down [E1]', async () => {
    const { result } = await told({ script: at151 });
    for (const target of [
      result,
      result.attempts,
      result.attempts[0],
      result.reconciliationReport,
      result.reconciliationReport?.mismatches,
    ]) {
      expect(() => Object.assign(target ?? {}, { x: 1, 0: 1 })).toThrow(TypeError);
    }
  });

  it('nothing is claimed that did not happen [§8]', async () => {
    const { result } = await told({ script: {} });
    expect(Object.keys(result)).toEqual(
      expect.not.arrayContaining([
        'finalFillPrice',
        'finalSl',
        'finalTp',
        'slippagePct',
        'slippageBps',
        'nakedWindowMs',
      ]),
    );
    expect(result).toMatchObject({ finalPositionSize: '0', reason: 'FILL_TIMEOUT' });
  });

  it('the stages are told in order, and end with the status [P4]', async () => {
    const now = await world({ script: fills(fill(1, 40, 151), fill(2, 60, 151)) });
    const execution = now.engine.start(ADVISORY);
    const stages: string[] = [];
    let completed = false;
    execution.stage$.subscribe({
      next: (stage) => stages.push(stage),
      complete: () => {
        completed = true;
      },
    });
    await now.clock.runUntil(execution.result);
    expect(stages).toEqual(['VALIDATING', 'SUBMITTED', 'PENDING', 'PARTIALLY_FILLED', 'FILLED']);
    expect([completed, execution.stage]).toEqual([true, 'FILLED']);
  });

  it('a list shows each, live and done [§8]', async () => {
    const now = await world({ script: at151 });
    const running = now.engine.execute(ADVISORY);
    await now.clock.advance(400);
    expect(now.engine.executions()).toMatchObject([
      { advisoryId: 'ADV-A', state: 'pending.open', stage: 'PENDING', cumQty: '0', t: 400 },
    ]);
    await now.clock.runUntil(running);
    expect(now.engine.executions()).toMatchObject([
      { state: 'done', stage: 'FILLED', cumQty: '100', avgPrice: '151', t: 1_000, result: { status: 'FILLED' } },
    ]);
  });
});

describe('misuse throws, and nothing else does (E1, E2)', () => {
  it('a closed engine: start throws, execute rejects, twice closed is closed once [§8]', async () => {
    const now = await world({ script: at151 });
    await now.clock.runUntil(now.engine.close());
    await now.clock.runUntil(now.engine.close());
    expect(() => now.engine.start(ADVISORY)).toThrow(FillchartError);
    await expect(now.engine.execute(ADVISORY)).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    expect(now.broker.count('writes')).toBe(0);
  });

  it('a closed engine resolves no case: the next one must know of it [M2]', async () => {
    const now = await world({ script: { ...at151, positionShown: '50' } });
    await execute(now);
    const [found] = now.engine.cases.open();
    await now.clock.runUntil(now.engine.close());
    const resolved = now.engine.cases.resolve(found?.caseId ?? '', { by: 'ops', reason: 'seen' });
    await expect(resolved).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    expect(now.engine.cases.open()).toEqual([found]);
  });

  it('closing waits as long as it is told to for what is live [§8]', async () => {
    const now = await world({ script: at151 });
    const running = now.engine.execute(ADVISORY);
    await now.clock.runUntil(now.engine.close({ drainMs: 60_000 }));
    expect(await running).toMatchObject({ status: 'FILLED' });
  });

  it('what is still live then rejects, and says where it is [§8]', async () => {
    const now = await world({ script: {} });
    const running = now.engine.execute(ADVISORY);
    const rejected = expect(running).rejects.toMatchObject({ code: 'ENGINE_CLOSED' });
    await now.clock.advance(1_000);
    await now.clock.runUntil(now.engine.close({ drainMs: 2_000 }));
    await rejected;
  });

  for (const [text, at] of [
    ['while the broker is asked', 1],
    ['while the submit call is under way', 4],
    ['while the order is live', 8],
  ] as const) {
    it(`closed ${text}: nothing leaves the process afterwards [A4 K5]`, async () => {
      const now = await world({ script: { submit: { delayMs: 3_000 } }, faults: { instrument: { delayMs: 3_000 } } });
      now.engine.start(ADVISORY).result.catch(() => undefined);
      await now.clock.advance(at * 1_000);
      await now.clock.runUntil(now.engine.close());
      const calls = now.broker.calls.length;
      await now.clock.advance(120_000);
      expect(now.broker.calls.slice(calls).map(({ method }) => method)).toEqual([]);
      expect(now.clock.pendingTimers).toBe(0);
    });
  }

  it.each([
    ['no broker', {}],
    ['half a broker', { broker: { name: 'half', capabilities: {} } }],
    ['a poll interval of 0', { pollIntervalMs: 0 }],
    ['a poll interval of NaN', { pollIntervalMs: Number.NaN }],
    ['an unknown policy', { onMismatch: 'ignore' }],
    ['a deadline beyond the window', { deadlines: { cancelMs: 60_000 } }],
  ])('%s is refused when the engine is made [INVALID_OPTION]', async (text, options) => {
    const clock = virtualClock();
    const base = text.endsWith('broker') ? {} : { broker: faultBroker({ clock }) };
    await expect(
      createEngine({ ...base, clock, logger: false, ...options } as unknown as Parameters<typeof createEngine>[0]),
    ).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it("an execution outlives the throw of another's caller [E2]", async () => {
    const now = await world({ script: at151 });
    after(now, 0.5, ({ engine }) => {
      void engine.execute(null as unknown as typeof ADVISORY);
    });
    expect(await execute(now)).toMatchObject({ status: 'FILLED' });
  });
});
