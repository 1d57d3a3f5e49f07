/**
 * Which final statuses a way into `done` may carry: what was decided on it, or on any way that leads to it.
 */
import { type Chart, type ChartTransition, isInside, type Step } from './chart.js';

/** The status that an action decides, if it decides one. */
function statusOf({ name, params }: Step): string | undefined {
  if (name === 'decideByBroker') return 'CANCELLED';
  const status = name === 'decide' || name === 'decideRefusal' ? params?.['status'] : undefined;
  return typeof status === 'string' ? status : undefined;
}

/** The top state that a state is, or lies in. */
export function topOf(chart: Chart, id: string): string {
  const top = chart.states.find(
    (state) => state.parent === chart.id && (state.id === id || isInside(chart, id, state.id)),
  );
  return top?.id ?? id;
}

/** Statuses that may stand when a transition is taken, in no order; none where the chart decides none. */
export function outcomesOf(chart: Chart): (transition: ChartTransition) => readonly string[] {
  const known = new Map<string, Set<string>>();
  const decided = (steps: readonly Step[]) => steps.flatMap((step) => statusOf(step) ?? []);
  const of = (transition: ChartTransition): readonly string[] => {
    const own = decided(transition.actions);
    return own.length > 0 ? own : [...(known.get(topOf(chart, transition.source)) ?? [])];
  };
  for (let size = -1; size !== total(known); ) {
    size = total(known);
    for (const transition of chart.transitions) {
      for (const target of transition.targets) {
        const top = topOf(chart, target);
        const entered = decided(chart.states.find(({ id }) => id === top)?.entry ?? []);
        known.set(top, new Set([...(known.get(top) ?? []), ...(entered.length > 0 ? entered : of(transition))]));
      }
    }
  }
  return of;
}

const total = (sets: ReadonlyMap<string, ReadonlySet<string>>): number =>
  [...sets.values()].reduce((sum, { size }) => sum + size, 0);
