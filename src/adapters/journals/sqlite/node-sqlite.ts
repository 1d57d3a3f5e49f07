/**
 * The driver port on node:sqlite, which a Node.js from 22.13 on has without a flag: nothing is installed or compiled.
 *
 * 1. Node.js 22 and the first 24 print an ExperimentalWarning when the module is first loaded. It is loaded on first use,
 *    and only when its SQLite will do, which `process.versions` tells without loading it.
 * 2. An image is opened from memory where the module can (`deserialize`, not in Node.js 22); elsewhere from a private copy in
 *    memory-backed or temporary storage, whose name is gone as soon as it is open. Never from the folder of the journal.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JournalError } from '../journal-error.js';
import { type Database, type Driver, LOCK_WAIT_MS, type Statement } from './driver.js';

/** What is used of the module; `@types/node` of the oldest Node.js that is supported does not know it. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    location: string,
    options?: { readonly readOnly?: boolean; readonly timeout?: number },
  ) => DatabaseSync;
}

interface DatabaseSync {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  prepare(source: string): unknown;
  exec(source: string): void;
  close(): void;
  deserialize?(image: Uint8Array): void;
}

/** The SQLite that the running Node.js has built in, such as `3.53.4`; `undefined` where it cannot be used without a flag. */
export const builtInSqliteVersion = (): string | undefined =>
  isBuiltin('node:sqlite') ? process.versions['sqlite'] : undefined;

/** Throws `DRIVER_MISSING` where the running Node.js has no such module. */
export function nodeSqliteDriver(): Driver {
  const sqliteVersion = builtInSqliteVersion();
  const module = sqliteVersion === undefined ? undefined : process.getBuiltinModule('node:sqlite');
  if (sqliteVersion === undefined || module === undefined)
    throw new JournalError('DRIVER_MISSING', `Node.js ${process.version} has no SQLite built in`);
  const { DatabaseSync } = module as NodeSqlite;
  return {
    name: 'node',
    sqliteVersion,
    open: (file, { readonly = false } = {}) =>
      databaseOf(new DatabaseSync(file, { readOnly: readonly, timeout: LOCK_WAIT_MS })),
    openImage: (image) => databaseOf(openImage(DatabaseSync, image)),
  };
}

const databaseOf = (database: DatabaseSync): Database => {
  const prepare = <Row>(source: string): Statement<Row> => database.prepare(source) as Statement<Row>;
  return {
    get isOpen() {
      return database.isOpen;
    },
    get inTransaction() {
      return database.isTransaction;
    },
    prepare,
    exec: (source) => database.exec(source),
    pragma: (source) => prepare<Readonly<Record<string, unknown>>>(`PRAGMA ${source}`).all(),
    close: () => database.close(),
  };
};

function openImage(DatabaseSync: NodeSqlite['DatabaseSync'], image: Buffer): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  if (image.length > 0) {
    if (database.deserialize === undefined) {
      database.close();
      return openCopy(DatabaseSync, image);
    }
    database.deserialize(image);
  }
  database.exec('PRAGMA query_only = ON');
  return database;
}

/** A file system in memory, where there is one: it has room when the disk is full. */
const MEMORY_FOLDER = '/dev/shm';

function openCopy(DatabaseSync: NodeSqlite['DatabaseSync'], image: Buffer): DatabaseSync {
  const folder = newFolder();
  try {
    const copy = join(folder, 'image.db');
    writeFileSync(copy, image, { mode: 0o600 });
    // Immutable: no locks, and nothing beside it is looked for. SQLite has the file open when this returns.
    return new DatabaseSync(`${pathToFileURL(copy).href}?mode=ro&immutable=1`, { readOnly: true });
  } finally {
    remove(folder);
  }
}

function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Windows keeps a file that is open; it goes with the folder for temporary files.
  }
}

function newFolder(): string {
  const name = 'fillchart-image-';
  try {
    return mkdtempSync(join(MEMORY_FOLDER, name));
  } catch {
    return mkdtempSync(join(tmpdir(), name));
  }
}
