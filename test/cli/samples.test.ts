/**
 * The sample advisories reach every final status and every kind of mismatch, on the virtual clock.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FINAL_STATUSES, ReconciliationStatus } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { cli, folder } from './cli.support.js';

const here = folder();

const sample = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
const ARGS = ['run', sample('advisories.jsonl'), '--config', sample('paper.json'), '--json'];

interface Row {
  readonly advisoryId: string;
  readonly symbol: string;
  readonly status: string;
  readonly reason?: string;
  readonly attempts: readonly unknown[];
  readonly killSwitchPostFill: boolean;
  readonly reconciliationReport?: { readonly status: string };
}

async function rows(...more: readonly string[]): Promise<readonly Row[]> {
  const { stdout, exitCode } = await cli([...ARGS, ...more]);
  expect(exitCode).toBe(3);
  return JSON.parse(stdout).results;
}

let known: Promise<readonly Row[]> | undefined;
const atRealSpeed = (): Promise<readonly Row[]> => {
  known ??= rows();
  return known;
};

const story = ({ advisoryId, status, reason, reconciliationReport }: Row): string =>
  [advisoryId.slice(7), status, reason, reconciliationReport?.status].filter((word) => word !== undefined).join(' ');

const EXPECTED = [
  'on-time FILLED MATCHED',
  'short FILLED MATCHED',
  'in-pieces FILLED MATCHED',
  'answer-lost FILLED MATCHED',
  'busy-broker FILLED MATCHED',
  'fraction FILLED MATCHED',
  'late EXECUTED_FULL_LATE MATCHED',
  'never FAILED_TIMEOUT FILL_TIMEOUT MATCHED',
  'half-done FAILED_TIMEOUT FILL_TIMEOUT MISMATCH',
  'no-answer FAILED_TIMEOUT FILL_TIMEOUT MISMATCH',
  'refused FAILED BROKER_REJECTED',
  'expired REJECTED ADVISORY_EXPIRED',
  'odd-lot REJECTED INSTRUMENT_RULES',
  'halted REJECTED KILL_SWITCH_ACTIVE',
  'killed CANCELLED KILL_SWITCH_ACTIVE MATCHED',
  'fill-wins FILLED MATCHED',
  'broker-ends CANCELLED BROKER_CANCELLED MATCHED',
  'half-there FILLED MISMATCH',
  'no-stop FILLED MISSING_SL_TP',
  'vanished FILLED MISSING_POSITION',
  'phantom FAILED_TIMEOUT FILL_TIMEOUT PHANTOM_POSITION',
];

describe('the sample advisories', () => {
  it('end as their names say', async () => {
    expect((await atRealSpeed()).map(story)).toEqual(EXPECTED);
  });

  it.each(['4', '25'])('end alike at %s times the speed', async (speed) => {
    expect((await rows('--speed', speed)).map(story)).toEqual(EXPECTED);
  });

  it('reach every final status and every verdict of a reconciliation', async () => {
    const results = await atRealSpeed();
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(FINAL_STATUSES));
    const verdicts = results.flatMap(({ reconciliationReport }) => reconciliationReport?.status ?? []);
    expect(new Set(verdicts)).toEqual(new Set(Object.values(ReconciliationStatus)));
  });

  it('have a symbol each, so that no case keeps another from starting', async () => {
    const results = await atRealSpeed();
    expect(results.length).toBeGreaterThanOrEqual(12);
    expect(new Set(results.map(({ symbol }) => symbol)).size).toBe(results.length);
  });

  it('S5: show a retry that is allowed; K4: a fill that stood against a kill switch', async () => {
    const results = await atRealSpeed();
    expect(results.find(({ advisoryId }) => advisoryId.endsWith('busy-broker'))?.attempts).toHaveLength(3);
    expect(results.find(({ advisoryId }) => advisoryId.endsWith('fill-wins'))?.killSwitchPostFill).toBe(true);
  });

  it('are what `npm start` runs', () => {
    const manifest = JSON.parse(readFileSync(sample('../package.json'), 'utf8'));
    expect(manifest.scripts.start).toContain('run examples/advisories.jsonl --config examples/paper.json');
  });
});

describe('the end of the sample run on a terminal of 80 × 24', () => {
  const ARGS_TO_READ = [
    'run',
    sample('advisories.jsonl'),
    '--config',
    sample('paper.json'),
    '--speed',
    '25',
    '--journal',
  ];

  it('fits below the table, names every case and every reason, and cuts no id', async () => {
    const journal = here.path('journal.db');
    const { stdout } = await cli([...ARGS_TO_READ, journal], {
      terminal: { columns: 80, rows: 24 },
      env: { NO_COLOR: '1' },
    });
    const [, end = ''] = stdout.split(/no room here for: .*\n/);
    const lines = end.trimEnd().split('\n');
    const command = lines.find((line) => line.includes(` status ${journal}`)) ?? '';
    // The command is never broken: the terminal itself wraps it.
    expect(lines.length - 1 + Math.ceil(command.length / 80)).toBeLessThanOrEqual(24);
    for (const line of lines) if (line !== command) expect(line.length).toBeLessThanOrEqual(80);
    for (const id of ['case-1', 'case-6', 'ADV-10-no-answer']) expect(end).toContain(id);
    expect(end).toMatch(/^case-\d CRM URGENT: /m);
    const table = stdout.slice(0, stdout.length - end.length);
    for (const { advisoryId } of await atRealSpeed()) expect(table).toContain(`  ${advisoryId} `);
  });
});
