/**
 * Journals that are damaged, lost, not writable, or not there (A9, K7): what can be read is looked after, the gate is closed.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Engine, ExecutionResult, Journal, JournalRecord } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { firstValue } from '../../src/adapters/journals/sqlite/driver.js';
import { imageOf } from '../../src/adapters/journals/sqlite/image.js';
import { inspectSqliteJournal } from '../../src/adapters/journals/sqlite/read.js';
import { inOtherProcess, withDatabase } from '../adapters/sqlite-drivers.js';
import { scratchFolders } from '../audit/audit.support.js';
import { advisory } from '../stories/support.js';
import { global, open, type Place, place } from './unusable-journal.support.js';

const newFolder = scratchFolders();

const newPath = (): string => join(newFolder(), 'journal.db');

const resultOf = async (at: Place, engine: Engine, advisoryId: string): Promise<ExecutionResult> => {
  const execution = engine.execution(advisoryId);
  if (execution === undefined) throw new Error(`${advisoryId} is not known`);
  return at.clock.runUntil(execution.result);
};

/** An engine that stops with two orders live: one that nothing fills, and one that fills meanwhile. */
async function leaveTwoLive(at: Place, path: string): Promise<void> {
  const engine = await open(at, sqliteJournal({ path }));
  engine.start(advisory('ADV-OPEN', { symbol: 'OPEN' }));
  engine.start(advisory('ADV-FILLS', { symbol: 'FILLS' }));
  await at.clock.advance(2_000);
  await engine.close();
}

describe('A15: a path that cannot be a journal', () => {
  it('A15: a folder is refused, with path and cause', async () => {
    const path = newFolder();
    await expect(open(place(), sqliteJournal({ path }))).rejects.toThrow(`The journal ${path} is not a file`);
  });

  it('A15: a folder that does not exist is refused, with path and cause', async () => {
    const path = join(newFolder(), 'none', 'journal.db');
    await expect(open(place(), sqliteJournal({ path }))).rejects.toThrow(
      /none\/journal\.db cannot be .*does not exist/,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('A15: what stands in the way of the folder is refused', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, 'x');
    await expect(open(place(), sqliteJournal({ path: join(file, 'journal.db') }))).rejects.toMatchObject({
      code: 'CANNOT_OPEN',
    });
  });

  it('K7: a damaged journal keeps its engine up, with the gate closed', async () => {
    const path = newPath();
    writeFileSync(path, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8_192, 0x5a)]));
    const engine = await open(place(), sqliteJournal({ path })).catch((error: unknown) => error);
    if (engine instanceof Error) expect(engine).toMatchObject({ code: 'NOT_A_JOURNAL' });
    else expect(global(engine as Engine)?.state).toBe('ACTIVE');
  });
});

describe('A33 A9: a journal that can be read and not written', () => {
  it.each([
    ['DISK_FULL', 'max_page_count = 1'],
    ['READ_ONLY', 'query_only = ON'],
  ])(
    'A33 K7 A6: (%s) what is live is cancelled and protected, and the next start finds the truth',
    async (_code, pragma) => {
      const at = place();
      const path = newPath();
      await leaveTwoLive(at, path);

      const full = sqliteJournal({
        path,
        hooks: {
          opened: (run) => {
            run(pragma);
            throw Object.assign(new Error(pragma), {
              code: pragma.startsWith('max') ? 'SQLITE_FULL' : 'SQLITE_READONLY',
            });
          },
        },
      });
      const second = await open(at, full);
      expect(global(second)).toMatchObject({ state: 'ACTIVE', reason: expect.stringContaining(path.slice(0, 20)) });
      expect(second.metrics().journalFailure).toBeDefined();
      expect(second.executions().map(({ advisoryId }) => advisoryId)).toEqual(['ADV-OPEN', 'ADV-FILLS']);
      const filled = await resultOf(at, second, 'ADV-FILLS');
      const cancelled = await resultOf(at, second, 'ADV-OPEN');
      expect([filled.status, filled.finalSl, filled.finalTp]).toEqual(['FILLED', '147.98', '155.53']);
      expect(cancelled.status).toMatch(/CANCELLED|FAILED_TIMEOUT/);
      expect(at.broker.count('cancelOrder')).toBeGreaterThan(0);
      expect(at.broker.count('placeProtection')).toBe(1);
      expect(second.executionLogs.some(({ event }) => event === 'execution_result')).toBe(true);
      const refused = await at.clock.runUntil(second.execute(advisory('ADV-NEW')));
      expect(refused.status).toBe('REJECTED');
      await expect(open(at, sqliteJournal({ path }))).rejects.toMatchObject({ code: 'IN_USE' });
      await second.close();

      const third = await open(at, sqliteJournal({ path }));
      expect(global(third)).toBeUndefined();
      expect((await resultOf(at, third, 'ADV-FILLS')).finalPositionSize).toBe('100');
      expect((await resultOf(at, third, 'ADV-OPEN')).finalPositionSize).toBe('0');
      expect(at.broker.count('submitOrder')).toBe(2);
      await third.close();
    },
  );
});

