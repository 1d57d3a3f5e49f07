/**
 * `fillchart run`: what is shown while advisories are executed, and what is printed when they are over.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { readSqliteJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { textWidth } from '../../src/cli/terminal/text-width.js';
import { ADVISORY, advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const one = () => here.file('a.jsonl', jsonl(ADVISORY));
const config = (scripts: object, rest: object = {}) => here.file('c.json', { ...CONFIG, ...rest, scripts });
const inPieces = {
  AAPL: {
    fills: [
      { afterMs: 1_000, quantity: '40', price: '150' },
      { afterMs: 2_000, price: '152' },
    ],
  },
};

describe('on a pipe', () => {
  it('prints one line for each change of stage, with its T', async () => {
    const { stdout } = await cli(['run', one(), '--config', config(inPieces)]);
    const lines = stdout.split('\n').filter((line) => / AAPL {4}buy .*\/100 {2}[A-Z_]+ +[a-z]+/.test(line));
    expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['–', 'A', 'AAPL', 'buy', '0/100', 'VALIDATING', 'validating'],
      ['–', 'A', 'AAPL', 'buy', '0/100', 'VALIDATING', 'submitted'],
      ['0.000 s', 'A', 'AAPL', 'buy', '0/100', 'SUBMITTED', 'submitted'],
      ['0.000 s', 'A', 'AAPL', 'buy', '0/100', 'PENDING', 'pending'],
      ['1.000 s', 'A', 'AAPL', 'buy', '40/100', 'PARTIALLY_FILLED', 'pending', '@ 150'],
      ['2.000 s', 'A', 'AAPL', 'buy', '100/100', 'FILLED', 'filled', '@ 151.2'],
      ['2.000 s', 'A', 'AAPL', 'buy', '100/100', 'FILLED', 'reconciling', '@ 151.2'],
      ['2.000 s', 'A', 'AAPL', 'buy', '100/100', 'FILLED', 'done', '@ 151.2'],
    ]);
  });

  it('prints the table of results and a closing line', async () => {
    const { stdout } = await cli(['run', one(), '--config', config(inPieces)]);
    const row = stdout.split('\n').find((line) => line.startsWith('✔'));
    expect(row?.split(/ {2,}/)).toEqual([
      ...['✔', 'A', 'AAPL', 'buy', 'FILLED', '100 @ 151.2', '148.18', '155.73', '+0.8 %', 'MATCHED', '2.0 s', '–'],
    ]);
    expect(stdout).toContain('1 advisory in 2.0 s: 1 FILLED. 1 submit, 0 cancels and');
  });

  it('a slippage of nothing has no sign', async () => {
    expect((await cli(['run', one()])).stdout).toMatch(/ {2}0 % {2}/);
  });

  it('has no escape codes', async () => {
    expect((await cli(['run', one()])).stdout).not.toContain('\u001b');
  });

  it('FORCE_COLOR colours all the same, and NO_COLOR wins over it', async () => {
    expect((await cli(['run', one()], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\u001b[32m');
    expect((await cli(['run', one()], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain('\u001b');
  });

  it('shows foreign text without what a terminal would obey', async () => {
    const reason = 'no \u001b[31mway\u0007';
    const script = { AAPL: { submit: { rejected: { code: 'NO', reason } } } };
    const { stdout } = await cli(['run', one(), '--config', config(script)]);
    expect(stdout).toContain('no ·[31mway·');
  });
});

describe('on a terminal', () => {
  const terminal = { columns: 120, rows: 30 };

  it('redraws a table in place, and leaves the cursor as it was', async () => {
    const { stdout, listeners } = await cli(['run', one(), '--config', config(inPieces)], { terminal });
    expect(stdout).toContain('validating › submitted › pending');
    expect(stdout).toMatch(/█+░* 29\.\d s/);
    expect(stdout).toContain('1 running · 0 done · ctrl-c stops safely');
    expect(stdout.split('\u001b[?25l')).toHaveLength(2);
    expect(stdout.split('\u001b[?25h')).toHaveLength(2);
    expect(stdout.lastIndexOf('\u001b[J\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('running'));
    expect(listeners).toBe(0);
  });

  it.each([0, undefined, Number.NaN, -1, Number.POSITIVE_INFINITY])(
    'that says %s columns counts as one of 80',
    async (columns) => {
      const size = columns === undefined ? {} : { columns, rows: columns };
      const { stdout } = await cli(['run', one(), '--config', config(inPieces)], { terminal: size });
      expect(stdout).not.toMatch(/NaN|Infinity|^…$/m);
      expect(stdout).toContain('1 running · 0 done · ctrl-c stops safely');
      expect(stdout).toMatch(/exit code 0: nothing is left to do\./);
      const widest = Math.max(
        ...stripVTControlCharacters(stdout)
          .split(/[\r\n]/)
          .map(textWidth),
      );
      expect(widest).toBeGreaterThan(60);
      expect(widest).toBeLessThan(80);
    },
  );

  it('NO_COLOR takes the colours away, not the table', async () => {
    const { stdout } = await cli(['run', one()], { terminal, env: { NO_COLOR: '1' } });
    expect(stdout).toContain('\u001b[?25l');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what it is about.
    expect(stdout).not.toMatch(/\u001b\[\d+m/);
  });

  it('TERM=dumb gets plain lines', async () => {
    const { stdout } = await cli(['run', one()], { terminal, env: { TERM: 'dumb' } });
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('VALIDATING');
  });

  it.each([
    [20, 6],
    [48, 14],
    [80, 24],
    [200, 60],
  ])('of %i × %i is never overfilled', async (columns, rows) => {
    const many = Array.from({ length: 30 }, (_, index) => advisory({ advisoryId: `ADV-${index}-with-a-long-name` }));
    const others = [
      advisory({ advisoryId: 'refused', positionSize: '2.5' }),
      advisory({ advisoryId: 'half-there', symbol: 'MSFT' }),
    ];
    const script = config({ ...inPieces, MSFT: { positionOverride: { size: '50' } } });
    const { stdout } = await cli(['run', here.file('a.jsonl', jsonl(...many, ...others)), '--config', script], {
      terminal: { columns, rows },
      env: { NO_COLOR: '1' },
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a frame begins where the cursor goes up.
    const [head = '', ...frames] = stdout.split(/\r(?:\u001b\[\d+A)?/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes take no room.
    const lines = (text: string) => text.replace(/\u001b\[[?\d]*[a-zA-Z]/g, '').split('\n');
    expect(frames.length).toBeGreaterThan(3);
    expect(Math.max(...frames.slice(0, -1).map((frame) => lines(frame).length - 1))).toBeLessThan(rows);
    const tooWide = [head, ...frames].flatMap(lines).filter((line) => textWidth(line) >= columns);
    expect(tooWide).toEqual([]);
  });
});

describe('--json', () => {
  it('is a document also where no line can be read, with the lines and exit code 2', async () => {
    for (const [stdin, lines] of [
      ['nonsense\n{"symbol": 7}\n', 2],
      ['', 0],
    ] as const) {
      const { stdout, stderr, exitCode } = await cli(['run', '-', '--json'], { stdin });
      expect(exitCode).toBe(2);
      expect(stderr).toContain('stdin');
      const document = JSON.parse(stdout);
      expect(document).toMatchObject({ format: 1, source: 'stdin', broker: 'paper', exitCode: 2, interrupted: false });
      expect(document).toMatchObject({ executions: 0, results: [], malformedLines: lines });
      expect(document.problem).toMatch(/^stdin holds no advisory.*\. Nothing was started\.$/);
      expect(document).not.toHaveProperty('openCases');
      const dry = await cli(['run', '-', '--json', '--dry-run'], { stdin });
      expect(dry.exitCode).toBe(2);
      expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, advisories: [], problem: document.problem });
    }
  });

  it('prints one JSON document and nothing else', async () => {
    const halfThere = { AAPL: { positionOverride: { size: '50' } } };
    const { stdout, stderr, exitCode } = await cli(['run', '-', '--json', '--config', config(halfThere)], {
      stdin: jsonl(ADVISORY, advisory({ advisoryId: 'B', symbol: 'MSFT', referencePrice: 410 }), '{"symbol": 7}'),
    });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({
      format: 1,
      source: 'stdin',
      broker: 'paper',
      journal: 'memory',
      speed: 1,
      exitCode: 3,
      counts: { FILLED: 2, EXECUTED_FULL_LATE: 0, CANCELLED: 0, FAILED: 0, FAILED_TIMEOUT: 0, REJECTED: 0 },
      requireManualResolution: 1,
      traffic: { submits: 2, cancels: 0 },
      results: [
        {
          line: 1,
          advisoryId: 'A',
          symbol: 'AAPL',
          status: 'FILLED',
          finalFillPrice: '151',
          finalSl: '147.98',
          finalTp: '155.53',
          slippagePct: '0.67',
          caseIds: ['case-1'],
          reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
        },
        { line: 2, advisoryId: 'B', status: 'FILLED', caseIds: [] },
      ],
      openCases: [{ caseId: 'case-1', advisoryId: 'A', symbol: 'AAPL', kind: 'MISMATCH' }],
      killSwitches: [],
    });
    expect(document.malformed).toContainEqual(expect.objectContaining({ file: 'stdin', line: 3, field: 'symbol' }));
    expect(stderr).toContain('stdin:3: symbol is 7; accepted is a string.');
    expect(exitCode).toBe(3);
  });

  it('reads an array from standard input', async () => {
    const { stdout } = await cli(['run', '-', '--json'], { stdin: JSON.stringify([ADVISORY]) });
    expect(JSON.parse(stdout).results).toHaveLength(1);
  });
});

describe('the same advisory id', () => {
  it('E1: twice the same is one order; another snapshot is refused', async () => {
    const stdin = jsonl(ADVISORY, ADVISORY, advisory({ positionSize: '7' }));
    const { results, traffic } = JSON.parse((await cli(['run', '-', '--json'], { stdin })).stdout);
    const statuses = results.map(({ status, reason }: { status: string; reason?: string }) => reason ?? status);
    expect(statuses).toEqual(['FILLED', 'FILLED', 'ADVISORY_CONFLICT']);
    expect(traffic.submits).toBe(1);
  });
});

describe('without a config', () => {
  it('the paper broker quotes each symbol at its reference price, in steps as fine as the file', async () => {
    const stdin = jsonl(
      ADVISORY,
      advisory({ advisoryId: 'B', symbol: 'EUR/USD', referencePrice: '1.08505', positionSize: '0.25' }),
    );
    const { results } = JSON.parse((await cli(['run', '-', '--json'], { stdin })).stdout);
    expect(results).toMatchObject([
      { finalFillPrice: '150', slippagePct: '0' },
      { finalFillPrice: '1.08505', finalPositionSize: '0.25', finalSl: '1.06335' },
    ]);
  });
});

describe('the scripted operator', () => {
  const never = { AAPL: { fills: [] } };
  const active = { type: 'SYMBOL_LEVEL', target: 'AAPL', state: 'ACTIVE', reason: 'news' };

  it('K2: at 0 ms acts before the first advisory', async () => {
    const file = config(never, { operator: [{ atMs: 0, set: active }] });
    const { stdout } = await cli(['run', one(), '--config', file]);
    expect(stdout).toContain('kill switch SYMBOL_LEVEL AAPL is ACTIVE: news (operator)');
    expect(stdout).toMatch(/⊘ {2}A .*REJECTED/);
    expect(stdout).toContain('KILL_SWITCH_ACTIVE');
  });

  it('K3: later, stops an order that is open', async () => {
    const file = config(never, { operator: [{ atMs: 5_000, set: active }] });
    const { stdout } = await cli(['run', one(), '--config', file]);
    expect(stdout).toMatch(/■ {2}A .*CANCELLED.* 5\.0 s/);
    expect(stdout).toContain('SYMBOL_LEVEL AAPL is ACTIVE: news (operator)');
  });

  it('K6: what the engine refuses is said', async () => {
    const off = { ...active, target: 'MSFT', state: 'OFF', by: ' x' };
    const wrong = { type: 'GLOBAL', target: 'MSFT', state: 'ACTIVE', reason: 'r' };
    const operator = [
      { atMs: 0, set: off },
      { atMs: 0, set: wrong },
    ];
    const { stdout } = await cli(['run', one(), '--config', config({}, { operator })]);
    expect(stdout).toContain("the operator's switch was refused: target is");
  });
});

describe('--speed', () => {
  it('T1: runs broker and engine on one faster clock; the 30 s stay 30 s of it, and it is said', async () => {
    const { stdout, clock } = await cli(['run', one(), '--config', config({ AAPL: { fills: [] } }), '--speed', '10']);
    expect(stdout).toContain('simulated clock at 10 times the real speed');
    expect(stdout).toMatch(/FAILED_TIMEOUT.* 30\.\d s/);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(3_000);
    expect(clock.monotonic()).toBeLessThan(3_300);
  });
});

describe('--log', () => {
  it('A2: writes one JSON object a line to the file', async () => {
    const log = here.path('audit.log');
    const { stdout } = await cli(['run', one(), '--log', log]);
    const events = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events[0]).toBe('execution_start');
    expect(events.at(-1)).toBe('execution_result');
    expect(stdout).not.toContain('execution_start');
  });

  it('- is standard error, never standard output', async () => {
    const { stdout, stderr } = await cli(['run', one(), '--log', '-']);
    expect(stderr).toContain('"event":"execution_result"');
    expect(stdout).not.toContain('execution_result');
  });
});

describe('--journal', () => {
  it('keeps the record in the SQLite file that it names, and says where', async () => {
    const path = here.path('run.db');
    const { stdout, exitCode } = await cli(['run', one(), '--journal', path, '--exit']);
    expect(stdout).toContain(`journal: ${path}`);
    const records = await readSqliteJournal(path);
    expect(records.length).toBeGreaterThan(5);
    expect(exitCode).toBe(0);
  });

  it('temp is a new file in the temporary folder', async () => {
    const { stdout } = await cli(['run', one(), '--journal', 'temp', '--json']);
    const { journal } = JSON.parse(stdout);
    expect(journal).toMatch(/fillchart.run-.*\.db$/);
    expect(existsSync(journal)).toBe(true);
    for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(journal + suffix, { force: true });
  });
});
