/**
 * Time, abstracted: in each phase of a life only the order of "now" and the deadlines of that phase matters.
 *
 * Why this is sound: a guard reads time only to compare the received time with T = 30 s and T = 32 s (while an order may
 * be live) or with the end of the protection window (while protection is placed). Between two such marks every instant
 * is alike, so one instant stands for each open stretch and one for each mark. The instants lie one millisecond beside
 * the marks, so that a comparison that is off by one is caught. `decide` sees real numbers: nothing is abstracted there.
 */
import type { ExecutionContext } from '../machines/execution.context.js';
import type { DeadlineName } from '../machines/execution.facts.js';
import { HARD_TIMEOUT, PROTECTION, T_LATE, VALIDATION } from './figures.js';

export type Phase =
  /** `validating`. */
  | 'validate'
  /** Before the first submit call. */
  | 'first'
  /** An order is, may be, or may come to be live. */
  | 'live'
  /** SL and TP are being placed. */
  | 'protect'
  /** The broker is being asked once. */
  | 'compare'
  | 'over';

/** When the advisory comes in, engine ms; not 0, so that a start that is forgotten shows. */
const START_AT = 1_000;
/** When the first submit call begins, engine ms. */
export const FIRST_SUBMIT_AT = 20_000;
const COMPARED_AT = 100_000;

/** T of each stretch and mark while an order may be live. */
export const LIVE_TIMES = [HARD_TIMEOUT - 1, HARD_TIMEOUT, HARD_TIMEOUT + 1, T_LATE, T_LATE + 1] as const;

/** How many instants a phase has; the last one is after every deadline of the phase. */
export const INSTANTS: { readonly [Name in Phase]: number } = {
  validate: 2,
  first: 1,
  live: LIVE_TIMES.length,
  protect: 2,
  compare: 2,
  over: 1,
};
export const MOST_INSTANTS = LIVE_TIMES.length;

const PROTECTING = /\.(?:computing|placing|overdue|confirming|backingOff)$/;

export function phaseOf(path: string, context: Pick<ExecutionContext, 'firstSubmitAt'>): Phase {
  const top = path.split('.', 1)[0];
  switch (top) {
    case 'done':
      return 'over';
    case 'validating':
      return 'validate';
    case 'filled':
    case 'late':
      return 'protect';
    case 'reconciling':
      return PROTECTING.test(path) ? 'protect' : 'compare';
    default:
      return context.firstSubmitAt === undefined ? 'first' : 'live';
  }
}

/** The received time of a fact, engine ms. */
export function timeOf(phase: Phase, instant: number, { protection }: Pick<ExecutionContext, 'protection'>): number {
  switch (phase) {
    case 'validate':
      return START_AT + instant * VALIDATION;
    case 'first':
      return FIRST_SUBMIT_AT;
    case 'live':
      return FIRST_SUBMIT_AT + (LIVE_TIMES[instant] ?? 0);
    case 'protect':
      return (protection.endsAt ?? PROTECTION) - 1 + instant;
    case 'compare':
    case 'over':
      return COMPARED_AT + instant;
  }
}

export const DEADLINES = [
  'validation',
  'hardTimeout',
  'lateWindow',
  'submitRetry',
  'cancelRetry',
  'protection',
  'protectionCall',
  'protectionRetry',
  'reconciliation',
] as const satisfies readonly DeadlineName[];

/** Pending deadlines as a set of bits. */
export const deadlineBit = (name: DeadlineName): number => 1 << DEADLINES.indexOf(name);
const bits = (...names: DeadlineName[]): number => names.reduce((set, name) => set | deadlineBit(name), 0);

/** The deadlines that a phase can still be told of; no state of it, or of a later one, takes any other. */
export const DEADLINES_OF: { readonly [Name in Phase]: number } = {
  validate: bits('validation'),
  first: 0,
  live: bits('hardTimeout', 'lateWindow', 'submitRetry', 'cancelRetry'),
  protect: bits('protection', 'protectionCall', 'protectionRetry'),
  compare: bits('reconciliation'),
  over: 0,
};

/** A repeat waits for 200 ms at least, and for how long does not matter: it may fall due at any instant. */
export const isRetry = (name: DeadlineName): boolean => name.endsWith('Retry');

/** The first instant of its phase at which a deadline may fall due. */
export function dueFrom(name: DeadlineName): number {
  if (isRetry(name)) return 0;
  return name === 'lateWindow' ? LIVE_TIMES.indexOf(T_LATE) : 1;
}
