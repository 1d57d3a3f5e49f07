/**
 * `fillchart chart --html`: the charts as one page to explore, with the generated paths to be played.
 */
import { Option } from 'commander';
import { pathLives } from '../chart/path-lives.js';
import { writeChartPage } from '../chart/write-page.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { assertWritable } from '../output-file.js';
import type { AddCommand } from './command.js';

const CHART_IDS = { execution: 'execution', protection: 'protection', 'kill-switch': 'killSwitch' } as const;

interface ChartOptions {
  readonly html?: true;
  readonly output?: string;
  readonly paths: boolean;
  readonly chart: keyof typeof CHART_IDS;
}

export const addChart: AddCommand = (program, world, done) => {
  program
    .command('chart')
    .description('write the charts that run as one interactive HTML page, with the generated paths to be played')
    .option('--html', 'as one HTML file that opens from disk')
    .option('-o, --output <file>', 'where to; standard output by default')
    .addOption(new Option('--chart <chart>', 'shown first').choices(Object.keys(CHART_IDS)).default('execution'))
    .option('--no-paths', 'without the generated paths: smaller, and written at once')
    .action(async ({ html, output, paths, chart }: ChartOptions) => {
      if (html !== true)
        throw new UsageError('chart: --html is needed; `fillchart diagrams` writes pictures and texts.');
      assertWritable(output);
      const lives = paths ? pathLives() : [];
      await writeChartPage({ title: 'fillchart', chart: CHART_IDS[chart], lives, output }, world);
      done(EXIT.ok);
    });
};
