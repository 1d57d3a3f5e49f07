/**
 * What the viewer has chosen in a chart: a state, or the transitions of an arrow.
 */
import type { ChartState, ChartTransition } from '../../charts/chart.js';
import type { BookChart } from '../../charts/interactive/book.js';
import type { Life } from '../../charts/interactive/life.js';
import { guardText } from '../../charts/notation.js';

export type Pick =
  | { readonly kind: 'state'; readonly id: string }
  | { readonly kind: 'transitions'; readonly ids: readonly string[] };

export const stateOf = ({ chart }: BookChart, id: string): ChartState | undefined =>
  chart.states.find((state) => state.id === id);

/** Transitions that are chosen: those of the arrow, or those that leave the state, then those of the states around it. */
export function pickedTransitions({ chart }: BookChart, pick: Pick): readonly ChartTransition[] {
  if (pick.kind === 'state') {
    const around = chart.states.map(({ id }) => id).filter((id) => `${pick.id}.`.startsWith(`${id}.`));
    return around.reverse().flatMap((id) => chart.transitions.filter(({ source }) => source === id));
  }
  const ids = new Set(pick.ids);
  return chart.transitions.filter(({ id }) => ids.has(id));
}

/** A state's name without that of the chart. */
export const shortState = (id: string): string => id.slice(id.indexOf('.') + 1);

/** `ORDER_REPORT [fillsInTime]`. */
export const transitionTitle = (transition: ChartTransition): string =>
  [transition.event ?? 'always', guardText(transition)].filter((part) => part !== '').join(' ');

/** Lives that take a transition, or pass through a state: at most so many, and how many there are. */
export function livesThrough(
  lives: readonly Life[],
  pick: Pick,
  states: ReadonlySet<string>,
  limit: number,
): { readonly lives: readonly Life[]; readonly count: number } {
  const ids = new Set(pick.kind === 'transitions' ? pick.ids : []);
  const found = lives.filter(({ steps, chart, begins }) =>
    pick.kind === 'transitions'
      ? steps.some(({ transitions }) => transitions.some((id) => ids.has(id)))
      : [begins, ...steps.map(({ to }) => to)].some((state) => states.has(`${chart}.${state}`)),
  );
  return { lives: found.slice(0, limit), count: found.length };
}
