/**
 * `fillchart kill-switch` and `fillchart cases`: what a person does at night with a journal and a shell.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createEngine, verifyChain } from 'fillchart';
import { readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { shellWord } from '../../src/cli/journal-admin/shell-command.js';
import { inOtherProcess } from '../adapters/sqlite-drivers.js';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const journal = () => here.path('alpaca.db');
const said = ['--by', 'ann', '--reason', 'looked at it'] as const;

const killSwitch = (...args: readonly string[]) => cli(['kill-switch', ...args, '--journal', journal()]);
const cases = (...args: readonly string[]) => cli(['cases', ...args, '--journal', journal()]);

const scripts = { AAPL: { fills: [] }, MSFT: { positionOverride: { size: '50' } } };
const run = (id: string, symbol: string, interruptAtMs: readonly number[] = []) => {
  const file = here.file('a.jsonl', jsonl(advisory({ advisoryId: id, symbol })));
  const config = here.file('c.json', { ...CONFIG, scripts });
  return cli(['run', file, '--config', config, '--journal', journal()], { interruptAtMs });
};

/** In a process of its own, as whoever tampers would. */
const tamper = () => inOtherProcess("d.exec('UPDATE records SET at = at + 1 WHERE seq = 1'); d.close()", journal());

async function heldByAnEngine(): Promise<void> {
  const clock = virtualClock();
  const held = sqliteJournal({ path: journal() });
  const engine = await createEngine({ broker: faultBroker({ clock }), journal: held, clock, logger: false });
  onTestFinished(() => engine.close());
}

const verified = async (): Promise<boolean> => verifyChain(await readSqliteJournal(journal())).ok;

describe('after a ctrl-c', () => {
  beforeEach(async () => {
    await run('A', 'AAPL', [5_000]);
  });

  it('K7: list says which switch, since when, by whom and why, and the command that releases it', async () => {
    const { exitCode, stdout } = await killSwitch('list');
    expect(stdout).toMatch(
      /^GLOBAL is ACTIVE since 2026-01-01 00:00:\d\d\.\d{3} UTC, by operator: interrupted at the command line$/m,
    );
    expect(stdout).toContain(
      `    release it with: fillchart kill-switch release --journal ${journal()} --type GLOBAL --by YOU --reason WHY\n`,
    );
    expect(exitCode).toBe(0);
  });

  it('K6 K7: release turns it OFF; the chain verifies, and the next run trades again', async () => {
    const { exitCode, stdout } = await killSwitch('release', ...said);
    expect(stdout).toBe('GLOBAL is OFF (was ACTIVE); by ann: looked at it. It counts from the next run on.\n');
    expect([exitCode, await verified()]).toEqual([0, true]);
    expect((await run('B', 'MSFT')).stdout).toMatch(/✔ {2}B .*FILLED/);
  });

  it('K6: --json tells the change and what is set now', async () => {
    const { stdout } = await killSwitch('release', ...said, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      journal: journal(),
      change: { type: 'GLOBAL', state: 'OFF', previous: 'ACTIVE', by: 'ann', reason: 'looked at it' },
      switches: [{ type: 'GLOBAL', state: 'OFF' }],
    });
    const { switches, history } = JSON.parse((await killSwitch('list', '--json')).stdout);
    expect([switches.length, history.length]).toEqual([1, 2]);
  });

  it('A6: refuses while an engine holds the journal, and says who; list looks all the same', async () => {
    await heldByAnEngine();
    const { exitCode, stdout, stderr } = await killSwitch('release', ...said);
    expect(stderr).toMatch(new RegExp(`alpaca\\.db is held by process ${process.pid}, an engine most likely`));
    expect([exitCode, stdout]).toEqual([2, '']);
    expect((await killSwitch('list')).stdout).toContain('GLOBAL is ACTIVE');
  });

  it('A5: does not write to a journal that is not what was written', async () => {
    tamper();
    const before = await readSqliteJournal(journal());
    for (const args of [
      ['release', ...said],
      ['set', '--type', 'MANUAL', ...said],
    ]) {
      const { exitCode, stderr } = await killSwitch(...args);
      expect(stderr).toMatch(/is not what was written: .*record 1.*Nothing is written to it: keep a copy/);
      expect(exitCode).toBe(1);
    }
    expect(await readSqliteJournal(journal())).toEqual(before);
    const { exitCode, stderr } = await killSwitch('list');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('not what was written')]);
  });

  it('K6: refuses to release a switch that is not set, and says which are', async () => {
    const { exitCode, stderr } = await killSwitch('release', '--type', 'SYMBOL_LEVEL', '--target', 'APPL', ...said);
    expect(stderr).toContain('SYMBOL_LEVEL APPL is not set, so there is nothing to release; set are: GLOBAL (ACTIVE).');
    expect(exitCode).toBe(2);
  });
});

