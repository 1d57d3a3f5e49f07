/**
 * A journal that is damaged in the middle, and one that is lost.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { inspectSqliteJournal } from '../../src/adapters/journals/sqlite/read.js';
import { inOtherProcess } from '../adapters/sqlite-drivers.js';
import { dayOfTrading, scratchFolders, sqliteOf } from '../audit/audit.support.js';
import { advisory } from '../stories/support.js';
import { global, open, type Place, place } from './unusable-journal.support.js';

const newFolder = scratchFolders();

const newPath = (): string => join(newFolder(), 'journal.db');

const PAGE = 4_096;

/** First byte of a page that holds rows. */
const TABLE_LEAF = 0x0d;

describe('A34 A9: a journal that is damaged in the middle', () => {
  const BREAK_ROW = `d.prepare("UPDATE records SET fact = '{\\"type\\":' WHERE seq = ?").run(Number(process.argv[2])); d.close();`;

  it('A34 K7: a row that is no JSON: all before and after it is known, the gate is closed, the record named', async () => {
    const day = await dayOfTrading();
    const path = await sqliteOf(newFolder(), day.records);
    inOtherProcess(BREAK_ROW, path, '9');
    const engine = await open(place(), sqliteJournal({ path }));
    expect(global(engine)).toMatchObject({ state: 'ACTIVE', reason: expect.stringMatching(/record 9 /) });
    expect(engine.executions().length).toBe(day.results.size);
    const reading = await inspectSqliteJournal(path);
    expect(reading.records).toHaveLength(day.records.length - 1);
    expect(reading.entries.indexOf(undefined)).toBe(8);
    await engine.close();
  });

  it('A34 K7: a bad page: the rows of other pages are known, and what ended keeps its result', async () => {
    const day = await dayOfTrading();
    const path = await sqliteOf(newFolder(), day.records);
    const bytes = readFileSync(path);
    const pages = Array.from({ length: bytes.length / PAGE }, (_, page) =>
      bytes.subarray(page * PAGE, (page + 1) * PAGE),
    );
    const leaves = pages.filter((page) => page[0] === TABLE_LEAF && page.includes('"type":'));
    expect(leaves.length).toBeGreaterThan(4);
    leaves[3]?.fill(0xff);
    writeFileSync(path, bytes);
    const reading = await inspectSqliteJournal(path);
    const lost = reading.entries.filter((entry) => entry === undefined).length;
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(12);
    expect(reading.entries.at(-1)).toBeDefined();
    const at = place();
    const engine = await open(at, sqliteJournal({ path }));
    expect(global(engine)?.reason).toMatch(/Record \d+ of the journal/);
    expect(engine.executions().length).toBeGreaterThanOrEqual(day.results.size - 2);
    await at.clock.advance(60_000);
    expect(at.broker.count('submitOrder')).toBe(0);
    for (const { advisoryId, result } of engine.executions()) {
      if (result !== undefined) expect(result.status).toBe(day.results.get(advisoryId)?.status);
    }
    await engine.close();
  });
});

describe('A35 A9: a journal that is lost', () => {
  async function traded(at: Place, path: string): Promise<void> {
    const engine = await open(at, sqliteJournal({ path }));
    await at.clock.runUntil(engine.execute(advisory('ADV-1')));
    await engine.close();
  }

  it('A35: missing beside its lock: the gate closes and says so, durably; a person opens it again', async () => {
    const at = place();
    const path = newPath();
    await traded(at, path);
    rmSync(path);
    const engine = await open({ ...at, broker: place().broker }, sqliteJournal({ path }));
    expect(global(engine)?.reason).toMatch(/An earlier journal is lost\. The journal .* is missing or empty/);
    await engine.close();
    const next = await open({ ...at, broker: place().broker }, sqliteJournal({ path }));
    expect(next.killSwitch.isActive()).toBe(true);
    await next.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'begun anew on purpose' });
    await next.close();
    const last = await open({ ...at, broker: place().broker }, sqliteJournal({ path }));
    expect(last.killSwitch.isActive()).toBe(false);
    await last.close();
  });

  it('A35: empty beside its lock is no new journal either', async () => {
    const at = place();
    const path = newPath();
    await traded(at, path);
    writeFileSync(path, '');
    const engine = await open(at, sqliteJournal({ path }));
    expect(global(engine)?.state).toBe('ACTIVE');
    await engine.close();
  });

  const CRASH = `d.exec('PRAGMA journal_mode = WAL');
    d.exec('PRAGMA user_version = ' + d.prepare('PRAGMA user_version').get().user_version); process.kill(process.pid, 'SIGKILL');`;

  it('A35: a lone write-ahead log is read and not written over', async () => {
    const at = place();
    const path = newPath();
    await traded(at, path);
    try {
      inOtherProcess(CRASH, path);
    } catch {
      // Killed, as it should be.
    }
    const log = readFileSync(`${path}-wal`);
    expect(log.length).toBeGreaterThan(0);
    rmSync(path);
    const engine = await open(at, sqliteJournal({ path }));
    expect(global(engine)?.reason).toMatch(/write-ahead log is there/);
    await engine.close();
    expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
    expect(existsSync(path)).toBe(false);
  });

  it('A35: a write-ahead log that is gone after a crash closes the gate; one that is gone after a close does not', async () => {
    const at = place();
    const path = newPath();
    await traded(at, path);
    const closed = await open(at, sqliteJournal({ path }));
    expect(global(closed)).toBeUndefined();
    await closed.close();
    const mark = `d.exec('PRAGMA user_version = 2'); d.close();`;
    inOtherProcess(mark, `${path}-lock`);
    expect(existsSync(`${path}-wal`)).toBe(false);
    const engine = await open(at, sqliteJournal({ path }));
    expect(global(engine)?.reason).toMatch(/was not closed, and its write-ahead log is gone/);
    await engine.close();
  });

  it('A35 M3: orders of ours at the broker and an empty journal: the gate closes, names them, and opens a case', async () => {
    const at = place();
    const before = await open(at, sqliteJournal({ path: newPath() }));
    before.start(advisory('ADV-1', { symbol: 'OPEN' }));
    await at.clock.advance(1_000);
    await before.close();
    const engine = await open(at, sqliteJournal({ path: newPath() }));
    await at.clock.advance(100);
    expect(global(engine)?.reason).toMatch(/is empty, and .* holds orders of this engine: fc-[0-9a-f]{29} \(OPEN\)/);
    expect(engine.cases.open().map(({ kind, symbol }) => `${kind} ${symbol}`)).toEqual(['STRAY_ORDER OPEN']);
    await engine.close();
  });

  it('A35 control: orders and positions of others prove nothing', async () => {
    const { clock, broker } = place();
    const foreign = {
      clientOrderId: 'web-77',
      brokerOrderId: 'B-1',
      symbol: 'AAPL',
      state: 'pending',
      filledSize: '0',
    };
    const { reports$: _, ...rest } = broker;
    const theirs = { ...rest, getOpenOrders: async () => [foreign] };
    const engine = await createEngine({ clock, broker: theirs, journal: memoryJournal(), logger: false });
    await clock.advance(100);
    expect(global(engine)).toBeUndefined();
    expect(engine.cases.open()).toEqual([]);
    await engine.close();
  });
});
