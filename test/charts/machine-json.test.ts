/**
 * `<chart>.machine.json`: what XState makes of it, as it stands, lives as the machine that runs.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { readChart } from '../../src/charts/chart.js';
import { textFile } from './charts.support.js';
import { type ChartLives, livedBy, lives } from './lives.support.js';

const LIMIT_MS = 600_000;

/** The machine of the file; guards, actions and the context by name, from the machine that runs. */
function loaded({ file, machine }: ChartLives, change = (text: string) => text): AnyStateMachine {
  const config = JSON.parse(change(textFile(`${file}.machine.json`))) as object;
  const bare: AnyStateMachine = createMachine({ ...config, context: machine.config.context } as never);
  return bare.provide(machine.implementations as never);
}

/** Paths on which the two part. */
function differences(
  copy: AnyStateMachine,
  { machine, paths }: ChartLives,
): { readonly of: number; readonly differ: number } {
  const all = paths();
  const differing = all.filter((path) => !isDeepStrictEqual(livedBy(copy, path), livedBy(machine, path)));
  return { of: all.length, differ: differing.length };
}

describe.each(lives)('$file.machine.json', (chart) => {
  it('is taken by createMachine as it stands, and reads back to the same chart', () => {
    const machine: AnyStateMachine = createMachine(JSON.parse(textFile(`${chart.file}.machine.json`)) as never);
    expect(readChart(machine)).toEqual(readChart(chart.machine));
  });

  it(
    'takes the same transitions, and asks for the same, on every path there is',
    () => {
      const { of, differ } = differences(loaded(chart), chart);
      process.stdout.write(`${chart.file}.machine.json: ${of} paths, ${differ} differ\n`);
      expect(of).toBeGreaterThan(5);
      expect(differ).toBe(0);
    },
    LIMIT_MS,
  );
});

it(
  'a copy with one guard less is found out',
  () => {
    const [, protection] = lives;
    if (protection === undefined) throw new Error('there is no chart of the exits');
    const wrong = loaded(protection, (text) => text.replaceAll('"isStillWorking"', '"isDecisive"'));
    expect(differences(wrong, protection).differ).toBeGreaterThan(0);
  },
  LIMIT_MS,
);
