/**
 * A record as a row, and back.
 *
 * 1. What is read equals what was written, to the bit of every number and the code unit of every string: the hash
 *    chain is over the record, not over the row.
 * 2. Every member of a record has a column. A new member without one does not compile.
 * 3. A row or a page that cannot be read hides no other: what stands before and after it is read (A9).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditRecord } from '../../../domain/audit.js';
import {
  type ChainEnd,
  type ChainEntry,
  type JournalRecord,
  noteTexts,
  type RecordedFact,
  type RecordStream,
  textsOf,
} from '../../../domain/journal.js';
import { orderBegunBy } from '../../../domain/record-index.js';
import { hasShapeOfRecord } from '../../../domain/record-shape.js';
import { JournalError } from '../journal-error.js';
import { type Database, firstValue, journalErrorFrom, type SqlValue } from './driver.js';

export interface Row {
  readonly seq: number;
  readonly v: number | null;
  readonly stream: string;
  readonly advisory_id: string | Uint8Array | null;
  readonly snapshot_hash: string | null;
  readonly wall: string;
  readonly at: number;
  readonly fact: string;
  readonly audit: string;
  readonly prev_hash: string;
  readonly hash: string;
}

/** A row as it is written: with what it is looked up by. */
export interface NewRow extends Row {
  readonly client_order_id: string | null;
}

