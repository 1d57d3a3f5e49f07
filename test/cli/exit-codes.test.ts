/**
 * The exit code: 0 all well, 2 bad usage, 3 something needs manual resolution, 130 left at once. What the others say is
 * told where their commands are tested.
 */
import { describe, expect, it } from 'vitest';
import { EXIT, EXIT_CODES_HELP } from '../../src/cli/exit-codes.js';
import { ADVISORY, advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();

describe('exit code 0', () => {
  it('when every advisory is filled', async () => {
    const { exitCode, stdout, stderr } = await cli(['run', here.file('a.jsonl', jsonl(advisory()))]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('exit code 0: nothing is left to do.');
    expect(stderr).toBe('');
  });

  it('when advisories are refused, failed or timed out and nothing is left to do', async () => {
    const config = here.file('c.json', {
      ...CONFIG,
      scripts: { AAPL: { fills: [] }, MSFT: { submit: { rejected: { code: 'NO', reason: 'no' } } } },
    });
    const file = here.file(
      'a.jsonl',
      jsonl(
        advisory(),
        advisory({ advisoryId: 'B', symbol: 'MSFT' }),
        advisory({ advisoryId: 'C', expirationTimestamp: '2020-01-01T00:00:00Z' }),
      ),
    );
    const { exitCode, stdout } = await cli(['run', file, '--config', config]);
    expect(stdout).toContain('1 FAILED, 1 FAILED_TIMEOUT, 1 REJECTED');
    expect(exitCode).toBe(0);
  });

  it.each([['--help'], ['--version'], ['run', '--help'], ['reasons'], ['help', 'run']])(
    'for fillchart %s %s',
    async (...args) => {
      const { exitCode, stdout, stderr } = await cli(args.filter((arg) => typeof arg === 'string'));
      expect({ exitCode, stderr, isSilent: stdout === '' }).toEqual({ exitCode: 0, stderr: '', isSilent: false });
    },
  );

  it.each([['fillchart'], ['run'], ['serve'], ['status'], ['cases'], ['kill-switch'], ['audit'], ['conform']])(
    'C2: the help of %s fits a terminal of 80 columns, and its notes too',
    async (name) => {
      const args = name === 'fillchart' ? ['--help'] : [name, '--help'];
      const { stdout } = await cli(args, { terminal: { columns: 80, rows: 24 } });
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    },
  );
});

describe('a terminal of 80 columns', () => {
  const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

  it('C2: a report fits it; in a pipe a line stays a line', async () => {
    const args = ['verify', '--most-states', '20'];
    const { stdout } = await cli(args, { terminal: { columns: 80, rows: 24 } });
    const piped = await cli(args);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect(widest(piped.stdout)).toBeGreaterThan(80);
    expect(stdout.split(/\s+/).length).toBe(piped.stdout.split(/\s+/).length);
  });

  it('A3: a replay fits it, with all its hashes', async () => {
    const journal = here.path('replayed.db');
    await cli(['run', here.file('r.jsonl', jsonl(ADVISORY)), '--journal', journal]);
    const { stdout } = await cli(['audit', 'replay', journal, 'A'], {
      terminal: { columns: 80, rows: 24 },
      env: { NO_COLOR: '1' },
    });
    expect(stdout).toMatch(/^snapshot {2}[\da-f]{64}$/m);
    expect(widest(stdout)).toBeLessThanOrEqual(80);
  });
});

describe('exit code 2', () => {
  const config = (content: string | object) => ['run', '-', '--config', here.file('c.json', content)];
  const usages: readonly (readonly [story: string, args: () => readonly string[], says: RegExp])[] = [
    ['no command', () => [], /Usage: fillchart/],
    ['an unknown command', () => ['walk'], /unknown command 'walk'/],
    ['an unknown option', () => ['run', '-', '--fast'], /unknown option '--fast'/],
    ['no file', () => ['run'], /missing required argument 'file'/],
    [
      'a file that is not there',
      () => ['run', here.path('none.jsonl')],
      /none\.jsonl cannot be read: there is no such/,
    ],
    ['a folder', () => ['run', here.path('.')], /cannot be read: it is a folder/],
    [
      'a file of tokens in a folder that is not there',
      () => ['token', 'create', '--file', here.path('none/t.json'), '--name', 'ann'],
      /none\/t\.json\.new cannot be used: ENOENT/,
    ],
    [
      'a switch of a symbol without one',
      () => 'kill-switch set --journal j.db --type symbol_level --by ann --reason news'.split(' '),
      /SYMBOL_LEVEL needs --target/,
    ],
    [
      'a base path that browsers resolve to another',
      () => ['serve', '--base-path', '/a/../b'],
      /basePath is "\/a\/\.\.\/b"/,
    ],
    [
      'an access log that is a folder',
      () => {
        const accounts = [{ name: 'paper', broker: 'paper', journal: 'memory' }];
        return ['serve', '--config', here.file('s.json', { accounts, accessLog: here.path('.') })];
      },
      /cannot be used: EISDIR/,
    ],
    ['an empty file', () => ['run', here.file('e.jsonl', ' \n\n')], /e\.jsonl holds no advisory/],
    ['a broker that is not there', () => ['run', '-', '--broker', 'etrade'], /no broker "etrade"; accepted is paper/],
    ['a speed that is none', () => ['run', '-', '--speed', 'fast'], /'fast' is invalid.*0\.1 to 100/],
    ['a speed out of range', () => ['run', '-', '--speed', '101'], /'101' is invalid.*0\.1 to 100/],
    ['a config that is not there', () => ['run', '-', '--config', here.path('no.json')], /no\.json cannot be read/],
    ['a config that is no JSON', () => config('{\n  "instruments": [,]\n}'), /c\.json:2:19: this is no JSON/],
    ['a config that is no object', () => config('[]'), /c\.json must hold a JSON object/],
    [
      'a config with an unknown option',
      () => config({ ...CONFIG, speed: 2 }),
      /c\.json: .*options\.speed is not known/,
    ],
    ['a config with a clock', () => config({ ...CONFIG, clock: {} }), /c\.json: clock cannot be set in a file/],
    [
      'a script with a wrong word',
      () => config({ ...CONFIG, scripts: { AAPL: { cancel: 'perhaps' } } }),
      /c\.json: .*scripts\.AAPL\.cancel is "perhaps"; accepted is/,
    ],
    [
      'an operator without a reason',
      () => config({ ...CONFIG, operator: [{ atMs: 0, set: { type: 'GLOBAL', state: 'ACTIVE' } }] }),
      /c\.json: operator\[0\]\.set\.reason is undefined; accepted is why, in words/,
    ],
    [
      'an operator with a word that is not known',
      () => config({ ...CONFIG, operator: [{ atMs: 0, set: { type: 'ALL', state: 'ACTIVE', reason: 'r' } }] }),
      /operator\[0\]\.set\.type is "ALL"; accepted is GLOBAL, SYMBOL_LEVEL, RISK_LIMIT, MANUAL/,
    ],
    ['a log in no folder', () => ['run', '-', '--log', here.path('no/where.log')], /--log: .*cannot be written/],
    ['a journal in no folder', () => ['run', '-', '--journal', here.path('no/j.db')], /The journal .* cannot be/],
    ['a journal that is no path', () => ['run', '-', '--journal', ' x'], /--journal: path must name a file/],
    [
      'a scaled clock on a journal that is there',
      () => ['run', '-', '--speed', '4', '--journal', here.file('j.db', '')],
      /--speed needs a journal of its own/,
    ],
  ];

  it.each(usages)('for %s', async (_story, args, says) => {
    const { exitCode, stdout, stderr } = await cli(args(), { stdin: jsonl(advisory()) });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('this is a defect');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  it('when a line is malformed; the others have run', async () => {
    const file = here.file('a.jsonl', jsonl(advisory(), 'oops'));
    const { exitCode, stdout } = await cli(['run', file]);
    expect(stdout).toContain('1 advisory in');
    expect(stdout).toContain(
      'exit code 2: the advisories that could be read were executed; the other lines are malformed.',
    );
    expect(stdout).toContain('1 line malformed, named on standard error.');
    expect(exitCode).toBe(2);
  });

  it('counts malformed lines, and their problems beside them', async () => {
    const stdin = jsonl(advisory(), { symbol: 7 }, 'oops');
    const { stdout, stderr } = await cli(['run', '-'], { stdin });
    const problems = stderr.trim().split('\n').length;
    expect(problems).toBeGreaterThan(3);
    expect(stdout).toContain(`2 lines malformed (${problems} problems), named on standard error.`);
    const document = JSON.parse((await cli(['run', '-', '--json'], { stdin })).stdout);
    expect([document.malformedLines, document.malformed.length]).toEqual([2, problems]);
  });
});

describe('exit code 3', () => {
  const halfThere = () => here.file('c.json', { ...CONFIG, scripts: { AAPL: { positionOverride: { size: '50' } } } });

  it('R6.4: when a result requires manual resolution; the case and its sentence are printed', async () => {
    const { exitCode, stdout } = await cli(['run', here.file('a.jsonl', jsonl(advisory())), '--config', halfThere()]);
    expect(stdout).toMatch(
      /case-1 {2}MISMATCH {2}AAPL {2}A {2}since \S+ \S+ UTC {2}not urgent\n {4}Expected position 100, found 50 in broker/,
    );
    expect(stdout).toContain('exit code 3: 1 result needs manual review, 1 case is open.');
    expect(exitCode).toBe(3);
  });

  it('counts only what is there: an open case of another symbol is no result', async () => {
    const journal = here.path('j.db');
    await cli(['run', here.file('a.jsonl', jsonl(advisory())), '--config', halfThere(), '--journal', journal]);
    const config = here.file('d.json', CONFIG);
    const other = here.file('b.jsonl', jsonl(advisory({ advisoryId: 'B', symbol: 'MSFT' })));
    const { stdout, exitCode } = await cli(['run', other, '--config', config, '--journal', journal]);
    expect(stdout).toMatch(/exit code 3: \d cases? (?:is|are) open\./);
    expect(exitCode).toBe(3);
  });

  it('wins over a malformed line', async () => {
    const { exitCode } = await cli(['run', '-', '--config', halfThere()], { stdin: jsonl('oops', ADVISORY) });
    expect(exitCode).toBe(3);
  });
});

describe('ctrl-c', () => {
  const neverFilled = () =>
    here.file('c.json', { ...CONFIG, scripts: { AAPL: { fills: [], cancel: { confirmAfterMs: 3_000 } } } });
  const args = () => ['run', here.file('a.jsonl', jsonl(advisory())), '--config', neverFilled()];

  it('K3: the first sets GLOBAL, says so, and waits for the executions to end', async () => {
    const { exitCode, stdout, exits, clock, listeners } = await cli(args(), { interruptAtMs: [5_000] });
    expect(stdout).toContain('Interrupted: GLOBAL is ACTIVE');
    expect(stdout).toContain('Waiting for the 1 live execution to end');
    expect(stdout).toMatch(/■ {2}A .*CANCELLED/);
    expect(clock.monotonic()).toBeLessThan(10_000);
    expect({ exitCode, exits, listeners }).toEqual({ exitCode: 3, exits: [], listeners: 0 });
    expect(stdout).toContain('exit code 3: interrupted.');
  });

  it('the second leaves at once, with 130 and the cursor shown', async () => {
    const setting = { interruptAtMs: [5_000, 5_500], terminal: { columns: 100, rows: 30 } };
    const { exitCode, stdout, exits, clock } = await cli(args(), setting);
    expect(clock.monotonic()).toBeLessThan(6_000);
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    expect(stdout).toMatch(/Exited at once\. 1 order may still be live; check it at the broker\. \(exit code\s+130\)/);
    expect({ exitCode, exits }).toEqual({ exitCode: 130, exits: [130] });
  });
});

describe('exit code 70', () => {
  it('is a defect of fillchart, with where it is; no check that failed has this number', async () => {
    const stdin = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('nobody thought of this')) }),
    };
    const { exitCode, stderr } = await cli(['run', '-'], { stdin });
    expect(stderr).toMatch(/^fillchart: this is a defect: Error: nobody thought of this\n +at /);
    expect(exitCode).toBe(70);
  });
});

describe('every exit code', () => {
  it('is another number, and is explained by --help', async () => {
    const codes = Object.values(EXIT).map(String);
    const explained = [...EXIT_CODES_HELP.matchAll(/^ {2}(\d+) /gm)].map(([, code]) => code);
    expect(explained).toEqual(codes);
    expect(new Set(codes).size).toBe(codes.length);
    const words = (text: string) => text.trim().split(/\s+/).join(' ');
    expect(words((await cli(['--help'])).stdout)).toContain(words(EXIT_CODES_HELP));
  });
});
