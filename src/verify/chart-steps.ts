/**
 * The chart as a table that fills itself: from state, fact and instant to the next state and what is asked for.
 *
 * 1. An entry is computed once, by the chart, and judged once, by the laws of a step; the search then reads it as often
 *    as it likes. That is what makes millions of steps cheap.
 * 2. What a step asks for is kept as a set of bits: the search needs to know that, and not what, is asked.
 */
import type { LawId } from '../domain/laws.js';
import { applyReport } from '../domain/order.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import { type ChartState, type ChartStates, chartStates, pathOf } from './chart-states.js';
import { type ChartTransition, type Decider, type Decision, decider, type ExecutionChart } from './decide.js';
import { FACTS, type Fact } from './facts.js';
import { deadlineBit, INSTANTS, MOST_INSTANTS, timeOf } from './phases.js';
import { type Broken, brokenByStep } from './step-laws.js';
import { type SeenEdge, transitionsOf } from './transitions.js';

/** What a step asks for, as bits. */
export const ASKS = {
  askBroker: 1,
  submitOrder: 2,
  watchOrder: 4,
  unwatchOrder: 8,
  cancelOrder: 16,
  placeProtection: 32,
  reconcile: 64,
  unprotectedCase: 128,
  mismatchCase: 256,
  finish: 512,
  lookAtOrder: 1_024,
  watchExits: 2_048,
  unwatchExits: 4_096,
} as const;

export interface ChartStep {
  /** Id of the state that is reached. */
  readonly to: number;
  readonly asks: number;
  /** Deadlines that are set, as bits of `DEADLINES`. */
  readonly deadlines: number;
  readonly broken: Broken | undefined;
}

export interface ChartSteps {
  isInForce(law: LawId): boolean;
  /** The state before anything is known but the advisory. */
  begin(input: ExecutionInput): ChartState;
  /** The chart's decision itself, beside the table. A snapshot stays with the chart that made it. */
  readonly decide: Decider['decide'];
  readonly states: ChartStates;
  /** Every transition of the chart, and whether it was taken so far, and refused by its guard. */
  coverage(): readonly SeenEdge[];
  /** The chart that decides: a copy with transitions of its own. */
  readonly chart: ExecutionChart;
  /** Decisions that the chart was asked for so far. */
  readonly decisions: number;
  /** @param counts whether a host that fires its timers in the order in which they are due can tell this fact here */
  of(from: number, fact: Fact, instant: number, counts?: boolean): ChartStep;
  /** A report that changes nothing never reaches the chart. */
  isNews(from: number, fact: Fact): boolean;
}

export function chartSteps(original: ExecutionChart, laws: readonly LawId[]): ChartSteps {
  const isInForce = (law: LawId) => laws.includes(law);
  const { chart, begin, decide } = decider(original);
  const states = chartStates();
  const table = new Map<number, ChartStep>();
  const uncounted = new Map<number, ChartStep>();
  const news = new Map<number, boolean>();
  const taken = new Set<ChartTransition>();
  const refused = new Set<ChartTransition>();
  let decisions = 0;

  /** The host drops a deadline that the state does not take, and a report on an exit: no guard has been asked for anybody. */
  function note(decision: Decision, fact: Fact): void {
    for (const transition of decision.taken) taken.add(transition);
    if (decision.taken.length === 0 && (fact.deadline ?? fact.exit) !== undefined) return;
    for (const transition of decision.refused) refused.add(transition);
  }

  function decided(before: ChartState, fact: Fact, instant: number, counts: boolean): Entry {
    const composedAt = timeOf(before.phase, instant, before.context);
    let decision: Decision;
    try {
      decision = decide(before.snapshot, fact.make(before.context, composedAt));
    } catch (error) {
      const why = `the chart throws: ${error instanceof Error ? error.message : String(error)}`;
      return { isTimed: true, step: { to: before.id, asks: 0, deadlines: 0, broken: { law: 'L11', why } } };
    }
    if (counts) note(decision, fact);
    const { snapshot, commands, isTimed } = decision;
    const outcome = { to: states.of(snapshot).id, ...asked(commands) };
    const judged = { before, fact, composedAt, after: snapshot.context, path: pathOf(snapshot.value), commands };
    const stepAt = (at: number): ChartStep => ({ ...outcome, broken: brokenByStep({ ...judged, at }, isInForce) });
    if (isTimed) return { isTimed, step: stepAt(composedAt) };
    const instants = Array.from({ length: INSTANTS[before.phase] }, (_, each) => each);
    return { isTimed, steps: instants.map((each) => stepAt(timeOf(before.phase, each, before.context))) };
  }

  function of(from: number, fact: Fact, instant: number, counts = true): ChartStep {
    const key = (from * FACTS.length + fact.id) * MOST_INSTANTS;
    const known = table.get(key + instant) ?? (counts ? undefined : uncounted.get(key + instant));
    if (known !== undefined) return known;
    decisions += 1;
    const entry = decided(states.at(from), fact, instant, counts);
    const steps = entry.isTimed ? [[instant, entry.step] as const] : [...entry.steps.entries()];
    const kept = counts ? table : uncounted;
    for (const [each, step] of steps) kept.set(key + each, step);
    return kept.get(key + instant) ?? unreachable(from, instant);
  }

  function isNews(from: number, fact: Fact): boolean {
    const key = from * FACTS.length + fact.id;
    const known = news.get(key);
    if (known !== undefined) return known;
    const { order } = states.at(from).context;
    const is = fact.report !== undefined && applyReport(order, fact.report) !== order;
    news.set(key, is);
    return is;
  }

  return {
    isInForce,
    chart,
    decide,
    begin: (input) => states.of(begin(input)),
    states,
    coverage: () =>
      transitionsOf(chart).map((edge) => {
        const { definition } = edge;
        return { edge, isTaken: taken.has(definition), isRefused: refused.has(definition) };
      }),
    get decisions() {
      return decisions;
    },
    of,
    isNews,
  };
}

/** What the chart decides at one instant, or at each instant of the phase alike; the laws judge each by itself. */
type Entry =
  | { readonly isTimed: true; readonly step: ChartStep }
  | { readonly isTimed: false; readonly steps: readonly ChartStep[] };

function unreachable(from: number, instant: number): never {
  throw new RangeError(`the phase of chart state ${from} has no instant ${instant}`);
}

function asked(commands: readonly ExecutionCommand[]): Pick<ChartStep, 'asks' | 'deadlines'> {
  let asks = 0;
  let deadlines = 0;
  for (const command of commands) {
    if (command.type === 'scheduleDeadline') deadlines |= deadlineBit(command.name);
    // Of watching and not watching the last word counts.
    else asks = (asks & ~takenBackBy(command)) | bitOf(command);
  }
  return { asks, deadlines };
}

function takenBackBy({ type }: ExecutionCommand): number {
  if (type === 'unwatchOrder') return ASKS.watchOrder;
  return type === 'unwatchExits' ? ASKS.watchExits : type === 'watchExits' ? ASKS.unwatchExits : 0;
}

function bitOf(command: ExecutionCommand): number {
  switch (command.type) {
    case 'openCase':
      return command.kind === 'UNPROTECTED_POSITION' ? ASKS.unprotectedCase : ASKS.mismatchCase;
    case 'queryOrder':
    case 'scheduleDeadline':
      return 0;
    default:
      return ASKS[command.type];
  }
}
