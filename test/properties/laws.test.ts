/**
 * The laws hold on every scenario that a broker, an operator and a restart can make.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scenarios } from './scenario.arbitrary.js';
import { runScenario, type Scenario } from './scenario.js';

const RUNS = Number(process.env['FILLCHART_PROPERTY_RUNS'] ?? 2_000);
const SOAK_MS = Number(process.env['FILLCHART_SOAK_MS'] ?? 0);
const SEED = process.env['FILLCHART_SEED'];
const REPLAY = process.env['FILLCHART_REPLAY'];

const asScript = (scenario: Scenario): string =>
  `\nReplay it: write the line below to scenario.json, then\n  FILLCHART_REPLAY=scenario.json npx vitest run test/properties/laws.test.ts\n${JSON.stringify(scenario)}\n`;

const settings = {
  ...(SOAK_MS > 0
    ? { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: SOAK_MS, markInterruptAsFailure: false }
    : { seed: 20_261_122, numRuns: RUNS }),
  ...(SEED !== undefined && { seed: Number(SEED) }),
};

describe('L1–L15', () => {
  it.skipIf(REPLAY !== undefined)(
    'hold on random advisories, brokers, faults, switches and restarts',
    async () => {
      let runs = 0;
      const statuses = new Map<string, number>();
      await fc.assert(
        fc.asyncProperty(scenarios, async (scenario) => {
          runs += 1;
          const { broken, subject } = await runScenario(scenario);
          for (const { status } of subject.results) statuses.set(status, (statuses.get(status) ?? 0) + 1);
          expect(broken, asScript(scenario)).toEqual([]);
        }),
        settings,
      );
      const seen = [...statuses].map(([status, count]) => `${status} ${count}`).join(', ');
      process.stdout.write(`properties: ${runs} runs, 15 laws, 0 violations; ${seen}\n`);
    },
    SOAK_MS + 120_000,
  );

  it.skipIf(REPLAY === undefined)('hold on the scenario that is replayed', async () => {
    const scenario: Scenario = JSON.parse(readFileSync(REPLAY ?? '', 'utf8'));
    const { broken } = await runScenario(scenario);
    expect(broken).toEqual([]);
  });
});
