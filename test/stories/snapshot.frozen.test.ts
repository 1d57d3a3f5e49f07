/**
 * A snapshot is frozen, and has one canonical form.
 */
import fc from 'fast-check';
import { freezeSnapshot, SnapshotError, type SnapshotInput, snapshotHash } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/domain/decimal.js';
import { at151, caught, FULL, raw } from './snapshot.support.js';
import { ADVISORY, advisory, execute, world } from './support.js';

const hashOf = (differs: object = {}): string => snapshotHash(freezeSnapshot(raw(differs)));

describe('frozen (R1.1)', () => {
  it('deep: writing to it throws, at every depth [R1.1]', () => {
    const frozen = freezeSnapshot(FULL);
    const write = (target: object | undefined, key: string) => () => Object.assign(target ?? {}, { [key]: 'changed' });
    const context = frozen.reasoningContext as
      | { nested: { deep: readonly object[] }; tags: readonly string[] }
      | undefined;
    for (const target of [
      frozen,
      context,
      context?.nested,
      context?.nested.deep,
      context?.nested.deep[1],
      context?.tags,
    ]) {
      expect(Object.isFrozen(target)).toBe(true);
      expect(write(target, 'positionSize')).toThrow(TypeError);
    }
  });

  it("the caller's object may be changed afterwards [R1.1]", async () => {
    const expires = new Date('2026-01-01T01:00:00Z');
    const mine = { ...FULL, expirationTimestamp: expires, reasoningContext: { list: [1, 2] } };
    const now = await world({ script: at151 });
    const execution = now.engine.start(mine);
    const hash = snapshotHash(execution.snapshot);
    Object.assign(mine, { positionSize: '9', symbol: 'XXX', side: 'sell' });
    mine.reasoningContext.list.push(3);
    expires.setTime(0);
    const result = await now.clock.runUntil(execution.result);
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '100', snapshotHash: hash });
    expect(execution.snapshot).toMatchObject({
      symbol: 'AAPL',
      reasoningContext: { list: [1, 2] },
      expirationTimestamp: '2026-01-01T01:00:00.000Z',
    });
  });

  it('a frozen snapshot is taken as it is, a copy of one is read again [R1.1]', () => {
    const frozen = freezeSnapshot(FULL);
    expect(freezeSnapshot(frozen)).toBe(frozen);
    expect(freezeSnapshot({ ...frozen })).toEqual(frozen);
    expect(caught(() => freezeSnapshot({ ...frozen, positionSize: 'x' } as unknown as SnapshotInput))).toBeInstanceOf(
      SnapshotError,
    );
  });

  it('no prototype is polluted, and none is read [R1.1]', () => {
    const evil = JSON.parse(JSON.stringify(FULL).replace('{', '{"__proto__":{"side":"sell"},')) as SnapshotInput;
    expect(caught(() => freezeSnapshot(evil))).toMatchObject({ code: 'UNKNOWN_FIELD', field: '__proto__' });
    const inside = freezeSnapshot(
      raw({ reasoningContext: JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') }),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(inside.reasoningContext ?? {})).toEqual(['__proto__', 'constructor']);
    expect(caught(() => freezeSnapshot(Object.create(FULL) as SnapshotInput))).toBeInstanceOf(SnapshotError);
    const polluted = Object.prototype as Record<string, unknown>;
    polluted['htfBias'] = 'polluted';
    try {
      expect(Object.keys(freezeSnapshot(ADVISORY))).not.toContain('htfBias');
    } finally {
      Reflect.deleteProperty(polluted, 'htfBias');
    }
  });
});

describe('canonical (R1.1, R1.2)', () => {
  it.each([
    [0.1, '0.1'],
    ['0.10', '0.1'],
    ['.1', '0.1'],
    ['1e-1', '0.1'],
    ['+00.100', '0.1'],
    [1e21, '1000000000000000000000'],
    [5e-7, '0.0000005'],
    ['-0', '0'],
    [150n, '150'],
    ['1E+2', '100'],
  ])('%s is %s [R1.1]', (value, canonical) => {
    expect(parseDecimal(value)).toBe(canonical);
  });

  it('however a decimal is written, it hashes alike [R1.1 R1.2]', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 ** 9 }),
        fc.integer({ min: 0, max: 6 }),
        fc.nat({ max: 5 }),
        (digits, places, zeros) => {
          const whole = String(digits).padStart(places + 1, '0');
          const plain = places === 0 ? whole : `${whole.slice(0, -places)}.${whole.slice(-places)}`;
          const padded = `${'0'.repeat(zeros)}${plain}${plain.includes('.') ? '0'.repeat(zeros) : ''}`;
          const hashes = [plain, padded, `+${plain}`, `${digits}e-${places}`].map((positionSize) =>
            hashOf({ positionSize }),
          );
          expect(new Set(hashes).size).toBe(1);
        },
      ),
    );
  });

  it('the order of keys, the form of the time and an absent side do not matter [R1.2]', () => {
    const reversed = Object.fromEntries(Object.entries(FULL).reverse()) as unknown as SnapshotInput;
    expect(snapshotHash(freezeSnapshot(reversed))).toBe(hashOf());
    expect(hashOf({ expirationTimestamp: '2026-01-01T02:00:00+01:00' })).toBe(hashOf());
    expect(hashOf({ side: undefined })).toBe(hashOf());
    expect(hashOf({ reasoningContext: { nested: { deep: [1, { x: null }] }, tags: ['a', 'b'], score: 0.5 } })).toBe(
      hashOf(),
    );
  });

  const anyText = fc.string({ maxLength: 12 });
  const anyDecimal = fc.integer({ min: -(10 ** 6), max: 10 ** 6 }).map((n) => String(n / 1_000));
  const anyTime = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    advisoryId: anyText,
    symbol: anyText,
    side: fc.constantFrom('buy', 'sell'),
    referencePrice: anyDecimal,
    slOffsetPct: anyDecimal,
    tpOffsetPct: anyDecimal,
    positionSize: anyDecimal,
    expirationTimestamp: anyTime,
    createdAt: fc.option(anyTime, { nil: undefined }),
    htfBias: fc.option(anyText, { nil: undefined }),
    reasoningMode: fc.option(anyText, { nil: undefined }),
    reasoningContext: fc.option(
      fc.dictionary(
        fc.string({ maxLength: 4 }),
        fc.oneof(fc.integer(), anyText, fc.array(fc.boolean(), { maxLength: 2 })),
        { maxKeys: 3 },
      ),
      { nil: undefined },
    ),
  };

  it.each(Object.keys(fields))('%s: hashes differ if and only if the field differs [R1.2]', (field) => {
    const values = fields[field] ?? fc.constant(undefined);
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [one, other] = [freezeSnapshot(raw({ [field]: a })), freezeSnapshot(raw({ [field]: b }))];
        const member = (of: typeof one) => JSON.stringify(sorted((of as unknown as Record<string, unknown>)[field]));
        expect(snapshotHash(one) === snapshotHash(other)).toBe(member(one) === member(other));
      }),
      { numRuns: 60 },
    );
  });

  it('it is 64 hex digits, and a time finer than a millisecond counts [R1.2]', () => {
    expect(hashOf()).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf({ createdAt: '2026-01-01T00:00:00.0001Z' })).not.toBe(
      hashOf({ createdAt: '2026-01-01T00:00:00.0002Z' }),
    );
  });

  it('the hash is in every audit record of the execution [R1.2]', async () => {
    const now = await world({ script: at151 });
    const result = await execute(now, advisory('ADV-A'));
    const own = now.engine.executionLogs.filter(({ advisoryId }) => advisoryId === 'ADV-A');
    expect(own.length).toBeGreaterThan(5);
    expect(new Set(own.map((record) => record.snapshotHash))).toEqual(new Set([result.snapshotHash]));
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)]);
}
