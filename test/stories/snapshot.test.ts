/**
 * The snapshot (R1): what is accepted, what is refused with which code, and that it never changes.
 */

import fc from 'fast-check';
import { freezeSnapshot, SnapshotError, type SnapshotInput, snapshotHash } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../src/domain/decimal.js';
import { ADVISORY, advisory, execute, fill, fills, told, world } from './support.js';

/** Every field filled in. */
const FULL: SnapshotInput = {
  ...ADVISORY,
  createdAt: '2025-12-31T23:00:00Z',
  htfBias: 'bullish',
  reasoningMode: 'trend',
  reasoningContext: { score: 0.5, tags: ['a', 'b'], nested: { deep: [1, { x: null }] } },
};
const raw = (differs: object): SnapshotInput => ({ ...FULL, ...differs }) as SnapshotInput;
const hashOf = (differs: object = {}): string => snapshotHash(freezeSnapshot(raw(differs)));
const at151 = fills(fill(1, 100, 151));

/** What cannot be read at all: thrown by `freezeSnapshot`, and a refusal by `execute`. */
const UNREADABLE: readonly (readonly [string, object, string, string])[] = [
  ...['referencePrice', 'slOffsetPct', 'tpOffsetPct', 'positionSize'].flatMap((field) => {
    const code =
      {
        referencePrice: 'INVALID_REFERENCE_PRICE',
        slOffsetPct: 'INVALID_SL_OFFSET',
        tpOffsetPct: 'INVALID_TP_OFFSET',
        positionSize: 'INVALID_POSITION_SIZE',
      }[field] ?? '';
    const values = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      'NaN',
      '-Infinity',
      '',
      ' ',
      '1,5',
      '0x10',
      '1e31',
      '1e-31',
      '1e999',
      'abc',
      '--1',
      '1 2',
      null,
      undefined,
      true,
      {},
      [],
      [1],
      new Date(0),
      Symbol('x'),
      () => 1,
    ];
    return values.map(
      (value) =>
        [
          `${field} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
          { [field]: value },
          field,
          code,
        ] as const,
    );
  }),
  ...[
    '2030-01-01',
    '2030-01-01T00:00:00',
    'tomorrow',
    '2030-02-30T00:00:00Z',
    '2030-01-01T25:00:00Z',
    '+275760-09-13T00:00:00.001Z',
    '+275760-09-13T00:00:00-01:00',
    '-271821-04-20T00:00:00+01:00',
    '',
    1_900_000_000_000,
    new Date(Number.NaN),
    null,
    {},
  ].map(
    (value) =>
      [
        `expirationTimestamp ${String(value)}`,
        { expirationTimestamp: value },
        'expirationTimestamp',
        'INVALID_EXPIRATION',
      ] as const,
  ),
  ['createdAt without a zone', { createdAt: '2030-01-01T00:00:00' }, 'createdAt', 'INVALID_CREATED_AT'],
  ['advisoryId 7', { advisoryId: 7 }, 'advisoryId', 'INVALID_ADVISORY_ID'],
  ['no advisoryId', { advisoryId: undefined }, 'advisoryId', 'INVALID_ADVISORY_ID'],
  ['symbol {}', { symbol: {} }, 'symbol', 'INVALID_SYMBOL'],
  ['side 1', { side: 1 }, 'side', 'INVALID_SIDE'],
  // Whoever sends null has decided nothing: a purchase must not come of it.
  ['side null', { side: null }, 'side', 'INVALID_SIDE'],
  ['htfBias 1', { htfBias: 1 }, 'htfBias', 'INVALID_HTF_BIAS'],
  ['reasoningMode []', { reasoningMode: [] }, 'reasoningMode', 'INVALID_REASONING_MODE'],
  ...[
    [],
    'text',
    7,
    new Date(0),
    new Map(),
    { f: () => 1 },
    { n: Number.NaN },
    { s: Symbol('x') },
    { d: new Date(0) },
    { b: 1n },
    cyclic(),
  ].map(
    (value, i) =>
      [`reasoningContext ${i}`, { reasoningContext: value }, 'reasoningContext', 'INVALID_REASONING_CONTEXT'] as const,
  ),
  ['an unknown field', { takeProfit: '5' }, 'takeProfit', 'UNKNOWN_FIELD'],
  ['a getter that throws', throwing('positionSize'), 'positionSize', 'INVALID_POSITION_SIZE'],
  [
    'a getter that throws deep inside',
    { reasoningContext: throwing('x') },
    'reasoningContext',
    'INVALID_REASONING_CONTEXT',
  ],
];

function cyclic(): object {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}

function throwing(name: string): object {
  return Object.defineProperty({}, name, {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
}

const withDescriptors = (base: object, differs: object): SnapshotInput =>
  Object.defineProperties({ ...base }, Object.getOwnPropertyDescriptors(differs)) as SnapshotInput;

describe('what cannot be read (R1.3)', () => {
  it.each(UNREADABLE)('%s is refused by name [R1.3 V2–V6]', async (_, differs, field, code) => {
    const input = withDescriptors(FULL, differs);
    const error = caught(() => freezeSnapshot(input));
    expect(error).toBeInstanceOf(SnapshotError);
    expect(error).toMatchObject({ code, field });
    expect((error as Error).message).toMatch(/accepted (is|are)/);
    const { now, result } = await told({ script: at151 }, [], input);
    expect(result).toMatchObject({ status: 'REJECTED', reason: code });
    expect(result.errorMessage).toContain(field);
    expect(now.broker.count('writes')).toBe(0);
  });

  it.each([
    ['null', null],
    ['a number', 7],
    ['text', '{}'],
    ['a list', [ADVISORY]],
    ['a function', () => ADVISORY],
  ])('%s is no advisory [R1.3]', async (_, input) => {
    expect(caught(() => freezeSnapshot(input as unknown as SnapshotInput))).toMatchObject({ code: 'INVALID_SNAPSHOT' });
    expect((await told({}, [], input as unknown as SnapshotInput)).result).toMatchObject({
      status: 'REJECTED',
      reason: 'INVALID_SNAPSHOT',
    });
  });

  const revoked = () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  };
  const hostile = (): object =>
    new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail, has: fail, getOwnPropertyDescriptor: fail });
  function fail(): never {
    throw new Error('no');
  }
  it.each([
    ['a revoked proxy', revoked],
    ['a hostile proxy', hostile],
    ['a revoked proxy as context', () => raw({ reasoningContext: revoked() })],
    ['a hostile proxy as size', () => raw({ positionSize: hostile() })],
    ['a hostile proxy as time', () => raw({ expirationTimestamp: hostile() })],
    ['a hostile toJSON', () => raw({ symbol: { toJSON: () => undefined, toString: fail } })],
  ])('%s: REJECTED, never a throw [R1.3 E2]', async (_, make) => {
    const { result } = await told({ script: at151 }, [], make() as SnapshotInput);
    expect(result.status).toBe('REJECTED');
    expect(caught(() => freezeSnapshot(make() as SnapshotInput))).toBeInstanceOf(SnapshotError);
  });
});

describe('what can be read, and is out of range (V2–V6): judged by execute', () => {
  const table: readonly (readonly [object, string])[] = [
    [{ advisoryId: '' }, 'INVALID_ADVISORY_ID'],
    [{ advisoryId: ' ' }, 'INVALID_ADVISORY_ID'],
    [{ advisoryId: 'x'.repeat(65) }, 'INVALID_ADVISORY_ID'],
    [{ advisoryId: 'A\nB' }, 'INVALID_ADVISORY_ID'],
    [{ advisoryId: 'A\u0000' }, 'INVALID_ADVISORY_ID'],
    [{ symbol: '' }, 'INVALID_SYMBOL'],
    [{ symbol: 'x'.repeat(33) }, 'INVALID_SYMBOL'],
    [{ side: 'BUY' }, 'INVALID_SIDE'],
    [{ side: '' }, 'INVALID_SIDE'],
    [{ positionSize: 0 }, 'INVALID_POSITION_SIZE'],
    [{ positionSize: '-0' }, 'INVALID_POSITION_SIZE'],
    [{ positionSize: -100 }, 'INVALID_POSITION_SIZE'],
    [{ referencePrice: 0 }, 'INVALID_REFERENCE_PRICE'],
    [{ referencePrice: '-1' }, 'INVALID_REFERENCE_PRICE'],
    [{ slOffsetPct: 0 }, 'INVALID_SL_OFFSET'],
    [{ slOffsetPct: '0.02' }, 'INVALID_SL_OFFSET'],
    [{ slOffsetPct: -1 }, 'INVALID_SL_OFFSET'],
    [{ slOffsetPct: -2 }, 'INVALID_SL_OFFSET'],
    [{ tpOffsetPct: 0 }, 'INVALID_TP_OFFSET'],
    [{ tpOffsetPct: -0.03 }, 'INVALID_TP_OFFSET'],
    [{ side: 'sell' }, 'INVALID_SL_OFFSET'],
    [{ side: 'sell', slOffsetPct: '0.02' }, 'INVALID_TP_OFFSET'],
    [{ side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-1' }, 'INVALID_TP_OFFSET'],
    [{ expirationTimestamp: '2026-01-01T00:00:00Z' }, 'ADVISORY_EXPIRED'],
  ];
  it.each(table)('%j → %s [V]', async (differs, reason) => {
    const { now, result } = await told({ script: at151 }, [], raw(differs));
    expect(result).toMatchObject({ status: 'REJECTED', reason });
    expect(result.errorMessage).toMatch(/accepted (is|are|for)/);
    expect(now.broker.calls.map(({ method }) => method)).toEqual(['connect']);
  });

  const ACCEPTED: readonly object[] = [
    { advisoryId: 'x'.repeat(64) },
    { advisoryId: 'Ädvisory №7 ✓' },
    { symbol: 'BRK.B' },
    { symbol: 'x'.repeat(32) },
    { slOffsetPct: '-0.999' },
    { tpOffsetPct: 25 },
    { positionSize: 100n },
    { positionSize: '1e2' },
    { positionSize: '+100.000' },
    { expirationTimestamp: '2026-01-01T02:00:00.001+02:00' },
    { expirationTimestamp: new Date('2026-01-01T00:00:01Z') },
    {
      side: undefined,
      createdAt: undefined,
      htfBias: undefined,
      reasoningMode: undefined,
      reasoningContext: undefined,
    },
    { createdAt: null, reasoningContext: null },
  ];
  it.each(ACCEPTED.map((differs, i) => [i, differs] as const))('accepted %i [V R1.1]', async (_, differs) => {
    const { result } = await told({ script: fills(fill(0.5, 100, 151)) }, [], raw(differs));
    expect(result.status).toBe('FILLED');
  });

  it('the first rule that fails decides: V1 before V2 before V3 before V4 before V5 before V6 [V]', async () => {
    const wrongs: readonly (readonly [object, string])[] = [
      [{ expirationTimestamp: '2025-01-01T00:00:00Z' }, 'ADVISORY_EXPIRED'],
      [{ advisoryId: '' }, 'INVALID_ADVISORY_ID'],
      [{ positionSize: -1 }, 'INVALID_POSITION_SIZE'],
      [{ slOffsetPct: 'x' }, 'INVALID_SL_OFFSET'],
      [{ tpOffsetPct: -1 }, 'INVALID_TP_OFFSET'],
      [{ referencePrice: 0 }, 'INVALID_REFERENCE_PRICE'],
    ];
    for (const [i, [, code]] of wrongs.entries()) {
      const input = Object.assign({}, FULL, ...wrongs.slice(i).map(([differs]) => differs)) as SnapshotInput;
      expect((await told({}, [], input)).result.reason).toBe(code);
    }
  });
});

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

function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
