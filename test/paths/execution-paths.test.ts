/**
 * Every path through the life cycle, run against the engine.
 *
 * The paths are generated from the chart that runs; the engine is led along each of them from outside, and at each fact
 * its record, state, context, stage and broker calls must be those of the chart, and the laws must hold.
 */
import { executionMachine } from 'fillchart';
import { executionPaths, runExecutionPath } from 'fillchart/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { addPaths } from '../../src/cli/commands/paths.js';
import { type CoverageMeter, coverageMeter } from '../../src/testing/paths/coverage.js';
import { inputFor, PATH_PROFILES } from '../../src/testing/paths/profiles.js';
import {
  explained,
  REACHED_ELSEWHERE,
  UNREACHABLE_IN_CHART,
  UNREACHABLE_IN_ENGINE,
  unexplained,
} from '../../src/testing/paths/unreachable.js';
import { runCommand } from './run-command.js';

type Meter = CoverageMeter<typeof executionMachine>;

const paths = executionPaths();
const forEngine = paths.filter(({ runsOn }) => runsOn === 'engine');
const chart: Meter = coverageMeter(executionMachine);
const engine: Meter = coverageMeter(executionMachine);

/** The input of a path is that of the profile with the same advisory. */
function inputOf(path: (typeof paths)[number]) {
  const [first] = path.steps;
  const advisory = first?.fact.type === 'START' ? first.fact.advisory : undefined;
  return advisory ?? inputFor(PATH_PROFILES[0] ?? 'acceptable');
}

describe('every path through the life cycle', () => {
  it.each(forEngine.map((path) => [`${path.id} ${path.name}`, path] as const))('%s', async (_, path) => {
    const { facts, result } = await runExecutionPath(path);
    engine.add(inputOf(path), facts);
    const { stage } = path.steps.at(-1) ?? {};
    expect(result.status).toBe(stage);
  });
});

describe('what the paths cover', () => {
  beforeAll(() => {
    for (const path of paths)
      chart.add(
        inputOf(path),
        path.steps.map(({ fact }) => fact),
      );
  });

  const rate = (meter: Meter) => {
    const { states, transitions, branches } = meter.missing();
    const { chart: map } = meter;
    const of = (missing: readonly string[], all: readonly unknown[]) => `${all.length - missing.length}/${all.length}`;
    return `states ${of(states, map.states)}, transitions ${of(transitions, map.transitions)}, guard branches ${of(branches, map.branches)}`;
  };

  it('every state, transition and guard branch of the chart, but for what verify never takes either', () => {
    const { states, transitions, branches } = chart.missing();
    expect(unexplained([...states, ...transitions, ...branches], UNREACHABLE_IN_CHART)).toEqual([]);
    expect(states).toEqual([]);
    expect(branches).toEqual([]);
  });

  it('the same on the engine, but for what the engine never tells the chart', () => {
    const { states, transitions, branches } = engine.missing();
    expect(
      unexplained([...states, ...transitions, ...branches], [...UNREACHABLE_IN_ENGINE, ...REACHED_ELSEWHERE]),
    ).toEqual([]);
    expect(states).toEqual([]);
    process.stdout.write(
      `paths: ${paths.length}, ${forEngine.length} on the engine; chart: ${rate(chart)}; engine: ${rate(engine)}\n`,
    );
  });

  it('and each reason is for what is missing: `verify` proves the same names, one by one', () => {
    const { transitions, branches } = engine.missing();
    const all = [...engine.chart.transitions.map(({ id }) => id), ...engine.chart.branches];
    const reasons = [...UNREACHABLE_IN_ENGINE, ...REACHED_ELSEWHERE];
    expect(explained(all, reasons)).toEqual([...transitions, ...branches]);
    expect(reasons.filter(({ what }) => !all.some((name) => what.test(name)))).toEqual([]);
  });
});

describe('fillchart paths', () => {
  it('runs the paths whose name holds a text, and says what came of them', async () => {
    const { code, out } = await runCommand(addPaths, 'paths', '--only', 'a plain life');
    expect(out).toContain('a plain life → FILLED');
    expect(out).toContain('0 failed');
    expect(code).toBe(0);
  });

  it.each(['json', 'md', 'junit'])('lists them as %s', async (format) => {
    const { code, out, err } = await runCommand(addPaths, 'paths', '--only', 'MANUAL', '--list', '--format', format);
    expect(out).toContain('MANUAL ACTIVE');
    expect(err).toContain('0 passed on the engine, 0 failed');
    expect(code).toBe(0);
  });
});
