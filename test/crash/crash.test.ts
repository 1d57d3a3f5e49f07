/**
 * A6: engines that are really killed. The whole campaign is `npm run crash`; a share of it runs here.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPrograms, type Programs } from './build.js';
import { playAll, scenariosOf } from './campaign.js';
import { CRASH_POINTS } from './crash-points.js';
import { type Figures, figuresOf } from './figures.js';
import type { Scenario } from './scenario.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 240_000;
const KILLS = 60;
const LANES = 6;

describe(`A6: ${KILLS} engines killed with SIGKILL`, () => {
  let programs: Programs | undefined;
  let figures: Figures | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT);
    const scenarios = scenariosOf({ kills: KILLS, seed: 7, load: 30 });
    figures = figuresOf(await playAll(scenarios, programs, LANES));
  }, LIMIT_MS);
  afterAll(() => programs?.remove());

  test('S1 S4 A5 E1: nothing was sent twice, nothing is lost, results agree with the broker, chains verify', () => {
    expect(figures?.broken).toEqual([]);
    expect(figures?.kills).toBe(KILLS);
  });

  test('every execution that was handed over has its result', () => {
    const results = Object.values(figures?.results ?? {}).reduce((sum, count) => sum + count, 0);
    expect(results).toBe(figures?.executions);
  });

  test('they died at named points, while recovering, and at random with orders in flight', () => {
    expect(figures?.byKind.point).toBeGreaterThan(KILLS / 3);
    expect(figures?.byKind.random).toBeGreaterThan(0);
    expect(figures?.mostInFlight).toBeGreaterThan(10);
  });
});

describe('A6 P8 B5 B7: engines killed while the venue takes fills back and loses exits', () => {
  let programs: Programs | undefined;
  let figures: Figures | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT);
    const rough = scenariosOf({ kills: 16, seed: 11, load: 20 }).map(
      (scenario): Scenario => ({ ...scenario, roughness: 'rough' }),
    );
    figures = figuresOf(await playAll(rough, programs, LANES));
  }, LIMIT_MS);
  afterAll(() => programs?.remove());

  test('nothing is left unprotected without a case, nothing is sent twice, nothing is lost', () => {
    expect(figures?.broken).toEqual([]);
    expect(figures?.executions).toBeGreaterThan(20);
  });
});

describe('the negative control: a recovery that resends', () => {
  let programs: Programs | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT, 'recovery resends');
  });
  afterAll(() => programs?.remove());

  test.concurrent.each(['during submitOrder', 'answered submitOrder', 'beforeCommit SUBMIT_OUTCOME'])(
    'S1: fails the same laws after a death at %s',
    async (point) => {
      // The clock is set back, so that the engine has not run out of time for a careless second try.
      const life = { newAdvisories: 6, wallStepMs: -600_000, death: { kind: 'point', point, nth: 3 } } as const;
      const scenario: Scenario = { name: 'control', seed: 7, pace: 'slow', lives: [life, life] };
      const broken = programs === undefined ? [] : figuresOf(await playAll([scenario], programs, 1)).broken;
      expect(broken).toContainEqual(expect.stringMatching(/S1: fc-\w+ was sent \d more times to a broker that had it/));
      expect(broken).toContainEqual(expect.stringMatching(/S4: fc-\w+ was sent \d times, with 0 refusals on record/));
    },
    LIMIT_MS,
  );
});

test('the named points are what the chart and the journal have: every boundary of every fact, every phase of every call', () => {
  expect(new Set(CRASH_POINTS).size).toBe(CRASH_POINTS.length);
  expect(CRASH_POINTS).toContain('afterCommit BROKER_ASKED');
});
