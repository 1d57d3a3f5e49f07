/**
 * One engine a journal: a lock that the operating system takes back however the process ends.
 *
 * 1. The lock is an open write transaction on a small database beside the journal (`<path>-lock`). The journal itself
 *    stays free for readers, so that `sqlite3 -readonly` works while the engine runs.
 * 2. Who holds it stands in that database, for the error message only: the lock is the transaction, never the row.
 * 3. The file is left behind on release. Deleting a lock file lets two processes lock two files of the same name.
 * 4. Its `user_version` says how the last holder left the journal: a journal that was left open has its write-ahead log
 *    beside it (A9). On a full disk the lock is taken all the same, without a name.
 */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { JournalError } from '../journal-error.js';
import { type Database, type Driver, journalErrorFrom, pragmaValue, sqliteCodeOf } from './driver.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  readonly token: string;
}

/** How the last holder left the journal: `open` when its process ended without closing it. */
export type LockState = 'unknown' | 'closed' | 'open';

const STATES: readonly LockState[] = ['unknown', 'closed', 'open'];

export interface Lock {
  /** The lock file was not there before. */
  readonly isNew: boolean;
  readonly priorState: LockState;
  /** Notes the state for the next holder; false when it cannot be written. Throws `IN_USE` when another was quicker. */
  mark(state: LockState): boolean;
  release(): void;
}

/** Takes the lock of the journal `file`, or throws `IN_USE` with the holder's pid. Waits {@link LOCK_WAIT_MS} at most. */
export function acquireLock(driver: Driver, lockedFile: string, file = lockedFile): Lock {
  const lockFile = `${lockedFile}-lock`;
  const isNew = !existsSync(lockFile);
  let database: Database | undefined;
  try {
    const opened = driver.open(lockFile);
    database = opened;
    const token = `${process.pid}-${process.hrtime.bigint()}`;
    const priorState = STATES[Number(pragmaValue(opened, 'user_version'))] ?? 'unknown';
    take(opened, token);
    return {
      isNew,
      priorState,
      mark: (state) => note(opened, token, state, file),
      release: () => opened.close(),
    };
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
  const holder = database && readHolder(database);
  if (holder !== undefined && isAlive(holder)) return inUse(file, holder);
  return journalErrorFrom(cause, `${file} (by ${lockFile})`, 'locked');
}

/** Where the lock cannot be tried, its last holder may still be at work: on this host it can be seen. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname() || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

class Contended extends Error {}

// The row can only be seen by others once it is committed, and a commit gives the lock up for a moment: so the lock is
// taken twice, and the row read again to see that nobody was quicker in between.
function take(database: Database, token: string): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec('CREATE TABLE IF NOT EXISTS holder (pid INTEGER, host TEXT, since TEXT, token TEXT) STRICT');
    database.exec('DELETE FROM holder');
    database
      .prepare('INSERT INTO holder (pid, host, since, token) VALUES (?, ?, ?, ?)')
      .run(process.pid, hostname(), new Date().toISOString(), token);
    database.exec('COMMIT');
  } catch (cause) {
    // No room for the name: the lock itself needs none.
    if (!isOutOfRoom(cause)) throw cause;
    if (database.inTransaction) database.exec('ROLLBACK');
    database.exec('BEGIN IMMEDIATE');
    return;
  }
  database.exec('BEGIN IMMEDIATE');
  if (readHolder(database)?.token !== token) throw new Contended();
}

const isOutOfRoom = (cause: unknown): boolean => /^SQLITE_(?:FULL|IOERR)/.test(sqliteCodeOf(cause) ?? '');

/** Made read-only since, or deleted under us. */
const isNotWritable = (cause: unknown): boolean => /^SQLITE_READONLY/.test(sqliteCodeOf(cause) ?? '');

/** The same for the state: written in the transaction that is the lock, which is then taken again. */
function note(database: Database, token: string, state: LockState, file: string): boolean {
  try {
    database.pragma(`user_version = ${STATES.indexOf(state)}`);
    database.exec('COMMIT');
  } catch (cause) {
    if (!isOutOfRoom(cause) && !isNotWritable(cause)) throw journalErrorFrom(cause, file, 'locked');
    if (!database.inTransaction) database.exec('BEGIN IMMEDIATE');
    return false;
  }
  try {
    database.exec('BEGIN IMMEDIATE');
  } catch {
    throw inUse(file, readHolder(database));
  }
  const holder = readHolder(database);
  if (holder?.token !== token) throw inUse(file, holder);
  return true;
}

function readHolder(database: Database): Holder | undefined {
  try {
    return database.prepare<Holder>('SELECT pid, host, since, token FROM holder').get();
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
