/**
 * What is drawn of the transitions, and where.
 *
 * 1. Every transition is one row inside its state. What every substate does alike is one row, in the state around them.
 * 2. Transitions that lead to another state are arrows besides; those of the same two ends share one.
 * 3. A restart (`RECOVERED`) is a row alone: it is no part of the life that the arrows tell.
 */
import { type Chart, type ChartState, type ChartTransition, isInside } from './chart.js';

/** One transition, or the same one of every substate. */
export interface Drawn {
  /** Where it is drawn: its source, or the state around all of its sources. */
  readonly at: string;
  /** One, or one of each substate; alike in all but source and order. */
  readonly transitions: readonly [ChartTransition, ...ChartTransition[]];
}

export interface Arrow {
  /** The state whose direct substates the arrow joins, or whose heading it leaves or reaches. */
  readonly within: string;
  readonly source: string;
  readonly target: string;
  readonly drawn: readonly Drawn[];
}

const ROW_EVENTS: readonly string[] = ['RECOVERED'];

/** In document order of the states, then of the transitions. */
export function rowsOf(chart: Chart): readonly Drawn[] {
  const shared = chart.states.flatMap((state) => sharedBySubstates(chart, state));
  const hoisted = new Set(shared.flatMap(({ transitions }) => transitions));
  const own = chart.transitions
    .filter((transition) => !hoisted.has(transition))
    .map((transition): Drawn => ({ at: transition.source, transitions: [transition] }));
  return [...shared, ...own].sort((a, b) => placeOf(chart, a) - placeOf(chart, b));
}

/**
 * Arrows to the very target. Out of a state with substates one arrow for each target, from its frame, whichever of its
 * substates leads there.
 */
export const gatheredArrows = (chart: Chart): readonly Arrow[] =>
  folded(chart, (source, target) => {
    const within = commonAncestor(chart, source, target);
    return { within, source: childOf(chart, within, source), target };
  });

/**
 * Arrows between neighbours: an end that lies deeper is drawn at the neighbour around it. The ends of an arrow are two
 * substates of `within`, or `within` itself and one of its substates.
 */
export const neighbourArrows = (chart: Chart): readonly Arrow[] =>
  folded(chart, (source, target) => {
    const within = commonAncestor(chart, source, target);
    return { within, source: childOf(chart, within, source), target: childOf(chart, within, target) };
  });

/** Whether an arrow ends at the very state that its transitions name. */
export const isExact = ({ source, target, drawn }: Arrow): { readonly source: boolean; readonly target: boolean } => ({
  source: drawn.every(({ at }) => at === source),
  target: drawn.every((one) => targetOf(one) === target),
});

const targetOf = ({ transitions: [first] }: Drawn): string | undefined => first.targets[0];

function folded(
  chart: Chart,
  endsOf: (source: string, target: string) => Pick<Arrow, 'within' | 'source' | 'target'>,
): readonly Arrow[] {
  const arrows = new Map<string, Arrow>();
  for (const one of rowsOf(chart)) {
    const target = targetOf(one);
    if (target === undefined || ROW_EVENTS.includes(one.transitions[0].event ?? '')) continue;
    const ends = endsOf(one.at, target);
    const key = `${ends.source} ${ends.target}`;
    arrows.set(key, { ...ends, drawn: [...(arrows.get(key)?.drawn ?? []), one] });
  }
  return [...arrows.values()];
}

/** The innermost state that is, or is around, both; around them both when they are one. */
function commonAncestor(chart: Chart, a: string, b: string): string {
  const isAround = (id: string, inner: string) => isInside(chart, inner, id) || (id === inner && a !== b);
  const around = chart.states.filter(({ id }) => isAround(id, a) && isAround(id, b));
  return around.at(-1)?.id ?? chart.id;
}

/** The direct substate of `ancestor` that is, or is around, the state; the ancestor itself when it is the state. */
const childOf = (chart: Chart, ancestor: string, id: string): string =>
  chart.states.find((state) => state.parent === ancestor && (state.id === id || isInside(chart, id, state.id)))?.id ??
  ancestor;

/** Document order of the state, then of the transition. */
const placeOf = (chart: Chart, { at, transitions: [first] }: Drawn): number =>
  chart.states.findIndex(({ id }) => id === at) * chart.transitions.length + chart.transitions.indexOf(first);

function sharedBySubstates(chart: Chart, { id, children }: ChartState): readonly Drawn[] {
  if (children.length < 2) return [];
  const [first = [], ...others] = children.map((child) => chart.transitions.filter(({ source }) => source === child));
  return first.flatMap((transition): Drawn[] => {
    const twins = others.flatMap((candidates) => candidates.find((other) => areAlike(transition, other)) ?? []);
    const leaves = !transition.targets.some((target) => children.includes(target));
    return leaves && twins.length === others.length ? [{ at: id, transitions: [transition, ...twins] }] : [];
  });
}

function areAlike(a: ChartTransition, b: ChartTransition): boolean {
  const likeness = ({ event, guard, targets, actions, reenter, rules, description }: ChartTransition) =>
    JSON.stringify([event, guard, targets, actions, reenter, rules, description]);
  return likeness(a) === likeness(b);
}
