/**
 * `fillchart status`: where a journal stands, for a person and for a program.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const journal = () => here.path('j.db');

/** Runs the advisory on the paper broker, with a script for AAPL. */
async function ran(script: object, ...more: readonly string[]): Promise<void> {
  const config = here.file('c.json', { ...CONFIG, scripts: { AAPL: script } });
  const file = here.file('a.jsonl', jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' })));
  await cli(['run', file, '--config', config, '--journal', journal(), ...more]);
}

const status = (...args: readonly string[]) => cli(['status', journal(), ...args]);

/** Without the breaks of lines, which hang on the width. */
const unbroken = (text: string): string => text.replaceAll(/\s+/g, ' ');

describe('fillchart status', () => {
  it('B7 C4: says what is open and how it is protected; nothing needs a person: 0', async () => {
    await ran({});
    const { exitCode, stdout } = await status();
    expect(unbroken(stdout)).toMatch(
      /j\.db: \d+ records, each as it was written; the newest was written 2026-01-01 \S+ UTC/,
    );
    expect(stdout.replaceAll(/\n {4}/g, ' ')).toMatch(
      /Open positions: 1\n {2}ADV-1: 100 AAPL long at 151; stop-loss 147\.98 working, take-profit 155\.53 working\n/,
    );
    expect(stdout).toMatch(/Results: 1; the last: advisory ADV-1, FILLED, 2026-01-01 \S+ UTC\n/);
    expect(exitCode).toBe(0);
  });

  it('C4 M1: an open case, and a position without a stop-loss: 3, with the command that resolves it', async () => {
    await ran({ protection: { stopLoss: { rejected: { code: 'NO', reason: 'no' } } } });
    const { exitCode, stdout } = await status();
    expect(stdout.replaceAll(/\n {4}/g, ' ')).toMatch(/100 WITHOUT a working stop-loss/);
    expect(stdout).toContain(
      `    resolve it with: fillchart cases resolve case-1 --journal ${journal()} --by YOU --reason WHY\n`,
    );
    expect(exitCode).toBe(3);
  });

  it('B7 C4 M1: a stop-loss that the broker lost is not called working, with the case that says so', async () => {
    await ran({ protection: 'lose-sl' });
    const { exitCode, stdout } = await status();
    const told = stdout.replaceAll(/\n {4}(?! )/g, ' ');
    expect(told).toContain(
      'ADV-1: 100 AAPL long at 151; stop-loss 147.98 NOT CONFIRMED, take-profit 155.53 working; 100 WITHOUT a working stop-loss',
    );
    expect(unbroken(stdout)).toMatch(/ case-1, 2026-01-01 \S+ UTC: Expected stop-loss 147\.98, found none in broker /);
    expect(exitCode).toBe(3);
    const [position] = JSON.parse((await status('--json')).stdout).openPositions;
    expect(position).toMatchObject({ stopLoss: { state: 'doubtful' }, unprotectedQuantity: '100' });
  });

  it('K7: a switch that is ACTIVE: 3, and how it is released', async () => {
    await ran({});
    const by = ['--by', 'ann', '--reason', 'a drill'];
    await cli(['kill-switch', 'set', '--type', 'SYMBOL_LEVEL', '--target', 'AAPL', '--journal', journal(), ...by]);
    const { exitCode, stdout } = await status();
    expect(unbroken(stdout)).toContain('SYMBOL_LEVEL AAPL is ACTIVE since 2026-01-01');
    expect(stdout).toContain(
      `    release it with: fillchart kill-switch release --journal ${journal()} --type SYMBOL_LEVEL --target AAPL`,
    );
    expect(exitCode).toBe(3);
  });

  it('fits 80 columns in a pipe, or what COLUMNS says; a command is never broken', async () => {
    await ran({ protection: 'lose-sl' });
    const widest = async (env: Record<string, string>): Promise<number> => {
      const { stdout } = await cli(['status', journal()], { env });
      return Math.max(...stdout.split('\n').map((line) => (line.includes('fillchart cases') ? 0 : line.length)));
    };
    expect(await widest({})).toBeLessThanOrEqual(80);
    expect(await widest({ COLUMNS: '60' })).toBeLessThanOrEqual(60);
    expect(await widest({ COLUMNS: '110' })).toBeGreaterThan(80);
    expect(await widest({ COLUMNS: 'wide' })).toBeLessThanOrEqual(80);
  });

  it('C4: --json is one document with the same', async () => {
    await ran({});
    const { exitCode, stdout } = await status('--json');
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      journal: journal(),
      verdict: { ok: true },
      switches: [],
      openCases: [],
      live: [],
      openPositions: [{ advisoryId: 'ADV-1', symbol: 'AAPL', openQuantity: '100', state: 'working' }],
      closedPositions: 0,
      results: 1,
      lastResult: { advisoryId: 'ADV-1', status: 'FILLED' },
      needsAttention: false,
    });
    expect(exitCode).toBe(0);
  });

  it('A5: an export that was changed: 1, said first', async () => {
    await ran({});
    const { stdout: lines } = await cli(['audit', 'export', journal()]);
    const changed = here.file('j.jsonl', lines.replace('"ADV-1"', '"ADV-2"'));
    const { exitCode, stdout } = await cli(['status', changed]);
    expect(stdout).toMatch(/^\S+j\.jsonl: THE JOURNAL HAS BEEN CHANGED/);
    expect(exitCode).toBe(1);
  });

  it('A5: an export that lacks a record, and one that is cut off: named for what it is', async () => {
    await ran({});
    const { stdout: all } = await cli(['audit', 'export', journal()]);
    const lines = all.trimEnd().split('\n');
    const headOf = async (name: string, left: readonly string[]) =>
      (await cli(['status', here.file(name, `${left.join('\n')}\n`)])).stdout;
    const without = lines.filter((_, index) => index !== 3);
    expect(await headOf('gap.jsonl', without)).toMatch(/^\S+gap\.jsonl: A PART OF THE JOURNAL IS MISSING/);
    expect(await headOf('end.jsonl', lines.slice(0, -2))).toMatch(/^\S+end\.jsonl: THE END OF THE JOURNAL IS MISSING/);
  });

  it('E1: a refusal because of another advisory under the id is counted apart, and ids are called ids', async () => {
    await ran({});
    const other = jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL', positionSize: '7' }));
    await cli(['run', here.file('other.jsonl', other), '--config', here.path('c.json'), '--journal', journal()]);
    const { stdout } = await cli(['status', journal()]);
    expect(unbroken(stdout)).toContain(
      'Results: 2, 1 of them a refusal of an advisoryId that another advisory has; the last: advisory ADV-1, REJECTED (ADVISORY_CONFLICT)',
    );
  });

  it('C3: changes nothing, not even the file', async () => {
    await ran({});
    const before = readFileSync(journal());
    await status();
    expect(readFileSync(journal()).equals(before)).toBe(true);
    expect((await cli(['status', here.path('none.db')])).exitCode).toBe(2);
  });
});
