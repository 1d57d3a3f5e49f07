/**
 * `fillchart conform`: does an adapter keep the promises of the broker port?
 */
import { existsSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option } from 'commander';
import { conformanceReport } from '../../testing/conformance/conform.js';
import { CONFORM_FORMATS, type ConformFormat, formatConformance } from '../../testing/conformance/conform-report.js';
import type { ConformanceOptions, MakeBroker } from '../../testing/conformance/subject.js';
import { EXIT, UsageError } from '../exit-codes.js';
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
{ broker, wait, cutPush, end }), and may export conformance: { symbol, unknownSymbol, quantity, exits, situations, skip,
boundMs }. Situations: any, fills, rests, fills-partly, rejects, submit-hangs, query-hangs; all unless situations names
some. A skip needs a reason. examples/my-broker.js is one such module, docs/broker-adapter.md tells of all of it.
The exit code is 0 when no case failed, else 3.
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
    .addHelpText('after', HELP)
    .action(async (options: ConformOptions) => done(await conform(options, world)));
};

async function conform(options: ConformOptions, world: CliWorld): Promise<number> {
  const { makeBroker, conformance } = await loaded(options);
  const { symbol = options.symbol } = {
    ...conformance,
    ...(options.symbol !== undefined && { symbol: options.symbol }),
  };
  if (symbol === undefined) {
    const { adapter } = options;
    throw new UsageError(
      `${adapter} names no symbol to trade. Give --symbol, or write in it: export const conformance = { symbol: 'AAPL' };`,
    );
  }
  const report = await asUsage(() =>
    conformanceReport(basename(options.adapter), makeBroker, { onUnhandledRejection, ...conformance, symbol }),
  );
  const text = formatConformance(report, options.format);
  if (options.output === undefined) world.stdout.write(text);
  else writeFileSync(options.output, text);
  const { passed, failed, skipped } = report;
  if (options.format !== 'text' || options.output !== undefined)
    world.stderr.write(`${report.adapter}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed > 0 ? EXIT.manual : EXIT.ok;
}

interface AdapterModule {
  readonly makeBroker: MakeBroker;
  readonly conformance: Partial<ConformanceOptions>;
}

async function loaded({ adapter, export: name }: ConformOptions): Promise<AdapterModule> {
  const file = resolve(adapter);
  if (!existsSync(file)) throw new UsageError(`--adapter names ${adapter}; there is no such file.`);
  const module = await imported(file, adapter);
  const makeBroker = module[name];
  if (typeof makeBroker !== 'function') {
    const exported = Object.keys(module).join(', ') || 'nothing';
    throw new UsageError(`${adapter} exports no function ${name}; it exports ${exported}.`);
  }
  return {
    makeBroker: makeBroker as MakeBroker,
    conformance: (module['conformance'] ?? {}) as AdapterModule['conformance'],
  };
}

async function imported(file: string, adapter: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new UsageError(`${adapter} cannot be loaded: ${loadProblem(error)}`);
  }
}

/** By these Node says that it does not run TypeScript, or not here. */
const TYPESCRIPT_REFUSED = ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'];

/** Why Node did not load an adapter, with what to do about it where that is known. */
export function loadProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string' || !TYPESCRIPT_REFUSED.includes(code) || !/\.[cm]?tsx?\b/.test(error.message))
    return error.message;
  return `this Node (${process.version}) runs plain JavaScript only. Compile it and name the .js file, or use a Node that strips types (22.18 and later).`;
}

/** What the kit says of its options is said of the caller's. */
async function asUsage<T>(made: () => Promise<T>): Promise<T> {
  try {
    return await made();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function onUnhandledRejection(listener: (cause: unknown) => void): () => void {
  process.on('unhandledRejection', listener);
  return () => {
    process.off('unhandledRejection', listener);
  };
}
