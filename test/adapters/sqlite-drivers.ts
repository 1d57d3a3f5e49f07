/**
 * The drivers of SQLite that the running Node.js has, and databases opened beside the journal's own code.
 */
import { execFileSync } from 'node:child_process';
import { type Database, DRIVER_NAMES, type DriverName } from '../../src/adapters/journals/sqlite/driver.js';
import { loadDriver } from '../../src/adapters/journals/sqlite/load-driver.js';

const loaded = await Promise.allSettled(DRIVER_NAMES.map((name) => loadDriver(name)));

/** Those that can be used here: both where better-sqlite3 was built for a Node.js that has its own, one otherwise. */
export const driversHere: readonly DriverName[] = loaded.flatMap((outcome) =>
  outcome.status === 'fulfilled' ? [outcome.value.name] : [],
);

const driver = await loadDriver();

/** Runs `use` over an open database, by the driver that the journal takes when none is named. */
export function withDatabase<T>(path: string, use: (database: Database) => T): T {
  const database = driver.open(path);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

const OPEN =
  driver.name === 'node'
    ? "process.removeAllListeners('warning'); const { DatabaseSync: D } = require('node:sqlite');"
    : "const D = require('better-sqlite3');";

/**
 * Runs a script in a process of its own, as whoever tampers would; what it prints. `d` is the database of the first of the
 * arguments, opened without patience: `d.exec`, `d.prepare` and `d.close` are the same for every driver.
 */
export function inOtherProcess(script: string, path: string, ...args: readonly string[]): string {
  const opened = `${OPEN} const d = new D(process.argv[1], { timeout: 0 }); ${script}`;
  return execFileSync(process.execPath, ['-e', opened, path, ...args], { encoding: 'utf8' });
}
