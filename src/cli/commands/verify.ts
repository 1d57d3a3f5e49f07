/**
 * `fillchart verify`: the exhaustive check of the execution chart and of the exits' chart.
 *
 * Ends with 0 when every law holds in every state, with 1 when one does not; the shortest way to it is printed then. What the
 * paths excuse as out of reach must not be met either.
 */
import { InvalidArgumentError } from 'commander';
import { laws } from '../../domain/laws.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { exitLaws } from '../../verify/exits/exit-laws.js';
import { exitMutants } from '../../verify/exits/exit-mutants.js';
import { type ExitsReport, verifyExits } from '../../verify/exits/verify-exits.js';
import { mutants } from '../../verify/mutants.js';
import { type VerifyReport, verify, verifyAll, wayLines } from '../../verify/verify.js';
import { type Excuses, excusesOfExecution, excusesOfExits } from '../excuses.js';
import { EXIT } from '../exit-codes.js';
import { fitted } from '../terminal/fitted.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface VerifyOptions {
  readonly json?: true;
  readonly mutants?: true;
  readonly long?: true;
  readonly mostStates?: number;
}

export const addVerify: AddCommand = (program, world, done) => {
  program
    .command('verify')
    .description(
      'explore every state that chart, kill switches, broker, time and crashes can reach, and check every law',
    )
    .option('--mutants', 'check charts with one thing wrong as well: each must be caught')
    .option('--long', 'a kill switch at any moment at a venue that takes its word back, as well; takes minutes')
    .option('--most-states <count>', 'so many states of each world at most: a quick sample, no proof', wholeNumber)
    .option('--json', 'as one JSON object')
    .action((options: VerifyOptions) => {
      const isLawful = checkCharts(world, options);
      const areCaught = options.mutants !== true || checkMutants(world);
      done(isLawful && areCaught ? EXIT.ok : EXIT.checkFailed);
    });
};

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Accepted is a whole number from 1 on.');
  return value;
}

function checkCharts({ stdout, clock }: CliWorld, { json, long, mostStates }: VerifyOptions): boolean {
  const most = mostStates === undefined ? {} : { mostStates };
  const [report, seconds] = timed(clock, () => verifyAll({ isLong: long === true, ...most }));
  const [exits, exitSeconds] = timed(clock, () => verifyExits(protectionMachine, { crashes: true, ...most }));
  stdout.write(
    json === true
      ? `${JSON.stringify({ ...report, seconds, exits: { ...exits, seconds: exitSeconds } }, null, 2)}\n`
      : fitted(
          `The execution chart\n${textOf(report, seconds)}\nThe exits' chart\n${textOfExits(exits, exitSeconds)}`,
          stdout,
        ),
  );
  const areProved =
    excusesOfExecution(report.neverMet).unproved.length === 0 && excusesOfExits(exits.neverMet).unproved.length === 0;
  return report.violation === undefined && exits.violation === undefined && areProved;
}

function timed<Report>({ monotonic }: CliWorld['clock'], run: () => Report): readonly [Report, number] {
  const startedAt = monotonic();
  const report = run();
  return [report, (monotonic() - startedAt) / 1_000];
}

function textOfExits(report: ExitsReport, seconds: number): string {
  const { states, steps, transitions, neverTaken, neverMet, violation } = report;
  const lines = [
    row('states', `${count(states)} of chart and world`),
    row('steps', `${count(steps)} between them`),
    row('transitions', `${transitions - neverTaken.length} of ${transitions} of the chart taken`),
    ...neverTaken.map((name) => row('', `never: ${name}`)),
    ...excuseRows(excusesOfExits(neverMet)),
    row('laws', `${exitLaws.length} checked`),
    ...exitLaws.map(({ id, sentence }) => row('', `${id.padEnd(4)}${sentence}`)),
    row('time', `${seconds.toFixed(1)} s`),
  ];
  if (violation === undefined) return [...lines, row('violations', '0'), ''].join('\n');
  return [...lines, '', `${violation.law} is broken: ${violation.why}`, '', ...wayLines(violation), ''].join('\n');
}

function textOf(report: VerifyReport, seconds: number): string {
  const { violation, neverTaken } = report;
  const lines = [
    row('states', `${count(report.states)} of chart and world, ${count(report.chartStates)} of the chart`),
    row('steps', `${count(report.moves)} between them, ${count(report.decisions)} decisions of the chart`),
    row('transitions', `${report.transitionsTaken} of ${report.transitions} of the chart taken`),
    ...neverTaken.map((name) => row('', `never: ${name}`)),
    ...excuseRows(excusesOfExecution(report.neverMet)),
    row('laws', `${report.laws.length} checked`),
    ...report.laws.map((id) => row('', `${id.padEnd(4)}${laws[id].sentence}`)),
    row('time', `${seconds.toFixed(1)} s`),
  ];
  if (report.isCut === true) lines.push(row('stopped', 'at --most-states: a sample; nothing is proved of the rest'));
  if (violation === undefined) return [...lines, row('violations', '0'), ''].join('\n');
  const title = `${violation.law} is broken: ${violation.why}`;
  return [...lines, '', title, laws[violation.law].sentence, '', ...wayLines(violation), ''].join('\n');
}

/** What `fillchart paths` calls out of reach: transitions, and answers of guards. */
const excuseRows = ({ excused, unproved }: Excuses): readonly string[] => [
  row('excuses', `${excused.length - unproved.length} of ${excused.length} of the paths proved: never met here`),
  ...unproved.map((name) => row('', `met: ${name}`)),
];

const row = (name: string, text: string): string => `${name.padEnd(13)}${text}`;
const count = (value: number): string => value.toLocaleString('en-US');

function checkMutants({ stdout }: CliWorld): boolean {
  const checks = [
    ...mutants.map(({ name, breaks, chart, scope }) => ({
      name,
      breaks,
      law: () => verify(chart(), scope).violation?.law,
    })),
    ...exitMutants.map(({ name, breaks, chart, scope }) => ({
      name: `exits: ${name}`,
      breaks,
      law: () => verifyExits(chart(), scope).violation?.law,
    })),
  ];
  let survivors = 0;
  for (const { name, breaks, law } of checks) {
    const caughtBy = law();
    if (caughtBy === undefined) survivors += 1;
    const verdict = caughtBy === undefined ? 'SURVIVED' : `caught by ${caughtBy}`;
    stdout.write(fitted(`${verdict.padEnd(15)} ${name}: ${breaks}\n`, stdout));
  }
  stdout.write(`${checks.length - survivors} of ${checks.length} mutants caught\n`);
  return survivors === 0;
}
