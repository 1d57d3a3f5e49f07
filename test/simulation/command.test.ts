/**
 * `fillchart simulate`, as it is typed.
 */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/cli.js';
import type { CliWorld } from '../../src/cli/world.js';

async function typed(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const text = { out: '', err: '' };
  const world: CliWorld = {
    stdin: (async function* () {})(),
    stdout: { write: (line: string) => (text.out += line) },
    stderr: { write: (line: string) => (text.err += line) },
    env: {},
    clock: virtualClock(),
    onInterrupt: () => () => undefined,
    onExit: () => () => undefined,
    exit: () => undefined,
  };
  return { code: await runCli(['simulate', ...args], world), ...text };
}

describe('fillchart simulate', () => {
  it('prints what was simulated, and ends with 0 when every law held', async () => {
    const { code, out } = await typed('--seeds', '3', '--start', '5');
    expect(code).toBe(0);
    expect(out).toMatch(/^seeds {7}3$/m);
    expect(out).toMatch(/^violations {2}0$/m);
    expect(out).toMatch(/^ {2}FILLED +\d+$/m);
  });

  it('tells a story step by step', async () => {
    const { code, out } = await typed('--seeds', '1', '--start', '7', '--trace');
    expect(code).toBe(0);
    expect(out).toMatch(/^seed 7\n +0 ms {2}a process starts on 0 records$/m);
    expect(out).toMatch(/ms {2}call submitOrder /);
  });

  it('takes whole numbers from 1 on only', async () => {
    const { code, err } = await typed('--seeds', 'many');
    expect(code).toBe(2);
    expect(err).toContain('whole number');
  });
});
