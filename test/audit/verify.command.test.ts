/**
 * `fillchart audit verify` and `export`: on the SQLite journal, on an export, on what has been tampered with.
 */
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine } from 'fillchart';
import { readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { chained, GENESIS_HASH, type JournalRecord } from '../../src/domain/journal.js';
import { chainOf } from '../adapters/journals.chain.js';
import { inOtherProcess, withDatabase } from '../adapters/sqlite-drivers.js';
import { audit, dayOfTrading, exported, scratchFolders, sqliteOf } from './audit.support.js';

const newFolder = scratchFolders();
let records: readonly JournalRecord[] = [];
beforeAll(async () => {
  ({ records } = await dayOfTrading());
});

const tamper = (path: string, sql: string): unknown => inOtherProcess('d.exec(process.argv[2]); d.close()', path, sql);

const file = (content: string | Uint8Array): string => {
  const path = join(newFolder(), 'journal.jsonl');
  writeFileSync(path, content);
  return path;
};

describe('verify', () => {
  test('A5: says that a journal, and an export of it, are as they were written, and prints the same head', async () => {
    const onJournal = await audit('verify', await sqliteOf(newFolder(), records));
    const onExport = await audit('verify', file(exported(records)));
    expect(onJournal).toEqual(onExport);
    const head = `head ${records.length}:${records.at(-1)?.hash}`;
    expect(onJournal).toEqual({
      exitCode: 0,
      stdout: `ok  ${records.length} records, each as it was written\n${head}\n`,
      stderr: '',
    });
  });

  test.each([
    ['a fact that was changed', "UPDATE records SET fact = replace(fact, 'AAPL', 'MSFT') WHERE seq = 1", 1, 'changed'],
    ['a time that was changed', "UPDATE records SET wall = '2020-01-01T00:00:00.000Z' WHERE seq = 7", 7, 'changed'],
    ['an engine time that was changed', 'UPDATE records SET at = at + 1 WHERE seq = 7', 7, 'changed'],
    ['an audit line that was changed', "UPDATE records SET audit = '[]' WHERE seq = 3", 3, 'changed'],
    ['an owner that was changed', "UPDATE records SET advisory_id = 'ADV-X' WHERE seq = 3", 3, 'changed'],
    ['a hash that was changed', "UPDATE records SET hash = replace(hash, 'a', 'b') WHERE seq = 5", 5, 'changed'],
    ['a record that was deleted', 'DELETE FROM records WHERE seq = 12', 12, 'missing'],
    ['several that were deleted', 'DELETE FROM records WHERE seq BETWEEN 12 AND 20', 12, 'missing'],
    ['a first record that was deleted', 'DELETE FROM records WHERE seq = 1', 1, 'missing'],
    [
      'two that changed places',
      'UPDATE records SET seq = -1 WHERE seq = 8; UPDATE records SET seq = 8 WHERE seq = 9; UPDATE records SET seq = 9 WHERE seq = -1',
      8,
      'changed',
    ],
    ['a tail that was cut off', 'DELETE FROM records WHERE seq > 40', 41, 'cut off'],
    ['everything deleted', 'DELETE FROM records', 1, 'cut off'],
    ['the note of the end deleted', 'DELETE FROM head', 0, 'cut off'],
    ['the note of the end dropped', 'DROP TABLE head', 0, 'cut off'],
    ['the note of the end changed', "UPDATE head SET last_hash = replace(last_hash, '0', '1')", -1, 'changed'],
    ['a row that is no JSON', "UPDATE records SET fact = 'x' WHERE seq = 4", 4, 'changed'],
  ] as const)('A5: finds %s in a SQLite journal', async (_, sql, seq, fault) => {
    const path = await sqliteOf(newFolder(), records);
    tamper(path, sql);
    const { exitCode, stdout } = await audit('verify', path, '--json');
    const named = seq > 0 ? seq : records.length + 1 + seq;
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { ok: false, seq: named, fault, problem: expect.any(String) }]);
  });

  test('A5: finds a record that was appended behind the back of the journal', async () => {
    const path = await sqliteOf(newFolder(), records);
    const { prevHash: _p, hash: _h, ...last } = records.at(-1) as JournalRecord;
    const forged = chained({ ...last, seq: records.length + 1 }, records.at(-1)?.hash ?? '');
    tamper(
      path,
      `INSERT INTO records SELECT ${forged.seq}, stream, advisory_id, snapshot_hash, wall, at, fact, audit, '${forged.prevHash}', '${forged.hash}', v, client_order_id FROM records WHERE seq = ${records.length}`,
    );
    const { exitCode, stdout } = await audit('verify', path);
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      `broken  at record ${forged.seq} (inserted): record ${forged.seq} was inserted: ${records.length} were written\n`,
    );
  });

  test('A5: a journal that was made anew from some record on shows against a head that was noted before', async () => {
    const { stdout } = await audit('verify', await sqliteOf(newFolder(), records.slice(0, 20)));
    const head = stdout.trim().split('head ')[1] ?? '';
    const whole = await sqliteOf(newFolder(), records);
    expect((await audit('verify', whole, '--head', head)).exitCode).toBe(0);

    const forgery: JournalRecord[] = [];
    for (const { prevHash: _p, hash: _h, ...content } of records) {
      const told = content.seq === 15 ? { ...content, at: content.at + 1 } : content;
      forgery.push(chained(told, forgery.at(-1)?.hash ?? GENESIS_HASH));
    }
    const forged = await sqliteOf(newFolder(), forgery);
    expect((await audit('verify', forged)).exitCode).toBe(0);
    expect(await audit('verify', forged, '--head', head)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('made anew, up to record 20'),
    });
    const short = await audit('verify', await sqliteOf(newFolder(), records.slice(0, 10)), '--head', head);
    expect(short).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('cut off after record 10') });
  });

  test('works while an engine runs on the journal', async () => {
    const path = join(newFolder(), 'journal.db');
    const clock = virtualClock();
    const engine = await createEngine({
      broker: faultBroker({ clock }),
      journal: sqliteJournal({ path }),
      clock,
      logger: false,
    });
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'WARNING', reason: 'a drill' });
    expect(await audit('verify', path)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 records') });
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });
    expect(await audit('verify', path)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 records') });
    await engine.close();
  });

  test.each([
    ['is empty', ''],
    ['is a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
    ['holds one byte', '{'],
    ['is an export cut to 20 bytes', '{"advisoryId":"ADV-A'],
  ])('A5: does not take a file that %s for a journal', async (_, content) => {
    expect((await audit('verify', file(content))).exitCode).toBe(1);
  });

  test('an export of a journal without records says so, and is whole', async () => {
    const path = file(exported([]));
    expect(readFileSync(path, 'utf8')).toBe(`{"end":true,"lastHash":"${'0'.repeat(64)}","records":0}\n`);
    expect(await audit('verify', path)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('0 records') });
  });

  test('refuses, as bad usage, a file that is not there, another database, and a head that is none', async () => {
    await expect(audit('verify', join(newFolder(), 'none.db'))).rejects.toThrow('cannot be read');
    const other = join(newFolder(), 'songs.db');
    withDatabase(other, (database) => database.exec('CREATE TABLE songs (title TEXT)'));
    await expect(audit('verify', other)).rejects.toMatchObject({ code: 'NOT_A_JOURNAL' });
    await expect(audit('verify', file('x'), '--head', '12')).rejects.toThrow('Accepted is a count');
  });
});

