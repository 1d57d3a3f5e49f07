/**
 * Law: whatever a record holds, the file gives it back, so that its hash still fits.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadDriver } from '../../src/adapters/journals/sqlite/load-driver.js';
import {
  INSERT,
  readRecords,
  recordOf,
  recordToFold,
  rowOf,
  rowWeight,
  valuesOf,
} from '../../src/adapters/journals/sqlite/rows.js';
import { migrate } from '../../src/adapters/journals/sqlite/schema.js';
import type { DriverName } from '../../src/adapters/journals/sqlite.js';
import { canonicalJson, sha256 } from '../../src/domain/canonical.js';
import {
  chained,
  GENESIS_HASH,
  isIntact,
  type JournalRecord,
  RECORD_STREAMS,
  verifyChain,
} from '../../src/domain/journal.js';
import { nextRecord } from './journals.chain.js';
import { driversHere } from './sqlite-drivers.js';

const codeUnits = fc.array(fc.nat({ max: 0xffff })).map((units) => String.fromCharCode(...units));
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), codeUnits);
// JSON has no negative zero: it is 0 in the file as in the hash.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;

const content = fc.record(
  {
    stream: fc.constantFrom(...RECORD_STREAMS),
    v: fc.nat(),
    advisoryId: text,
    snapshotHash: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
    wall: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    at: number,
    fact: fc.tuple(fc.dictionary(text, json, { maxKeys: 4 }), text).map(([members, type]) => ({ ...members, type })),
    audit: fc.array(
      fc.record({ seq: fc.nat(), event: fc.constant('timeout'), timestamp: text, details: fc.dictionary(text, json) }),
      {
        maxLength: 2,
      },
    ),
  },
  { requiredKeys: ['stream', 'wall', 'at', 'fact', 'audit'] },
);

test.each(driversHere)('every record comes back deep-equal, and the chain holds (%s)', async (driver) => {
  await fc.assert(
    fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 5 }), async (contents) => {
      const records: JournalRecord[] = [];
      for (const [index, body] of contents.entries()) {
        // The arbitrary makes plain values of the right shape.
        const unchained = { seq: index + 1, ...body } as Parameters<typeof chained>[0];
        records.push(chained(unchained, records.at(-1)?.hash ?? GENESIS_HASH));
      }
      const read = await throughSqlite(records, driver);
      expect(read).toStrictEqual(records.map((record) => structuredClone(record)));
      expect(verifyChain(read)).toMatchObject({ ok: true });
    }),
    { numRuns: 300 },
  );
});

test.each(driversHere)('an advisory id that is no Unicode text comes back too (%s)', async (driver) => {
  const ids = ['\uD800', 'a\uDFFFb', '\u0000', '', '\uFEFFbom', '😀', "'; DROP TABLE records; --"];
  const records = ids.map((advisoryId, index) => ({ ...nextRecord(undefined), seq: index + 1, advisoryId }));
  const read = await throughSqlite(records, driver);
  expect(read.map((record) => record.advisoryId)).toEqual(ids);
});

test('A5: the link of a record is the hash of all of it, whatever it holds', () => {
  fc.assert(
    fc.property(content, (body) => {
      const unchained = { seq: 7, ...body } as Parameters<typeof chained>[0];
      const strange = { ...unchained, more: 'a member that no record has' };
      for (const one of [unchained, strange]) {
        const link = chained(one, GENESIS_HASH);
        expect(link.hash).toBe(sha256(`${GENESIS_HASH}\n${canonicalJson(one)}`));
        expect(isIntact(link)).toBe(true);
      }
    }),
  );
});

describe('a record that is read to be folded', () => {
  const text = (value: unknown) => JSON.stringify(value);
  const written = fc.record({ body: content, seq: fc.nat() }).map(({ body, seq }) => {
    const record = chained({ seq, ...body } as Parameters<typeof chained>[0], GENESIS_HASH);
    return { record, row: rowOf(record) };
  });

  test('A5: is intact as it was written, also by a version that kept its members in another order', () => {
    fc.assert(
      fc.property(written, ({ record, row }) => {
        const older = { ...row, fact: text(record.fact), audit: text(record.audit) };
        for (const kept of [row, older]) expect(isIntact(recordToFold(kept, 'x.db'))).toBe(true);
      }),
    );
  });

  test('control [A5]: whatever is changed in its row, it is not', () => {
    const otherText = ({ hash }: JournalRecord) => hash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));
    fc.assert(
      fc.property(written, ({ record, row }) => {
        const changed = [
          { ...row, seq: row.seq + 1 },
          { ...row, v: (row.v ?? 0) + 1 },
          { ...row, stream: record.stream === 'case' ? 'engine' : 'case' },
          { ...row, advisory_id: `${record.advisoryId ?? ''}x` },
          { ...row, snapshot_hash: `${record.snapshotHash ?? ''}0` },
          { ...row, wall: `${row.wall} ` },
          { ...row, at: row.at === 0 ? 1 : -row.at },
          { ...row, fact: text({ ...record.fact, added: 1 }) },
          { ...row, audit: text([...record.audit, { seq: 1, event: 'timeout', timestamp: '', details: {} }]) },
          { ...row, prev_hash: otherText(record) },
          { ...row, hash: otherText(record) },
        ];
        expect(changed.map((one) => isIntact(recordToFold(one, 'x.db')))).toEqual(changed.map(() => false));
      }),
    );
  });
});

test('JSON that cannot be read is named by its record', () => {
  const row = { ...rowOf(nextRecord(undefined)), fact: '{"type":' };
  expect(() => recordOf(row, 'x.db')).toThrow(/^The journal x\.db cannot be read: record 1 is not JSON\./);
});

test('a large record weighs as many as it has KiB', () => {
  expect(rowWeight(rowOf(nextRecord(undefined)))).toBe(1);
  expect(Math.floor(rowWeight(rowOf(nextRecord(undefined, 'x'.repeat(10 * 1024)))))).toBe(10);
});

async function throughSqlite(records: readonly JournalRecord[], driver: DriverName): Promise<readonly JournalRecord[]> {
  const database = (await loadDriver(driver)).open(':memory:');
  migrate(database, ':memory:');
  const insert = database.prepare(INSERT);
  for (const record of records) insert.run(...valuesOf(rowOf(record)));
  const read = await readRecords(database, ':memory:');
  database.close();
  return read;
}
