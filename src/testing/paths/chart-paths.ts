/**
 * Paths through a chart of facts, generated from the chart that runs: for the exits' chart and for that of the kill switches.
 *
 * 1. Each state is reached by a shortest path; each of these is led on by every fact that can come next. Those are kept that
 *    take a transition, or get an answer from a guard, that no path before them did.
 * 2. The same list, in the same order and under the same ids, each time.
 * 3. Run on the chart, a path is sent to an actor of XState's, fact by fact; state and commands must be those that the pure
 *    steps give.
 */
import { isDeepStrictEqual } from 'node:util';
import { type AnyStateMachine, createActor, type EventObject, type SnapshotFrom } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import { firstSnapshot, macrostep } from '../../machines/microsteps.js';
import { type CoverageFigures, type Covered, coverageMeter } from './coverage.js';
import { type Unreachable, unexplained } from './unreachable.js';

export interface ChartPath<Fact extends EventObject> {
  /** Such as `X-001`. */
  readonly id: string;
  readonly name: string;
  readonly facts: readonly Fact[];
  /** State after each fact, such as `settling.waiting`. */
  readonly states: readonly string[];
}

interface ChartModel<Machine extends AnyStateMachine, Fact extends EventObject> {
  readonly machine: Machine;
  /** Begins the ids. */
  readonly letter: string;
  /** What no path can cover, and why. */
  readonly unreachable?: readonly Unreachable[];
  /** What can come next. */
  next(snapshot: SnapshotFrom<Machine>): readonly Fact[];
  /** Two moments with the same key go on alike. */
  key(snapshot: SnapshotFrom<Machine>): string;
  inWords(fact: Fact): string;
}

export interface ChartPaths<Fact extends EventObject> {
  readonly paths: readonly ChartPath<Fact>[];
  readonly figures: CoverageFigures;
  /** What no path covers, and no reason explains. */
  readonly missing: readonly string[];
}

/** More states than any of these charts has. */
const MOST_STATES = 1_000_000;

export function chartPaths<Machine extends AnyStateMachine, Fact extends EventObject>(
  model: ChartModel<Machine, Fact>,
): ChartPaths<Fact> {
  const { machine, next, key } = model;
  type Snapshot = SnapshotFrom<Machine>;
  const meter = coverageMeter(machine);
  const reached = getShortestPaths(machine, {
    serializeState: (snapshot) => key(snapshot as Snapshot),
    events: (snapshot) => next(snapshot as Snapshot) as never,
    limit: MOST_STATES,
  })
    .map(({ state, steps }) => ({
      state: state as Snapshot,
      facts: steps.map(({ event }) => event as unknown as Fact).filter(({ type }) => type !== 'xstate.init'),
    }))
    .sort((a, b) => a.facts.length - b.facts.length);
  const kept = reached.flatMap(({ state, facts }) =>
    next(state)
      .filter((fact) => meter.take(macrostep(machine, state, fact).microsteps).length > 0)
      .map((fact) => [...facts, fact]),
  );
  const width = String(kept.length).length;
  const paths = kept.map((facts, index) => ({
    id: `${model.letter}-${String(index + 1).padStart(width, '0')}`,
    name: facts.map(model.inWords).join(', then '),
    facts,
    states: statesOf(machine, facts),
  }));
  const { states, transitions, branches } = meter.missing();
  const all = [...states, ...transitions, ...branches];
  const missing = unexplained(all, model.unreachable ?? []);
  const covered = (every: readonly unknown[], left: readonly string[]): Covered => ({
    covered: every.length - left.length,
    of: every.length,
  });
  return {
    paths,
    figures: {
      states: covered(meter.chart.states, states),
      transitions: covered(meter.chart.transitions, transitions),
      guardAnswers: covered(meter.chart.branches, branches),
      unreachable: all.length - missing.length,
      elsewhere: 0,
    },
    missing,
  };
}

/** State after each fact. */
export function statesOf(machine: AnyStateMachine, facts: readonly EventObject[]): readonly string[] {
  let before = firstSnapshot(machine, undefined);
  return facts.map((fact) => {
    before = macrostep(machine, before, fact).after;
    return nameOfState(before.value);
  });
}

const nameOfState = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, inner]) => `${name}.${nameOfState(inner)}`)
        .join(' ')
    : String(value);

/** What an actor of XState's does otherwise than the pure steps; nothing when they agree. */
export function differencesOf(machine: AnyStateMachine, { facts }: ChartPath<EventObject>): readonly string[] {
  const heard: unknown[] = [];
  const actor = createActor(machine);
  actor.on('*', (command) => heard.push(command));
  actor.start();
  let before = firstSnapshot(machine, undefined);
  return facts.flatMap((fact, index) => {
    const { after, emitted } = macrostep(machine, before, fact);
    before = after;
    heard.length = 0;
    actor.send(fact as never);
    const { value, context } = actor.getSnapshot();
    const at = `fact ${index + 1} (${fact.type})`;
    return [
      ...(isDeepStrictEqual(value, after.value) ? [] : [`${at}: the actor is in ${nameOfState(value)}`]),
      ...(isDeepStrictEqual(context, after.context) ? [] : [`${at}: the actor knows something else`]),
      ...(isDeepStrictEqual(heard, emitted) ? [] : [`${at}: the actor asks for something else`]),
    ];
  });
}
