/**
 * Paths as people and machines read them: a list, a table, JSON, JUnit XML.
 */
import { junitXml } from '../junit.js';
import type { ExecutionPath } from './execution-paths.js';
import { coverageLines, pathSummary } from './path-coverage.js';
import type { PathRun } from './path-run.js';
import { vitestFile } from './vitest-file.js';

export const PATH_FORMATS = ['text', 'json', 'json-summary', 'md', 'junit', 'vitest'] as const;
export type PathFormat = (typeof PATH_FORMATS)[number];

const CHART_ONLY = 'for the chart alone: the engine drops such a fact, or tells another one first';

export const notRun = (path: ExecutionPath): PathRun => ({ path, tookMs: 0, skipped: CHART_ONLY });

export function pathReport(runs: readonly PathRun[], format: PathFormat): string {
  switch (format) {
    case 'text':
      return textReport(runs);
    case 'json':
      return `${JSON.stringify(runs, null, 2)}\n`;
    case 'json-summary':
      return `${JSON.stringify({ summary: pathSummary(runs), paths: runs }, null, 2)}\n`;
    case 'md':
      return markdownReport(runs);
    case 'vitest':
      return vitestFile(
        runs.map(({ path }) => path),
        {},
      );
    case 'junit':
      return junitXml(
        'fillchart paths',
        runs.map(({ path, tookMs, problem, skipped }) => ({
          name: `${path.id} ${path.name}`,
          className: `fillchart.paths.${path.runsOn}`,
          seconds: tookMs / 1_000,
          ...(problem !== undefined && { failure: problem }),
          ...(skipped !== undefined && { skipped }),
        })),
      );
  }
}

const markOf = ({ problem, skipped }: PathRun): string =>
  problem !== undefined ? '✗' : skipped === undefined ? '✓' : '–';

function textReport(runs: readonly PathRun[]): string {
  const lines = runs.flatMap((run) => {
    const { path, problem } = run;
    const steps = path.steps.map(({ to, event, what }) => `    ${event.padEnd(18)} ${to.padEnd(32)} ${what}`);
    return [
      `${markOf(run)} ${path.id} ${path.name}`,
      ...(problem === undefined ? [] : [...indented(problem), ...steps]),
    ];
  });
  return `${[...lines, '', summaryOf(runs), ...coverageLines(pathSummary(runs))].join('\n')}\n`;
}

const indented = (text: string): readonly string[] => text.split('\n').map((line) => `    ${line}`);

export function summaryOf(runs: readonly PathRun[]): string {
  const failed = runs.filter(({ problem }) => problem !== undefined).length;
  const skipped = runs.filter((run) => run.skipped !== undefined).length;
  const forChart = runs.filter((run) => run.skipped === CHART_ONLY).length;
  const passed = runs.length - failed - skipped;
  const listed = skipped === forChart ? '' : `, ${skipped - forChart} listed only`;
  return `paths: ${passed} passed on the engine, ${failed} failed, ${forChart} for the chart alone${listed}`;
}

function markdownReport(runs: readonly PathRun[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const sections = runs.map((run) => {
    const { path, problem } = run;
    const rows = path.steps.map(
      ({ atMs, event, what, from, to, stage, rules }) =>
        `| ${atMs} | ${event} | ${cell(what)} | ${from} | ${to} | ${stage} | ${rules.join(' ')} |`,
    );
    return [
      `## ${markOf(run)} ${path.id} ${path.name}`,
      '',
      ...(problem === undefined ? [] : [cell(problem), '']),
      '| ms | event | what happens | from | to | stage | rules |',
      '|---:|---|---|---|---|---|---|',
      ...rows,
      '',
    ].join('\n');
  });
  return [`# Paths through the life cycle`, '', summaryOf(runs), '', ...sections].join('\n');
}
