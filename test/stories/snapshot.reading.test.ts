/**
 * What of an advisory can be read, and what is in range (R1.3, V2–V6).
 */
import { freezeSnapshot, SnapshotError, type SnapshotInput } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { at151, caught, FULL, raw } from './snapshot.support.js';
import { ADVISORY, fill, fills, told } from './support.js';

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
