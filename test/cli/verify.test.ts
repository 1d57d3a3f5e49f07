/** `fillchart verify`, as it is typed; within a few states, for the whole takes a minute (`test/verify`). */
import { describe, expect, it } from 'vitest';
import { cli } from './cli.support.js';

const statesOf = async (...options: readonly string[]): Promise<{ states: number; isCut?: boolean }> => {
  const { exitCode, stdout } = await cli(['verify', '--json', '--most-states', '20', ...options]);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as { states: number; isCut?: boolean };
};

describe('fillchart verify', () => {
  it('--long looks at one more world: a kill switch at a venue that takes its word back', async () => {
    const [usual, long] = [await statesOf(), await statesOf('--long')];
    expect(usual.states).toBeGreaterThan(20);
    // Each world is looked at within the same bound.
    expect(long.states - usual.states).toBeGreaterThanOrEqual(20);
    expect([usual.isCut, long.isCut]).toEqual([true, true]);
  });

  it('--most-states says that nothing is proved of the rest', async () => {
    const { exitCode, stdout } = await cli(['verify', '--most-states', '10']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^stopped {6}at --most-states: a sample; nothing is proved of the rest$/m);
    expect(stdout).toMatch(/^violations {3}0$/m);
  });

  it('--most-states takes whole numbers from 1 on', async () => {
    const { exitCode, stderr } = await cli(['verify', '--most-states', '0']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('whole number from 1 on');
  });
});
