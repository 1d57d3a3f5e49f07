/**
 * `fillchart simulate`: the whole engine on virtual time, under every fault that brokers have, with crashes and restarts,
 * and every law looked at on the way.
 *
 * 1. A seed tells the same story on every machine; one that breaks a law is printed with the command that replays it.
 * 2. Ends with 0 when every law held, with 1 when one did not.
 */
import { InvalidArgumentError } from 'commander';
import type { Violation } from '../../testing/laws/law-court.js';
import { replayCommand, type SimulationReport, simulate } from '../../testing/simulation/simulate.js';
import { tellStory } from '../../testing/simulation/story.js';
import { EXIT } from '../exit-codes.js';
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface SimulateOptions {
  readonly seeds: number;
  readonly start: number;
  readonly executions?: number;
  readonly trace?: true;
}

/** Seeds between two lines of progress. */
const PROGRESS_EVERY = 500;
/** Seeds with a violation that are shown in full. */
const MOST_SHOWN = 20;

export const addSimulate: AddCommand = (program, world, done) => {
  program
    .command('simulate')
    .description(
      'simulate whole lives under broker faults, crashes and kill switches, and check every law at every step',
    )
    .option('--seeds <count>', 'how many stories', wholeNumber, 1_000)
    .option('--start <seed>', 'the first seed', wholeNumber, 1)
    .option('--executions <count>', 'stop once so many executions have been simulated', wholeNumber)
    .option('--trace', 'tell each story step by step')
    .action(async (options: SimulateOptions) => {
      done(options.trace === true ? await trace(world, options) : await run(world, options));
    });
};

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Accepted is a whole number from 1 on.');
  return value;
}

async function run(
  { stdout, stderr, clock }: CliWorld,
  { seeds, start, executions }: SimulateOptions,
): Promise<number> {
  const startedAt = clock.monotonic();
  let failing = 0;
  const report = await simulate({
    seeds,
    start,
    ...(executions !== undefined && { executions }),
    onStory: (story, so) => {
      if (story.violations.length > 0) {
        failing += 1;
        if (failing <= MOST_SHOWN) stdout.write(failureText(story.seed, story.violations));
      }
      if (so.seeds % PROGRESS_EVERY === 0) stderr.write(`${so.seeds} seeds, ${so.executions} executions\n`);
      return undefined;
    },
  });
  stdout.write(summary(report, (clock.monotonic() - startedAt) / 1_000));
  return report.violations.length === 0 ? EXIT.ok : EXIT.checkFailed;
}

async function trace({ stdout }: CliWorld, { seeds, start }: SimulateOptions): Promise<number> {
  let violations = 0;
  for (let seed = start; seed < start + seeds; seed += 1) {
    stdout.write(`seed ${seed}\n`);
    const story = await tellStory({ seed, onLine: (line) => stdout.write(`${printable(line)}\n`) });
    violations += story.violations.length;
    if (story.violations.length > 0) stdout.write(failureText(seed, story.violations));
  }
  return violations === 0 ? EXIT.ok : EXIT.checkFailed;
}

const failureText = (seed: number, violations: readonly Violation[]): string =>
  [
    `seed ${seed} breaks ${violations.length} ${violations.length === 1 ? 'law' : 'laws'}; replay: ${replayCommand(seed)}`,
    ...violations.map(({ law, sentence, atMs, what }) => `  ${law} at ${atMs} ms: ${what}\n     ${sentence}`),
    '',
  ].join('\n');

function summary(report: SimulationReport, seconds: number): string {
  const { seeds, executions, crashes, steps, simulatedMs, faults, statuses, violations } = report;
  const rows = [
    ['seeds', number(seeds)],
    ['executions', number(executions)],
    ['crashes', number(crashes)],
    ['steps', number(steps)],
    ['faults', number(Object.values(faults).reduce((sum, count) => sum + count, 0))],
    ['violations', number(violations.length)],
    ['simulated', `${number(Math.round(simulatedMs / 1_000))} s`],
    ['took', `${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} seeds a second)`],
  ].map(([name = '', value = '']) => `${name.padEnd(12)}${value}`);
  return [...rows, counts('results', statuses), counts('faults by kind', faults), ''].join('\n');
}

const counts = (title: string, by: Readonly<Record<string, number>>): string =>
  [
    `${title}:`,
    ...Object.entries(by)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `  ${name.padEnd(32)}${number(count)}`),
  ].join('\n');

const number = (value: number): string => value.toLocaleString('en-US');