describe('set', () => {
  beforeEach(async () => {
    await run('A', 'AAPL', [5_000]);
    await killSwitch('release', ...said);
  });

  it('K1 K2: one symbol is refused by the next run, the others are not', async () => {
    const { exitCode, stdout } = await killSwitch('set', '--type', 'symbol-level', '--target', 'msft', ...said);
    expect(stdout).toContain('SYMBOL_LEVEL msft is ACTIVE (was OFF)');
    expect(exitCode).toBe(0);
    expect((await run('B', 'MSFT')).stdout).toContain('KILL_SWITCH_ACTIVE');
    expect(await verified()).toBe(true);
  });

  it('K1: WARNING only says so', async () => {
    await killSwitch('set', '--state', 'WARNING', ...said);
    expect((await run('B', 'MSFT')).stdout).toMatch(/✔ {2}B .*FILLED/);
  });

  it('K6: does not lower an ACTIVE switch', async () => {
    await killSwitch('set', ...said);
    const { exitCode, stderr } = await killSwitch('set', '--state', 'WARNING', ...said);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('GLOBAL is ACTIVE; release it first')]);
  });

  it.each([
    [['set', '--reason', 'r'], /required option '--by <who>' not specified/],
    [['set', '--by', 'ann'], /required option '--reason <why>' not specified/],
    [['set', '--by', ' ', '--reason', 'r'], /--by is empty/],
    [['release', '--by', 'ann', '--reason', ' '], /reason is " "; accepted is why|is not set/],
    [['set', '--type', 'ALL', ...said], /Accepted is GLOBAL, SYMBOL_LEVEL, RISK_LIMIT, MANUAL/],
    [['set', '--state', 'OFF', ...said], /Accepted is ACTIVE, WARNING/],
    [['set', '--target', 'AAPL', ...said], /GLOBAL covers every symbol and takes no --target/],
    [['set', '--type', 'SYMBOL_LEVEL', ...said], /SYMBOL_LEVEL needs --target/],
  ])('K6: %j is bad usage', async (args, says) => {
    const { exitCode, stderr } = await killSwitch(...args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });
});

