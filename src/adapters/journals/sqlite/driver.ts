/**
 * The driver port: the little of SQLite that the journal uses, whoever brings it.
 *
 * 1. Two drivers keep it: `node-sqlite.ts` and `better-sqlite3.ts`. `load-driver.ts` chooses; nothing else names either.
 * 2. Rows are plain objects by column name; a BLOB is a `Uint8Array`, an INTEGER or a REAL a number.
 * 3. What a driver throws becomes a {@link JournalError} here and nowhere else.
 */
import { JournalError, type JournalErrorCode } from '../journal-error.js';

export const DRIVER_NAMES = ['node', 'better-sqlite3'] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];

/** What can be bound to a parameter. */
export type SqlValue = string | number | null | Uint8Array;

export interface Statement<Row = Readonly<Record<string, unknown>>> {
  /** Parameters by place, or one object with the named ones (`@seq` is `seq`). */
  run(...parameters: readonly (SqlValue | object)[]): unknown;
  get(...parameters: readonly (SqlValue | object)[]): Row | undefined;
  all(...parameters: readonly (SqlValue | object)[]): Row[];
  iterate(...parameters: readonly (SqlValue | object)[]): Iterable<Row>;
}

export interface Database {
  readonly isOpen: boolean;
  readonly inTransaction: boolean;
  prepare<Row = Readonly<Record<string, unknown>>>(source: string): Statement<Row>;
  /** Runs one or several statements without parameters. */
  exec(source: string): void;
  /** Runs `PRAGMA <source>` to its end and gives its rows. */
  pragma(source: string): readonly Readonly<Record<string, unknown>>[];
  close(): void;
}

interface OpenOptions {
  /** The file must be there, and nothing is written to it. */
  readonly readonly?: boolean;
}

export interface Driver {
  readonly name: DriverName;
  /** Such as `3.53.4`. */
  readonly sqliteVersion: string;
  /** Opens a file, given by its absolute path. A statement waits {@link LOCK_WAIT_MS} for a lock. */
  open(file: string, options?: OpenOptions): Database;
  /** Opens the bytes of a database file, for reading only. */
  openImage(image: Buffer): Database;
}

/**
 * How long a statement waits for a lock, in ms. Nobody else has business to hold one for longer than an instant; the
 * wait blocks the event loop, so it is short.
 */
export const LOCK_WAIT_MS = 250;

/** SQLite before this can corrupt a write-ahead log when it is reset. */
export const OLDEST_SQLITE = '3.51.3';

export function isOldSqlite(version: string): boolean {
  const found = version.split('.').map(Number);
  const oldest = OLDEST_SQLITE.split('.').map(Number);
  const differing = oldest.findIndex((part, index) => part !== (found[index] ?? 0));
  return differing !== -1 && (found[differing] ?? 0) < (oldest[differing] ?? 0);
}

/** Throws `SQLITE_TOO_OLD` for a version such as `3.51.2`; `owner` brings it. */
export function assertSqliteVersion(version: string, owner: string): void {
  if (!isOldSqlite(version)) return;
  throw new JournalError('SQLITE_TOO_OLD', `${owner} brings SQLite ${version}; at least ${OLDEST_SQLITE} is needed`);
}

/** The first column of the first row; `undefined` without a row. */
export function firstValue(database: Database, source: string, ...parameters: readonly SqlValue[]): unknown {
  const row = database.prepare(source).get(...parameters);
  return row === undefined ? undefined : Object.values(row)[0];
}

/** The value of a PRAGMA that gives one. */
export function pragmaValue(database: Database, name: string): unknown {
  const [row] = database.pragma(name);
  return row === undefined ? undefined : Object.values(row)[0];
}

/** Runs `read` on one snapshot of the file. */
export function inReadTransaction<T>(database: Database, read: () => T): T {
  database.exec('BEGIN');
  try {
    return read();
  } finally {
    database.exec('COMMIT');
  }
}

/** Runs `work` in a write transaction; what it throws undoes it. */
export function inWriteTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (cause) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw cause;
  }
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

/** SQLite's primary result codes by number, from its documentation (rescode.html). */
const RESULT_CODES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  12: 'SQLITE_NOTFOUND',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  17: 'SQLITE_SCHEMA',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  22: 'SQLITE_NOLFS',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
};

/** The extended code that the table of {@link CODES} asks for: the number of a record is there twice. */
const CONSTRAINT_PRIMARYKEY = 1555;

/** better-sqlite3 gives the code by name, node:sqlite by number beside a code of Node.js's own. */
function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  if ('errcode' in cause && typeof cause.errcode === 'number') {
    if (cause.errcode === CONSTRAINT_PRIMARYKEY) return 'SQLITE_CONSTRAINT_PRIMARYKEY';
    return RESULT_CODES[cause.errcode & 0xff] ?? `SQLITE_${cause.errcode}`;
  }
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

export const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]?.replace(/[.:]$/, '') ?? '';