describe('a journal of the first schema', () => {
  test('is read as it is; the next engine notes its end', async () => {
    const path = await sqliteOf(newFolder(), records);
    const later = ['head', 'archives', 'archive_blocks', 'archived'];
    tamper(path, `${later.map((table) => `DROP TABLE ${table}`).join('; ')}; PRAGMA user_version = 1`);
    expect((await audit('verify', path)).exitCode).toBe(0);
    const journal = sqliteJournal({ path });
    expect(await journal.open()).toHaveLength(records.length);
    await journal.append(chainOf(1, records.at(-1)));
    await journal.close();
    tamper(path, `DELETE FROM records WHERE seq = ${records.length + 1}`);
    expect((await audit('verify', path)).exitCode).toBe(1);
  });
});

describe('a journal that was cut off', () => {
  test('is not written to: it opens with CUT_OFF, which carries what is left', async () => {
    const path = await sqliteOf(newFolder(), records);
    tamper(path, 'DELETE FROM records WHERE seq > 40');
    const journal = sqliteJournal({ path });
    await expect(journal.open()).rejects.toMatchObject({ code: 'CUT_OFF', records: records.slice(0, 40) });
    await expect(journal.append(chainOf(1))).rejects.toMatchObject({ code: 'CUT_OFF' });
    expect(await readSqliteJournal(path)).toHaveLength(40);
  });

  test('K7 A5: the engine starts with GLOBAL ACTIVE, says why, and looks after what it knows', async () => {
    const path = await sqliteOf(newFolder(), records);
    tamper(path, 'DELETE FROM records WHERE seq > 38');
    const clock = virtualClock();
    const broker = faultBroker({ clock });
    const engine = await clock.runUntil(
      createEngine({ broker, journal: sqliteJournal({ path }), clock, logger: false }),
    );
    expect(engine.killSwitch.isActive()).toBe(true);
    const reason = engine.killSwitch.switches.find(({ type }) => type === 'GLOBAL')?.reason;
    expect(reason).toContain(`ends at record 38, and ${records.length} records were written`);
    expect(engine.executions().length).toBeGreaterThan(3);
    await engine.close();
    expect(broker.count('submitOrder')).toBe(0);
    expect((await audit('verify', path)).exitCode).toBe(1);
  });
});

