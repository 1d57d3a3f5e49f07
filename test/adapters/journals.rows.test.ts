/**
 * Law: whatever a record holds, the file gives it back, so that its hash still fits.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadDriver } from '../../src/adapters/journals/sqlite/load-driver.js';
import { INSERT, readRecords, recordOf, rowOf, rowWeight } from '../../src/adapters/journals/sqlite/rows.js';
import { migrate } from '../../src/adapters/journals/sqlite/schema.js';
import type { DriverName } from '../../src/adapters/journals/sqlite.js';
import { chained, GENESIS_HASH, type JournalRecord, RECORD_STREAMS, verifyChain } from '../../src/domain/journal.js';
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
  for (const record of records) insert.run(rowOf(record));
  const read = await readRecords(database, ':memory:');
  database.close();
  return read;
}
