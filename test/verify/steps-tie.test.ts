/**
 * The check decides by XState's own `transition`, the engine by `step`: both must come to the same, wherever the check has been.
 */
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import type { ExecutionSnapshot } from '../../src/machines/execution.state.js';
import { step } from '../../src/machines/step.js';
import type { ChartState } from '../../src/verify/chart-states.js';
import { decider } from '../../src/verify/decide.js';
import { FACTS } from '../../src/verify/facts.js';
import { INSTANTS, timeOf } from '../../src/verify/phases.js';
import { search } from '../../src/verify/search.js';
import { transitionsOf } from '../../src/verify/transitions.js';

const SMALL = { switches: [0, 3], crashes: 1 } as const;
const LONGEST_MS = 300_000;
/** States looked at of those that stand at the same place in the chart: all of them take minutes. */
const MOST_AT_A_PLACE = 50;

type State = Pick<ExecutionSnapshot, 'value' | 'status' | 'context'>;

const text = ({ value, status, context }: State, commands: readonly unknown[]): string =>
  canonicalJson({ value, status, context, commands });

/** Some of each place, evenly. */
function spread(states: readonly ChartState[]): readonly ChartState[] {
  const byPlace = new Map<string, ChartState[]>();
  for (const state of states) byPlace.set(state.path, [...(byPlace.get(state.path) ?? []), state]);
  return [...byPlace.values()].flatMap((all) => {
    const every = Math.ceil(all.length / MOST_AT_A_PLACE);
    return all.filter((_, index) => index % every === 0);
  });
}

describe('step and the exhaustive check', () => {
  it(
    'A3: decide alike throughout the small world, on every fact',
    () => {
      const { states } = search(executionMachine, SMALL).steps;
      const { chart, decide } = decider(executionMachine);
      const taken = new Set<object>();
      const different: string[] = [];
      let decisions = 0;
      const all = Array.from({ length: states.size }, (_, id) => states.at(id));
      for (const { context, snapshot, phase } of spread(all)) {
        const { value, status } = snapshot;
        // Nothing is told of what is over; XState's own function would walk on.
        if (status !== 'active') continue;
        // A snapshot stays with the chart that made it: each side gets one of its own.
        const theirs = chart.resolveState({ value, context, status }) as typeof snapshot;
        const ours = executionMachine.resolveState({ value, context, status }) as ExecutionSnapshot;
        for (const [index, fact] of FACTS.entries()) {
          const told = fact.make(context, timeOf(phase, index % INSTANTS[phase], context));
          const expected = decide(theirs, told);
          const found = step(ours, told);
          decisions += 1;
          for (const one of expected.taken) taken.add(one);
          if (text(expected.snapshot, expected.commands) !== text(found.state, found.commands))
            different.push(`${JSON.stringify(value)}: ${fact.label}`);
        }
      }
      expect(different.slice(0, 10)).toEqual([]);
      expect(decisions).toBeGreaterThan(10_000);
      const edges = transitionsOf(chart);
      // What it cannot take there, a switch that goes to WARNING is needed for, or a fact that stands in no order.
      expect(taken.size).toBeGreaterThan(edges.length * 0.8);
    },
    LONGEST_MS,
  );
});
