/**
 * What only the journal in a file can do wrong: the file, the disk, the schema, the library.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { JournalError } from '../../src/adapters/journals/journal-error.js';
import { pragmaValue } from '../../src/adapters/journals/sqlite/driver.js';
import { MIGRATIONS, migrate } from '../../src/adapters/journals/sqlite/schema.js';
import {
  type JournalHooks,
  sqliteJournal as journalInFile,
  readSqliteJournal as readJournalInFile,
  type SqliteJournalOptions,
} from '../../src/adapters/journals/sqlite.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import type { Journal } from '../../src/domain/ports.js';
import { chainOf } from './journals.chain.js';
import { scratchFolders } from './journals.support.js';
import { driversHere, withDatabase } from './sqlite-drivers.js';

describe.each(driversHere)('on %s', (driver) => {
  const newFolder = scratchFolders();
  const newPath = (): string => join(newFolder(), 'journal.db');
  const sqliteJournal = (options: SqliteJournalOptions): Journal => journalInFile({ driver, ...options });
  const readSqliteJournal = (path: string): Promise<readonly JournalRecord[]> => readJournalInFile(path, driver);
  /** The path of a closed journal with these records. */
  async function journalOf(records: readonly JournalRecord[]): Promise<string> {
    const path = newPath();
    const journal = sqliteJournal({ path });
    await journal.open();
    await journal.append(records);
    await journal.close();
    return path;
  }

  describe('the file', () => {
    test('is in WAL mode, and a commit is synced', async () => {
      const path = newPath();
      const pragmas: unknown[] = [];
      const journal = sqliteJournal({
        path,
        hooks: { opened: (pragma) => pragmas.push(pragma('journal_mode'), pragma('synchronous')) },
      });
      await journal.open();
      await journal.close();
      expect(pragmas).toEqual([[{ journal_mode: 'wal' }], [{ synchronous: 2 }]]);
    });

    test('can be read while it is written, by this process and by another', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path });
      const records = chainOf(5);
      await journal.open();
      await journal.append(records);
      expect(await readSqliteJournal(path)).toStrictEqual(records);
      await journal.append(chainOf(1, records.at(-1)));
      expect(await readSqliteJournal(path)).toHaveLength(6);
      await journal.close();
      expect(await readSqliteJournal(path)).toHaveLength(6);
    });

    test('finds the records of an advisory by an index', async () => {
      const path = await journalOf(chainOf(3));
      const plan = withDatabase(path, (database) =>
        database.prepare("EXPLAIN QUERY PLAN SELECT * FROM records WHERE advisory_id = 'x'").all(),
      );
      expect(JSON.stringify(plan)).toContain('records_by_advisory');
    });

    test.each(['', ':memory:', ' blank.db', 'blank.db '])('cannot have the path %j', (path) => {
      expect(() => sqliteJournal({ path })).toThrow(RangeError);
    });

    test.each([0, -1, 1.5, Number.NaN])('cannot have a batch of %s', (maxBatch) => {
      expect(() => sqliteJournal({ path: 'x.db', maxBatch })).toThrow(RangeError);
    });
  });

  describe('the hooks', () => {
    test('come in the order of a commit', async () => {
      const seen: string[] = [];
      const note =
        (name: string) =>
        (records: readonly JournalRecord[]): void =>
          void seen.push(`${name} ${records.map(({ seq }) => seq).join()}`);
      const hooks: JournalHooks = {
        beforeAppend: note('beforeAppend'),
        beforeCommit: note('beforeCommit'),
        afterCommit: note('afterCommit'),
      };
      const journal = sqliteJournal({ path: newPath(), hooks });
      await journal.open();
      const [first, ...rest] = chainOf(3);
      await Promise.all([journal.append(first === undefined ? [] : [first]), journal.append(rest)]);
      seen.push('acknowledged');
      await journal.close();
      expect(seen).toEqual([
        'beforeAppend 1',
        'beforeAppend 2,3',
        'beforeCommit 1,2,3',
        'afterCommit 1,2,3',
        'acknowledged',
      ]);
    });

    test.each([
      ['beforeAppend', 0],
      ['beforeCommit', 0],
      ['afterCommit', 1],
    ] as const)('what %s throws is a failed write; %i records are found afterwards', async (name, found) => {
      const path = newPath();
      const boom = (): never => {
        throw new Error('boom');
      };
      const journal = sqliteJournal({ path, hooks: { [name]: boom } });
      await journal.open();
      await expectRefused(journal.append(chainOf(1)), 'WRITE_FAILED', 'boom');
      await expectRefused(journal.append(chainOf(1)), 'WRITE_FAILED', 'boom');
      await journal.close();
      expect(await readSqliteJournal(path)).toHaveLength(found);
    });
  });

  describe('after a failed write', () => {
    test('a full file: this and all later appends are refused, what was acknowledged is there', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path, hooks: { opened: (pragma) => pragma('max_page_count = 40') } });
      const records = chainOf(400, undefined, 'x'.repeat(200));
      await journal.open();
      const outcomes = await Promise.allSettled(records.map((record) => journal.append([record])));
      const acknowledged = outcomes.findIndex(({ status }) => status === 'rejected');
      expect(acknowledged).toBeGreaterThan(0);
      expect(outcomes.slice(acknowledged).every(({ status }) => status === 'rejected')).toBe(true);
      await expectRefused(journal.append(chainOf(1)), 'DISK_FULL', 'Free disk space, then restart.');
      await journal.close();

      const again = sqliteJournal({ path });
      const read = await again.open();
      expect(read).toStrictEqual(records.slice(0, acknowledged));
      await again.append(records.slice(acknowledged));
      await again.close();
      expect(verifyChain(await readSqliteJournal(path))).toMatchObject({ ok: true, records: 400 });
    });

    test('a file that became read-only', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path, hooks: { opened: (pragma) => pragma('query_only = ON') } });
      await journal.open();
      await expectRefused(journal.append(chainOf(1)), 'READ_ONLY', 'writable');
      await expectRefused(journal.append(chainOf(1)), 'READ_ONLY', 'writable');
      await journal.close();
    });

    test('a page that went bad under way', async () => {
      const path = await journalOf(chainOf(300));
      // Without a cache every page is read from the disk again.
      const journal = sqliteJournal({ path, hooks: { opened: (pragma) => pragma('cache_size = 1') } });
      const read = await journal.open();
      destroyPages(path, 2, 60);
      await expectRefused(journal.append(chainOf(1, read.at(-1))), 'CORRUPT', 'evidence');
      await expectRefused(journal.append(chainOf(1, read.at(-1))), 'CORRUPT', 'evidence');
      await journal.close();
    });

    test('a file that was moved away: SQLite would go on writing into nothing', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path });
      await journal.open();
      await journal.append(chainOf(1));
      renameSync(path, `${path}.moved`);
      await expectRefused(journal.append(chainOf(1)), 'MOVED', 'Put the file back');
      await journal.close();
    });

    test('a record whose seq is there already', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path });
      await journal.open();
      await journal.append(chainOf(2));
      await expectRefused(journal.append(chainOf(1)), 'DUPLICATE_SEQ', 'Something else has written');
      await journal.close();
      expect(await readSqliteJournal(path)).toStrictEqual(chainOf(2));
    });

    test('a record that is no JSON', async () => {
      const journal = sqliteJournal({ path: newPath() });
      await journal.open();
      const [record] = chainOf(1);
      const cyclic: Record<string, unknown> = { type: 'CYCLE' };
      cyclic['self'] = cyclic;
      const unwritable = { ...record, fact: cyclic } as unknown as JournalRecord;
      await expectRefused(journal.append([unwritable]), 'WRITE_FAILED', 'circular');
      await expectRefused(journal.append(chainOf(1)), 'WRITE_FAILED', 'circular');
      await journal.close();
    });
  });

  describe('open refuses', () => {
    test('a second journal on the same file in the same process, also by way of a link', async () => {
      const path = newPath();
      const journal = sqliteJournal({ path });
      await journal.open();
      const link = join(newFolder(), 'link.db');
      symlinkSync(path, link);
      for (const other of [path, link]) {
        await expectRefused(sqliteJournal({ path: other }).open(), 'IN_USE', 'this very process');
      }
      await journal.append(chainOf(1));
      await journal.close();
      const next = sqliteJournal({ path: link });
      expect(await next.open()).toHaveLength(1);
      await next.close();
    });

    test('to open twice', async () => {
      const journal = sqliteJournal({ path: newPath() });
      const [first, second] = await Promise.allSettled([journal.open(), journal.open()]);
      expect([first.status, second.status]).toEqual(['fulfilled', 'rejected']);
      await expectRefused(journal.open(), 'ALREADY_OPEN', 'Call close() first.');
      await journal.close();
    });

    test('a folder that does not exist', async () => {
      const path = join(newFolder(), 'missing', 'journal.db');
      await expectRefused(sqliteJournal({ path }).open(), 'CANNOT_OPEN', 'Check that the folder exists');
      await expectRefused(readSqliteJournal(path), 'CANNOT_OPEN', 'does not exist');
    });

    test('a folder in place of a file', async () => {
      const path = newPath();
      mkdirSync(path);
      await expectRefused(sqliteJournal({ path }).open(), 'CANNOT_OPEN', path);
      await expectRefused(readSqliteJournal(path), 'CANNOT_OPEN', path);
    });

    test('a file that is no database', async () => {
      const path = newPath();
      writeFileSync(path, 'Dear diary, today I bought 100 AAPL. '.repeat(100));
      await expectRefused(sqliteJournal({ path }).open(), 'NOT_A_JOURNAL', path);
      await expectRefused(readSqliteJournal(path), 'NOT_A_JOURNAL', path);
    });

    test('a lock file that is damaged, naming that file', async () => {
      const path = newPath();
      writeFileSync(`${path}-lock`, 'garbage '.repeat(1000));
      await expectRefused(sqliteJournal({ path }).open(), 'LOCK_DAMAGED', `The lock file ${path}-lock is damaged`);
    });

    test('a database of something else, and leaves it as it is', async () => {
      const path = newPath();
      withDatabase(path, (database) => database.exec('CREATE TABLE songs (title TEXT)'));
      await expectRefused(sqliteJournal({ path }).open(), 'NOT_A_JOURNAL', 'something else');
      await expectRefused(readSqliteJournal(path), 'NOT_A_JOURNAL', 'something else');
      expect(withDatabase(path, (database) => pragmaValue(database, 'journal_mode'))).toBe('delete');
    });

    test('a damaged page', async () => {
      const path = await journalOf(chainOf(300));
      destroyPages(path, 20, 5);
      await expectRefused(sqliteJournal({ path }).open(), 'CORRUPT', 'restore a backup');
      await expectRefused(readSqliteJournal(path), 'CORRUPT', 'restore a backup');
    });

    test('a schema that is newer than this program', async () => {
      const path = await journalOf(chainOf(2));
      withDatabase(path, (database) => database.pragma('user_version = 99'));
      await expectRefused(sqliteJournal({ path }).open(), 'SCHEMA_TOO_NEW', 'schema version 99');
      await expectRefused(readSqliteJournal(path), 'SCHEMA_TOO_NEW', 'schema version 99');
    });

    // The superuser may write to any file.
    test.runIf(process.getuid?.() !== 0)('a read-only file', async () => {
      const path = await journalOf(chainOf(2));
      chmodSync(path, 0o444);
      await expectRefused(sqliteJournal({ path }).open(), 'READ_ONLY', path);
      expect(await readSqliteJournal(path)).toHaveLength(2);
    });

    test('and can be tried again once the cause is gone', async () => {
      const folder = join(newFolder(), 'later');
      const journal = sqliteJournal({ path: join(folder, 'journal.db') });
      await expectRefused(journal.open(), 'CANNOT_OPEN', 'Check that the folder exists');
      mkdirSync(folder);
      expect(await journal.open()).toEqual([]);
      await journal.close();
    });
  });

  describe('the schema', () => {
    test('goes forward, step by step, and keeps the records', async () => {
      const path = await journalOf(chainOf(2));
      const next = [
        ...MIGRATIONS,
        "ALTER TABLE records ADD COLUMN host TEXT DEFAULT 'here'",
        'CREATE TABLE later (x) STRICT',
      ];
      const bad = [...next.slice(0, -1), 'CREATE TABLE later (x TEXT) STRICT; SELECT nonsense'];
      const version = (): unknown => withDatabase(path, (database) => pragmaValue(database, 'user_version'));
      expect(version()).toBe(MIGRATIONS.length);
      expect(() => withDatabase(path, (database) => migrate(database, path, bad))).toThrow('nonsense');
      expect(version()).toBe(MIGRATIONS.length + 1);
      const good = [...next.slice(0, -1), 'CREATE TABLE later (x TEXT) STRICT'];
      withDatabase(path, (database) => migrate(database, path, good));
      expect(version()).toBe(MIGRATIONS.length + 2);
      expect(withDatabase(path, (database) => database.prepare('SELECT seq, host FROM records').all())).toEqual([
        { seq: 1, host: 'here' },
        { seq: 2, host: 'here' },
      ]);
    });

    test('an empty file is a journal that nothing was written to yet', async () => {
      const path = newPath();
      writeFileSync(path, '');
      expect(await readSqliteJournal(path)).toEqual([]);
      const journal = sqliteJournal({ path });
      expect(await journal.open()).toEqual([]);
      await journal.close();
    });
  });
});

async function expectRefused(call: Promise<unknown>, code: string, says: string): Promise<void> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(JournalError);
  expect(error).toMatchObject({ code, message: expect.stringContaining(says) });
}

/** Overwrites pages, counted from 1, in a process of its own: a descriptor closed here would end SQLite's locks. */
function destroyPages(path: string, first: number, count: number): void {
  const script = `const fs = require('node:fs');
    const fd = fs.openSync(process.argv[1], 'r+');
    const size = Math.min(${count * 4096}, fs.fstatSync(fd).size - ${(first - 1) * 4096});
    fs.writeSync(fd, Buffer.alloc(size, 0xff), 0, size, ${(first - 1) * 4096});`;
  execFileSync(process.execPath, ['-e', script, path]);
}
