/**
 * The model that the paths are generated from: the very chart that runs, with the host's timers and calls beside it.
 *
 * 1. Two moments are the same only if value, context, host and the transition that led there are: such paths replay.
 * 2. The chart is walked by `createTestModel`; a final state has no next fact, whatever `transition()` would answer.
 */
import { createTestModel } from 'xstate/graph';
import type { ExecutionInput } from '../../machines/execution.facts.js';
import { executionMachine } from '../../machines/execution.machine.js';
import type { ExecutionSnapshot } from '../../machines/execution.state.js';
import { chartStep } from '../laws/folded-life.js';
import { type HostModel, hostAfter, newHostModel } from './host-model.js';
import { nextFacts } from './next-facts.js';
import type { PathFact } from './path-fact.js';
import { inputFor, PATH_PROFILES, type PathProfile } from './profiles.js';

/** A path as the model walked it. */
export interface ModelPath {
  readonly profile: PathProfile;
  readonly facts: readonly PathFact[];
}

/** How far a path may deviate from a plain life. Two deviations reach every transition; a third costs twenty times as many paths. */
const DEVIATIONS = 2;

/** More would be a loop of facts that deviate in nothing. */
const MOST_MOMENTS = 100_000;

type Machine = typeof executionMachine;

/** The chart as test model; `hosts` gets the host of each moment. */
function hosted(hosts: WeakMap<object, HostModel>): Machine {
  const hostOf = (snapshot: object): HostModel => hosts.get(snapshot) ?? newHostModel;
  return Object.create(executionMachine, {
    transition: {
      value: (snapshot: ExecutionSnapshot, fact: PathFact): ExecutionSnapshot => {
        const { after, commands } = chartStep(snapshot, fact);
        // An event that the chart ignores gives the same object back; each moment needs one of its own.
        const next = Object.assign(Object.create(Object.getPrototypeOf(after) as object), after) as ExecutionSnapshot;
        hosts.set(next, hostAfter(hostOf(snapshot), fact, commands, next.context));
        return next;
      },
    },
  }) as Machine;
}

function pathsFrom(profile: PathProfile, deviations: number): readonly ModelPath[] {
  const input: ExecutionInput = inputFor(profile);
  const hosts = new WeakMap<object, HostModel>();
  const keys = new WeakMap<object, string>();
  const seen = new Set<string>();
  const hostOf = (snapshot: object): HostModel => hosts.get(snapshot) ?? newHostModel;
  const isNew = (path: string): boolean => {
    if (seen.has(path)) return false;
    seen.add(path);
    return true;
  };
  const model = createTestModel(hosted(hosts), {
    serializeEvent: (fact) => JSON.stringify(fact),
    serializeState: (snapshot, fact, before) => {
      const known = keys.get(snapshot);
      if (known !== undefined) return known;
      const from = before === undefined ? '' : before.value;
      // The advisory is the same in every moment: it would only make the key longer.
      const { snapshot: _advisory, ...context } = snapshot.context;
      const key = JSON.stringify([snapshot.value, context, hostOf(snapshot), from, fact]);
      keys.set(snapshot, key);
      return key;
    },
  });
  const paths = model.getShortestPaths({
    input,
    allowDuplicatePaths: true,
    limit: MOST_MOMENTS,
    // Given here and not to the model, which would add bare events for whatever is missing and drop what a state ignores.
    events: (snapshot) => {
      const host = hostOf(snapshot);
      return nextFacts(snapshot as ExecutionSnapshot, host, input, deviations - host.deviations, isNew);
    },
    toState: (snapshot) => snapshot.status !== 'active' || hostOf(snapshot).isOver,
  });
  return paths.map(({ steps }) => ({
    profile,
    facts: steps.map(({ event }) => event as PathFact).filter(({ type }) => (type as string) !== 'xstate.init'),
  }));
}

const cache = new Map<number, readonly ModelPath[]>();

/** Every path, from every profile, with at most so many deviations; the same list, in the same order, each time. */
export function modelPaths(deviations: number = DEVIATIONS): readonly ModelPath[] {
  const known = cache.get(deviations);
  if (known !== undefined) return known;
  const paths = PATH_PROFILES.flatMap((profile) => pathsFrom(profile, deviations));
  cache.set(deviations, paths);
  return paths;
}