describe('export', () => {
  test('as JSONL goes to standard output or to a new file, and verifies', async () => {
    const path = await sqliteOf(newFolder(), records);
    const output = join(newFolder(), 'out.jsonl');
    expect(await audit('export', path, '--output', output)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(output, 'utf8')).toBe(exported(records));
    expect((await audit('export', path)).stdout).toBe(exported(records));
    expect((await audit('verify', output)).exitCode).toBe(0);
    // An export of an export is the same export.
    expect((await audit('export', output)).stdout).toBe(exported(records));
  });

  test('overwrites nothing, the journal least of all', async () => {
    const path = await sqliteOf(newFolder(), records);
    await expect(audit('export', path, '--output', path)).rejects.toThrow('cannot be written');
    expect((await audit('verify', path)).exitCode).toBe(0);
  });

  test('A5: of a journal that was cut off does not hide it', async () => {
    const path = await sqliteOf(newFolder(), records);
    tamper(path, 'DELETE FROM records WHERE seq > 40');
    const output = join(newFolder(), 'out.jsonl');
    const ran = await audit('export', path, '--output', output);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cut off after record 40') });
    expect(await audit('verify', output)).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('record 41') });
  });

  test('of a copy of the file is the same', async () => {
    const path = await sqliteOf(newFolder(), records);
    const copy = join(newFolder(), 'copy.db');
    copyFileSync(path, copy);
    expect((await audit('export', copy)).stdout).toBe(exported(records));
  });
});

describe('what no hash covers', () => {
  test.each([
    [
      'the order that a life is looked up by, taken away',
      'UPDATE records SET client_order_id = NULL WHERE seq = 1',
      /begins order .* by none/,
    ],
    [
      'the same, changed',
      "UPDATE records SET client_order_id = 'fc-x' WHERE seq = 1",
      /record 1 begins order .* by fc-x/,
    ],
    [
      'one that was added',
      "UPDATE records SET client_order_id = 'fc-x' WHERE seq = (SELECT max(seq) FROM records)",
      /begins no order, and is looked up by fc-x/,
    ],
    [
      'a row before the first',
      'INSERT INTO records SELECT -1, stream, advisory_id, snapshot_hash, wall, at, fact, audit, prev_hash, hash, v, client_order_id FROM records WHERE seq = 3',
      /row -1 is no record/,
    ],
    [
      'a checkpoint of a later end',
      "INSERT INTO checkpoint VALUES (1, 9999, 'x', '{}', 'y')",
      /taken at record 9999, and the last record is \d+/,
    ],
    [
      'a checkpoint of another record',
      "INSERT INTO checkpoint VALUES (1, 3, 'x', '{}', 'y')",
      /at a record 3 with another hash/,
    ],
  ] as const)('A5: finds %s', async (_, sql, says) => {
    const path = await sqliteOf(newFolder(), records);
    tamper(path, `DELETE FROM checkpoint; ${sql}`);
    const { exitCode, stdout } = await audit('verify', path);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(says);
    expect(stdout).toContain(`ok  ${records.length} records`);
    const { stdout: json } = await audit('verify', path, '--json');
    expect(JSON.parse(json)).toMatchObject({ ok: false, chain: 'ok', beside: [expect.stringMatching(says)] });
  });
});

describe('the database itself', () => {
  test('A39 A5: a damaged index is found by the database, and told apart from the chain, which holds', async () => {
    const path = await sqliteOf(newFolder(), records);
    const bytes = readFileSync(path);
    const pages = Array.from({ length: bytes.length / 4_096 }, (_, page) =>
      bytes.subarray(page * 4_096, (page + 1) * 4_096),
    );
    // 0x0a is the first byte of an index page; its content lies at the end.
    const index = pages.find((page) => page[0] === 0x0a && page.includes('ADV-'));
    const at = index?.lastIndexOf('ADV-') ?? 0;
    index?.fill('X', at, at + 1);
    writeFileSync(path, bytes);
    const said = await audit('verify', path);
    expect(said.exitCode).toBe(1);
    expect(said.stdout).toMatch(/^broken {2}the database: its own integrity check says: /);
    expect(said.stdout).toContain(`the chain of records holds: ok  ${records.length} records`);
    const json = JSON.parse((await audit('verify', path, '--json')).stdout);
    expect(json).toMatchObject({ ok: false, chain: 'ok', records: records.length });
    expect(json.database[0]).toMatch(/missing from index/);
  });

  test('A38: nothing is left beside a journal that was verified, not even after a kill', async () => {
    const path = await sqliteOf(newFolder(), records);
    const kill =
      "d.exec('PRAGMA journal_mode = WAL; UPDATE head SET id = 1; PRAGMA user_version = 3'); process.kill(process.pid, 'SIGKILL')";
    expect(() => inOtherProcess(kill, path)).toThrow();
    rmSync(`${path}-shm`, { force: true });
    expect((await audit('verify', path)).exitCode).toBe(0);
    expect(existsSync(`${path}-shm`)).toBe(false);
  });
});