const COLUMN_OF = {
  seq: 'seq',
  v: 'v',
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

const NEW_COLUMNS = [...COLUMNS, 'client_order_id'] as const;

/** Takes {@link valuesOf} a row: to look each up by its name costs a fifth of the insert. */
export const INSERT = `INSERT INTO records (${NEW_COLUMNS.join(', ')}) VALUES (${NEW_COLUMNS.map(() => '?').join(', ')})`;

/** In the order of the columns, written out: to look each up by its name costs more than to bind it. */
export const valuesOf = (row: NewRow): readonly SqlValue[] => [
  row.seq,
  row.v,
  row.stream,
  row.advisory_id,
  row.snapshot_hash,
  row.wall,
  row.at,
  row.fact,
  row.audit,
  row.prev_hash,
  row.hash,
  row.client_order_id,
];

/** Where they are at hand, fact and audit lines stand in the row as they were hashed: whoever reads them has less to check. */
export function rowOf(record: JournalRecord): NewRow {
  const { fact, audit } = textsOf(record) ?? { fact: JSON.stringify(record.fact), audit: JSON.stringify(record.audit) };
  return {
    seq: record.seq,
    v: record.v ?? null,
    stream: record.stream,
    advisory_id: record.advisoryId === undefined ? null : storedText(record.advisoryId),
    snapshot_hash: record.snapshotHash ?? null,
    wall: record.wall,
    at: record.at,
    fact,
    audit,
    prev_hash: record.prevHash,
    hash: record.hash,
    client_order_id: orderBegunBy(record) ?? null,
  };
}

/** What a row counts for in a batch: one for each KiB of its JSON, and at least one. */
export const rowWeight = (row: Row): number => Math.max(1, (row.fact.length + row.audit.length) / 1024);

/** @throws {JournalError} `CORRUPT`, naming the file and the record, when a row is not JSON or has not the shape of a record */
export function recordOf(row: Row, file: string): JournalRecord {
  const record = parsed(row, file);
  if (hasShapeOfRecord(record)) return record;
  throw new JournalError(
    'CORRUPT',
    `The journal ${file} cannot be read: record ${row.seq} has not the shape of a record`,
  );
}

/** The same, for one who writes to no record and hands none to anybody who might: that it is intact is seen in passing. */
export function recordToFold(row: Row, file: string): JournalRecord {
  const record = recordOf(row, file);
  noteTexts(record, row);
  return record;
}

function parsed(row: Row, file: string): JournalRecord {
  try {
    const fact = JSON.parse(row.fact) as RecordedFact;
    const audit = JSON.parse(row.audit) as AuditRecord[];
    const { seq, v, advisory_id: id, snapshot_hash: snapshotHash, wall, at, prev_hash: prevHash, hash } = row;
    const stream = row.stream as RecordStream;
    // Most are of an execution: one literal gives all of them the same shape, and costs a tenth of what stands below.
    if (v !== null && id !== null && snapshotHash !== null)
      return { seq, v, stream, advisoryId: textOf(id), snapshotHash, wall, at, fact, audit, prevHash, hash };
    return {
      seq,
      ...(v !== null && { v }),
      stream,
      ...(id !== null && { advisoryId: textOf(id) }),
      ...(snapshotHash !== null && { snapshotHash }),
      ...{ wall, at, fact, audit, prevHash, hash },
    };
  } catch (cause) {
    throw new JournalError('CORRUPT', `The journal ${file} cannot be read: record ${row.seq} is not JSON`, { cause });
  }
}

const ROWS_PER_TURN = 1000;

interface Rows {
  /** By place; `undefined` where the row, or the page that it stands on, cannot be read. */
  readonly entries: readonly ChainEntry[];
  /** The first row that cannot be read, and why. */
  readonly damage?: JournalError;
}

/**
 * Every record of an open database from number `from` on, oldest first, past whatever cannot be read; the event loop turns
 * now and then.
 */
export async function readRows(database: Database, path: string, from = 1): Promise<Rows> {
  const entries: ChainEntry[] = [];
  let damage: JournalError | undefined;
  let last: number | undefined;
  let next = from;

  function passOver(seq: number, cause: unknown): void {
    entries.push(undefined);
    damage ??= unreadable(path, seq, cause);
    next = seq + 1;
  }

  for (;;) {
    const rows = rowsFrom(database, next);
    try {
      for (const row of rows) {
        next = row.seq + 1;
        const record = readRow(row, path);
        if (record instanceof JournalError) passOver(row.seq, record);
        else entries.push(record);
        if (entries.length % ROWS_PER_TURN === 0) await nextTurn();
      }
      return { entries, ...(damage !== undefined && { damage }) };
    } catch (cause) {
      // A page is bad. Its rows are passed over one by one, up to the end as it is noted.
      last ??= lastSeq(database);
      if (last === undefined && damage === undefined && entries.length === 0) throw cause;
      passOver(next, cause);
      if (next > (last ?? 0)) return { entries, ...(damage !== undefined && { damage }) };
    }
  }
}

/** Every record; rejects with `CORRUPT`, which carries the rest, when one cannot be read. */
export async function readRecords(database: Database, path: string): Promise<readonly JournalRecord[]> {
  const { entries, damage } = await readRows(database, path);
  if (damage !== undefined) throw damage.with(recordsOf(entries));
  return recordsOf(entries);
}

export const recordsOf = (entries: readonly ChainEntry[]): readonly JournalRecord[] =>
  entries.filter((entry) => entry !== undefined);

/** The columns of a record. */
export const SELECTED = COLUMNS.join(', ');

function rowsFrom(database: Database, seq: number): Iterable<Row> {
  // A file of an older schema has no version of the facts.
  const columns = hasColumn(database, 'v') ? SELECTED : SELECTED.replace('v,', 'NULL AS v,');
  return database.prepare<Row>(`SELECT ${columns} FROM records WHERE seq >= ? ORDER BY seq`).iterate(seq);
}

export const hasColumn = (database: Database, name: string): boolean =>
  database.prepare("SELECT 1 FROM pragma_table_info('records') WHERE name = ?").get(name) !== undefined;

function readRow(row: Row, path: string): JournalRecord | JournalError {
  try {
    return recordOf(row, path);
  } catch (error) {
    if (error instanceof JournalError) return error;
    throw error;
  }
}

function unreadable(path: string, seq: number, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause;
  const { message } = journalErrorFrom(cause, path, 'read');
  return new JournalError('CORRUPT', `Record ${seq} of the journal ${path} cannot be read: ${message.split('. ')[0]}`, {
    cause,
  });
}

/** The number of the last record: as noted, or as far as the index of rows reaches. */
function lastSeq(database: Database): number | undefined {
  for (const query of ['SELECT records FROM head', 'SELECT max(seq) FROM records']) {
    try {
      const found = firstValue(database, query);
      if (typeof found === 'number') return found;
    } catch {
      // That page is bad too.
    }
  }
  return undefined;
}

/** Notes the end that the records of a transaction lead to. */
export const UPDATE_HEAD = 'UPDATE head SET records = @seq, last_hash = @hash';

/** The noted end; `undefined` when the note is gone. */
export function readHead(database: Database): ChainEnd | undefined {
  const isThere = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'head'").get();
  if (isThere === undefined) return undefined;
  return database.prepare<ChainEnd>('SELECT records, last_hash AS lastHash FROM head').get();
}

const NO_PLAIN_TEXT = /[\0\p{Surrogate}]/u;

// An advisory id comes from outside and is recorded even when it is refused. A string that is no Unicode text would not
// survive UTF-8, and one with a NUL not every driver, so these are kept as their UTF-16 code units. Within the JSON
// columns such characters are escaped anyway.
export const storedText = (text: string): string | Uint8Array =>
  NO_PLAIN_TEXT.test(text) ? Buffer.from(text, 'utf16le') : text;
const textOf = (stored: string | Uint8Array): string =>
  typeof stored === 'string'
    ? stored
    : Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength).toString('utf16le');
