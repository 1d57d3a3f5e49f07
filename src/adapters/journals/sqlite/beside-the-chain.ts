/**
 * What a journal holds beside its chain of records, held against the chain: no hash covers it, and a start relies on it.
 *
 * 1. The order that each execution is looked up by: without it an execution would not be known to have begun.
 * 2. Rows that are no records: numbers below 1 are not read, and are found by an advisory all the same.
 * 3. The checkpoint stands on a record that is there. What it says is held against the records elsewhere.
 */
import type { ChainEntry, JournalRecord } from '../../../domain/journal.js';
import { orderBegunBy } from '../../../domain/record-index.js';
import type { Database } from './driver.js';
import { hasColumn } from './rows.js';

interface Named {
  readonly seq: number;
  readonly id: string | null;
}

/** @param live the records of the file itself, without those in archives */
export function besideTheChain(
  database: Database,
  records: readonly JournalRecord[],
  live: readonly ChainEntry[],
): readonly string[] {
  return [...strangeRows(database), ...wrongOrders(database, live), ...loneCheckpoint(database, records)];
}

const strangeRows = (database: Database): readonly string[] =>
  database
    .prepare<Named>('SELECT seq, hash AS id FROM records WHERE seq < 1 ORDER BY seq LIMIT 1')
    .all()
    .map(({ seq }) => `row ${seq} is no record: they begin at 1`);

function wrongOrders(database: Database, live: readonly ChainEntry[]): readonly string[] {
  if (!hasColumn(database, 'client_order_id')) return [];
  const noted = new Map<number, string>();
  const named = 'SELECT seq, client_order_id AS id FROM records WHERE client_order_id IS NOT NULL AND seq > 0';
  for (const { seq, id } of database.prepare<Named>(named).iterate()) if (id !== null) noted.set(seq, id);
  for (const record of live) {
    if (record === undefined) continue;
    const [begun, found] = [orderBegunBy(record), noted.get(record.seq)];
    if (begun === found) continue;
    const what = begun === undefined ? 'begins no order' : `begins order ${begun}`;
    return [`record ${record.seq} ${what}, and is looked up by ${found ?? 'none'}`];
  }
  return [];
}

function loneCheckpoint(database: Database, records: readonly JournalRecord[]): readonly string[] {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'checkpoint'").get();
  if (isThere === undefined) return [];
  const stored = database.prepare<Named>('SELECT seq, record_hash AS id FROM checkpoint').get();
  if (stored === undefined) return [];
  const last = records.at(-1);
  const found = records.find(({ seq }) => seq === stored.seq);
  if (found?.hash === stored.id) return [];
  return [
    found === undefined
      ? `the checkpoint was taken at record ${stored.seq}, and the last record is ${last?.seq ?? 0}`
      : `the checkpoint was taken at a record ${stored.seq} with another hash`,
  ];
}
