/**
 * `fillchart run --console`: the console on what the run has left, in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { type BundledCli, bundledCli, ended } from './bundled-cli.js';
import { ADVISORY, jsonl } from './cli.support.js';

let program: BundledCli;
beforeAll(async () => {
  program = await bundledCli(undefined, true);
  writeFileSync(join(program.folder, 'a.jsonl'), jsonl(ADVISORY));
}, 120_000);
afterAll(() => program.remove());

async function startedRun(...args: readonly string[]) {
  const process_ = spawn(process.execPath, [program.main, 'run', 'a.jsonl', ...args], { cwd: program.folder });
  let text = '';
  process_.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const exited = once(process_, 'exit');
  await expect.poll(() => text, { timeout: 30_000 }).toMatch(/Console: http:\/\/127\.0\.0\.1:\d+\//);
  const [, url = ''] = /Console: (http:\S+)/.exec(text) ?? [];
  return { url, text: () => text, interrupt: () => process_.kill('SIGINT'), exited };
}

describe('run --console', { timeout: 90_000 }, () => {
  it('keeps the console up on the same journal and broker, takes orders, and ends with the code of the run', async () => {
    const run = await startedRun('--journal', 'kept.db', '--console', '--port', '0');
    const listed = (await (await fetch(`${run.url}v1/executions`)).json()) as { executions: { advisoryId: string }[] };
    expect(listed.executions).toMatchObject([{ advisoryId: 'A', status: 'FILLED' }]);
    // The position of the run is still at the broker: nothing is amiss.
    await expect.poll(async () => (await fetch(`${run.url}readyz`)).status, { timeout: 10_000 }).toBe(200);
    const cases = (await (await fetch(`${run.url}v1/cases`)).json()) as { cases: unknown[] };
    expect(cases.cases).toEqual([]);
    const positions = (await (await fetch(`${run.url}v1/positions?open=true`)).json()) as { positions: unknown[] };
    expect(positions.positions).toHaveLength(1);
    run.interrupt();
    const [code] = await run.exited;
    expect(code).toBe(0);
    expect(run.text()).toMatch(/ctrl-c ends it/);
  });

  it('--exit goes before it: npm start with it ends after the last result', async () => {
    expect(manifest.scripts.start).toMatch(/ --console$/);
    const { exitCode, stdout } = await ended(
      process.execPath,
      [program.main, 'run', 'a.jsonl', '--journal', 'memory', '--console', '--exit'],
      { cwd: program.folder },
    );
    expect(exitCode).toBe(0);
    expect(stdout).not.toContain('Console:');
  });

  it.each([
    [['--json'], /--console and --json exclude each other/],
    [['--broker', 'alpaca'], /--console is for the paper broker only/],
  ])('refuses what it cannot do: %s', async (args, sentence) => {
    const { exitCode, stderr } = await ended(process.execPath, [program.main, 'run', 'a.jsonl', '--console', ...args], {
      cwd: program.folder,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(sentence);
  });
});
