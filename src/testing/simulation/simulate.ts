/**
 * Many stories, one after the other, and what came of them.
 */

import { requireOptions } from '../../domain/option-names.js';
import { requireWhole } from '../../domain/option-values.js';
import type { Violation } from '../laws/law-court.js';
import { type StoryOptions, type StoryReport, tellStory } from './story.js';

/** What {@link simulate} takes. @beta @since 0.1.0 */
export interface SimulationOptions extends Pick<StoryOptions, 'createEngine' | 'isRough'> {
  /** How many seeds. */
  readonly seeds: number;
  /** The first of them; 1 by default. */
  readonly start?: number;
  /** Ends the run once so many executions have been simulated. */
  readonly executions?: number;
  /** Told after each story; returning false ends the run. */
  readonly onStory?: (report: StoryReport, so: SimulationReport) => boolean | undefined;
}

/** What a simulation came to. @beta @since 0.1.0 */
export interface SimulationReport {
  readonly seeds: number;
  readonly executions: number;
  readonly crashes: number;
  /** Steps at which the laws were judged and a process could have died. */
  readonly steps: number;
  readonly simulatedMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly violations: readonly (Violation & { readonly seed: number })[];
}

const NOTHING: SimulationReport = {
  seeds: 0,
  executions: 0,
  crashes: 0,
  steps: 0,
  simulatedMs: 0,
  faults: {},
  statuses: {},
  violations: [],
};

/** Tells the stories of `seeds` seeds from `start` on. The same options give the same report. @beta @since 0.1.0 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  requireOptions('simulate', options, ['seeds', 'start', 'executions', 'onStory', 'createEngine', 'isRough']);
  const { seeds, start = 1, executions, onStory, createEngine, isRough } = options;
  requireWhole('seeds', seeds, 1);
  requireWhole('start', start, 0);
  if (executions !== undefined) requireWhole('executions', executions, 1);
  let report = NOTHING;
  for (let seed = start; seed < start + seeds; seed += 1) {
    const story = await tellStory({
      seed,
      ...(createEngine !== undefined && { createEngine }),
      ...(isRough !== undefined && { isRough }),
    });
    report = withStory(report, story);
    if (onStory?.(story, report) === false) break;
    if (executions !== undefined && report.executions >= executions) break;
  }
  return report;
}

/** How to see a failing story again, step by step. @beta @since 0.1.0 */
export function replayCommand(seed: number): string {
  requireWhole('seed of replayCommand', seed, 0);
  return `fillchart simulate --seeds 1 --start ${seed} --trace`;
}

const withStory = (so: SimulationReport, story: StoryReport): SimulationReport => ({
  seeds: so.seeds + 1,
  executions: so.executions + story.executions,
  crashes: so.crashes + story.crashes,
  steps: so.steps + story.steps,
  simulatedMs: so.simulatedMs + story.simulatedMs,
  faults: withCounts(so.faults, story.faults),
  statuses: withCounts(so.statuses, story.statuses),
  violations: [...so.violations, ...story.violations.map((violation) => ({ seed: story.seed, ...violation }))],
});

function withCounts(
  so: Readonly<Record<string, number>>,
  more: Readonly<Record<string, number>>,
): Record<string, number> {
  const counts = { ...so };
  for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}