describe('A33 A9: a journal whose lock is refused', () => {
  const cannotBeOpened = (lock: string): void => {
    rmSync(lock);
    mkdirSync(lock);
  };
  const isDamaged = (lock: string): void => writeFileSync(lock, Buffer.alloc(8_192, 0x5a));

  it.each([
    ['cannot be opened', cannotBeOpened, /cannot be locked: it, or a file beside it, cannot be opened/],
    ['is damaged', isDamaged, /The lock file .*-lock is damaged/],
  ] as const)(
    'A33 K7: the lock file %s: what is live is cancelled and protected, and the next start finds the truth',
    async (_, spoil, says) => {
      const at = place();
      const path = newPath();
      await leaveTwoLive(at, path);
      spoil(`${path}-lock`);

      const second = await open(at, sqliteJournal({ path }));
      expect(global(second)).toMatchObject({ state: 'ACTIVE', reason: expect.stringMatching(says) });
      expect((await resultOf(at, second, 'ADV-FILLS')).finalSl).toBe('147.98');
      expect((await resultOf(at, second, 'ADV-OPEN')).status).toBe('CANCELLED');
      expect(at.broker.count('placeProtection')).toBe(1);
      expect((await at.clock.runUntil(second.execute(advisory('ADV-NEW')))).status).toBe('REJECTED');
      await second.close();

      rmSync(`${path}-lock`, { recursive: true });
      const third = await open(at, sqliteJournal({ path }));
      expect((await resultOf(at, third, 'ADV-FILLS')).finalPositionSize).toBe('100');
      expect((await resultOf(at, third, 'ADV-OPEN')).finalPositionSize).toBe('0');
      expect(at.broker.count('submitOrder')).toBe(2);
      // What the second did is on no record: the third asks for the exits again, under the same ids.
      expect(at.broker.venue.orders.filter(({ role }) => role === 'exit')).toHaveLength(2);
      await third.close();
    },
  );
});

function linked(link: (target: string, path: string) => void, path: string): string {
  link(path, `${path}.link`);
  return `${path}.link`;
}

