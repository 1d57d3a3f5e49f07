/**
 * `fillchart run` as a whole: what the journal brought along, what one bad line costs, and a long file.
 */
import { writeFileSync } from 'node:fs';
import { createEngine } from 'fillchart';
import { paperBroker, sqliteJournal } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const never = { AAPL: { fills: [] } };
const config = (scripts: object = {}) => here.file('c.json', { ...CONFIG, scripts });
const msft = advisory({ advisoryId: 'B', symbol: 'MSFT', referencePrice: '410' });

/** A process that ends with the order of ADVISORY live: what it knew is in the journal. */
async function crashedJournal(): Promise<string> {
  const path = here.path('crashed.db');
  const clock = virtualClock();
  const broker = paperBroker({ ...CONFIG, clock, scripts: never });
  const engine = await createEngine({ broker, journal: sqliteJournal({ path }), clock, logger: false });
  engine.start(ADVISORY);
  for (let turn = 0; turn < 200; turn += 1) await clock.settle();
  await clock.advance(1_000);
  await engine.close();
  return path;
}

describe('a journal with an order live', () => {
  it('A1 C1: a run of another file waits for it through T = 30 s, shows it, counts it, and asks for a person', async () => {
    const journal = await crashedJournal();
    const other = here.file('other.jsonl', jsonl(msft));
    const { stdout, exitCode } = await cli(['run', other, '--config', config(never), '--journal', journal]);
    expect(stdout).toContain('1 execution of the journal has no result yet; it goes on, and this run waits for it');
    expect(stdout).toMatch(/^✖ {2}A .*FAILED_TIMEOUT, recovered/m);
    expect(stdout).toContain('2 advisories in');
    expect(stdout).toContain('1 FILLED, 1 FAILED_TIMEOUT (1 recovered).');
    // The paper broker of the new process does not know the order: nobody can say that it is closed.
    expect(exitCode).toBe(3);
    expect(stdout).not.toContain('nothing is left to do');
  });

  it('A1 C1: --json counts it, and marks it', async () => {
    const journal = await crashedJournal();
    const args = ['run', '-', '--json', '--config', config(never), '--journal', journal];
    const document = JSON.parse((await cli(args, { stdin: jsonl(msft) })).stdout);
    expect(document).toMatchObject({
      executions: 2,
      recovered: 1,
      counts: { FILLED: 1, FAILED_TIMEOUT: 1 },
      exitCode: 3,
    });
    expect(document.results).toMatchObject([
      { line: 1, advisoryId: 'B', recovered: false },
      { advisoryId: 'A', recovered: true },
    ]);
    expect(document.results[1].line).toBeUndefined();
  });

  it('A1 C1: the same advisory in the file is the recovered one, once', async () => {
    const journal = await crashedJournal();
    const args = ['run', '-', '--json', '--config', config(never), '--journal', journal];
    const document = JSON.parse((await cli(args, { stdin: jsonl(ADVISORY, msft) })).stdout);
    expect(document).toMatchObject({ executions: 2, recovered: 1 });
    expect(document.results).toMatchObject([
      { line: 1, advisoryId: 'A', recovered: true },
      { line: 2, advisoryId: 'B', recovered: false },
    ]);
  });

  it('C1: ctrl-c while only the recovered one is live waits for it', async () => {
    const journal = await crashedJournal();
    const other = here.file('other.jsonl', jsonl(msft));
    const setting = { interruptAtMs: [5_000] };
    const { stdout, exitCode } = await cli(['run', other, '--config', config(never), '--journal', journal], setting);
    expect(stdout).toContain('Waiting for the 1 live execution to end');
    expect(stdout).toMatch(/^. {2}A .*, recovered/m);
    expect(exitCode).toBe(3);
  });
});

describe('a filled position', () => {
  it('C1: is said to be open and protected, though nothing is left to do', async () => {
    const { stdout, exitCode } = await cli(['run', here.file('a.jsonl', jsonl(ADVISORY))]);
    expect(stdout).toContain('1 position was filled and left protected at the broker by a stop-loss.');
    expect(exitCode).toBe(0);
  });
});

