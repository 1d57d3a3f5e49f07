/**
 * How much of the chart a run of paths has covered: by the chart itself, and by the engine.
 */
import { executionMachine } from '../../machines/execution.machine.js';
import { type CoverageFigures, type Covered, coverageMeter } from './coverage.js';
import type { ExecutionPath } from './execution-paths.js';
import { exitPaths } from './exit-paths.js';
import type { PathRun } from './path-run.js';
import { inputFor } from './profiles.js';
import { switchPaths } from './switch-paths.js';
import {
  explained,
  REACHED_ELSEWHERE,
  UNREACHABLE_IN_CHART,
  UNREACHABLE_IN_ENGINE,
  type Unreachable,
} from './unreachable.js';

interface PathSummary {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  /** All paths of the list, taken by the chart. */
  readonly chart: CoverageFigures;
  /** Those that passed on the engine. */
  readonly engine: CoverageFigures;
  /** Paths of the exits' chart, on that chart. */
  readonly exits: CoverageFigures;
  /** Paths of the kill switches, on their chart. */
  readonly killSwitch: CoverageFigures;
}

export function pathSummary(runs: readonly PathRun[]): PathSummary {
  const passed = runs.filter(({ problem, skipped }) => problem === undefined && skipped === undefined);
  const notRun = runs.filter(({ skipped }) => skipped !== undefined).length;
  return {
    passed: passed.length,
    failed: runs.length - passed.length - notRun,
    notRun,
    chart: figuresOf(runs, UNREACHABLE_IN_CHART, []),
    engine: figuresOf(passed, UNREACHABLE_IN_ENGINE, REACHED_ELSEWHERE),
    exits: exitPaths().figures,
    killSwitch: switchPaths().figures,
  };
}

export const coverageLines = ({ chart, engine, exits, killSwitch }: PathSummary): readonly string[] =>
  Object.entries({ chart, engine, exits, switch: killSwitch }).map(
    ([name, { states, transitions, guardAnswers, unreachable, elsewhere }]) => {
      const rate = ({ covered, of }: Covered): string => `${covered} of ${of}`;
      const rates = `states ${rate(states)}, transitions ${rate(transitions)}, guard answers ${rate(guardAnswers)}`;
      const never = unreachable === 0 ? '' : `; ${unreachable} cannot be reached`;
      return `${`${name}:`.padEnd(7)} ${rates}${never}${elsewhere === 0 ? '' : `, ${elsewhere} by other tests`}`;
    },
  );

function figuresOf(
  runs: readonly PathRun[],
  reasons: readonly Unreachable[],
  elsewhere: readonly Unreachable[],
): CoverageFigures {
  const meter = coverageMeter(executionMachine);
  for (const { path } of runs)
    meter.add(
      inputOf(path),
      path.steps.map(({ fact }) => fact),
    );
  const { chart } = meter;
  const { states, transitions, branches } = meter.missing();
  const covered = (all: readonly unknown[], missing: readonly string[]): Covered => ({
    covered: all.length - missing.length,
    of: all.length,
  });
  const missing = [...states, ...transitions, ...branches];
  return {
    states: covered(chart.states, states),
    transitions: covered(chart.transitions, transitions),
    guardAnswers: covered(chart.branches, branches),
    unreachable: explained(missing, reasons).length,
    elsewhere: explained(missing, elsewhere).length,
  };
}

/** A life begins with its advisory. */
function inputOf({ steps: [first] }: ExecutionPath): unknown {
  return first?.fact.type === 'START' ? first.fact.advisory : inputFor('acceptable');
}
