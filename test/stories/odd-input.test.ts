/**
 * Input that nobody should hand over, and somebody will: what is said of it, and that none opens a gate or hides a fill.
 */
import { createEngine, type EngineOptions, freezeSnapshot, type SnapshotInput, snapshotHash } from 'fillchart';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import { ADVISORY, advisory, execute, fill, fills, type Setting, type World, world } from './support.js';

const frozen = (changes: object) => freezeSnapshot({ ...ADVISORY, ...changes } as SnapshotInput);

type Question = 'instrument' | 'getPositions';

/** A broker whose answer to one question is made from the true one. */
const answering =
  (
    question: Question,
    made: (truth: unknown, broker: { readonly submits: number }) => unknown,
  ): NonNullable<Setting['wrap']> =>
  (broker) =>
    new Proxy<BrokerAdapter>(broker, {
      get(target, name) {
        const found: unknown = Reflect.get(target, name);
        if (name !== question || typeof found !== 'function') return found;
        return async (...given: unknown[]) =>
          made(await found.apply(target, given), { submits: broker.count('submitOrder') });
      },
    });

const filled = fills(fill(1, 100, 151));

describe('advisories', () => {
  it.each([
    [{ a: Number.NaN }, 'reasoningContext.a is NaN;'],
    [{ a: { b: [1, new Date(0)] } }, 'reasoningContext.a.b[1] is an instance of Date;'],
    [{ a: [1, () => 1] }, 'reasoningContext.a[1] is a function;'],
    [{ a: [2 ** 53] }, 'reasoningContext.a[0] is 9007199254740992;'],
    [{ a: new Map() }, 'reasoningContext.a is an instance of Map;'],
    [{ a: 1n }, 'reasoningContext.a is 1;'],
  ])('R1.3: of a context that JSON cannot write, the place and the value are named: %#', (reasoningContext, words) => {
    expect(() => frozen({ reasoningContext })).toThrow(words);
  });

  it('R1.3: a cycle is named by where it becomes too deep', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a'] = cycle;
    expect(() => frozen({ reasoningContext: cycle })).toThrow(
      /^reasoningContext\.a\.a.* is nested deeper than 64 levels/,
    );
  });

  it('R1.3: an invalid Date is called one', () => {
    expect(() => frozen({ expirationTimestamp: new Date(Number.NaN) })).toThrow(
      'expirationTimestamp is an invalid Date',
    );
  });

  it('R1.1 R1.2: a time beyond the year 9999 is read again as it was written', () => {
    const once = frozen({ expirationTimestamp: new Date(8.64e15) });
    const again = freezeSnapshot(JSON.parse(JSON.stringify(once)) as SnapshotInput);
    expect(snapshotHash(again)).toBe(snapshotHash(once));
    expect(() => frozen({ expirationTimestamp: '+002030-01-01T00:00:00Z' })).toThrow('expirationTimestamp is "+002030');
  });

  it('R1.2: an advisory hashes alike before and after it is frozen, however its decimals are written', () => {
    const raw = { ...ADVISORY, positionSize: '1e2', side: undefined };
    expect(snapshotHash(raw as never)).toBe(snapshotHash(freezeSnapshot(ADVISORY)));
    expect(snapshotHash({ ...raw, positionSize: '101' } as never)).not.toBe(snapshotHash(freezeSnapshot(ADVISORY)));
  });
});

describe('answers of a broker', () => {
  it('V9: a word where true or false belongs is no answer, and nothing is bought', async () => {
    const wrap = answering('instrument', (truth) => ({ ...(truth as object), tradable: 'false' }));
    const now = await world({ script: filled, wrap });
    expect(await execute(now)).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(now.broker.count('submitOrder')).toBe(0);
  });

  it.each([[null], [{}], [{ size: '100' }]])(
    'M4 R6.3: a position row without a symbol is not read as none: %j',
    async (row) => {
      const wrap = answering('getPositions', (truth, { submits }) => (submits === 0 ? truth : [row]));
      const { reconciliationReport } = await execute(await world({ script: filled, wrap }));
      expect(reconciliationReport?.mismatches.map(({ kind }) => kind)).toEqual(['QUERY_FAILED']);
    },
  );

  it('M4 S2: nor is it a baseline', async () => {
    const now = await world({ script: filled, wrap: answering('getPositions', () => [{}]) });
    expect(await execute(now)).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
  });

  it('P11 M4: a sweep rounds a position of 31 decimals, as an execution does', async () => {
    const long = { symbol: 'MSFT', size: `5.${'3'.repeat(31)}` };
    const now = await world({ wrap: answering('getPositions', () => [long]) });
    const { failures } = await now.clock.runUntil(now.engine.sweep());
    expect(failures).toEqual([]);
    expect(now.engine.cases.open().map(({ symbol, kind }) => [symbol, kind])).toEqual([['MSFT', 'PHANTOM_POSITION']]);
  });
});

