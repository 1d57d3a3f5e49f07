/**
 * All states that can be reached, breadth first, to the fixpoint; or the shortest way to a broken law.
 *
 * 1. Every step and every state is judged. The search ends at the first law that is broken.
 * 2. States are kept as numbers, and of each the state that it was first reached from; a way is read off by going back
 *    and opening its states again.
 */
import { type LawId, laws } from '../domain/laws.js';
import { SALE, STARTING_POINTS } from './advisories.js';
import { type ChartSteps, chartSteps } from './chart-steps.js';
import type { ExecutionChart } from './decide.js';
import { SWITCHES } from './facts.js';
import type { Place } from './host-model.js';
import { moves } from './moves.js';
import { LIVE_TIMES } from './phases.js';
import type { Scope } from './scope.js';
import { brokenByState } from './state-laws.js';
import type { Broken } from './step-laws.js';
import { decode, encode, newWorld, WORLDS } from './world.js';

/** One step of a way, in words. */
interface WayStep {
  readonly label: string;
  /** The chart's state after it. */
  readonly state: string;
  /** T, where it runs. */
  readonly time?: string;
}

export interface Violation {
  readonly law: LawId;
  readonly why: string;
  readonly way: readonly WayStep[];
}

/** The states and moves that were found. Moves lie in the order of the states that they start from. */
export interface Graph {
  readonly states: number;
  readonly moves: number;
  /** Where the moves of a state begin; those of the last one end at `moves`. */
  readonly firstMove: Int32Array;
  readonly target: Int32Array;
  readonly flags: Uint8Array;
  isDone(state: number): boolean;
  way(state: number): readonly WayStep[];
}

export interface SearchResult {
  readonly graph: Graph;
  readonly steps: ChartSteps;
  readonly violation: Violation | undefined;
  /** Ended by `mostStates`: there are states that nobody has looked at. */
  readonly isCut: boolean;
}

export function search(chart: ExecutionChart, scope: Scope): SearchResult {
  const steps = chartSteps(chart, scope.laws ?? (Object.keys(laws) as LawId[]));
  const keys: number[] = [];
  const parents: number[] = [];
  const indexOf = new Map<number, number>();
  const edges = growingEdges();
  let violation: Violation | undefined;

  const placeOf = (state: number): Place => {
    const key = keys[state] ?? 0;
    const at = Math.floor(key / WORLDS);
    return { chart: at, world: decode(key - at * WORLDS) };
  };
  const keyOf = ({ chart: at, world }: Place): number => at * WORLDS + encode(world);

  function enter(place: Place, parent: number): number {
    const key = keyOf(place);
    const known = indexOf.get(key);
    if (known !== undefined) return known;
    const index = keys.length;
    indexOf.set(key, index);
    keys.push(key);
    parents.push(parent);
    if (violation !== undefined) return index;
    for (const broken of brokenByState(steps.states.at(place.chart), place.world)) {
      if (steps.isInForce(broken.law)) violation ??= { ...broken, way: way(index) };
    }
    return index;
  }

  function expand(state: number): void {
    moves(steps, placeOf(state), scope, (outcome, label, flags) => {
      if (violation !== undefined) return;
      if (outcome.broken !== undefined) violation = brokenMove(state, outcome, outcome.broken, label);
      const target = enter(outcome, state);
      if (target !== state) edges.push(target, flags);
    });
  }

  const brokenMove = (from: number, place: Place, { law, why }: Broken, label: string): Violation => ({
    law,
    why,
    way: [...way(from), inWords(place, label)],
  });

  function inWords({ chart: at, world }: Place, label: string): WayStep {
    const { path, phase } = steps.states.at(at);
    if (phase !== 'live') return { label, state: path };
    return { label, state: path, time: `T ${((LIVE_TIMES[world.instant] ?? 0) / 1000).toFixed(3)} s` };
  }

  /** Goes back to a beginning, then opens each state again to see by which move the next one was reached. */
  function way(state: number): readonly WayStep[] {
    const chain: number[] = [];
    for (let at = state; at >= 0; at = parents[at] ?? -1) chain.unshift(at);
    const first = placeOf(chain[0] ?? 0);
    const told: WayStep[] = [{ label: beginning(first), state: steps.states.at(first.chart).path }];
    for (let position = 1; position < chain.length; position += 1) {
      const [from = 0, to = 0] = [chain[position - 1], chain[position]];
      let label = 'a step';
      moves(steps, placeOf(from), scope, (outcome, words) => {
        if (keyOf(outcome) === keys[to]) label = words;
      });
      told.push(inWords(placeOf(to), label));
    }
    return told;
  }

  for (const { input } of scope.isSale === true ? [SALE] : STARTING_POINTS) {
    const { id } = steps.begin(input);
    for (const switches of scope.switches) enter({ chart: id, world: newWorld(switches) }, -1);
  }
  const { mostStates = Number.POSITIVE_INFINITY } = scope;
  let state = 0;
  for (; state < Math.min(keys.length, mostStates) && violation === undefined; state += 1) {
    edges.open(state);
    expand(state);
  }
  const isDone = (at: number) => steps.states.at(placeOf(at).chart).phase === 'over';
  const isCut = violation === undefined && state < keys.length;
  return { graph: { states: keys.length, ...edges.done(keys.length), isDone, way }, steps, violation, isCut };
}

const beginning = ({ world }: Place): string =>
  `an advisory comes in; the kill switches stand at ${SWITCHES[world.switches]}`;

/** Moves, in arrays that grow. */
function growingEdges() {
  let firstMove = new Int32Array(1 << 16);
  let target = new Int32Array(1 << 18);
  let flagsOf = new Uint8Array(1 << 18);
  let count = 0;
  let opened = 0;
  return {
    open(state: number): void {
      if (state >= firstMove.length) firstMove = grown(firstMove, new Int32Array(firstMove.length * 2));
      firstMove[state] = count;
      opened = state + 1;
    },
    push(to: number, flags: number): void {
      if (count >= target.length) {
        target = grown(target, new Int32Array(target.length * 2));
        flagsOf = grown(flagsOf, new Uint8Array(flagsOf.length * 2));
      }
      target[count] = to;
      flagsOf[count] = flags;
      count += 1;
    },
    done(states: number) {
      const first = new Int32Array(states + 1).fill(count);
      first.set(firstMove.subarray(0, Math.min(opened, states)));
      return { moves: count, firstMove: first, target: target.subarray(0, count), flags: flagsOf.subarray(0, count) };
    },
  };
}

function grown<Numbers extends Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}
