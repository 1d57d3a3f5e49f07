/**
 * Law (A5): whatever is done to an exported journal, `verify` finds it, and names the first record that is concerned.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { JournalRecord } from '../../src/domain/journal.js';
import { readExport } from '../../src/domain/journal-export.js';
import { chainOf } from '../adapters/journals.chain.js';
import { dayOfTrading, exported } from './audit.support.js';

const LINE_FEED = 0x0a;
/** Thousands of exports are verified: a busy machine takes its time. */
const LIMIT_MS = 120_000;
const verdictOf = (bytes: Uint8Array) => readExport(bytes).verdict;
const faultOf = (bytes: Uint8Array): readonly [seq: number, fault: string] | 'ok' => {
  const verdict = verdictOf(bytes);
  return verdict.ok ? 'ok' : [verdict.seq, verdict.fault];
};

const bytesOf = (text: string): Buffer => Buffer.from(text, 'utf8');
const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
const joined = (lines: readonly string[]): Buffer => bytesOf(lines.map((line) => `${line}\n`).join(''));

/** The line, counted from 1, in which a byte stands; its line feed belongs to it. */
const lineOf = (bytes: Uint8Array, at: number): number => lineStarts(bytes).findLastIndex((start) => start <= at) + 1;

const starts = new WeakMap<Uint8Array, readonly number[]>();
function lineStarts(bytes: Uint8Array): readonly number[] {
  const known = starts.get(bytes) ?? [
    0,
    ...[...bytes.keys()].filter((at) => bytes[at] === LINE_FEED).map((at) => at + 1),
  ];
  starts.set(bytes, known);
  return known;
}

/** Found, and in its line; what happens to the last line, which notes the end, need only be found. */
const isNamed = (tampered: Uint8Array, bytes: Uint8Array, at: number): boolean => {
  const fault = faultOf(tampered);
  const line = lineOf(bytes, at);
  return fault !== 'ok' && (fault[0] === line || line === lineOf(bytes, bytes.length - 1));
};

const without = (bytes: Uint8Array, at: number): Buffer =>
  Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
const withByte = (bytes: Uint8Array, at: number, byte: number): Buffer =>
  Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]);
const changed = (bytes: Uint8Array, at: number, byte: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = byte;
  return copy;
};

describe('A5: a small export, every byte of it', () => {
  const COUNT = 3;
  const bytes = bytesOf(exported(chainOf(COUNT)));
  const everywhere = [...bytes.keys()];

  test('as it was written, it is taken', () => {
    expect(verdictOf(bytes)).toMatchObject({ ok: true, records: COUNT });
  });

  test(
    'each of the 8 bits of each byte turned over is found, in its line',
    () => {
      const wrong = everywhere.flatMap((at) =>
        Array.from({ length: 8 }, (_, bit) => ({ at, bit })).filter(
          ({ bit }) => !isNamed(changed(bytes, at, (bytes[at] ?? 0) ^ (1 << bit)), bytes, at),
        ),
      );
      expect(wrong).toEqual([]);
    },
    LIMIT_MS,
  );

  test('each byte taken out is found, in its line', () => {
    const wrong = everywhere.filter((at) => !isNamed(without(bytes, at), bytes, at));
    expect(wrong).toEqual([]);
  });

  test.each([' ', '0', '"', '\n', '\r', ',', '\u0000', '\u00ff'])('%j put in anywhere is found', (added) => {
    const byte = Buffer.from(added, 'latin1')[0] ?? 0;
    const wrong = [...everywhere, bytes.length].filter((at) => faultOf(withByte(bytes, at, byte)) === 'ok');
    expect(wrong).toEqual([]);
  });

  test('cut off after any byte, it is found', () => {
    const whole = (at: number) => Math.min(COUNT, lineOf(bytes, at) - 1);
    const wrong = everywhere.filter((at) => {
      const [seq, fault] = faultOf(bytes.subarray(0, at));
      return fault !== 'cut off' || seq !== whole(at) + 1;
    });
    expect(wrong).toEqual([]);
  });

  test('each line taken out is found as missing, and named', () => {
    const lines = linesOf(bytes.toString());
    const found = lines.map((_, index) => faultOf(joined(lines.toSpliced(index, 1))));
    expect(found).toEqual([
      [1, 'missing'],
      [2, 'missing'],
      [3, 'cut off'],
      [4, 'cut off'],
    ]);
  });

  test('any two lines that change places are found, the first of the two named', () => {
    const lines = linesOf(bytes.toString());
    for (let first = 0; first < COUNT; first += 1) {
      for (let second = first + 1; second < COUNT; second += 1) {
        const swapped = lines.with(first, lines[second] ?? '').with(second, lines[first] ?? '');
        expect(faultOf(joined(swapped))).toEqual([first + 1, 'reordered']);
      }
      const withEnd = lines.with(first, lines[COUNT] ?? '').with(COUNT, lines[first] ?? '');
      expect(faultOf(joined(withEnd))[0]).toBe(first + 1);
    }
  });

  test('any line put in anywhere is found as inserted', () => {
    const lines = linesOf(bytes.toString());
    const foreign = exported(chainOf(COUNT, undefined, 'forged')).split('\n');
    for (const added of [...lines.slice(0, COUNT), ...foreign.slice(0, COUNT), '{}', '', 'x']) {
      for (let at = 0; at <= COUNT; at += 1) {
        const fault = faultOf(joined(lines.toSpliced(at, 0, added)));
        // A copy beside its original: which of the two was put in, nobody can tell.
        const isBeside = lines[at] === added || lines[at - 1] === added;
        if (isBeside) expect(fault).not.toBe('ok');
        else if (at < COUNT) expect([fault[1], at]).toEqual([expect.stringMatching(/inserted|reordered/), at]);
        else expect(fault).not.toBe('ok');
      }
    }
  });
});