describe('the same advisory on several lines', () => {
  it('A31 E1: is one execution, and said so', async () => {
    const file = here.file('a.jsonl', jsonl(ADVISORY, msft, ADVISORY));
    const { stdout, exitCode } = await cli(['run', file]);
    expect(stdout).toContain('2 advisories (1 line repeats another) from');
    expect(stdout).toContain('2 advisories in');
    expect(stdout).toContain('2 FILLED. 2 submits');
    expect(stdout).toContain('A  line 3 repeats line 1: one advisory, executed once');
    expect(stdout.match(/^✔ {2}A /gm)).toHaveLength(1);
    expect(exitCode).toBe(0);
  });

  it('A31 E1: --json counts one, and points from the second line to the first', async () => {
    const { stdout } = await cli(['run', '-', '--json'], { stdin: jsonl(ADVISORY, ADVISORY) });
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ executions: 1, counts: { FILLED: 1 }, traffic: { submits: 1 } });
    expect(document.results.map(({ line, repeatOfLine }: Record<string, unknown>) => [line, repeatOfLine])).toEqual([
      [1, undefined],
      [2, 1],
    ]);
  });

  it('A31 E1: another advisory under the same id is named with the line that had it first', async () => {
    const file = here.file('a.jsonl', jsonl(ADVISORY, advisory({ positionSize: '7' })));
    const { stdout } = await cli(['run', file]);
    expect(stdout).toContain('A  line 2 has the id of line 1, but is another advisory: not executed');
    expect(stdout).toContain('1 FILLED, 1 REJECTED');
  });
});

describe('one bad line', () => {
  const large = () => advisory({ advisoryId: 'L', reasoningContext: { text: 'x"\\'.repeat(4_000_000) } });
  const nested = (depth: number) =>
    JSON.stringify(advisory({ advisoryId: 'N', reasoningContext: { deep: '§' } })).replace(
      '"§"',
      `${'['.repeat(depth)}${']'.repeat(depth)}`,
    );

  it('A23 C2: of 12 MB costs no other line', async () => {
    const file = here.file('a.jsonl', jsonl(ADVISORY, large(), msft));
    const { stdout, stderr, exitCode } = await cli(['run', file, '--json']);
    expect(stderr).not.toContain('defect');
    const { results } = JSON.parse(stdout);
    const filled = results.filter(({ status }: { status: string }) => status === 'FILLED');
    expect(filled.map(({ advisoryId }: { advisoryId: string }) => advisoryId)).toEqual(
      expect.arrayContaining(['A', 'B']),
    );
    expect([0, 2]).toContain(exitCode);
  });

  it.each([50, 5_000, 200_000])('A23 C2: nested %i deep costs no other line', async (depth) => {
    const stdin = jsonl(ADVISORY, nested(depth), msft);
    const { stdout, stderr } = await cli(['run', '-', '--json'], { stdin });
    expect(stderr).not.toContain('defect');
    const { results, malformed } = JSON.parse(stdout);
    const ids = results.map(({ advisoryId }: { advisoryId: string }) => advisoryId);
    expect(ids).toEqual(depth === 50 ? ['A', 'N', 'B'] : ['A', 'B']);
    expect(malformed).toHaveLength(depth === 50 ? 0 : 1);
  });

  it('A23 C2: of a list costs no other element', async () => {
    const stdin = `[${JSON.stringify(ADVISORY)},\n${nested(5_000)},\n${JSON.stringify(msft)}]`;
    const { results, malformed } = JSON.parse((await cli(['run', '-', '--json'], { stdin })).stdout);
    expect(results.map(({ advisoryId }: { advisoryId: string }) => advisoryId)).toEqual(['A', 'B']);
    expect(malformed).toMatchObject([{ line: 2 }]);
  });

  it('C2: that is not UTF-8 costs no other line, from a file and from standard input', async () => {
    const latin1 = Buffer.from(JSON.stringify(advisory({ advisoryId: 'L', htfBias: 'été' })), 'latin1');
    const bytes = Buffer.concat([Buffer.from(jsonl(ADVISORY)), latin1, Buffer.from(`\r\n${jsonl(msft)}`)]);
    const file = here.path('latin1.jsonl');
    writeFileSync(file, bytes);
    const inPieces = async function* () {
      yield bytes.subarray(0, 300);
      yield bytes.subarray(300);
    };
    const piped = await cli(['run', '-', '--json'], { stdin: inPieces() });
    for (const ran of [await cli(['run', file, '--json']), piped]) {
      const { results, malformed, exitCode } = JSON.parse(ran.stdout);
      expect(results.map(({ advisoryId }: { advisoryId: string }) => advisoryId)).toEqual(['A', 'B']);
      expect(malformed).toMatchObject([{ line: 2, problem: 'this is not UTF-8 text.' }]);
      expect(exitCode).toBe(2);
    }
  });

  it('C2: a file in another encoding is refused as a whole', async () => {
    const file = here.path('utf16.jsonl');
    writeFileSync(file, Buffer.from(`\uFEFF${jsonl(ADVISORY, msft)}`, 'utf16le'));
    const { stderr, exitCode } = await cli(['run', file]);
    expect(stderr).toContain('it is not UTF-8 text');
    expect(exitCode).toBe(2);
  });

  it('A23 C2: that is broken JSON, long or deep, costs no other line', async () => {
    const stdin = jsonl(ADVISORY, `{"a": "${'x'.repeat(12_000_000)}`, `${'{"a":'.repeat(50_000)}`, msft);
    const { stdout, stderr } = await cli(['run', '-', '--json'], { stdin });
    expect(stderr).not.toContain('defect');
    expect(JSON.parse(stdout)).toMatchObject({ executions: 2, malformedLines: 2, exitCode: 2 });
  });
});

