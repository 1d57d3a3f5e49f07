/**
 * `fillchart run --dry-run`: each advisory judged as a run would, nothing sent.
 */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const journal = () => here.path('j.db');

const judged = async (lines: string, ...more: readonly string[]) => {
  const config = here.file('c.json', {
    ...CONFIG,
    ...(more.includes('limits') && { limits: { maxPositionSize: '50' } }),
  });
  const args = more.filter((word) => word !== 'limits');
  return cli(['run', here.file('a.jsonl', lines), '--config', config, '--dry-run', ...args]);
};

describe('fillchart run --dry-run', () => {
  it('V9 V10: what would be sent is said, and nothing is sent: 0', async () => {
    const { exitCode, stdout } = await judged(jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' })));
    expect(stdout).toContain('ADV-1: would be sent: buy 100 AAPL');
    expect(stdout).toContain('1 would be sent, 0 refused. Nothing was sent.');
    expect(exitCode).toBe(0);
  });

  const refusals = [
    { rule: 'V3', name: 'a size of zero', differs: { positionSize: 0 }, reason: 'INVALID_POSITION_SIZE' },
    {
      rule: 'V1',
      name: 'an advisory that has expired',
      differs: { expirationTimestamp: '2020-01-01T00:00:00Z' },
      reason: 'ADVISORY_EXPIRED',
    },
    { rule: 'V9', name: 'a size between two lots', differs: { positionSize: '1.5' }, reason: 'INSTRUMENT_RULES' },
    {
      rule: 'V10',
      name: 'exits within a tick of the fill',
      differs: { slOffsetPct: '-0.00001' },
      reason: 'EXITS_NOT_PLACEABLE',
    },
  ];
  it.each(refusals)('$rule: $name would be refused, $reason: 1', async ({ differs, reason }) => {
    const { exitCode, stdout } = await judged(jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL', ...differs })));
    expect(stdout).toContain(`ADV-1: would be REJECTED, ${reason}`);
    expect(exitCode).toBe(1);
  });

  it('G1: the limits of the config count', async () => {
    const { exitCode, stdout } = await judged(jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' })), 'limits');
    expect(stdout).toContain('ADV-1: would be REJECTED, LIMIT_EXCEEDED');
    expect(exitCode).toBe(1);
  });

  it('K2 V7 E1: the journal counts: a switch, a case, an advisory that it knows; and is not written', async () => {
    const lines = jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' }));
    const config = here.file('half.json', { ...CONFIG, scripts: { AAPL: { positionOverride: { size: '50' } } } });
    await cli(['run', here.file('first.jsonl', lines), '--config', config, '--journal', journal()]);
    const by = ['--by', 'ann', '--reason', 'a drill'];
    await cli(['kill-switch', 'set', '--type', 'SYMBOL_LEVEL', '--target', 'MSFT', '--journal', journal(), ...by]);
    const before = readFileSync(journal());
    const next = jsonl(
      advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' }),
      advisory({ advisoryId: 'ADV-2', symbol: 'AAPL' }),
      advisory({ advisoryId: 'ADV-3', symbol: 'MSFT' }),
    );
    const { stdout } = await judged(next, '--journal', journal(), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      dryRun: true,
      advisories: [
        { advisoryId: 'ADV-1', verdict: 'known' },
        { advisoryId: 'ADV-2', verdict: 'refuse', reason: 'UNRESOLVED_MISMATCH' },
        { advisoryId: 'ADV-3', verdict: 'refuse', reason: 'KILL_SWITCH_ACTIVE' },
      ],
    });
    expect(readFileSync(journal()).equals(before)).toBe(true);
  });

  it('E1: another advisory under an id that the journal has is refused, not answered from there', async () => {
    const first = advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' });
    await cli([
      'run',
      here.file('first.jsonl', jsonl(first)),
      '--config',
      here.file('c.json', CONFIG),
      '--journal',
      journal(),
    ]);
    const next = jsonl(first, { ...first, positionSize: '7' });
    const { exitCode, stdout } = await judged(next, '--journal', journal());
    expect(stdout).toContain('ADV-1: would be REJECTED, ADVISORY_CONFLICT');
    expect(stdout).toContain('0 would be sent, 1 refused, 1 known already. Nothing was sent.');
    expect(exitCode).toBe(1);
  });

  it('C2: a line that cannot be read is named, the others are judged: 2; no journal is made', async () => {
    const lines = `${jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' }))}\n{ "advisoryId": 7 }\n`;
    const { exitCode, stdout, stderr } = await judged(lines, '--journal', journal());
    expect(stdout).toContain('ADV-1: would be sent');
    expect(stderr).toMatch(/a\.jsonl:\d+: /);
    expect([exitCode, existsSync(journal())]).toEqual([2, false]);
  });

  it('C2: a line with several problems is one line that cannot be read', async () => {
    const good = jsonl(advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' }));
    const { stdout, stderr } = await judged(`{ "advisoryId": 7, "symbl": "AAPL" }\n${good}`);
    expect(stderr.match(/a\.jsonl:1: /g)?.length).toBeGreaterThan(1);
    expect(stdout).toContain('1 would be sent, 0 refused, 1 line cannot be read. Nothing was sent.');
  });

  it('S1: a line that repeats an earlier one is not sent a second time; another advisory under the id is refused', async () => {
    const first = advisory({ advisoryId: 'ADV-1', symbol: 'AAPL' });
    const other = advisory({ advisoryId: 'ADV-1', symbol: 'AAPL', positionSize: '7' });
    const { exitCode, stdout } = await judged(jsonl(first, first, other));
    expect(stdout).toContain('ADV-1: Line 2 repeats line 1: one advisory, executed once.');
    expect(stdout).toContain('ADV-1: would be REJECTED, ADVISORY_CONFLICT');
    expect(stdout).toContain('1 would be sent, 1 refused, 1 known already. Nothing was sent.');
    expect(exitCode).toBe(1);
  });
});
