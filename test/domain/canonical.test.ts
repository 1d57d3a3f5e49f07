/**
 * The short ways of what every record goes through: they must come to what the long way comes to, to the byte.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, canonicalSha256, deepFreeze, sha256 } from '../../src/domain/canonical.js';
import { chained, GENESIS_HASH, textsOf, type UnchainedRecord } from '../../src/domain/journal.js';
import { keepingAnswer } from '../../src/domain/kept-answer.js';
import { isoTime } from '../../src/domain/time.js';

/** Canonical JSON as it is defined, with no thought for speed. */
function byDefinition(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map((item) => byDefinition(item ?? null)).join(',')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${byDefinition(member)}`).join(',')}}`;
}

const keys = fc.oneof(fc.constantFrom('a', 'b', 'at', 'seq', '10', '9', '__proto__', 'ä', '"'), fc.string());
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.double(),
    fc.constantFrom(null, true, false, undefined, '', '"', '\\', '\u2028', '\ud800', -0, 1e21, Number.NaN),
    fc.array(tie('value')),
    fc.dictionary(keys, tie('value')),
  ),
})).value;

describe('canonical JSON [A5 R1.2]', () => {
  it('is what its definition says, for any value and any order of keys', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalJson(value)).toBe(byDefinition(value));
      }),
      { numRuns: 400 },
    );
  });

  it('does not mistake one list of keys for another, however many there have been', () => {
    for (let round = 0; round < 4_000; round += 1) {
      const value = { [`k${round % 3_000}`]: 1, b: 'x', [`a${round}`]: [], c: undefined };
      expect(canonicalJson(value)).toBe(byDefinition(value));
    }
    expect(canonicalJson({ b: 1, a: 2 })).toBe('{"a":2,"b":1}');
    expect(canonicalJson({ a: 2, b: 1 })).toBe('{"a":2,"b":1}');
    expect(canonicalJson({ a: 2 })).toBe('{"a":2}');
  });

  it('is the same for long texts, texts beyond ASCII, tables of very many keys and very large values', () => {
    const long = ['x'.repeat(99), 'x'.repeat(100), 'é'.repeat(101), '\u{1f600}'.repeat(70), `${'y'.repeat(120)}\ud800`];
    const table = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`SYM${(n * 7) % 200}`, { n, text: long[n % 5] }]),
    );
    for (const value of [long, table, { b: Array.from({ length: 20_000 }, () => long[2]), a: 1 }, { a: 2, b: 'x' }])
      expect(canonicalJson(value)).toBe(byDefinition(value));
  });

  it('is not disturbed by a text that is written meanwhile, nor by one that cannot be finished', () => {
    const nested = {
      get b() {
        return canonicalJson({ y: 1, x: 'z'.repeat(100_000) }).length;
      },
      a: 'before',
      c: 'after',
    };
    expect(canonicalJson(nested)).toBe('{"a":"before","b":100014,"c":"after"}');
    const broken = {
      get a() {
        throw new RangeError('unreadable');
      },
    };
    expect(() => canonicalJson([1, broken])).toThrow('unreadable');
    expect(canonicalJson([1, 'ü'])).toBe('[1,"ü"]');
  });

  it('has the hash of its text', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(canonicalSha256(value)).toBe(sha256(byDefinition(value)));
      }),
    );
  });

  it('of a record that was just chained is at hand as text, and no longer once anything else is written', () => {
    const fact = { type: 'RECOVERED', b: 'ä', at: 1 };
    const of = { v: 5, advisoryId: 'A"1', snapshotHash: 'f'.repeat(64), wall: '2026-01-01T00:00:00.000Z' };
    for (const content of [{ ...of }, { wall: of.wall }, { ...of, v: undefined }]) {
      const record = { seq: 1, stream: 'engine', ...content, at: 2, fact, audit: [] } as unknown as UnchainedRecord;
      const link = chained(record, GENESIS_HASH);
      expect(link).toEqual({ ...record, prevHash: GENESIS_HASH, hash: link.hash });
      expect(link.hash).toBe(sha256(`${GENESIS_HASH}\n${byDefinition(record)}`));
      expect(textsOf(link)).toEqual({ fact: byDefinition(fact), audit: '[]' });
      canonicalJson('another');
      expect(textsOf(link)).toBeUndefined();
    }
  });

  it('freezes everything within, and nothing twice', () => {
    const value = { a: [{ b: { c: 1 } }], d: null };
    deepFreeze(value);
    expect([value, value.a, value.a[0], value.a[0]?.b].every(Object.isFrozen)).toBe(true);
  });
});

describe('times as text', () => {
  it('are those of Date, in whatever order they are asked for', () => {
    const instants = fc.oneof(
      fc.integer({ min: 1_795_870_538_000, max: 1_795_870_540_000 }),
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.double({ min: -1e12, max: 1e13, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(instants), (all) => {
        for (const ms of all) expect(isoTime(ms)).toBe(new Date(ms).toISOString());
      }),
    );
    expect(() => isoTime(Number.NaN)).toThrow(RangeError);
    expect(isoTime(1_000)).toBe('1970-01-01T00:00:01.000Z');
  });
});

describe('a function that keeps its latest answer', () => {
  it('asks once for the same two values, again for others, and keeps nothing of a question that throws', () => {
    let asked = 0;
    const sum = keepingAnswer((a: { n: number }, b: { n: number }) => {
      asked += 1;
      if (b.n < 0) throw new RangeError('negative');
      return a.n + b.n;
    });
    const [one, two, less] = [{ n: 1 }, { n: 2 }, { n: -1 }];
    expect([sum(one, two), sum(one, two), sum(two, one)]).toEqual([3, 3, 3]);
    expect(asked).toBe(2);
    expect(() => sum(one, less)).toThrow('negative');
    expect(() => sum(one, less)).toThrow('negative');
    expect(asked).toBe(4);
  });
});
