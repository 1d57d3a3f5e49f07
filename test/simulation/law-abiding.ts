/**
 * A block of seeds, and how to see each of those again that break a law.
 */
import { replayCommand, simulate } from 'fillchart/testing';
import { expect } from 'vitest';

/** Long enough for a machine that is busy with other things. */
export const BLOCK_TIMEOUT_MS = 120_000;

export async function expectLawAbiding(start: number, seeds: number): Promise<void> {
  const report = await simulate({ start, seeds });
  const broken = report.violations.map(({ seed, law, what }) => `${law}: ${what}; ${replayCommand(seed)}`);
  expect(broken).toEqual([]);
  expect(report.executions).toBeGreaterThan(seeds * 3);
}
