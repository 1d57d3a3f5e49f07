/**
 * How guards, actions and events are written, in every output alike.
 */
import { ALWAYS, type ChartTransition, type Step } from './chart.js';
import { DEADLINES, deadlineOf, durationText } from './deadlines.js';

/** `decide FAILED BROKER_REJECTED`: the name, then the parameters' values. */
export const stepText = ({ name, params }: Step): string =>
  [
    name,
    ...Object.values(params ?? {}).map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  ].join(' ');

export const guardText = ({ guard }: Pick<ChartTransition, 'guard'>): string =>
  guard === undefined ? '' : `[${stepText(guard)}]`;

export const actionsText = (steps: readonly Step[]): string => steps.map(stepText).join(', ');

export const eventName = ({ event }: Pick<ChartTransition, 'event'>): string => event ?? ALWAYS;

/** `hardTimeout (30 s)`, with the real value; empty when the transition waits for no deadline. */
export function deadlineText(transition: ChartTransition): string {
  const deadline = deadlineOf(transition);
  return deadline === undefined ? '' : `${deadline} (${durationText(DEADLINES[deadline])})`;
}

/** `DEADLINE hardTimeout (30 s)`; other events by their name. */
export const eventText = (transition: ChartTransition): string =>
  [eventName(transition), deadlineText(transition)].filter((part) => part !== '').join(' ');

/** The guard where the event's text does not say it already. */
export const guardBesideEvent = (transition: ChartTransition): string =>
  deadlineOf(transition) === undefined ? guardText(transition) : '';
