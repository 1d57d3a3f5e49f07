/**
 * The one connection that writes.
 *
 * 1. A commit is on the disk when it returns: write-ahead log, `synchronous=FULL`.
 * 2. What cannot be written is found when the file is opened, as far as that can be known.
 */
import { existsSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { JournalRecord } from '../../../domain/journal.js';
import { JournalError } from '../journal-error.js';
import { type Database, type Driver, journalErrorFrom } from './driver.js';
import type { JournalHooks } from './hooks.js';
import { claimFile } from './open-files.js';
import { INSERT, type NewRow, UPDATE_HEAD, valuesOf } from './rows.js';
import { migrate, schemaVersionOf } from './schema.js';

/** One append: its records, and their rows, made when it was called. */
export interface Entry {
  readonly records: readonly JournalRecord[];
  readonly rows: readonly NewRow[];
}

export interface Writer {
  readonly database: Database;
  /** Makes the entries durable in one transaction, or throws a {@link JournalError}. */
  write(entries: readonly Entry[]): void;
  /** Closes the file and gives up its claim. */
  close(): void;
}

/** The file behind every link: a lock beside a link would lock the link. Throws what the file system says. */
export const fileOf = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));

/** Opens, claims and migrates the file; its lock is held already. Throws a {@link JournalError} or what SQLite says. */
export function openWriter(driver: Driver, file: string, path: string, hooks: JournalHooks): Writer {
  if (existsSync(file) && !statSync(file).isFile())
    throw new JournalError('CANNOT_OPEN', `The journal ${path} is not a file`);
  if (!existsSync(file)) writeFileSync(file, '', { flag: 'a' });
  const claim = claimFile(driver, file);
  let database: Database | undefined;
  try {
    const opened = driver.open(file);
    database = opened;
    claim.connected(opened);
    prepare(opened, path);
    hooks.opened?.((source) => opened.pragma(source));
    return {
      database: opened,
      write: writeTo(opened, file, path, hooks),
      close: () => closeAll(opened, claim.release),
    };
  } catch (cause) {
    database?.close();
    claim.release();
    throw cause;
  }
}

function prepare(database: Database, path: string): void {
  schemaVersionOf(database, path); // Before anything is changed: it may not be ours.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL'); // better-sqlite3 is built with NORMAL for WAL, which does not sync a commit.
  database.pragma('fullfsync = ON'); // On macOS a plain fsync does not reach the disk; elsewhere this does nothing.
  migrate(database, path);
  // A file that cannot be written must show now and not at the first order: this writes a page and syncs it.
  database.pragma(`user_version = ${schemaVersionOf(database, path)}`);
}

function writeTo(database: Database, file: string, path: string, hooks: JournalHooks): Writer['write'] {
  const insert = database.prepare(INSERT);
  const updateHead = database.prepare(UPDATE_HEAD);
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const { ino } = statSync(file);
  return (entries) => {
    try {
      // SQLite goes on writing to a file that was deleted, and every record would be gone with the process.
      if (statSync(file, { throwIfNoEntry: false })?.ino !== ino) {
        throw new JournalError('MOVED', `The journal ${path} was moved, deleted or replaced while it was open`);
      }
      begin.run();
      const rows = entries.flatMap((entry) => entry.rows);
      for (const row of rows) insert.run(...valuesOf(row));
      const last = rows.at(-1);
      if (last !== undefined) updateHead.run({ seq: last.seq, hash: last.hash });
      hooks.beforeCommit?.(recordsOf(entries));
      commit.run();
      hooks.afterCommit?.(recordsOf(entries));
    } catch (cause) {
      rollBack(database);
      throw journalErrorFrom(cause, path, 'written');
    }
  };
}

const recordsOf = (entries: readonly Entry[]): readonly JournalRecord[] => entries.flatMap((entry) => entry.records);

function rollBack(database: Database): void {
  try {
    if (database.inTransaction) database.exec('ROLLBACK');
  } catch {
    // Nothing more is written over this connection, and an open transaction ends with it.
  }
}

function closeAll(database: Database, release: () => void): void {
  try {
    database.close();
  } finally {
    release();
  }
}
