/**
 * Which driver the running Node.js has: its own SQLite where that is new enough, better-sqlite3 otherwise.
 *
 * 1. SQLite before 3.51.3 can corrupt a write-ahead log when it is reset: such a library is refused, whoever brings it.
 * 2. A driver that was asked for by name is that one or an error, never the other.
 */
import { JournalError } from '../journal-error.js';
import { betterSqlite3Driver } from './better-sqlite3.js';
import { assertSqliteVersion, type Driver, type DriverName, isOldSqlite } from './driver.js';
import { builtInSqliteVersion, nodeSqliteDriver } from './node-sqlite.js';

/** Loads the driver, the one that is named or the best there is. Rejects with `DRIVER_MISSING` or `SQLITE_TOO_OLD`. */
export async function loadDriver(name?: DriverName): Promise<Driver> {
  const builtIn = builtInSqliteVersion();
  const driver =
    name === 'node' || (name === undefined && builtIn !== undefined && !isOldSqlite(builtIn))
      ? nodeSqliteDriver()
      : await betterSqlite3Driver().catch((error: unknown) => {
          throw name === undefined ? neither(error, builtIn) : error;
        });
  assertSqliteVersion(driver.sqliteVersion, driver.name === 'node' ? `Node.js ${process.version}` : driver.name);
  return driver;
}

function neither(cause: unknown, builtIn: string | undefined): JournalError {
  const own = builtIn === undefined ? 'has no SQLite built in' : `has SQLite ${builtIn} built in, which is too old`;
  const why = cause instanceof JournalError ? cause.problem : String(cause);
  return new JournalError('DRIVER_MISSING', `Node.js ${process.version} ${own}, and ${why}`, { cause });
}
