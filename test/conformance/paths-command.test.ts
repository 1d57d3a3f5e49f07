/**
 * `fillchart paths`: what it says at the end, and what it refuses.
 */
import { adapterPaths, executionPaths } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { addPaths } from '../../src/cli/commands/paths.js';
import { UsageError } from '../../src/cli/exit-codes.js';
import { runCommand } from '../paths/run-command.js';

describe('fillchart paths', { timeout: 300_000 }, () => {
  it('ends with what is covered, by the chart and by the engine', async () => {
    const { out } = await runCommand(addPaths, 'paths', '--only', 'a plain life');
    expect(out).toMatch(/^chart: {2}states \d+ of \d+, transitions \d+ of \d+, guard answers \d+ of \d+/m);
    expect(out).toMatch(/^engine: states [1-9]\d* of \d+/m);
  });

  it('covers the chart but for the one transition that nothing can bring about', async () => {
    const { out } = await runCommand(addPaths, 'paths', '--list');
    const covered =
      /^chart: +states (\d+) of (\d+), transitions (\d+) of (\d+), guard answers (\d+) of (\d+); 1 cannot be reached$/m.exec(
        out,
      );
    const [states = 0, allStates = 0, transitions = 0, all = 0, answers = 0, allAnswers = 0] = (covered ?? [])
      .slice(1)
      .map(Number);
    expect(all).toBeGreaterThan(200);
    expect(allStates - states).toBe(0);
    expect(all - transitions).toBe(1);
    expect([answers, answers]).toEqual([allAnswers, Math.max(answers, 300)]);
    expect(out).toMatch(/0 passed on the engine, 0 failed, \d+ for the chart alone, \d+ listed only/);
  });

  it('has JSON with the paths alone, as a list, and JSON with a summary', async () => {
    const printed = async (format: string) =>
      JSON.parse((await runCommand(addPaths, 'paths', '--only', 'a plain life', '--format', format)).out);
    const list = await printed('json');
    expect(Array.isArray(list)).toBe(true);
    const { summary, paths } = await printed('json-summary');
    expect(paths).toHaveLength(list.length);
    expect(summary).toMatchObject({ failed: 0, chart: { states: { of: expect.any(Number) }, unreachable: 1 } });
    expect(summary.passed + summary.notRun).toBe(list.length);
  });

  it.each([[], ['--list']])(
    'refuses an --only that no path has: nothing would be run, and all would look well',
    async (...more) => {
      const ran = runCommand(addPaths, 'paths', '--only', 'zzzz', ...more);
      await expect(ran).rejects.toThrow(UsageError);
      await expect(ran).rejects.toThrow('no path has "zzzz" in its id or name');
    },
  );

  it('writes a test file that asks for each path by its id, and for the lives through an adapter', async () => {
    const { out, code } = await runCommand(
      addPaths,
      ...['paths', '--only', 'a plain life', '--format', 'vitest', '--adapter', 'examples/my-broker.js'],
    );
    expect(code).toBe(0);
    const named = [...out.matchAll(/^ {2}it\('(\S+) .*\1/gm)].map(([, id]) => id);
    const paths = executionPaths().filter(({ name, runsOn }) => name.includes('a plain life') && runsOn === 'engine');
    expect(named).toEqual([...adapterPaths().map(({ id }) => id), ...paths.map(({ id }) => id)]);
    expect(out).toContain("import * as adapter from './examples/my-broker.js';");
    for (const { steps } of paths) for (const { what } of steps) expect(out).toContain(what.replaceAll(/\s+/g, ' '));
  });

  it('refuses --adapter in another format, and an adapter that names no symbol', async () => {
    const ran = (...more: readonly string[]) => runCommand(addPaths, 'paths', '--only', 'a plain life', ...more);
    await expect(ran('--adapter', 'examples/my-broker.js')).rejects.toThrow('--adapter goes with --format vitest');
    await expect(ran('--format', 'vitest', '--adapter', 'nowhere.js')).rejects.toThrow('there is no such file');
  });
});
