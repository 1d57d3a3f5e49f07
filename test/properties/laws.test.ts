/**
 * The laws hold on every scenario that a broker, an operator and a restart can make.
 *
 * 1. The first scenario that breaks a law is printed at once, before fast-check looks for a smaller one: whatever ends the
 *    run then, it can be replayed.
 * 2. Time never fails a run: when it is up, the run ends with what it has found, and says how many scenarios it was.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scenarios } from './scenario.arbitrary.js';
import { runScenario, type Scenario } from './scenario.js';

const RUNS = Number(process.env['FILLCHART_PROPERTY_RUNS'] ?? 2_000);
const SOAK_MS = Number(process.env['FILLCHART_SOAK_MS'] ?? 0);
const REPLAY = process.env['FILLCHART_REPLAY'];
const isSoak = SOAK_MS > 0;
const SEED = Number(process.env['FILLCHART_SEED'] ?? (isSoak ? Date.now() % 2 ** 31 : 20_261_122));

/** A run takes half a minute on a machine that is idle; on one that is not it ends here, search for a smaller one included. */
const TIME_LIMIT_MS = isSoak ? SOAK_MS : 300_000;
/** Room for a scenario that is under way, and for the report. */
const GRACE_MS = 60_000;
const SAY_EVERY_MS = 15_000;

/** Once broke L8: the cancel is answered, and the order filled and over, while the look at T = 30 s waits for the cancel. */
const FOUND =
  '{"advisory":{"advisoryId":"LOOK-1","symbol":"AAPL","side":"buy","referencePrice":"150","slOffsetPct":"-0.02","tpOffsetPct":"0.03","positionSize":"100","expiresInMs":3600000},"tickSize":"0.01","push":true,"pollIntervalMs":7000,"script":{"cancel":{"delayMs":1900},"fills":[{"at":29890,"quantity":"100","price":"151"}],"pushes":[]},"stale":{"pushes":[{"at":30050,"back":0}],"answers":[]},"faults":{},"heldBefore":"0","switches":[{"atMs":29900,"type":"GLOBAL","state":"ACTIVE"}]}';

const asScript = (scenario: Scenario): string =>
  `\nReplay it: write the line below to scenario.json, then\n  FILLCHART_REPLAY=scenario.json npx vitest run test/properties/laws.test.ts\n${JSON.stringify(scenario)}\n`;

const say = (text: string): void => void process.stdout.write(`properties: ${text}\n`);

/** Counts what the scenarios come to, and prints how it goes on. */
function tally() {
  const statuses = new Map<string, number>();
  let [runs, hasBroken, said] = [0, false, performance.now()];
  return {
    add({ broken, subject }: Awaited<ReturnType<typeof runScenario>>, scenario: Scenario): void {
      runs += 1;
      for (const { status } of subject.results) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (broken.length > 0 && !hasBroken) {
        hasBroken = true;
        const what = broken.map(({ law, why }) => `${law}: ${why}`).join('\n  ');
        say(`scenario ${runs} of seed ${SEED} breaks\n  ${what}${asScript(scenario)}Looking for a smaller one …`);
      }
      if (isSoak && performance.now() - said > SAY_EVERY_MS) {
        said = performance.now();
        say(`${runs} scenarios …`);
      }
    },
    end(): void {
      const seen = [...statuses].map(([status, count]) => `${status} ${count}`).join(', ');
      const short = !isSoak && runs < RUNS ? ` of ${RUNS}: the time was up` : '';
      say(`${runs} runs${short}, seed ${SEED}, 15 laws, 0 violations; ${seen}`);
    },
  };
}

describe('L1–L15', () => {
  it.skipIf(REPLAY !== undefined)(
    'hold on random advisories, brokers, faults, switches and restarts',
    async () => {
      const seen = tally();
      await fc.assert(
        fc.asyncProperty(scenarios, async (scenario) => {
          const outcome = await runScenario(scenario);
          seen.add(outcome, scenario);
          expect(outcome.broken, asScript(scenario)).toEqual([]);
        }),
        {
          seed: SEED,
          numRuns: isSoak ? Number.MAX_SAFE_INTEGER : RUNS,
          interruptAfterTimeLimit: TIME_LIMIT_MS,
          markInterruptAsFailure: false,
        },
      );
      seen.end();
    },
    TIME_LIMIT_MS + GRACE_MS,
  );

  it.skipIf(REPLAY !== undefined)(
    'R6.1: an order that is filled during its last look is not asked for again',
    async () => {
      const found = JSON.parse(FOUND) as Scenario;
      expect((await runScenario(found)).broken).toEqual([]);
    },
  );

  it.skipIf(REPLAY === undefined)('hold on the scenario that is replayed', async () => {
    const scenario: Scenario = JSON.parse(readFileSync(REPLAY ?? '', 'utf8'));
    const { broken } = await runScenario(scenario);
    expect(broken).toEqual([]);
  });
});