describe('kill switches', () => {
  const active = { state: 'ACTIVE', reason: 'drill', by: 'ann' } as const;
  const onDuty = async (): Promise<World['engine']['killSwitch']> => (await world()).engine.killSwitch;

  it('K6 K10: a release with its target under a wrong name releases nothing', async () => {
    const killSwitch = await onDuty();
    await killSwitch.set({ type: 'MANUAL', ...active });
    const wrong = { type: 'MANUAL', traget: 'AAPL', by: 'ann', reason: 'AAPL only' } as const;
    await expect(killSwitch.release(wrong)).rejects.toThrow('release has no field traget; did you mean "target"?');
    expect(killSwitch.isActive('MSFT')).toBe(true);
  });

  it('K6: a release may be made from a switch as it is shown', async () => {
    const killSwitch = await onDuty();
    await killSwitch.set({ type: 'SYMBOL_LEVEL', target: 'AAPL', ...active });
    for (const shown of killSwitch.switches) await killSwitch.release({ ...shown, by: 'ann', reason: 'over' });
    expect(killSwitch.isActive('AAPL')).toBe(false);
  });

  it('K5 K6: a field too many never holds back what raises a switch; what lowers one is refused by name', async () => {
    const killSwitch = await onDuty();
    await killSwitch.set({ type: 'MANUAL', ...active, until: 'noon' } as never);
    expect(killSwitch.isActive('MSFT')).toBe(true);
    const lowered = killSwitch.set({ type: 'MANUAL', ...active, state: 'OFF', until: 'noon' } as never);
    await expect(lowered).rejects.toThrow('set has no field until; known are type, state, target, reason, by.');
    await expect(killSwitch.release(undefined as never)).rejects.toThrow('change is undefined; accepted is an object');
    expect(killSwitch.isActive('MSFT')).toBe(true);
  });

  it('K1: whoever asks without a symbol asks about all; what is no text is refused by name', async () => {
    const killSwitch = await onDuty();
    await killSwitch.set({ type: 'GLOBAL', ...active });
    expect(killSwitch.isActive(null as never)).toBe(true);
    expect(() => killSwitch.isActive(5 as never)).toThrow('symbol is 5; accepted is a symbol, or nothing.');
    expect(() => killSwitch.stateFor({} as never)).toThrow('symbol is {}');
  });
});

describe('options', () => {
  const clock = virtualClock();
  const create = (options: object) =>
    createEngine({ broker: faultBroker({ clock }), clock, logger: false, ...options } as EngineOptions);

  it.each([
    [{ broker: undefined }, 'broker is undefined; accepted is an object with instrument, '],
    [{ limits: 5 }, 'limits is 5; accepted is an object.'],
    [{ deadlines: [] }, 'deadlines is []; accepted is an object.'],
    [{ logger: {} }, 'logger.debug is undefined; accepted is a function.'],
    [{ logger: true }, 'logger is true; accepted is an object with debug, info, warn, error.'],
    [{ clock: { ...clock, monotonic: () => Number.NaN } }, 'clock.monotonic() is NaN; accepted is a time in ms.'],
  ])('E8: the option itself is named: %#', async (options, words) => {
    await expect(create(options)).rejects.toThrow(words);
  });

  it('E1 E8: again takes true or false alone', async () => {
    const now = await world({ script: filled });
    expect(() => now.engine.start(advisory('B'), { again: 'false' as never })).toThrow(
      'again is "false"; accepted is true or false.',
    );
  });
});
