/**
 * Reading a journal, whether or not an engine has it open.
 *
 * 1. What is read is one snapshot of the file: nothing of a transaction, or all of it.
 * 2. Nothing in the file is changed, whoever runs it: audit must not touch the evidence.
 */
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChainEnd, JournalRecord } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import { type Driver, journalErrorFrom, LOCK_WAIT_MS, loadDriver, sqliteCodeOf } from './driver.js';
import { readHead, readRecords } from './rows.js';
import { schemaVersionOf } from './schema.js';

/** Since which schema version the end is noted. */
const NOTES_ITS_END = 2;

export interface SqliteReading {
  readonly records: readonly JournalRecord[];
  /** Where the file says that the records end; absent in a file of an older schema. */
  readonly end?: ChainEnd;
}

/** Every record of a journal, oldest first: see {@link inspectSqliteJournal}. */
export async function readSqliteJournal(path: string): Promise<readonly JournalRecord[]> {
  return (await inspectSqliteJournal(path)).records;
}

/**
 * Every record of a journal, oldest first, and its noted end, for commands that only look. Works while an engine runs on
 * the file, on a copy of it (with its `-wal`, if there is one), and in a folder that cannot be written. SQLite may leave
 * a `-shm` and an empty `-wal` beside it. Rejects with a {@link JournalError}; `CUT_OFF`, when the note of the end is gone,
 * carries the records. Whether they end where the note says is for the caller to judge.
 */
export async function inspectSqliteJournal(path: string): Promise<SqliteReading> {
  const driver = await loadDriver();
  try {
    const file = realpathSync(path);
    // SQLite opens a folder for reading and then calls it a broken disk.
    if (!statSync(file).isFile()) throw new JournalError('CANNOT_OPEN', `The journal ${path} is not a file`);
    return await readFile(driver, file, path).catch((cause: unknown) => {
      if (!/^SQLITE_(?:CANTOPEN|READONLY)/.test(sqliteCodeOf(cause) ?? '')) throw cause;
      return readCopy(driver, file, path);
    });
  } catch (cause) {
    throw journalErrorFrom(cause, path, 'read');
  }
}

async function readFile(driver: Driver, file: string, path: string): Promise<SqliteReading> {
  const database = new driver(file, { readonly: true, fileMustExist: true, timeout: LOCK_WAIT_MS });
  try {
    database.exec('BEGIN'); // One snapshot for the end and the records.
    const version = schemaVersionOf(database, path);
    if (version === 0) return { records: [] };
    const records = await readRecords(database, path);
    if (version < NOTES_ITS_END) return { records };
    const end = readHead(database);
    if (end !== undefined) return { records, end };
    throw new JournalError('CUT_OFF', `The journal ${path} has lost the note of its end`, { records });
  } finally {
    database.close();
  }
}

// A write-ahead log cannot be read without a `-shm` beside it. Where none can be made no engine of this process can run,
// so it breaks none of SQLite's locks to copy the files here.
async function readCopy(driver: Driver, file: string, path: string): Promise<SqliteReading> {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-'));
  try {
    const copy = join(folder, 'journal.db');
    for (const suffix of ['', '-wal']) {
      if (existsSync(`${file}${suffix}`)) copyFileSync(`${file}${suffix}`, `${copy}${suffix}`);
    }
    return await readFile(driver, copy, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
