/**
 * The journal and other processes: one that wants it too, one that is killed, a disk that is really full.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { readSqliteJournal, sqliteJournal } from '../../src/adapters/journals/sqlite.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import { chainOf } from './journals.chain.js';
import { canMount, childProcesses, scratchFolders } from './journals.support.js';
import { driversHere } from './sqlite-drivers.js';

describe.each(driversHere)('on %s', (driver) => {
  const newFolder = scratchFolders();
  const children = childProcesses(driver);

  describe('a second process', () => {
    test('is refused with the name of the file and the pid of the holder; SIGKILL frees the journal at once', async () => {
      const path = join(newFolder(), 'journal.db');
      const holder = children.start('hold', path);
      expect(await holder.line()).toBe('"open"');

      const journal = sqliteJournal({ path, driver });
      await expect(journal.open()).rejects.toMatchObject({
        code: 'IN_USE',
        holderPid: holder.process.pid,
        message: expect.stringContaining(`${path} is in use by process ${holder.process.pid} on `),
      });
      await holder.kill();
      expect(await journal.open()).toEqual([]);
      await journal.close();
    });

    test('is refused while this one holds the journal, and may read it meanwhile', async () => {
      const path = join(newFolder(), 'journal.db');
      const journal = sqliteJournal({ path, driver });
      await journal.open();
      await journal.append(chainOf(3));
      const other = children.start('look', path);
      expect(await other.line()).toBe('{"opened":"IN_USE","read":3,"chain":true}');
      await journal.append(chainOf(1, chainOf(3).at(-1)));
      await journal.close();
      expect(await readSqliteJournal(path, driver)).toHaveLength(4);
    });

    test('of several that start at once exactly one gets the journal', async () => {
      const path = join(newFolder(), 'journal.db');
      const started = Array.from({ length: 4 }, () => children.start('contend', path));
      const lines = await Promise.all(started.map((child) => child.line()));
      expect(lines.sort()).toEqual(['"IN_USE"', '"IN_USE"', '"IN_USE"', '"done"']);
    });
  });

  describe('a copy of the files, made while the engine appends', () => {
    test('opens elsewhere, and its chain holds', async () => {
      const [here, elsewhere] = [newFolder(), newFolder()];
      const engine = children.start('load', join(here, 'journal.db'), join(here, 'acks'), '25');
      await engine.line();
      await untilAcknowledged(join(here, 'acks'), 100);
      // The log after the file: what the file lacks by then is in the log. By another process, as SQLite's locks demand.
      for (const name of ['journal.db', 'journal.db-wal']) execFileSync('cp', [join(here, name), elsewhere]);
      await engine.kill();

      const path = join(elsewhere, 'journal.db');
      const copied = bytesOf(elsewhere);
      const read = await readSqliteJournal(path, driver);
      expect(bytesOf(elsewhere)).toEqual(copied);
      expect(read.length).toBeGreaterThanOrEqual(100);
      expect(verifyChain(read)).toMatchObject({ ok: true });
      const original = await readSqliteJournal(join(here, 'journal.db'), driver);
      expect(original.slice(0, read.length)).toStrictEqual(read);

      const journal = sqliteJournal({ path, driver });
      expect(await journal.open()).toHaveLength(read.length);
      await journal.append(chainOf(1, read.at(-1)));
      await journal.close();
      expect(verifyChain(await readSqliteJournal(path, driver))).toMatchObject({ ok: true, records: read.length + 1 });
    });
  });

  describe('SIGKILL at a random time', () => {
    const KILLS = 10;

    test.concurrent.each(['first', 'second'])(
      `loses nothing that was acknowledged, ${KILLS} times over (%s journal)`,
      async () => {
        const folder = newFolder();
        const [path, acks] = [join(folder, 'journal.db'), join(folder, 'acks')];
        for (let kill = 1; kill <= KILLS; kill += 1) {
          const engine = children.start('load', path, acks);
          expect(await engine.line()).toBe('"open"');
          await delay(Math.random() * 80);
          await engine.kill();

          const records = await readSqliteJournal(path, driver);
          expect(verifyChain(records)).toMatchObject({ ok: true });
          expect(lostOf(acks, records)).toEqual([]);
        }
        expect(acknowledgedIn(acks).length).toBeGreaterThan(0);
      },
      60_000,
    );
  });

  describe.runIf(canMount())('on a file system of its own', () => {
    test('that is full: the process stays up, refuses, and keeps what it acknowledged', () => {
      const outcome = onTmpfs(newFolder(), 'size=600k', [children.command('fill', 'journal.db')]);
      expect(outcome).toMatchObject({ refusal: 'DISK_FULL', later: 'DISK_FULL', chain: true });
      expect(outcome.acknowledged).toBeGreaterThan(0);
      expect(outcome.read).toBeGreaterThanOrEqual(outcome.acknowledged ?? 0);
    });

    test('that is read-only: open refuses, reading works', () => {
      const outcome = onTmpfs(newFolder(), 'size=4m', [
        children.command('create', 'journal.db'),
        ['mount', '-o', 'remount,ro', '.'],
        children.command('look', 'journal.db'),
      ]);
      expect(outcome).toEqual({ opened: 'READ_ONLY', read: 3, chain: true });
    });
  });
});

interface Outcome {
  readonly acknowledged?: number;
  readonly read?: number;
  readonly [member: string]: unknown;
}

/** Runs commands in a file system in memory that only they see; what the last one prints. */
function onTmpfs(folder: string, options: string, commands: readonly (readonly string[])[]): Outcome {
  const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');
  const steps = [`mount -t tmpfs -o ${options} none "$0"`, 'cd "$0"', ...commands.map(quoted)];
  const output = execFileSync('unshare', ['-rm', 'sh', '-c', steps.join(' && '), folder], { encoding: 'utf8' });
  return JSON.parse(output.trim()) as Outcome;
}

/** What a journal consists of, for comparison; nothing may have it open. */
const bytesOf = (folder: string): readonly string[] =>
  ['journal.db', 'journal.db-wal'].map((name) => readFileSync(join(folder, name)).toString('base64'));

/** Lines `seq hash` of records that were acknowledged; the last may be cut off by the kill. */
function acknowledgedIn(acks: string): readonly (readonly [seq: number, hash: string])[] {
  if (!existsSync(acks)) return [];
  return readFileSync(acks, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, hash]) => hash?.length === 64)
    .map(([seq, hash]) => [Number(seq), hash ?? '']);
}

function lostOf(acks: string, records: readonly JournalRecord[]): readonly number[] {
  return acknowledgedIn(acks)
    .filter(([seq, hash]) => records[seq - 1]?.hash !== hash)
    .map(([seq]) => seq);
}

async function untilAcknowledged(acks: string, count: number): Promise<void> {
  while (acknowledgedIn(acks).length < count) await delay(5);
}
