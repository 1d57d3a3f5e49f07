/**
 * Which library of SQLite is taken, and what is said of one that cannot be.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BetterSqlite3Library, betterSqlite3Driver } from '../../src/adapters/journals/sqlite/better-sqlite3.js';
import { assertSqliteVersion, DRIVER_NAMES, OLDEST_SQLITE } from '../../src/adapters/journals/sqlite/driver.js';
import { loadDriver } from '../../src/adapters/journals/sqlite/load-driver.js';
import { builtInSqliteVersion } from '../../src/adapters/journals/sqlite/node-sqlite.js';
import { type DriverName, sqliteJournal } from '../../src/adapters/journals/sqlite.js';
import { scratchFolders } from './journals.support.js';
import { driversHere } from './sqlite-drivers.js';

const newFolder = scratchFolders();

describe('the version of SQLite', () => {
  test.each(['3.51.3', '3.51.10', '3.53.2', '3.100.0', '4.0.0'])('%s is taken', (version) => {
    expect(() => assertSqliteVersion(version, 'it')).not.toThrow();
  });

  test.each(['3.51.2', '3.51', '3.50.9', '3.6.0', '2.99.99'])('%s is refused', (version) => {
    expect(() => assertSqliteVersion(version, 'it')).toThrow(`it brings SQLite ${version}; at least 3.51.3 is needed`);
  });

  test.each(driversHere)('of %s is the one that its connection tells', async (name) => {
    const driver = await loadDriver(name);
    const database = driver.open(join(newFolder(), 'x.db'));
    expect(database.prepare('SELECT sqlite_version() AS version').get()).toEqual({ version: driver.sqliteVersion });
    database.close();
  });
});

describe('the library', () => {
  test('is the one of Node.js where it has one that will do, better-sqlite3 otherwise', async () => {
    const own = builtInSqliteVersion();
    const [major = 0] = process.versions.node.split('.').map(Number);
    if (major >= 24) expect(own).toBeDefined();
    if (major <= 20) expect(own).toBeUndefined();
    const isNew = own !== undefined && own.localeCompare(OLDEST_SQLITE, 'en', { numeric: true }) >= 0;
    expect((await loadDriver()).name).toBe(isNew ? 'node' : 'better-sqlite3');
  });

  test('is never another than the one that was asked for', async () => {
    expect(driversHere.length).toBeGreaterThan(0);
    for (const name of DRIVER_NAMES) {
      const journal = sqliteJournal({ path: join(newFolder(), 'journal.db'), driver: name });
      if (driversHere.includes(name)) {
        expect(await journal.open()).toEqual([]);
        await journal.close();
      } else {
        await expect(journal.open()).rejects.toMatchObject({
          code: expect.stringMatching(/^(?:DRIVER_MISSING|SQLITE_TOO_OLD)$/),
          message: expect.stringContaining(name === 'node' ? `Node.js ${process.version}` : name),
        });
      }
    }
  });

  test('that nobody knows is refused at once', () => {
    const driver = 'sqlite3' as DriverName;
    expect(() => sqliteJournal({ path: 'x.db', driver })).toThrow(
      'driver must be node or better-sqlite3, not "sqlite3"',
    );
  });

  test('better-sqlite3 that is missing is named with the command that installs it', async () => {
    const missing = async (): Promise<never> => {
      throw new Error("Cannot find package 'better-sqlite3'");
    };
    await expect(betterSqlite3Driver(missing)).rejects.toMatchObject({
      code: 'DRIVER_MISSING',
      message: expect.stringContaining('npm install better-sqlite3@12'),
    });
  });

  test('better-sqlite3 that was built for another Node.js too', async () => {
    class Unloadable {
      constructor() {
        throw new Error('was compiled against a different Node.js version');
      }
    }
    const library = Unloadable as unknown as BetterSqlite3Library;
    await expect(betterSqlite3Driver(async () => ({ default: library }))).rejects.toMatchObject({
      code: 'DRIVER_MISSING',
      message: expect.stringContaining('npm rebuild better-sqlite3'),
    });
  });
});
