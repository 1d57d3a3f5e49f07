/**
 * `fillchart run` on a journal that has a past: switches that outlived a process, results that were recorded, records that
 * were changed.
 */
import { describe, expect, it } from 'vitest';
import { inOtherProcess } from '../adapters/sqlite-drivers.js';
import { advisory, CONFIG, cli, folder, jsonl, type Setting } from './cli.support.js';

const here = folder();
const journal = () => here.path('night.db');
const scripts = { AAPL: { fills: [] } };

const run = (advisories: readonly object[], setting: Setting = {}, more: readonly string[] = []) => {
  const file = here.file('a.jsonl', jsonl(...advisories));
  const config = here.file('c.json', { ...CONFIG, scripts });
  return cli(['run', file, '--config', config, '--journal', journal(), ...more], setting);
};
const aapl = advisory();
const msft = advisory({ advisoryId: 'M', symbol: 'MSFT' });
const release = () => `fillchart kill-switch release --journal ${journal()} --type GLOBAL --by YOU --reason WHY`;
/** On one line, wherever it was wrapped. */
const unwrapped = (text: string): string => text.replaceAll(/\n {2,4}(?=\w)/g, ' ');
const interrupted = { interruptAtMs: [3_000] };
const SINCE = 'GLOBAL is ACTIVE since 2026-01-01 \\S+ UTC, by operator: interrupted at the command line';

/** Without its checkpoint a journal is read from the first record on; with it, `audit verify` finds what was changed before. */
const tamper = () =>
  inOtherProcess(
    "d.exec('UPDATE records SET at = at + 1 WHERE seq = 1; DELETE FROM checkpoint'); d.close()",
    journal(),
  );

describe('a run that was interrupted', () => {
  it('K7: says at its end which switch stays, since when, by whom, and how it is released; exit code 3', async () => {
    const { exitCode, stdout } = await run([aapl], interrupted);
    expect(stdout).toContain(`GLOBAL stays ACTIVE in ${journal()} until a person releases it.`);
    expect(stdout).toMatch(new RegExp(`^Kill switches at the end\\n {2}${SINCE}$`, 'm'));
    expect(stdout).toContain(`\n    release it with: ${release()}\n`);
    expect(stdout).toContain('exit code 3: interrupted, a person must release GLOBAL.');
    expect(exitCode).toBe(3);
  });

  it('K7: --json tells the same', async () => {
    const { exitCode, stdout } = await run([aapl], interrupted, ['--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 3,
      interrupted: true,
      killSwitches: [
        { type: 'GLOBAL', state: 'ACTIVE', by: 'operator', since: expect.any(String), release: release() },
      ],
    });
    expect(exitCode).toBe(3);
  });

  it('whose second ctrl-c comes when all is said ends with the code that was printed', async () => {
    const { stdout, exitCode, exits } = await run([aapl], { interruptAtMs: [3_000, 3_001, 3_002] });
    const printed = [...stdout.matchAll(/exit code\s+(\d+)/g)].map(([, code]) => Number(code));
    expect([exits[0] ?? exitCode, ...new Set(printed)]).toEqual([printed[0], printed[0]]);
  });
});

describe('a run under an ACTIVE switch of its journal', () => {
  it('K2 K7: says so before anything else, and ends with 3', async () => {
    await run([aapl], interrupted);
    const { exitCode, stdout } = await run([msft]);
    const head = stdout.slice(0, stdout.indexOf('advisory  symbol'));
    expect(unwrapped(head)).toMatch(new RegExp(`^${SINCE}\\. Every new advisory is refused\\.`, 'm'));
    expect(head).toContain(`\n    release it with: ${release()}\n`);
    expect(stdout).toContain('KILL_SWITCH_ACTIVE');
    expect(stdout).toContain('exit code 3: a person must release GLOBAL.');
    expect(exitCode).toBe(3);
  });

  it('K7: with --json it is said on standard error', async () => {
    await run([aapl], interrupted);
    const { exitCode, stdout, stderr } = await run([msft], {}, ['--json']);
    expect(stderr).toContain(`fillchart: release it with: ${release()}\n`);
    expect([JSON.parse(stdout).exitCode, JSON.parse(stdout).interrupted, exitCode]).toEqual([3, false, 3]);
  });

  it('K1: that covers none of its symbols is said, and is no reason for 3', async () => {
    await run([aapl]);
    const said = ['--journal', journal(), '--by', 'ann', '--reason', 'news'];
    await cli(['kill-switch', 'set', '--type', 'SYMBOL_LEVEL', '--target', 'TSLA', ...said]);
    const { exitCode, stdout } = await run([advisory({ advisoryId: 'N', symbol: 'MSFT' })]);
    expect(unwrapped(stdout)).toMatch(
      /^SYMBOL_LEVEL TSLA is ACTIVE since .*, by ann: news\. Every new advisory for TSLA is refused\./m,
    );
    expect(stdout).toMatch(/✔ {2}N .*FILLED/);
    expect(exitCode).toBe(0);
  });
});

