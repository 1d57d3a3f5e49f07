/**
 * A record as a row, and back.
 *
 * 1. What is read equals what was written, to the bit of every number and the code unit of every string: the hash
 *    chain is over the record, not over the row.
 * 2. Every member of a record has a column. A new member without one does not compile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditRecord } from '../../../domain/audit.js';
import type { ChainEnd, JournalRecord, RecordedFact, RecordStream } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import type { Database } from './driver.js';

export interface Row {
  readonly seq: number;
  readonly stream: string;
  readonly advisory_id: string | Buffer | null;
  readonly snapshot_hash: string | null;
  readonly wall: string;
  readonly at: number;
  readonly fact: string;
  readonly audit: string;
  readonly prev_hash: string;
  readonly hash: string;
}

const COLUMN_OF = {
  seq: 'seq',
  stream: 'stream',
  advisoryId: 'advisory_id',
  snapshotHash: 'snapshot_hash',
  wall: 'wall',
  at: 'at',
  fact: 'fact',
  audit: 'audit',
  prevHash: 'prev_hash',
  hash: 'hash',
} as const satisfies Record<keyof JournalRecord, keyof Row>;

const COLUMNS = Object.values(COLUMN_OF);

export const INSERT = `INSERT INTO records (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map((name) => `@${name}`).join(', ')})`;
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM records ORDER BY seq`;

export const rowOf = (record: JournalRecord): Row => ({
  seq: record.seq,
  stream: record.stream,
  advisory_id: record.advisoryId === undefined ? null : storedText(record.advisoryId),
  snapshot_hash: record.snapshotHash ?? null,
  wall: record.wall,
  at: record.at,
  fact: JSON.stringify(record.fact),
  audit: JSON.stringify(record.audit),
  prev_hash: record.prevHash,
  hash: record.hash,
});

/** What a row counts for in a batch: one for each KiB of its JSON, and at least one. */
export const rowWeight = (row: Row): number => Math.max(1, (row.fact.length + row.audit.length) / 1024);

/** Throws `CORRUPT`, naming the file and the record, when the JSON of a row cannot be read. */
export function recordOf(row: Row, file: string): JournalRecord {
  try {
    return {
      seq: row.seq,
      stream: row.stream as RecordStream,
      ...(row.advisory_id === null ? {} : { advisoryId: textOf(row.advisory_id) }),
      ...(row.snapshot_hash === null ? {} : { snapshotHash: row.snapshot_hash }),
      wall: row.wall,
      at: row.at,
      fact: JSON.parse(row.fact) as RecordedFact,
      audit: JSON.parse(row.audit) as AuditRecord[],
      prevHash: row.prev_hash,
      hash: row.hash,
    };
  } catch (cause) {
    throw new JournalError('CORRUPT', `The journal ${file} cannot be read: record ${row.seq} is not JSON`, { cause });
  }
}

const ROWS_PER_TURN = 1000;

/** Every record of an open database, oldest first; the event loop turns now and then. */
export async function readRecords(database: Database, path: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (const row of database.prepare<[], Row>(SELECT).iterate()) {
    records.push(recordOf(row, path));
    if (records.length % ROWS_PER_TURN === 0) await nextTurn();
  }
  return records;
}

/** Notes the end that the records of a transaction lead to. */
export const UPDATE_HEAD = 'UPDATE head SET records = @seq, last_hash = @hash';

/** The noted end; `undefined` when the note is gone. */
export function readHead(database: Database): ChainEnd | undefined {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'head'").get();
  if (isThere === undefined) return undefined;
  return database.prepare<[], ChainEnd>('SELECT records, last_hash AS lastHash FROM head').get();
}

const LONE_SURROGATE = /\p{Surrogate}/u;

// An advisory id comes from outside and is recorded even when it is refused. A string that is no Unicode text would not
// survive UTF-8, so it is kept as its UTF-16 code units. Within the JSON columns such characters are escaped anyway.
const storedText = (text: string): string | Buffer => (LONE_SURROGATE.test(text) ? Buffer.from(text, 'utf16le') : text);
const textOf = (stored: string | Buffer): string => (typeof stored === 'string' ? stored : stored.toString('utf16le'));