describe('more advisories than may be under way', () => {
  const many = (count: number) =>
    jsonl(...Array.from({ length: count }, (_, index) => advisory({ advisoryId: `X-${index}` })));

  it('A3 C2: --concurrency bounds what is live, and all of them run', async () => {
    const args = ['run', '-', '--concurrency', '3', '--config', config({ AAPL: { fills: [{ afterMs: 500 }] } })];
    const { stdout, exitCode } = await cli(args, { stdin: many(20) });
    expect(stdout).toContain('20 advisories from stdin, side by side, 3 at a time');
    let live = 0;
    let most = 0;
    for (const line of stdout.split('\n')) {
      if (/ validating$/.test(line)) live += 1;
      if (/ done +@/.test(line)) live -= 1;
      most = Math.max(most, live);
    }
    expect({ most, left: live }).toEqual({ most: 3, left: 0 });
    expect(stdout).toContain('20 FILLED');
    expect(exitCode).toBe(0);
  });

  it('A3: --json tells on standard error, once a second, what is done, live and waiting', async () => {
    const args = [
      'run',
      '-',
      '--json',
      '--concurrency',
      '5',
      '--config',
      config({ AAPL: { fills: [{ afterMs: 2_000 }] } }),
    ];
    const { stdout, stderr } = await cli(args, { stdin: many(12) });
    expect(stderr).toMatch(/^fillchart: 0 of 12 done, 5 live, 7 waiting, 0 per second$/m);
    expect(stderr).toMatch(/^fillchart: 10 of 12 done, 2 live, 0 waiting, \d per second$/m);
    expect(JSON.parse(stdout)).toMatchObject({ executions: 12, concurrency: 5, counts: { FILLED: 12 } });
    expect(JSON.parse(stdout).results.map(({ line }: { line: number }) => line)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('C2: after the first ctrl-c nothing more is started, and that is said', async () => {
    const args = ['run', '-', '--json', '--concurrency', '4', '--config', config(never)];
    const { stdout, exitCode } = await cli(args, { stdin: many(10), interruptAtMs: [3_000] });
    expect(JSON.parse(stdout)).toMatchObject({
      executions: 4,
      notStarted: 6,
      interrupted: true,
      counts: { CANCELLED: 4 },
    });
    expect(exitCode).toBe(3);
  });

  it('C2: left by a second ctrl-c, the document is whole and says how many are live', async () => {
    const args = ['run', '-', '--json', '--config', config({ AAPL: { fills: [], cancel: { confirmAfterMs: 9_000 } } })];
    const { stdout, stderr, exitCode } = await cli(args, { stdin: many(3), interruptAtMs: [3_000, 3_100] });
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 130, interrupted: true, live: 3, results: [] });
    expect(stderr).toContain('Exited at once. 3 orders may still be live; check them at the broker.');
    expect(exitCode).toBe(130);
  });

  it.each(['0', '-1', '1.5', 'many', '100001'])('--concurrency %s is refused', async (value) => {
    const { stderr, exitCode } = await cli(['run', '-', `--concurrency=${value}`]);
    expect(stderr).toContain('Accepted is a whole number from 1 to 100000.');
    expect(exitCode).toBe(2);
  });
});
