/**
 * `fillchart conform`: does an adapter keep the promises of the broker port?
 *
 * 1. The adapter is foreign code in this process: whatever it throws, or leaves open, there is a report, and an end.
 */
import { basename } from 'node:path';
import { Option } from 'commander';
import { type ConformanceReport, conformanceReport } from '../../testing/conformance/conform.js';
import {
  CONFORM_FORMATS,
  type ConformFormat,
  conformanceSummary,
  formatConformance,
} from '../../testing/conformance/conform-report.js';
import { loadAdapter, symbolOf } from '../adapter-module.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { watchOpen } from '../left-open.js';
import { hearLooseFaults, type LooseFaults } from '../loose-faults.js';
import { assertWritable, written } from '../output-file.js';
import { fitted } from '../terminal/fitted.js';
import { helpNotes } from '../terminal/help-notes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface ConformOptions {
  readonly adapter: string;
  readonly export: string;
  readonly symbol?: string;
  readonly format: ConformFormat;
  readonly output?: string;
}

const HELP = `
The module is plain JavaScript. It exports a function, makeBroker(situation), that makes a new adapter for each case (or
{ broker, wait, cutPush, moveTo, end }), and may export conformance: { symbol, unknownSymbol, quantity, exits,
expectedPrice, situations, skip, boundMs }. Situations: any, fills, rests, fills-partly, rejects, submit-hangs,
query-hangs; all unless situations names some. A skip needs a reason. examples/my-broker.js is one such module,
docs/broker-adapter.md tells of all of it.
The exit code is 0 when no case failed and at least half of them ran, else 3.
`;

export const addConform: AddCommand = (program, world, done) => {
  program
    .command('conform')
    .description('check a broker adapter against the promises of the broker port, case by case')
    .requiredOption('--adapter <file>', 'the module that makes the adapter')
    .option('--export <name>', 'its export that makes it', 'makeBroker')
    .option('--symbol <symbol>', 'a symbol that can be traded (else that of the exported conformance)')
    .addOption(new Option('--format <format>', 'how to print the report').choices(CONFORM_FORMATS).default('text'))
    .option('--output <file>', 'write the report there')
    .addHelpText('after', helpNotes(HELP))
    .action(async (options: ConformOptions) => done(await conform(options, world)));
};

async function conform(options: ConformOptions, world: CliWorld): Promise<number> {
  assertWritable(options.output);
  const whatIsLeft = await watchOpen(world.clock);
  const faults = hearLooseFaults();
  try {
    const report = await reportOn(options, faults);
    print(report, options, world);
    const left = await whatIsLeft();
    for (const cause of new Set(faults.missed.map(String)))
      world.stderr.write(`${report.adapter}: outside the cases was thrown: ${cause}\n`);
    const isGood = report.failed === 0 && report.isProof && faults.missed.length === 0;
    const code = isGood ? EXIT.ok : EXIT.manual;
    if (left.length > 0) await leave(report.adapter, left, code, world);
    return code;
  } catch (error) {
    const code = error instanceof UsageError ? EXIT.usage : EXIT.defect;
    // What is wrong is said by whoever catches this; then nobody waits.
    if ((await whatIsLeft()).length > 0) world.clock.setTimeout(() => world.exit(code), SAYING_MS);
    throw error;
  } finally {
    faults.stop();
  }
}

async function reportOn(options: ConformOptions, faults: LooseFaults): Promise<ConformanceReport> {
  const { makeBroker, conformance } = await loadAdapter(options.adapter, options.export);
  const symbol = symbolOf(options.adapter, options.symbol ?? conformance.symbol);
  const { onUnhandledRejection, onUncaughtException } = faults;
  return asUsage(() =>
    conformanceReport(basename(options.adapter), makeBroker, {
      onUnhandledRejection,
      onUncaughtException,
      ...conformance,
      symbol,
    }),
  );
}

function print(report: ConformanceReport, { format, output }: ConformOptions, { stdout, stderr }: CliWorld): void {
  const text = formatConformance(report, format);
  if (output === undefined) stdout.write(format === 'text' ? fitted(text, stdout) : text);
  else written(output, text);
  if (format !== 'text' || output !== undefined) stderr.write(`${conformanceSummary(report).join('\n')}\n`);
}

/** Enough for a sentence on stderr. */
const SAYING_MS = 100;

/** The report is out; nobody waits for what the adapter has forgotten. */
async function leave(adapter: string, left: readonly string[], code: number, world: CliWorld): Promise<void> {
  const counts = [...new Set(left)].map((name) => `${left.filter((one) => one === name).length} ${name}`);
  world.stderr.write(
    `${adapter} left open: ${counts.join(', ')}. close(), or end(), is to end them; the process ends without it.\n`,
  );
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => void stream.write('', () => resolve()));
  world.exit(code);
}

/** What the kit says of its options is said of the caller's. */
async function asUsage<T>(made: () => Promise<T>): Promise<T> {
  try {
    return await made();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}
