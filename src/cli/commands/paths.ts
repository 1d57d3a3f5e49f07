/**
 * `fillchart paths`: the paths through the life cycle, listed and run against the engine.
 */
import { Option } from 'commander';
import { executionPaths, runExecutionPath } from '../../testing/paths/execution-paths.js';
import { notRun, PATH_FORMATS, type PathFormat, pathReport, summaryOf } from '../../testing/paths/path-report.js';
import type { PathRun } from '../../testing/paths/path-run.js';
import { EXIT, UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface PathsOptions {
  readonly format: PathFormat;
  readonly list?: true;
  readonly all?: true;
  readonly only?: string;
}

export const addPaths: AddCommand = (program, world, done) => {
  program
    .command('paths')
    .description('generate every path through the life cycle from the chart, and run each against the engine')
    .addOption(new Option('--format <format>', 'how to print them').choices(PATH_FORMATS).default('text'))
    .option('--list', 'print them and run none')
    .option('--all', 'every path with two deviations from a plain life, not only those that cover the chart')
    .option('--only <text>', 'only paths whose id or name holds this text')
    .action(async (options: PathsOptions) => done(await runPaths(options, world)));
};

async function runPaths({ format, list, all, only = '' }: PathsOptions, world: CliWorld): Promise<number> {
  const wanted = only.toLowerCase();
  const paths = executionPaths({ all: all === true }).filter(({ id, name }) =>
    `${id} ${name}`.toLowerCase().includes(wanted),
  );
  if (paths.length === 0)
    throw new UsageError(`--only: no path has ${JSON.stringify(only)} in its id or name; --list prints them.`);
  const runs: PathRun[] = [];
  for (const path of paths) {
    if (path.runsOn === 'chart') runs.push(notRun(path));
    else if (list === true) runs.push({ path, tookMs: 0, skipped: 'listed only' });
    else runs.push(await runOne(path, world));
  }
  world.stdout.write(pathReport(runs, format));
  if (format !== 'text') world.stderr.write(`${summaryOf(runs)}\n`);
  return runs.some(({ problem }) => problem !== undefined) ? EXIT.checkFailed : EXIT.ok;
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
