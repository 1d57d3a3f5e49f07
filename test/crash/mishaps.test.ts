/**
 * A32, A33, A35 and A36 with real processes and a real disk. The whole campaign is `npm run crash -- --stop --disk-full
 * --read-only --delete-journal`; a few runs of each are here, and an engine without the rule for each.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPrograms, type Mutation, type Programs } from './build.js';
import { inLanes } from './campaign.js';
import { type Mishap, playMishap } from './mishap.js';
import { type MishapFigures, mishapFigures, mishapsOf } from './mishaps.js';
import { canMount } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LIMIT_MS = 240_000;
const LANES = 5;

const played = async (mishaps: readonly Mishap[], programs: Programs | undefined): Promise<MishapFigures> =>
  mishapFigures(programs === undefined ? [] : await inLanes(mishaps, LANES, (mishap) => playMishap(mishap, programs)));

const WITHOUT_REAL_TIME = { seed: 1, inRealTime: 0 };

describe('what befalls a process and its disk', () => {
  let programs: Programs | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT);
  }, LIMIT_MS);
  afterAll(() => programs?.remove());

  const cases = [
    ['A36 A32 A8: stopped for 3 to 45 s and continued', 'stop', 3],
    ['A35 A9: the journal is deleted between runs, in five ways', 'delete-journal', 5],
  ] as const;
  test.each(cases)(
    '%s: nothing is doubled, lost, or left unprotected without a case, and every cancel told of came in',
    async (_, kind, runs) => {
      const figures = await played(mishapsOf(kind, { ...WITHOUT_REAL_TIME, runs }), programs);
      expect(figures.broken).toEqual([]);
      expect(figures.runs).toBe(runs);
      expect(figures.openThen).toBeGreaterThan(0);
      if (kind === 'stop') expect(figures.cancelsTold).toBeGreaterThan(0);
      if (kind === 'stop') expect(figures.gatesClosed).toBe(0);
      // Where all of it is gone, and nothing is open at the broker, nothing tells.
      else expect(figures.gatesClosed).toBeGreaterThanOrEqual(runs - 1);
    },
    LIMIT_MS,
  );

  test.runIf(canMount()).each(['disk-full', 'read-only'] as const)(
    'A33 A9: %s at the restart: nothing is doubled, lost, or left unprotected without a case, and the gate is closed',
    async (kind) => {
      const figures = await played(mishapsOf(kind, { ...WITHOUT_REAL_TIME, runs: 3 }), programs);
      expect(figures.broken).toEqual([]);
      expect(figures.openThen).toBeGreaterThan(0);
      expect(figures.gatesClosed).toBe(3);
    },
    LIMIT_MS,
  );
});

interface Control {
  readonly mutation: Mutation;
  readonly kind: Mishap['kind'];
  readonly caught: RegExp;
}

const CONTROLS: readonly Control[] = [
  {
    mutation: 'late is no try',
    kind: 'stop',
    caught: /A4: fc-\w+: \d+ cancel_requested are told of, and \d+ were received/,
  },
  { mutation: 'unwritable is empty', kind: 'read-only', caught: /V: ADV-\d+ is REJECTED, and the venue has it/ },
  { mutation: 'starts as new', kind: 'delete-journal', caught: /S1: fc-\w+ was sent \d more times/ },
];

describe.each(CONTROLS)('the negative control: $mutation', ({ mutation, kind, caught }) => {
  let programs: Programs | undefined;
  beforeAll(async () => {
    programs = await buildPrograms(ROOT, mutation);
  }, LIMIT_MS);
  afterAll(() => programs?.remove());

  test.runIf(kind !== 'read-only' || canMount())(
    `is caught by the same laws (${kind})`,
    async () => {
      const { broken } = await played(mishapsOf(kind, { ...WITHOUT_REAL_TIME, runs: 3 }), programs);
      expect(broken).toContainEqual(expect.stringMatching(caught));
    },
    LIMIT_MS,
  );
});
