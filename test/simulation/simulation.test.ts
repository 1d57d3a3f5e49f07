/**
 * Whole lives under faults, crashes, switches and clock steps: every law at every step, the same for the same seed.
 */
import { type StoryReport, seededRandom, simulate, tellStory } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { BLOCK_TIMEOUT_MS } from './law-abiding.js';
import { lawBrokenBy, mutantNames, mutated } from './mutants.js';

/** Where the search for a violation of a broken engine ends. */
const MOST_SEEDS = 400;

describe('chance', () => {
  it('is the same for the same seed, and another for another', () => {
    const draws = (seed: number) => Array.from({ length: 5 }, seededRandom(seed).next);
    expect(draws(1)).toEqual(draws(1));
    expect(draws(1)).not.toEqual(draws(2));
  });

  it('is spread evenly enough', () => {
    const random = seededRandom('even');
    const counts = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw += 1) counts[random.int(0, 9)] = (counts[random.int(0, 9)] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(400);
  });
});

describe('the simulation', { timeout: BLOCK_TIMEOUT_MS }, () => {
  it('tells the same story for the same seed, line by line', async () => {
    const lines = async (seed: number) => {
      const told: string[] = [];
      await tellStory({ seed, onLine: (line) => told.push(line) });
      return told;
    };
    const [once, again] = [await lines(7), await lines(7)];
    expect(once.length).toBeGreaterThan(20);
    expect(again).toEqual(once);
  });

  it('L8 M3: a comparison asks once more where the position is not as expected, and again while an exit is not answered for', async () => {
    expect((await simulate({ seeds: 1, start: 825_621 })).violations).toEqual([]);
  });

  it('meets every kind of fault, crashes, and every final status', async () => {
    const report = await simulate({ seeds: 150, start: 5_000 });
    const kinds = new Set(Object.keys(report.faults).map((name) => name.split('.')[0]));
    expect([...kinds].sort()).toEqual(
      [
        'batch',
        'cancelOrder',
        'connect',
        'disk',
        'getOpenOrders',
        'getOrderStatus',
        'getOrderStatuses',
        'getPositions',
        'instrument',
        'placeProtection',
        'process',
        'push',
        'submitOrder',
        'venue',
      ].sort(),
    );
    // What the world does to fills, exits and processes.
    expect(Object.keys(report.faults)).toEqual(
      expect.arrayContaining([
        'disk.full',
        'process.wokeLate',
        ...['bust', 'correction', 'restated', 'doneForDay', 'oddWord', 'fee'].map((name) => `venue.${name}`),
        ...['exitFilled', 'exitFilledInPart', 'exitLost', 'exitRefusedLate', 'siblingLeft', 'bothExitsFilled'].map(
          (name) => `venue.${name}`,
        ),
      ]),
    );
    expect(Object.keys(report.statuses).sort()).toEqual(
      ['CANCELLED', 'EXECUTED_FULL_LATE', 'FAILED', 'FAILED_TIMEOUT', 'FILLED', 'REJECTED'].sort(),
    );
    expect(report.crashes).toBeGreaterThan(10);
    expect(report.violations).toEqual([]);
  });

  it('L15: judges no process any further that dies of what the venue tells while it is asked', async () => {
    expect((await simulate({ seeds: 1, start: 5_029_311 })).violations).toEqual([]);
  });

  it('B7 M3: what exits closed too much is told where a sweep found it, be it in the case of another execution', async () => {
    expect((await simulate({ seeds: 1, start: 5_033_103 })).violations).toEqual([]);
  });

  it('asks for no cancel of an order that is filled and only lacks its price, whatever the switches say', async () => {
    expect((await simulate({ seeds: 1, start: 14_636 })).violations).toEqual([]);
  });

  it.each([5_006_504, 5_021_739])(
    'M1 M3 P5: a fill after a confirmed cancel is told by the position: %i',
    async (start) => {
      const told: string[] = [];
      const { violations } = await tellStory({ seed: start, onLine: (line) => told.push(line) });
      expect(violations).toEqual([]);
      expect(told.at(-1)).toMatch(/CASE_OPENED.*"compared"/);
    },
  );

  it.each(mutantNames)('control: an engine that breaks a law is caught by that law: %s', async (name) => {
    const law = lawBrokenBy(name);
    const isCaught = ({ violations }: StoryReport) => violations.some((violation) => violation.law === law);
    const createEngine = await mutated(name);
    const report = await simulate({ seeds: MOST_SEEDS, createEngine, onStory: (story) => !isCaught(story) });
    expect(report.violations.map((violation) => violation.law)).toContain(law);
  });
});
