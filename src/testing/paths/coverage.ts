/**
 * What lives of a chart have covered: states, transitions and answers of guards, of those that its definition has.
 */
import type { AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import { branchOf, type ChartMap, chartMap, pathOfNode } from '../../machines/chart-map.js';
import { guardAnswers, nodesOf } from '../../machines/guard-answers.js';
import { firstSnapshot, type Macrostep, type Microstep, macrostep } from '../../machines/microsteps.js';

export interface Covered {
  readonly covered: number;
  readonly of: number;
}

export interface CoverageFigures {
  readonly states: Covered;
  readonly transitions: Covered;
  /** Each guard of a transition, with yes and with no. */
  readonly guardAnswers: Covered;
  /** Of what is not covered, what can never be reached, each for a reason that `fillchart verify` proves. */
  readonly unreachable: number;
  /** Of what is not covered, what a test of its own reaches. */
  readonly elsewhere: number;
}

interface Coverage {
  readonly states: ReadonlySet<string>;
  readonly transitions: ReadonlySet<string>;
  readonly branches: ReadonlySet<string>;
}

export interface CoverageMeter<Machine extends AnyStateMachine> {
  /** Sends a life through the chart; returns what it covers that nothing before it did. */
  add(input: unknown, events: readonly EventObject[]): readonly string[];
  /** Notes steps that were made already; returns what they cover that nothing before them did. */
  take(microsteps: readonly Microstep<Machine>[]): readonly string[];
  readonly covered: Coverage;
  readonly chart: ChartMap;
  /** What is not covered, in the order of the definition. */
  missing(): {
    readonly states: readonly string[];
    readonly transitions: readonly string[];
    readonly branches: readonly string[];
  };
  readonly machine: Machine;
}

export function coverageMeter<Machine extends AnyStateMachine>(machine: Machine): CoverageMeter<Machine> {
  const chart = chartMap(machine);
  const states = new Set<string>();
  const transitions = new Set<string>();
  const branches = new Set<string>();
  for (const node of initialNodes(machine)) states.add(pathOfNode(node));

  function addStep({ before, event, transitions: taken, after }: Microstep<Machine>, found: string[]): void {
    const note = (set: Set<string>, name: string) => {
      if (!set.has(name)) found.push(name);
      set.add(name);
    };
    for (const definition of taken) {
      const transition = chart.byDefinition(definition);
      if (transition !== undefined) note(transitions, transition.id);
    }
    for (const [definition, answer] of guardAnswers(nodesOf(before), event, taken)) {
      const transition = chart.byDefinition(definition);
      if (transition !== undefined) note(branches, branchOf(transition, answer));
    }
    for (const node of nodesOf(after)) if (node.path.length > 0) note(states, pathOfNode(node));
  }

  return {
    machine,
    chart,
    covered: { states, transitions, branches },
    add(input, events) {
      const found: string[] = [];
      for (const { microsteps } of life(machine, input, events)) for (const step of microsteps) addStep(step, found);
      return found;
    },
    take(microsteps) {
      const found: string[] = [];
      for (const step of microsteps) addStep(step, found);
      return found;
    },
    missing: () => ({
      states: chart.states.filter((state) => !states.has(state)),
      transitions: chart.transitions.map(({ id }) => id).filter((id) => !transitions.has(id)),
      branches: chart.branches.filter((branch) => !branches.has(branch)),
    }),
  };
}

/** Births by input, and steps by event: lives that begin with the very same objects share their steps. */
const births = new WeakMap<object, unknown>();
const steps = new WeakMap<EventObject, { readonly before: unknown; readonly step: unknown }>();

function* life<Machine extends AnyStateMachine>(
  machine: Machine,
  input: unknown,
  events: readonly EventObject[],
): Generator<Macrostep<Machine>> {
  const key = typeof input === 'object' && input !== null ? input : {};
  const born = births.get(key) ?? firstSnapshot(machine, input);
  births.set(key, born);
  let before = born as ReturnType<typeof firstSnapshot<Machine>>;
  for (const event of events) {
    const known = steps.get(event);
    const step = known?.before === before ? (known.step as Macrostep<Machine>) : macrostep(machine, before, event);
    steps.set(event, { before, step });
    yield step;
    before = step.after;
  }
}

const initialNodes = (machine: AnyStateMachine): readonly AnyStateNode[] => {
  const nodes: AnyStateNode[] = [];
  for (let node: AnyStateNode | undefined = machine.root; node !== undefined; ) {
    const [inner]: readonly AnyStateNode[] = node.initial?.target ?? [];
    if (inner !== undefined) nodes.push(inner);
    node = inner;
  }
  return nodes;
};
