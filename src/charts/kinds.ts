/**
 * What a transition is about, for its colour and its stroke. Nothing is told by colour alone.
 */
import type { ChartTransition } from './chart.js';

/** In the order in which the legend names them. */
export const KINDS = ['step', 'fill', 'failure', 'deadline', 'switch', 'restart'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_WORDS: Readonly<Record<Kind, string>> = {
  step: 'next step',
  fill: 'the whole size is filled',
  failure: 'refused, failed, closed or unprotected',
  deadline: 'a deadline has come',
  switch: 'a kill switch changed',
  restart: 'the engine was restarted',
};

const FAILURES: readonly string[] = ['decideRefusal', 'decideByBroker', 'noteUnprotected', 'openMismatchCase'];
const GOOD: readonly string[] = ['FILLED', 'EXECUTED_FULL_LATE'];

/** Of what is decided on the way, then of the event that caused it. */
export function kindOf(transition: ChartTransition): Kind {
  return isFailure(transition) ? 'failure' : causeOf(transition);
}

/** Of the event alone. */
export function causeOf({ event, guard }: ChartTransition): Kind {
  if (event === 'DEADLINE') return 'deadline';
  if (event === 'KILL_SWITCH') return 'switch';
  if (event === 'RECOVERED') return 'restart';
  return guard?.name.startsWith('fills') === true ? 'fill' : 'step';
}

/** Of an arrow: what all of its transitions are, else a plain step. */
export function commonKind(transitions: readonly ChartTransition[]): Kind {
  const [first, ...others] = [...new Set(transitions.map(kindOf))];
  return first === undefined || others.length > 0 ? 'step' : first;
}

const isFailure = ({ actions }: ChartTransition): boolean =>
  actions.some(
    ({ name, params }) =>
      FAILURES.includes(name) || (name === 'decide' && !GOOD.includes(String(params?.['status'] ?? ''))),
  );
