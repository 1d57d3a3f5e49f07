/**
 * The exhaustive check: every state that chart, switches, broker, clock, operator and crash can bring about together,
 * every law in each, and that every life ends.
 */
import { type LawId, laws } from '../domain/laws.js';
import { executionMachine } from '../machines/execution.machine.js';
import type { ExecutionChart } from './decide.js';
import { endless } from './endings.js';
import { EVERYTHING, ROUGH, ROUGH_SWITCHED, type Scope } from './scope.js';
import { search, type Violation } from './search.js';
import { neverMet } from './transitions.js';

export interface VerifyReport {
  /** States of chart and world together. */
  readonly states: number;
  /** Moves between them. */
  readonly moves: number;
  /** States of the chart, up to what can make a difference. */
  readonly chartStates: number;
  /** Decisions that the chart was asked for. */
  readonly decisions: number;
  /** Transitions of the chart that were taken, of those that it has; and those that never were. */
  readonly transitionsTaken: number;
  readonly transitions: number;
  readonly neverTaken: readonly string[];
  /** Transitions and answers of guards that were never met, by the ids of the paths: `pending|ORDER_REPORT|0 [isNews] false`. */
  readonly neverMet: readonly string[];
  readonly laws: readonly LawId[];
  /** Ended by {@link VerifyLimits.mostStates}: a sample, which proves nothing of the rest. */
  readonly isCut?: true;
  readonly violation?: Violation;
}

interface VerifyLimits {
  /** In the rough world with a kill switch as well: minutes more. */
  readonly isLong?: boolean;
  /** Looks at so many states of each world at most. */
  readonly mostStates?: number;
}

/** Checks the chart in the whole world and in the rough one; the first broken law ends it. */
export function verifyAll({ isLong = false, mostStates }: VerifyLimits = {}): VerifyReport {
  const within = (scope: Scope): Scope => ({ ...scope, ...(mostStates !== undefined && { mostStates }) });
  let known = verify(executionMachine, within(EVERYTHING));
  for (const scope of isLong ? [ROUGH, ROUGH_SWITCHED] : [ROUGH]) {
    if (known.violation !== undefined) return known;
    known = together(known, verify(executionMachine, within(scope)));
  }
  return known;
}

/** What was seen in one world or the other. */
function together(before: VerifyReport, now: VerifyReport): VerifyReport {
  const neverTaken = before.neverTaken.filter((name) => now.neverTaken.includes(name));
  const neverMet = before.neverMet.filter((name) => now.neverMet.includes(name));
  return {
    ...now,
    states: before.states + now.states,
    moves: before.moves + now.moves,
    chartStates: before.chartStates + now.chartStates,
    decisions: before.decisions + now.decisions,
    transitionsTaken: before.transitions - neverTaken.length,
    neverTaken,
    neverMet,
    ...((before.isCut ?? now.isCut) && { isCut: true }),
  };
}

/** Checks the chart, or a variant of it. Takes no time, in the sense that it reads no clock. */
export function verify(chart: ExecutionChart = executionMachine, scope: Scope = EVERYTHING): VerifyReport {
  const { graph, steps, violation, isCut } = search(chart, scope);
  // What was not looked at may be the way out.
  const isToEnd = violation === undefined && !isCut && (scope.laws ?? ['L11']).includes('L11');
  const lost = isToEnd ? endless(graph) : undefined;
  const found: Violation | undefined =
    lost === undefined ? violation : { law: 'L11', why: lost.why, way: graph.way(lost.state) };
  const all = steps.coverage();
  const never = all.filter(({ isTaken }) => !isTaken);
  return {
    states: graph.states,
    moves: graph.moves,
    chartStates: steps.states.size,
    decisions: steps.decisions,
    transitionsTaken: all.length - never.length,
    transitions: all.length,
    neverTaken: never.map(({ edge }) => edge.name),
    neverMet: neverMet(steps.chart, all),
    laws: scope.laws ?? (Object.keys(laws) as LawId[]),
    ...(isCut && { isCut }),
    ...(found !== undefined && { violation: found }),
  };
}

/** The way to a broken law, one step a line. */
export const wayLines = ({ way }: Pick<Violation, 'way'>): readonly string[] =>
  way.map(({ label, state, time }, index) => {
    const when = time === undefined ? '' : `  (${time})`;
    return `${String(index + 1).padStart(3)}. ${label}\n       → ${state}${when}`;
  });