describe('A5: a day of trading', () => {
  let records: readonly JournalRecord[] = [];
  let text = '';
  let bytes: Buffer = Buffer.alloc(0);
  beforeAll(async () => {
    ({ records } = await dayOfTrading());
    text = exported(records);
    bytes = bytesOf(text);
  });
  const anywhere = fc.nat({ max: 1_000_000 });
  const law = (name: string, predicate: (at: number, other: number) => boolean, numRuns = 250): void =>
    test(name, () => fc.assert(fc.property(anywhere, anywhere, predicate), { numRuns }), LIMIT_MS);

  test('as it was written, it is taken, and read back to the byte', () => {
    expect(verdictOf(bytes)).toMatchObject({ ok: true, records: records.length });
    expect(readExport(bytes).entries).toEqual(records);
    expect(records.length).toBeGreaterThan(50);
  });

  law('any byte changed to any other is found, in its line', (at, other) => {
    const place = at % bytes.length;
    const byte = ((bytes[place] ?? 0) + 1 + (other % 255)) % 256;
    return isNamed(changed(bytes, place, byte), bytes, place);
  });

  law('any byte taken out is found, in its line', (at) => {
    const place = at % bytes.length;
    return isNamed(without(bytes, place), bytes, place);
  });

  law('any byte put in anywhere is found', (at, other) => {
    return faultOf(withByte(bytes, at % (bytes.length + 1), other % 256)) !== 'ok';
  });

  law('any record taken out is found, and named', (at) => {
    const seq = 1 + (at % (records.length - 1));
    const [found, fault] = faultOf(joined(linesOf(text).toSpliced(seq - 1, 1)));
    return found === seq && fault === 'missing';
  });

  law('any two records that change places are found, the first named', (at, other) => {
    const first = at % records.length;
    const second = other % records.length;
    if (first === second) return true;
    const lines = linesOf(text);
    const swapped = lines.with(first, lines[second] ?? '').with(second, lines[first] ?? '');
    const [found, fault] = faultOf(joined(swapped));
    return found === 1 + Math.min(first, second) && fault === 'reordered';
  });

  law('cut off after any byte, it is found', (at) => faultOf(bytes.subarray(0, at % bytes.length))[1] === 'cut off');

  test('the same content in other words is not what was written: white space, key order, escapes, numbers', () => {
    const [first = '', ...rest] = linesOf(text);
    const reordered = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(first)).reverse()));
    const others = [
      `${first} `,
      reordered,
      first.replace('AAPL', '\\u0041APL'),
      first.replace('"seq":1,', '"seq":1.0,'),
    ];
    for (const other of others) {
      expect(JSON.parse(other)).toEqual(JSON.parse(first));
      expect(faultOf(joined([other, ...rest]))).toEqual([1, 'changed']);
    }
  });
});

test('A30 A5: a copy with the line ends of Windows is verified, and said to be one; a single changed end is a change', async () => {
  const { records } = await dayOfTrading();
  const text = exported(records);
  const copy = readExport(Buffer.from(text.replaceAll('\n', '\r\n')));
  expect(copy).toMatchObject({ verdict: { ok: true, records: records.length }, hasOtherLineEnds: true });
  expect(copy.entries).toEqual(records);
  const mixed = readExport(Buffer.from(text.replace('\n', '\r\n')));
  expect(mixed.verdict).toMatchObject({ ok: false, seq: 1 });
  const changed = readExport(Buffer.from(text.replaceAll('\n', '\r\n').replace('"AAPL"', '"AAPM"')));
  expect(changed.verdict.ok).toBe(false);
});
