/**
 * The driver port on better-sqlite3, for a Node.js that has no SQLite of its own (20), or too old a one.
 *
 * 1. An optional peer dependency, loaded on first use: whoever keeps no file, or has a newer Node.js, need not have it.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { JournalError } from '../journal-error.js';
import { type Database, type Driver, firstLine, LOCK_WAIT_MS } from './driver.js';

export type BetterSqlite3Library = typeof BetterSqlite3;

/** Loads the library. Rejects with `DRIVER_MISSING`. */
export async function betterSqlite3Driver(
  importLibrary: () => Promise<{ readonly default: BetterSqlite3Library }> = () => import('better-sqlite3'),
): Promise<Driver> {
  try {
    const { default: library } = await importLibrary();
    // The compiled part is loaded by the first database only, so this also finds one that was built for another Node.js.
    return driverOf(library, sqliteVersionOf(library));
  } catch (cause) {
    throw new JournalError('DRIVER_MISSING', `better-sqlite3 cannot be loaded: ${firstLine(cause)}`, { cause });
  }
}

function sqliteVersionOf(library: BetterSqlite3Library): string {
  const database = new library(':memory:');
  try {
    return String(database.prepare('SELECT sqlite_version()').pluck().get());
  } finally {
    database.close();
  }
}

const driverOf = (library: BetterSqlite3Library, sqliteVersion: string): Driver => ({
  name: 'better-sqlite3',
  sqliteVersion,
  open: (file, { readonly = false } = {}) =>
    databaseOf(new library(file, { readonly, fileMustExist: readonly, timeout: LOCK_WAIT_MS })),
  openImage: (image) => databaseOf(new library(image, { readonly: true })),
});

const databaseOf = (database: BetterSqlite3.Database): Database => ({
  get isOpen() {
    return database.open;
  },
  get inTransaction() {
    return database.inTransaction;
  },
  prepare: <Row>(source: string) => database.prepare<unknown[], Row>(source),
  exec: (source) => void database.exec(source),
  pragma: (source) => database.pragma(source) as Readonly<Record<string, unknown>>[],
  close: () => void database.close(),
});
