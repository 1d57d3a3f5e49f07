/**
 * Reading a journal, whether or not an engine has it open.
 *
 * 1. What is read is one snapshot of the file: nothing of a transaction, or all of it.
 * 2. Nothing in the file is changed, whoever runs it: audit must not touch the evidence.
 */
import { copyFileSync, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import { type Driver, journalErrorFrom, LOCK_WAIT_MS, loadDriver, sqliteCodeOf } from './driver.js';
import { readRecords } from './rows.js';
import { schemaVersionOf } from './schema.js';

/**
 * Every record of a journal, oldest first, for commands that only look. Works while an engine runs on the file, on a
 * copy of it (with its `-wal`, if there is one), and in a folder that cannot be written. SQLite may leave a `-shm` and an
 * empty `-wal` beside it. Rejects with a {@link JournalError}.
 */
export async function readSqliteJournal(path: string): Promise<readonly JournalRecord[]> {
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

async function readFile(driver: Driver, file: string, path: string): Promise<readonly JournalRecord[]> {
  const database = new driver(file, { readonly: true, fileMustExist: true, timeout: LOCK_WAIT_MS });
  try {
    return schemaVersionOf(database, path) === 0 ? [] : await readRecords(database, path);
  } finally {
    database.close();
  }
}

// A write-ahead log cannot be read without a `-shm` beside it. Where none can be made no engine of this process can run,
// so it breaks none of SQLite's locks to copy the files here.
async function readCopy(driver: Driver, file: string, path: string): Promise<readonly JournalRecord[]> {
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