describe('a result that was recorded', () => {
  it('E1: is marked, with its time, and nothing is sent', async () => {
    await run([aapl]);
    const { stdout } = await run([aapl]);
    expect(stdout).toMatch(/✖ {2}A .*FAILED_TIMEOUT, recorded/);
    expect(stdout).toMatch(/^ {2}A {2}FAILED_TIMEOUT, recorded 2026-01-01 00:00:3\d\.\d{3} UTC, nothing sent$/m);
    expect(stdout).toContain('(1 from the journal). 0 submits, 0 cancels and 0 status requests');
  });

  it('E1: of a refusal says that its id is used up, and what was said was true then', async () => {
    await run([aapl], interrupted);
    const fresh = await run([msft]);
    expect(fresh.stdout).toContain('A refused advisory uses up its advisoryId: to try again, send it under a new one.');
    await cli(['kill-switch', 'release', '--journal', journal(), '--by', 'ann', '--reason', 'looked']);
    const { stdout, exitCode } = await run([msft]);
    expect(unwrapped(stdout)).toContain('nothing sent. Its id is used up: another try takes a new advisoryId');
    expect(stdout).toMatch(/^ {2}M {2}REJECTED, recorded 2026-01-01 \S+ UTC, nothing sent/m);
    expect(stdout).toMatch(/said 2026-01-01 \S+ UTC, and true then: /);
    expect(exitCode).toBe(0);
  });

  it('E1: --json marks it, and what is new as well', async () => {
    await run([aapl]);
    const { stdout } = await run([aapl, msft], {}, ['--json']);
    const [recorded, fresh] = JSON.parse(stdout).results;
    expect(recorded).toMatchObject({ fromJournal: true, recordedAt: expect.stringMatching(/^2026-01-01T00:00:3/) });
    expect(recorded.note).toBe(`from the journal; recorded ${recorded.recordedAt}, nothing sent`);
    expect([fresh.fromJournal, fresh.recordedAt, fresh.note]).toEqual([false, undefined, undefined]);
  });

  it('E1: another snapshot under the same id is new, and refused', async () => {
    await run([aapl]);
    const { stdout } = await run([advisory({ positionSize: '7' })], {}, ['--json']);
    expect(JSON.parse(stdout).results).toMatchObject([{ fromJournal: false, reason: 'ADVISORY_CONFLICT' }]);
  });
});

describe('a journal that was changed', () => {
  it('A5 K7: is said loudly in the heading: keep a copy, nothing is sent; no release is offered', async () => {
    await run([aapl], interrupted);
    tamper();
    const { exitCode, stdout } = await run([msft]);
    const head = stdout.slice(0, stdout.indexOf('advisory  symbol')).replaceAll(/\s+/g, ' ');
    expect(head).toMatch(/THE JOURNAL HAS BEEN CHANGED\. .* is not what was written: .*record 1/);
    expect(head).toContain(`GLOBAL is ACTIVE: nothing is sent. Keep a copy of ${journal()} before anything else.`);
    expect(stdout).not.toContain('kill-switch release');
    expect(stdout).toContain('0 submits');
    expect(exitCode).toBe(3);
  });
});
