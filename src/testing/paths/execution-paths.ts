/**
 * The life cycle as a list of paths: generated from the chart that runs, to be read, listed and run.
 *
 * 1. All paths with at most one deviation from a plain life; of those with two, and of those with more (`further-paths.ts`),
 *    each that takes a transition, or gets an answer from a guard, that no path before it did. `all` takes every one with two.
 * 2. The same list, in the same order and under the same ids, each time.
 */

import { refuseUnknown } from '../../domain/option-names.js';
import type { ExecutionStage } from '../../domain/result.js';
import { show } from '../../domain/snapshot.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import { executionMachine } from '../../machines/execution.machine.js';
import { stageOfSnapshot, statePath } from '../../machines/execution.state.js';
import { microstepsOf } from '../../machines/microsteps.js';
import { coverageMeter } from './coverage.js';
import { furtherPaths } from './further-paths.js';
import { bareFact, type PathFact } from './path-fact.js';
import { type ModelPath, modelPaths } from './path-model.js';
import { inputFor } from './profiles.js';
import { expectedSteps, PathError, type PathOutcome, runPath } from './run-path.js';

/** One step of a generated path. @public @since 0.1.0 */
export interface ExecutionPathStep {
  /** Type of the fact, such as `ORDER_REPORT`. */
  readonly event: ExecutionFact['type'];
  /** The fact as the journal holds it. */
  readonly fact: ExecutionFact;
  /** What happens, in a few words. */
  readonly what: string;
  /** Ms since the path began. */
  readonly atMs: number;
  /** State before and after, such as `pending.open`. */
  readonly from: string;
  readonly to: string;
  /** The stage that a caller sees afterwards. */
  readonly stage: ExecutionStage;
  /** Ids of the rules that the transitions taken keep. */
  readonly rules: readonly string[];
}

/** A generated path through the execution chart. @public @since 0.1.0 */
export interface ExecutionPath {
  /** `P-0001` …; stays the same until the chart changes. */
  readonly id: string;
  /** What makes the path what it is, and what it comes to. */
  readonly name: string;
  /** `engine`: run against the engine. `chart`: the engine drops such a fact before the chart, which takes it all the same. */
  readonly runsOn: 'engine' | 'chart';
  readonly steps: readonly ExecutionPathStep[];
}

/** What {@link executionPaths} takes. @public @since 0.1.0 */
export interface ExecutionPathOptions {
  /** Every path with at most two deviations, instead of those that cover the chart. */
  readonly all?: boolean;
}

const models = new WeakMap<ExecutionPath, ModelPath>();

const cache = new Map<boolean, readonly ExecutionPath[]>();

/** The paths as plain data. Generating them takes some seconds the first time. @public @since 0.1.0 */
export function executionPaths(options: ExecutionPathOptions = {}): readonly ExecutionPath[] {
  refuseUnknown('executionPaths', options, ['all']);
  const { all = false } = options;
  const known = cache.get(all);
  if (known !== undefined) return known;
  const ordered = [...modelPaths()].sort((a, b) => weight(a) - weight(b));
  const chosen = covering(ordered);
  const wanted = new Set(all ? [...ordered, ...chosen] : chosen);
  const listed = [...ordered, ...chosen.filter((model) => !ordered.includes(model))];
  const width = String(listed.length).length;
  const paths = listed.flatMap((model, index) => {
    if (!wanted.has(model)) return [];
    const path = describe(model, `P-${String(index + 1).padStart(width, '0')}`);
    models.set(path, model);
    return [path];
  });
  cache.set(all, paths);
  return paths;
}

/**
 * Runs a path of `executionPaths` against the engine, with a broker that answers as the path says.
 *
 * @throws {PathError} where engine and chart part, or a law is broken
 * @public @since 0.1.0
 */
export function runExecutionPath(path: ExecutionPath): Promise<PathOutcome> {
  const model = models.get(path);
  if (model === undefined)
    throw new PathError(
      `path of runExecutionPath is ${show(path)}; accepted is one of the paths that executionPaths() returned.`,
    );
  if (path.runsOn === 'chart') throw new PathError(`${path.id} is for the chart alone`);
  return runPath(model);
}

/** Fewer deviations first, then the shorter one. */
const weight = ({ facts }: ModelPath): number => deviationsOf(facts) * 1_000 + facts.length;

const deviationsOf = (facts: readonly PathFact[]): number => facts.reduce((sum, { plan }) => sum + plan.deviation, 0);

const isForChart = ({ facts }: ModelPath): boolean => facts.some(({ plan }) => plan.chartOnly !== undefined);

/** The paths that cover the chart: all that are plain or deviate once, and of the others those that bring news. */
function covering(ordered: readonly ModelPath[]): readonly ModelPath[] {
  const meters = { chart: coverageMeter(executionMachine), engine: coverageMeter(executionMachine) };
  const chosen = ordered.filter((path) => {
    const input = inputFor(path.profile);
    const used = isForChart(path) ? [meters.chart] : [meters.chart, meters.engine];
    const isNews = used.map((meter) => meter.add(input, path.facts).length > 0);
    return deviationsOf(path.facts) <= 1 || isNews.includes(true);
  });
  return [...chosen, ...furtherPaths(chosen, meters)];
}

function describe(model: ModelPath, id: string): ExecutionPath {
  const steps = expectedSteps(model);
  const rules = rulesTaken(model);
  const begin = model.facts[0]?.at ?? 0;
  const last = steps.at(-1)?.after;
  return {
    id,
    name: nameOf(model, last === undefined ? '' : stageOfSnapshot(last)),
    runsOn: isForChart(model) ? 'chart' : 'engine',
    steps: steps.map(({ fact, before, after }, index) => ({
      event: fact.type,
      fact: bareFact(fact),
      what: fact.plan.label,
      atMs: fact.at - begin,
      from: statePath(before.value),
      to: statePath(after.value),
      stage: stageOfSnapshot(after),
      rules: rules[index] ?? [],
    })),
  };
}

function nameOf({ profile, facts }: ModelPath, stage: string): string {
  const turns = facts.filter(({ plan }) => plan.deviation > 0 || plan.chartOnly !== undefined);
  const what = turns.length === 0 ? 'a plain life' : turns.map(({ plan }) => plan.label).join(', then ');
  return `${profile === 'acceptable' ? '' : `${profile}: `}${what} → ${stage}`;
}

/** By fact, the rules of the transitions that it set off. */
function rulesTaken({ profile, facts }: ModelPath): readonly (readonly string[])[] {
  const taken = facts.map(() => new Set<string>());
  let index = -1;
  for (const { event, transitions } of microstepsOf(executionMachine, inputFor(profile), facts)) {
    if (event !== facts[index]) index = facts.indexOf(event as PathFact);
    for (const { meta } of transitions) {
      for (const rule of (meta as { readonly rules?: readonly string[] } | undefined)?.rules ?? [])
        taken[index]?.add(rule);
    }
  }
  return taken.map((rules) => [...rules]);
}
