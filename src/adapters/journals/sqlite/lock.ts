/**
 * One engine a journal: a lock that the operating system takes back however the process ends.
 *
 * 1. The lock is an open write transaction on a small database beside the journal (`<path>-lock`). The journal itself
 *    stays free for readers, so that `sqlite3 -readonly` works while the engine runs.
 * 2. Who holds it stands in that database, for the error message only: the lock is the transaction, never the row.
 * 3. The file is left behind on release. Deleting a lock file lets two processes lock two files of the same name.
 */
import { hostname } from 'node:os';
import { JournalError } from '../journal-error.js';
import { type Database, type Driver, journalErrorFrom, LOCK_WAIT_MS, sqliteCodeOf } from './driver.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly token: string;
}

export interface Lock {
  release(): void;
}

/** Takes the lock of the journal `file`, or throws `IN_USE` with the holder's pid. Waits {@link LOCK_WAIT_MS} at most. */
export function acquireLock(driver: Driver, file: string): Lock {
  const lockFile = `${file}-lock`;
  let database: Database | undefined;
  try {
    const opened = new driver(lockFile, { timeout: LOCK_WAIT_MS });
    database = opened;
    take(opened);
    return { release: () => void opened.close() };
  } catch (cause) {
    const error = refusal(cause, file, lockFile, database);
    database?.close();
    throw error;
  }
}

function refusal(cause: unknown, file: string, lockFile: string, database: Database | undefined): JournalError {
  const code = sqliteCodeOf(cause) ?? '';
  if (cause instanceof Contended || code.startsWith('SQLITE_BUSY'))
    return inUse(file, database && readHolder(database));
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) {
    return new JournalError('LOCK_DAMAGED', `The lock file ${lockFile} is damaged (${code})`, { cause });
  }
  return journalErrorFrom(cause, `${file} (by ${lockFile})`, 'locked');
}

class Contended extends Error {}

// The row can only be seen by others once it is committed, and a commit gives the lock up for a moment: so the lock is
// taken twice, and the row read again to see that nobody was quicker in between.
function take(database: Database): void {
  const token = `${process.pid}-${process.hrtime.bigint()}`;
  database.exec('BEGIN IMMEDIATE');
  database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, since TEXT, token TEXT) STRICT');
  database.exec('DELETE FROM holder');
  database
    .prepare('INSERT INTO holder (pid, host, since, token) VALUES (?, ?, ?, ?)')
    .run(process.pid, hostname(), new Date().toISOString(), token);
  database.exec('COMMIT');
  database.exec('BEGIN IMMEDIATE');
  if (readHolder(database)?.token !== token) throw new Contended();
}

function readHolder(database: Database): Holder | undefined {
  try {
    return database.prepare<[], Holder>('SELECT pid, host, since, token FROM holder').get();
  } catch {
    return undefined; // The holder is just writing its first row: it stays nameless.
  }
}

function inUse(file: string, holder: Holder | undefined): JournalError {
  if (holder === undefined) return new JournalError('IN_USE', `The journal ${file} is in use by another process`);
  const who = holder.pid === process.pid && holder.host === hostname() ? 'this very process' : `process ${holder.pid}`;
  return new JournalError('IN_USE', `The journal ${file} is in use by ${who} on ${holder.host} since ${holder.since}`, {
    holderPid: holder.pid,
  });
}
