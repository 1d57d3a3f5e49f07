/**
 * `fillchart paths`: the paths through the life cycle, listed and run against the engine, or written as a test file.
 */
import { dirname, relative, resolve, sep } from 'node:path';
import { Option } from 'commander';
import { adapterPaths } from '../../testing/paths/adapter-paths.js';
import { executionPaths, runExecutionPath } from '../../testing/paths/execution-paths.js';
import { notRun, PATH_FORMATS, type PathFormat, pathReport, summaryOf } from '../../testing/paths/path-report.js';
import type { PathRun } from '../../testing/paths/path-run.js';
import { type VitestFileOptions, vitestFile } from '../../testing/paths/vitest-file.js';
import { loadAdapter, symbolOf } from '../adapter-module.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { assertWritable, written } from '../output-file.js';
import { fitted } from '../terminal/fitted.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface PathsOptions {
  readonly format: PathFormat;
  readonly list?: true;
  readonly all?: true;
  readonly only?: string;
  readonly adapter?: string;
  readonly export: string;
  readonly symbol?: string;
  readonly output?: string;
}

export const addPaths: AddCommand = (program, world, done) => {
  program
    .command('paths')
    .description('generate every path through the life cycle from the chart, and run each against the engine')
    .addOption(new Option('--format <format>', 'how to print them').choices(PATH_FORMATS).default('text'))
    .option('--list', 'print them and run none')
    .option('--all', 'every path with two deviations from a plain life, not only those that cover the chart')
    .option('--only <text>', 'only paths whose id or name holds this text')
    .option('--adapter <file>', 'with --format vitest: also whole lives through the adapter of this module')
    .option('--export <name>', 'its export that makes it', 'makeBroker')
    .option('--symbol <symbol>', 'a symbol that can be traded (else that of its exported conformance)')
    .option('--output <file>', 'write them there')
    .action(async (options: PathsOptions) => done(await runPaths(options, world)));
};

async function runPaths(options: PathsOptions, world: CliWorld): Promise<number> {
  const { format, list, all, only = '', adapter, output } = options;
  if (adapter !== undefined && format !== 'vitest')
    throw new UsageError('--adapter goes with --format vitest. To check an adapter case by case: fillchart conform.');
  assertWritable(output);
  const wanted = only.toLowerCase();
  const paths = executionPaths({ all: all === true }).filter(({ id, name }) =>
    `${id} ${name}`.toLowerCase().includes(wanted),
  );
  if (paths.length === 0)
    throw new UsageError(`--only: no path has ${JSON.stringify(only)} in its id or name; --list prints them.`);
  if (format === 'vitest') {
    const adapter = await adapterOf(options);
    print(vitestFile(paths, { all: all === true, ...adapter }), output, world);
    if (output !== undefined)
      world.stderr.write(`fillchart: ${output} written; run it with: npx vitest run ${output}\n`);
    return EXIT.ok;
  }
  const runs: PathRun[] = [];
  for (const path of paths) {
    if (path.runsOn === 'chart') runs.push(notRun(path));
    else if (list === true) runs.push({ path, tookMs: 0, skipped: 'listed only' });
    else runs.push(await runOne(path, world));
  }
  const report = pathReport(runs, format);
  print(format === 'text' && output === undefined ? fitted(report, world.stdout) : report, output, world);
  if (format !== 'text' || output !== undefined) world.stderr.write(`${summaryOf(runs)}\n`);
  return runs.some(({ problem }) => problem !== undefined) ? EXIT.checkFailed : EXIT.ok;
}

function print(text: string, output: string | undefined, { stdout }: CliWorld): void {
  if (output === undefined) stdout.write(text);
  else written(output, text);
}

/** The module as the test file beside it imports it; without `--output` the file is taken to be written to this folder. */
async function adapterOf(options: PathsOptions): Promise<Pick<VitestFileOptions, 'adapter'>> {
  const { adapter, export: make, output = 'paths.test.js' } = options;
  if (adapter === undefined) return {};
  const { conformance } = await loadAdapter(adapter, make);
  const symbol = symbolOf(adapter, options.symbol ?? conformance.symbol);
  const path = relative(dirname(resolve(output)), resolve(adapter)).replaceAll(sep, '/');
  const module = path.startsWith('.') ? path : `./${path}`;
  return { adapter: { module, make, symbol, paths: adapterPaths(conformance.situations) } };
}

async function runOne(path: PathRun['path'], { clock }: CliWorld): Promise<PathRun> {
  const began = clock.monotonic();
  const took = () => Math.round(clock.monotonic() - began);
  try {
    await runExecutionPath(path);
    return { path, tookMs: took() };
  } catch (error) {
    return { path, tookMs: took(), problem: error instanceof Error ? error.message : String(error) };
  }
}