describe('an open case', () => {
  beforeEach(async () => {
    await run('B', 'MSFT');
  });

  it('M1: is listed with its sentences, and with the command that resolves it', async () => {
    const { exitCode, stdout } = await cases('list');
    expect(stdout).toMatch(/^case-1 {2}MISMATCH {2}MSFT {2}B {2}since 2026-01-01 \S+ UTC {2}not urgent$/m);
    expect(stdout).toContain('    Expected position 100, found 50 in broker\n');
    expect(stdout).toContain(`fillchart cases resolve case-1 --journal ${journal()} --by YOU --reason WHY\n`);
    expect(exitCode).toBe(0);
  });

  it('M2: is resolved by a person; the symbol trades again, and the chain verifies', async () => {
    expect((await run('C', 'MSFT')).stdout).toContain('UNRESOLVED_MISMATCH');
    const { exitCode, stdout } = await cases('resolve', 'case-1', ...said);
    expect(stdout).toMatch(/^case-1 is resolved; by ann: looked at it\. /);
    expect([exitCode, await verified()]).toEqual([0, true]);
    expect((await cases('list', '--all')).stdout).toMatch(/resolved 2026-01-01 \S+ UTC, by ann: looked at it/);
    const { cases: known } = JSON.parse((await cases('list', '--all', '--json')).stdout);
    expect(known[0]).toMatchObject({ caseId: 'case-1', resolution: { by: 'ann', reason: 'looked at it' } });
  });

  it('M5: is withdrawn after it was resolved, once, and may be open as well; the list says so', async () => {
    expect((await cases('resolve', 'case-1', ...said)).exitCode).toBe(0);
    const reason = ['--by', 'bob', '--reason', 'the other account was read'];
    const { exitCode, stdout } = await cases('withdraw', 'case-1', ...reason);
    expect(stdout).toMatch(/^case-1 is withdrawn; by bob: the other account was read\. No case is open any more\.$/m);
    expect([exitCode, await verified()]).toEqual([0, true]);
    expect((await cases('list', '--all')).stdout).toMatch(/withdrawn 2026-01-01 \S+ UTC, by bob: the other account/);
    const { cases: known } = JSON.parse((await cases('list', '--all', '--json')).stdout);
    expect(known[0]).toMatchObject({ resolution: { by: 'bob', withdrawn: true } });
    const again = await cases('withdraw', 'case-1', 'case-9', ...reason);
    expect([again.exitCode, again.stdout]).toEqual([
      2,
      expect.stringMatching(/case-1 is NOT withdrawn: already withdrawn/),
    ]);
    expect(again.stdout).toContain('case-9 is NOT withdrawn: there is no such case');
    expect((await run('D', 'MSFT')).stdout).toMatch(/^case-2 |case-2/m);
    expect((await cases('withdraw', 'case-2', ...reason)).stdout).toContain('case-2 is withdrawn');
  });

  it('M5: none is withdrawn unnamed, nor without who and why', async () => {
    expect((await cases('withdraw', ...said)).exitCode).toBe(2);
    expect((await cases('withdraw', 'case-1', '--by', '', '--reason', 'r')).exitCode).toBe(2);
    expect((await cases('list')).stdout).toContain('case-1');
  });

  it('M2: an id that is not open is bad usage', async () => {
    const { exitCode, stderr } = await cases('resolve', 'case-7', ...said);
    expect(stderr).toMatch(
      /There is no open case "case-7"\. The open cases:\n {4}fillchart cases list --journal \S+\n$/,
    );
    expect(exitCode).toBe(2);
    expect((await cases('resolve', 'case-1', '--by', '', '--reason', 'r')).exitCode).toBe(2);
  });

  it('K6: holds a release back with exit code 3, unless it is forced', async () => {
    await killSwitch('set', ...said);
    const { exitCode, stderr } = await killSwitch('release', ...said);
    expect(stderr).toMatch(
      /GLOBAL stays: case case-1 in its scope is open\..*\n {4}fillchart cases list --journal \S+\n$/,
    );
    expect(exitCode).toBe(3);
    const forced = await killSwitch('release', '--force', ...said);
    expect(forced.stdout).toContain('FORCED although a case in its scope is open');
    expect(forced.exitCode).toBe(0);
  });

  it('A6: is not resolved while an engine holds the journal', async () => {
    await heldByAnEngine();
    const { exitCode, stderr } = await cases('resolve', 'case-1', ...said);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('is held by process')]);
  });
});

describe('a journal that is none', () => {
  it.each([
    ['a file that is not there', 'typo.db', /there is no file .*typo\.db/],
    ['memory', 'memory', /--journal memory is for run/],
    ['a folder', '.', /is not a file/],
    ['an empty file', 'empty.db', /empty\.db is empty/],
    ['advisories', 'a.jsonl', /a\.jsonl is not a journal/],
  ])('%s is refused, and nothing is made', async (_story, name, says) => {
    here.file('empty.db', '');
    const content = jsonl(advisory());
    here.file('a.jsonl', content);
    const path = name === 'memory' ? name : here.path(name);
    for (const args of [
      ['kill-switch', 'set', ...said],
      ['kill-switch', 'release', ...said],
      ['kill-switch', 'list'],
      ['cases', 'list'],
      ['cases', 'resolve', 'case-1', ...said],
    ]) {
      const { exitCode, stderr } = await cli([...args, '--journal', path]);
      expect(stderr).toMatch(says);
      expect(exitCode).toBe(2);
    }
    expect([existsSync(here.path('typo.db')), readFileSync(here.path('a.jsonl'), 'utf8')]).toEqual([false, content]);
  });
});

describe('a word for the shell', () => {
  it.each(['alpaca.db', '/a b/c.db', "it's", '$HOME', 'a\nb', "é\u200bx%s\\n'", ''])(
    '%j comes back as it was',
    (text) => {
      const back = execFileSync('sh', ['-c', `printf %s ${shellWord(text)}`], { encoding: 'utf8' });
      expect(back).toBe(text);
    },
  );
});
