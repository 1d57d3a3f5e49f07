/**
 * Which guards one step of a chart has asked, and what each answered.
 *
 * 1. A chart asks the transitions of a state in their order, from the innermost state outwards, and takes the first whose
 *    guard says yes: all before it have said no. So the answers are read off the transition that was taken.
 * 2. The charts have no parallel states: there is one innermost state.
 */
import type { AnyStateNode, AnyTransitionDefinition, EventObject } from 'xstate';

/** @param nodes the states that are active before the step, in any order */
export function* guardAnswers(
  nodes: readonly AnyStateNode[],
  event: EventObject,
  taken: readonly AnyTransitionDefinition[],
): Generator<readonly [AnyTransitionDefinition, boolean]> {
  const isEventless = taken.some(({ eventType }) => eventType === '');
  const [innermost] = nodes.filter(({ type }) => type === 'atomic' || type === 'final');
  for (let node = innermost; node !== undefined; node = node.parent) {
    const candidates = isEventless ? (node.always ?? []) : (node.transitions.get(event.type) ?? []);
    for (const candidate of candidates) {
      const isTaken = taken.includes(candidate);
      if (candidate.guard !== undefined) yield [candidate, isTaken];
      if (isTaken) return;
    }
  }
}

/** The active states of a snapshot. */
export const nodesOf = (snapshot: unknown): readonly AnyStateNode[] =>
  (snapshot as { readonly _nodes: readonly AnyStateNode[] })._nodes;
