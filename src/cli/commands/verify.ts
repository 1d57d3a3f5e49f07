/**
 * `fillchart verify`: the exhaustive check of the execution chart.
 *
 * Ends with 0 when every law holds in every state, with 1 when one does not; the shortest way to it is printed then.
 */
import { laws } from '../../domain/laws.js';
import { mutants } from '../../verify/mutants.js';
import { type VerifyReport, verify, wayLines } from '../../verify/verify.js';
import { EXIT } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface VerifyOptions {
  readonly json?: true;
  readonly mutants?: true;
}

export const addVerify: AddCommand = (program, world, done) => {
  program
    .command('verify')
    .description(
      'explore every state that chart, kill switches, broker, time and crashes can reach, and check every law',
    )
    .option('--mutants', 'check charts with one thing wrong as well: each must be caught')
    .option('--json', 'as one JSON object')
    .action((options: VerifyOptions) => {
      const isLawful = checkChart(world, options);
      const areCaught = options.mutants !== true || checkMutants(world);
      done(isLawful && areCaught ? EXIT.ok : EXIT.checkFailed);
    });
};

function checkChart({ stdout, clock }: CliWorld, { json }: VerifyOptions): boolean {
  const startedAt = clock.monotonic();
  const report = verify();
  const seconds = (clock.monotonic() - startedAt) / 1_000;
  stdout.write(json === true ? `${JSON.stringify({ ...report, seconds }, null, 2)}\n` : textOf(report, seconds));
  return report.violation === undefined;
}

function textOf(report: VerifyReport, seconds: number): string {
  const { violation, neverTaken } = report;
  const lines = [
    row('states', `${count(report.states)} of chart and world, ${count(report.chartStates)} of the chart`),
    row('steps', `${count(report.moves)} between them, ${count(report.decisions)} decisions of the chart`),
    row('transitions', `${report.transitionsTaken} of ${report.transitions} of the chart taken`),
    ...neverTaken.map((name) => row('', `never: ${name}`)),
    row('laws', `${report.laws.length} checked`),
    ...report.laws.map((id) => row('', `${id.padEnd(4)}${laws[id].sentence}`)),
    row('time', `${seconds.toFixed(1)} s`),
  ];
  if (violation === undefined) return [...lines, row('violations', '0'), ''].join('\n');
  const title = `${violation.law} is broken: ${violation.why}`;
  return [...lines, '', title, laws[violation.law].sentence, '', ...wayLines(violation), ''].join('\n');
}

const row = (name: string, text: string): string => `${name.padEnd(13)}${text}`;
const count = (value: number): string => value.toLocaleString('en-US');

function checkMutants({ stdout }: CliWorld): boolean {
  let survivors = 0;
  for (const { name, breaks, chart, scope } of mutants) {
    const { violation } = verify(chart(), scope);
    if (violation === undefined) survivors += 1;
    const verdict = violation === undefined ? 'SURVIVED' : `caught by ${violation.law}`;
    stdout.write(`${verdict.padEnd(15)} ${name}: ${breaks}\n`);
  }
  stdout.write(`${mutants.length - survivors} of ${mutants.length} mutants caught\n`);
  return survivors === 0;
}
