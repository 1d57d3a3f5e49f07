/**
 * One journal, one engine, by whichever name: a file is known by its device and number, not by its path (A37).
 *
 * 1. Within this process a list tells which files are open, so that nobody else opens and closes them beside SQLite.
 * 2. For other processes a lock stands in the system's folder for temporary files, named by device and number. It finds
 *    what the lock beside the journal cannot: a hard link has a `-lock` of its own. Where that folder cannot be written,
 *    a journal of one name goes on with the lock beside it, and one of several names is refused.
 */
import { type BigIntStats, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalError } from '../journal-error.js';
import type { Database, Driver } from './driver.js';
import { acquireLock, type Lock } from './lock.js';

/**
 * The connection to each open file; none until it is made. One that nobody holds any more is closed with its last holder, and
 * the number of a file that was deleted may come back for another: so a connection that has gone keeps nothing.
 */
const open = new Map<string, WeakRef<Database> | undefined>();

function isOpen(identity: string): boolean {
  const connection = open.get(identity);
  if (connection === undefined) return open.has(identity);
  return connection.deref()?.isOpen === true;
}

const identityOf = ({ dev, ino }: BigIntStats): string => `${dev.toString(16)}-${ino.toString(16)}`;

const statOf = (file: string): BigIntStats | undefined => statSync(file, { bigint: true, throwIfNoEntry: false });

/** Whether a writer of this process has the file open, by whichever name. */
export function isOpenHere(file: string): boolean {
  const stat = statOf(file);
  return stat !== undefined && isOpen(identityOf(stat));
}

interface Claim {
  /** The claim lasts as long as this connection, at the longest. */
  connected(database: Database): void;
  release(): void;
}

/** Claims an existing file for this process, or throws `IN_USE`. */
export function claimFile(driver: Driver, file: string, folder = tmpdir()): Claim {
  const stat = statOf(file);
  if (stat === undefined) throw new JournalError('CANNOT_OPEN', `The journal ${file} does not exist`);
  const identity = identityOf(stat);
  if (isOpen(identity))
    throw new JournalError('IN_USE', `The journal ${file} is in use by this very process, under another name`);
  const lock = lockByNumber(driver, join(folder, `fillchart-${identity}`), file, stat);
  open.set(identity, undefined);
  return {
    connected: (database) => void open.set(identity, new WeakRef(database)),
    release() {
      open.delete(identity);
      lock.release();
    },
  };
}

const NO_LOCK: Lock = { priorState: 'unknown', isNew: false, mark: () => true, release: () => undefined };

function lockByNumber(driver: Driver, path: string, file: string, { nlink }: BigIntStats): Lock {
  try {
    return temporaryLock(driver, path, file);
  } catch (error) {
    const isHeld = error instanceof JournalError && error.code === 'IN_USE';
    if (isHeld || nlink > 1n) throw isHeld ? error : manyNames(file, nlink, error);
    return NO_LOCK;
  }
}

const ATTEMPTS = 3;

/**
 * A lock whose file goes with it: nobody clears a folder for temporary files. Whoever waited meanwhile has locked a file
 * that is not there any more, and tries again.
 */
function temporaryLock(driver: Driver, path: string, file: string, attempts = ATTEMPTS): Lock {
  const lockFile = `${path}-lock`;
  const before = statOf(lockFile);
  const lock = acquireLock(driver, path, file);
  const now = statOf(lockFile);
  if (now !== undefined && (before === undefined || before.ino === now.ino)) {
    return {
      ...lock,
      release() {
        rmSync(lockFile, { force: true });
        lock.release();
      },
    };
  }
  lock.release();
  if (attempts > 1) return temporaryLock(driver, path, file, attempts - 1);
  throw new JournalError('IN_USE', `The journal ${file} is being opened by another process`);
}

const manyNames = (file: string, names: bigint, cause: unknown): JournalError =>
  new JournalError(
    'IN_USE',
    `The journal ${file} has ${names} names (hard links), and it cannot be seen whether another process uses one of them`,
    { cause },
  );