describe('A37: one journal by several names', () => {
  const SPELLINGS: readonly (readonly [name: string, spell: (path: string) => string])[] = [
    ['a hard link', (path) => linked(linkSync, path)],
    [
      'a hard link in another folder',
      (path) => {
        const folder = join(path, '..', 'other');
        mkdirSync(folder);
        linkSync(path, join(folder, 'x.db'));
        return join(folder, 'x.db');
      },
    ],
    ['a symbolic link', (path) => linked(symlinkSync, path)],
    ['a relative path', (path) => relative(process.cwd(), path)],
    [
      'a path with detours',
      (path) => join(path, '..').concat('/./../', join(path, '..').split('/').at(-1) ?? '', '/journal.db'),
    ],
  ];

  it.each(SPELLINGS)('A37: %s: the second engine is refused, the first goes on', async (_name, spell) => {
    const at = place();
    const path = newPath();
    const first = await open(at, sqliteJournal({ path }));
    const other = spell(path);
    await expect(open(at, sqliteJournal({ path: other }))).rejects.toMatchObject({ code: 'IN_USE' });
    const script = `try { d.exec('BEGIN IMMEDIATE'); console.log('free'); } catch { console.log('held'); }`;
    expect(inOtherProcess(script, `${path}-lock`).trim()).toBe('held');
    expect((await at.clock.runUntil(first.execute(advisory('ADV-1')))).status).toBe('FILLED');
    await first.close();
    const later = await open(at, sqliteJournal({ path: other }));
    expect(later.executions()).toHaveLength(1);
    await later.close();
  });
});

describe('A44 A6: closed before the first call', () => {
  it('A44: the next engine knows that nothing was sent', async () => {
    const at = place();
    const records: JournalRecord[] = [];
    let isHeld = false;
    const journal: Journal = {
      name: 'held',
      durable: true,
      open: async () => [...records],
      async append(more) {
        records.push(...more);
        if (isHeld) await new Promise(() => undefined);
        if (more.some(({ fact }) => fact.type === 'START')) isHeld = true;
      },
      close: async () => undefined,
    };
    const first = await open(at, journal);
    first.start(advisory('ADV-1'));
    await at.clock.advance(100);
    expect(records.map(({ fact }) => fact.type)).toEqual(['START', 'BROKER_ASKED']);
    await first.close();
    expect(records.at(-1)?.fact.type).toBe('SUBMIT_WITHDRAWN');
    expect(at.broker.count('submitOrder')).toBe(0);

    const kept = memoryJournal();
    await kept.open();
    await kept.append(records);
    const second = await open(at, kept);
    expect(await resultOf(at, second, 'ADV-1')).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
    expect(at.broker.count('submitOrder')).toBe(1);
    expect(second.cases.all()).toEqual([]);
    await second.close();
  });

  it('A44 control: without that record (a kill) the intent stays unknown, and is never sent again', async () => {
    const at = place();
    const kept = memoryJournal();
    const first = await open(at, kept);
    await at.clock.runUntil(first.execute(advisory('ADV-1', { symbol: 'OPEN' })));
    await first.close();
    const records = (await kept.open()).slice(0, 2);
    expect(records.map(({ fact }) => fact.type)).toEqual(['START', 'BROKER_ASKED']);
    const cut = memoryJournal();
    await cut.open();
    await cut.append(records);
    const elsewhereNow = place();
    const second = await open(elsewhereNow, cut);
    expect((await resultOf(elsewhereNow, second, 'ADV-1')).status).toBe('FAILED_TIMEOUT');
    expect(elsewhereNow.broker.count('submitOrder')).toBe(0);
  });
});

describe('A38: reading without room', () => {
  it('A38: the image of a journal that was left open equals what SQLite reads', async () => {
    const at = place();
    const path = newPath();
    const first = await open(at, sqliteJournal({ path }));
    await at.clock.runUntil(first.execute(advisory('ADV-1')));
    const copy = newPath();
    execFileSync('cp', [path, copy]);
    execFileSync('cp', [`${path}-wal`, `${copy}-wal`]);
    const image = imageOf(copy);
    expect(image).toBeDefined();
    const before = (await inspectSqliteJournal(copy)).records;
    expect(existsSync(`${copy}-shm`)).toBe(false);
    expect(before.length).toBeGreaterThan(5);
    copyFileSync(copy, `${copy}.alone`);
    expect((await inspectSqliteJournal(`${copy}.alone`)).records.length).toBeLessThan(before.length);
    const viaSqlite = withDatabase(copy, (database) => firstValue(database, 'SELECT count(*) FROM records'));
    expect(viaSqlite).toBe(before.length);
    await first.close();
  });
});
