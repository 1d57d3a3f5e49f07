/**
 * Every life ends (L11): `done` can be reached from each state, and is reached under fairness.
 *
 * Fairness is: the clock goes on, a deadline that is due is told, a call ends by its own deadline, and the journal
 * answers or has failed. Broker and operator owe nothing. The proof is by three properties of the graph:
 *
 * 1. In each state that is not done something must happen by itself.
 * 2. Every cycle takes time: without the moves that take time (a repeat's wait, a person's hand) there is none.
 * 3. No cycle withstands the clock: from each state on a cycle, the clock (the next instant, or a deadline that nothing
 *    moves) leads off all cycles through it.
 *
 * By 2 a life that does not end lets time go by for ever; by 3 it then leaves each cycle, and cycles form no cycle; so
 * it stops, and by 1 it can only stop in `done`. That `done` can be reached from each state at all is looked at too.
 */
import { CLOCK, MUST, TAKES_TIME } from './moves.js';
import type { Graph } from './search.js';

interface Endless {
  readonly state: number;
  readonly why: string;
}

/** The first state from which a life need not end. */
export function endless(graph: Graph): Endless | undefined {
  return stuck(graph) ?? cycleWithoutTime(graph) ?? cycleAgainstTheClock(graph);
}

const first = (graph: Graph, state: number): number => graph.firstMove[state] ?? graph.moves;
const target = (graph: Graph, move: number): number => graph.target[move] ?? 0;
const has = (graph: Graph, move: number, flag: number): boolean => ((graph.flags[move] ?? 0) & flag) !== 0;

function stuck(graph: Graph): Endless | undefined {
  for (let state = 0; state < graph.states; state += 1) {
    if (graph.isDone(state)) continue;
    let goesOn = false;
    for (let move = first(graph, state); move < first(graph, state + 1); move += 1) goesOn ||= has(graph, move, MUST);
    if (!goesOn) return { state, why: 'nothing has to happen any more, and it is not done' };
  }
  return undefined;
}

/** Takes away, again and again, what no move leads to; what is left lies on, or behind, a cycle. */
function cycleWithoutTime(graph: Graph): Endless | undefined {
  const incoming = new Int32Array(graph.states);
  for (let move = 0; move < graph.moves; move += 1) {
    if (!has(graph, move, TAKES_TIME)) incoming[target(graph, move)] = (incoming[target(graph, move)] ?? 0) + 1;
  }
  const free: number[] = [];
  for (let state = 0; state < graph.states; state += 1) if (incoming[state] === 0) free.push(state);
  let taken = 0;
  for (let state = free.pop(); state !== undefined; state = free.pop()) {
    taken += 1;
    for (let move = first(graph, state); move < first(graph, state + 1); move += 1) {
      if (has(graph, move, TAKES_TIME)) continue;
      const to = target(graph, move);
      incoming[to] = (incoming[to] ?? 0) - 1;
      if (incoming[to] === 0) free.push(to);
    }
  }
  if (taken === graph.states) return undefined;
  return { state: incoming.findIndex((count) => count > 0), why: 'it can go round for ever without any time going by' };
}

function cycleAgainstTheClock(graph: Graph): Endless | undefined {
  const { componentOf, sizes } = components(graph);
  const ends = new Uint8Array(sizes.length);
  // Components are numbered from the end of the graph to its beginning: what a state leads to is known before it.
  const order = [...componentOf.keys()].sort((a, b) => (componentOf[a] ?? 0) - (componentOf[b] ?? 0));
  for (const state of order) {
    const own = componentOf[state] ?? 0;
    let isLeftByTheClock = false;
    if (graph.isDone(state)) ends[own] = 1;
    for (let move = first(graph, state); move < first(graph, state + 1); move += 1) {
      const other = componentOf[target(graph, move)] ?? 0;
      if (ends[other] === 1) ends[own] = 1;
      isLeftByTheClock ||= has(graph, move, CLOCK) && other !== own;
    }
    if ((sizes[own] ?? 1) > 1 && !isLeftByTheClock)
      return { state, why: 'it can go round for ever, and no deadline ends it' };
  }
  const lost = order.find((state) => ends[componentOf[state] ?? 0] === 0);
  return lost === undefined ? undefined : { state: lost, why: 'done cannot be reached' };
}

/** Strongly connected components by Tarjan's algorithm, without recursion. */
function components(graph: Graph): { componentOf: Int32Array; sizes: number[] } {
  const { states } = graph;
  const seenAs = new Int32Array(states).fill(-1);
  const lowest = new Int32Array(states);
  const componentOf = new Int32Array(states).fill(-1);
  const next = Int32Array.from({ length: states }, (_, state) => first(graph, state));
  const sizes: number[] = [];
  const open: number[] = [];
  let count = 0;

  function enter(state: number): void {
    seenAs[state] = count;
    lowest[state] = count;
    count += 1;
    open.push(state);
  }

  function close(root: number): void {
    let size = 0;
    for (let state = open.pop(); state !== undefined; state = state === root ? undefined : open.pop()) {
      componentOf[state] = sizes.length;
      size += 1;
    }
    sizes.push(size);
  }

  const lower = (state: number, to: number | undefined) => {
    lowest[state] = Math.min(lowest[state] ?? 0, to ?? 0);
  };

  function walk(start: number): void {
    const way = [start];
    enter(start);
    for (let state = way.at(-1); state !== undefined; state = way.at(-1)) {
      const move = next[state] ?? 0;
      if (move < first(graph, state + 1)) {
        next[state] = move + 1;
        const to = target(graph, move);
        if (seenAs[to] === -1) {
          enter(to);
          way.push(to);
        } else if (componentOf[to] === -1) lower(state, seenAs[to]);
        continue;
      }
      if (lowest[state] === seenAs[state]) close(state);
      way.pop();
      const above = way.at(-1);
      if (above !== undefined) lower(above, lowest[state]);
    }
  }

  for (let state = 0; state < states; state += 1) if (seenAs[state] === -1) walk(state);
  return { componentOf, sizes };
}
