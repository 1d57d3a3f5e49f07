/**
 * better-sqlite3, loaded on first use so that whoever keeps no file need not have it.
 *
 * 1. SQLite before 3.51.3 can corrupt a write-ahead log when it is reset: such a library is refused.
 * 2. What SQLite reports becomes a {@link JournalError} here and nowhere else.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { JournalError, type JournalErrorCode } from '../journal-error.js';

export type Driver = typeof BetterSqlite3;
export type Database = BetterSqlite3.Database;

const OLDEST_SQLITE = '3.51.3';

/**
 * How long a statement waits for a lock, in ms. Nobody else has business to hold one for longer than an instant; the
 * wait blocks the event loop, so it is short.
 */
export const LOCK_WAIT_MS = 250;

/** Loads the driver. Rejects with `DRIVER_MISSING` or `SQLITE_TOO_OLD`. */
export async function loadDriver(
  importDriver: () => Promise<{ readonly default: Driver }> = () => import('better-sqlite3'),
): Promise<Driver> {
  const [driver, version] = await importDriver()
    .then((module) => [module.default, sqliteVersionOf(module.default)] as const)
    .catch((cause: unknown) => {
      throw new JournalError('DRIVER_MISSING', `better-sqlite3 cannot be loaded: ${firstLine(cause)}`, { cause });
    });
  assertSqliteVersion(version);
  return driver;
}

// The compiled part is loaded by the first database only, so this also finds one that was built for another Node.js.
function sqliteVersionOf(driver: Driver): string {
  const database = new driver(':memory:');
  try {
    return String(database.prepare('SELECT sqlite_version()').pluck().get());
  } finally {
    database.close();
  }
}

/** Throws `SQLITE_TOO_OLD` for a version such as `3.51.2`. */
export function assertSqliteVersion(version: string): void {
  const found = version.split('.').map(Number);
  const oldest = OLDEST_SQLITE.split('.').map(Number);
  const differing = oldest.findIndex((part, index) => part !== (found[index] ?? 0));
  if (differing === -1 || (found[differing] ?? 0) > (oldest[differing] ?? 0)) return;
  throw new JournalError(
    'SQLITE_TOO_OLD',
    `better-sqlite3 brings SQLite ${version}; at least ${OLDEST_SQLITE} is needed`,
  );
}

/** Codes of SQLite and of the file system by their beginning. */
const CODES: readonly (readonly [prefix: string, code: JournalErrorCode, problem: string])[] = [
  ['SQLITE_FULL', 'DISK_FULL', 'the disk is full'],
  ['SQLITE_READONLY', 'READ_ONLY', 'it is read-only'],
  ['SQLITE_CORRUPT', 'CORRUPT', 'it is damaged'],
  ['SQLITE_NOTADB', 'NOT_A_JOURNAL', 'it is not an SQLite database'],
  ['SQLITE_CANTOPEN', 'CANNOT_OPEN', 'it, or a file beside it, cannot be opened or created'],
  ['SQLITE_PERM', 'CANNOT_OPEN', 'access is denied'],
  ['SQLITE_BUSY', 'IN_USE', 'another process keeps it locked'],
  ['ENOENT', 'CANNOT_OPEN', 'it, or its folder, does not exist'],
  ['ENOTDIR', 'CANNOT_OPEN', 'its folder is a file'],
  ['EACCES', 'CANNOT_OPEN', 'access is denied'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'DUPLICATE_SEQ', 'a record of this seq is in it already'],
];

/** The error to show for `cause`, which was met when the file was to be `done` ("written", "read", …). */
export function journalErrorFrom(cause: unknown, file: string, done: string): JournalError {
  if (cause instanceof JournalError) return cause;
  const systemCode = codeOf(cause);
  const known = CODES.find(([prefix]) => systemCode?.startsWith(prefix));
  const [, code, problem] = known ?? ['', 'WRITE_FAILED' as const, firstLine(cause)];
  const detail = systemCode === undefined ? '' : ` (${systemCode})`;
  return new JournalError(code, `The journal ${file} cannot be ${done}: ${problem}${detail}`, { cause });
}

/** The code of an error of SQLite, such as `SQLITE_BUSY`; `undefined` for every other error. */
export function sqliteCodeOf(cause: unknown): string | undefined {
  const code = codeOf(cause);
  return code?.startsWith('SQLITE_') ? code : undefined;
}

function codeOf(cause: unknown): string | undefined {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]?.replace(/[.:]$/, '') ?? '';
