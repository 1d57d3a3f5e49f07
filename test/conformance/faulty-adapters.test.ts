/**
 * `fillchart conform` as a process of its own, with adapters that leave, throw or return what they should not: there is
 * always a report, or one sentence.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundledCli, bundledCli, ended } from '../cli/bundled-cli.js';

let cli: BundledCli;
beforeAll(async () => {
  cli = await bundledCli();
});
afterAll(() => cli.remove());

const good = pathToFileURL(join(import.meta.dirname, '../../examples/my-broker.js')).href;

/** The example, with another `makeBroker`; in it, `make` is the good one. */
function conform(name: string, makeBroker: string, ...more: readonly string[]) {
  const file = join(cli.folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { makeBroker as make } from '${good}';
export const conformance = { symbol: 'AAPL', boundMs: 100 };
${makeBroker}
`,
  );
  return ended(process.execPath, [cli.main, 'conform', '--adapter', file, ...more], { cwd: cli.folder });
}

describe('fillchart conform, as a process,', { timeout: 60_000 }, () => {
  it('ends by itself, says nothing of handles, and names what was not shown', async () => {
    const { exitCode, stdout, stderr } = await conform('good', 'export const makeBroker = make;');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/good\.mjs: \d+ passed, 0 failed, \d+ skipped\nNOT SHOWN: \d+ of \d+ cases\n/);
  });

  it('prints the report and ends when a timer is left open, and says so', async () => {
    const leaks =
      'let left; export const makeBroker = (s) => { left ??= setInterval(() => {}, 1000); return make(s); };';
    const { exitCode, stdout, stderr } = await conform('leaks', leaks);
    expect(stdout).toMatch(/leaks\.mjs: \d+ passed, 0 failed/);
    expect(stderr).toMatch(/^leaks\.mjs left open: 1 Timeout\. /);
    expect(exitCode).toBe(0);
  });

  it('fails the case in which a timer throws, and goes on', async () => {
    const throwing = `let isFirst = true;
export const makeBroker = (s) => {
  if (isFirst) setTimeout(() => { throw new Error('boom in a timer'); }, 2);
  isFirst = false;
  return make(s);
};`;
    const { exitCode, stdout, stderr } = await conform('throws', throwing);
    expect(stdout).toMatch(/✗ BC-01 .*\n +thrown outside any call: Error: boom in a timer\n +stands for: .*\n✓ BC-02/);
    expect(stdout).toContain('1 failed');
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
  });

  it('fails the case in which a promise rejects unheard, whichever it is', async () => {
    const rejecting = `let isFirst = true;
export const makeBroker = (s) => {
  if (isFirst) void Promise.reject(new Error('nobody hears'));
  isFirst = false;
  return make(s);
};`;
    const { exitCode, stdout, stderr } = await conform('rejects', rejecting);
    expect(stdout).toMatch(
      /✗ BC-01 .*\n +rejected, and nobody heard it: Error: nobody hears\n +stands for: .*\n✓ BC-02/,
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: '' });
  });

  it('tells of what is thrown after the last case, and does not call the adapter good', async () => {
    const late = `export const makeBroker = (s) => ({
  broker: make(s),
  end: () => void setTimeout(() => { throw new Error('too late'); }, 40),
});`;
    const { exitCode, stdout, stderr } = await conform('late', late);
    expect(stdout).toMatch(/late\.mjs: \d+ passed/);
    expect(stderr).toBe('late.mjs: outside the cases was thrown: Error: too late\n');
    expect(exitCode).toBe(3);
  });

  it('says in one sentence that makeBroker returns nothing', async () => {
    const { exitCode, stdout, stderr } = await conform('nothing', 'export const makeBroker = () => undefined;');
    expect(stdout).toBe('');
    expect(stderr).toBe(
      "fillchart: makeBroker('fills') returned undefined; wanted is an adapter, or { broker } with an adapter.\n",
    );
    expect(exitCode).toBe(2);
  });

  it('says it, and ends, when such a makeBroker leaves a timer open', async () => {
    const leaks = 'export const makeBroker = () => void setInterval(() => {}, 1000);';
    const { exitCode, stderr } = await conform('nothing-left', leaks);
    expect(stderr).toContain('returned undefined');
    expect(exitCode).toBe(2);
  });

  it('says before any case that the folder of --output is not there', async () => {
    const { exitCode, stdout, stderr } = await conform(
      'good',
      'export const makeBroker = make;',
      '--output',
      'no/x.xml',
    );
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^fillchart: --output names no\/x\.xml; there is no folder .*no\.\n$/);
    expect(exitCode).toBe(2);
  });
});
