/**
 * What there is to cover, read from the definition: states, transitions and guard branches.
 *
 * 1. `machine.root` is walked, event transitions and eventless ones alike; nothing is listed by hand.
 * 2. A transition has one id wherever it is seen: its source, its event, its place among the transitions
 *    of that event, and its guard.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

interface ChartTransition {
  /** Such as `pending|ORDER_REPORT|0 [fillsInTime]`; `always` for eventless ones. */
  readonly id: string;
  /** Path of the source state. */
  readonly source: string;
  readonly event: string;
  /** Path of the target; the source's when the transition has no target. */
  readonly target: string;
  /** In words, such as `isDeadline(hardTimeout)`. */
  readonly guard?: string;
  readonly rules: readonly string[];
  readonly description: string;
  readonly definition: AnyTransitionDefinition;
}

export interface ChartMap {
  /** Paths of all states but the root. */
  readonly states: readonly string[];
  readonly transitions: readonly ChartTransition[];
  /** `<transition id> true` and `… false`, of guarded transitions. */
  readonly branches: readonly string[];
  byDefinition(definition: AnyTransitionDefinition): ChartTransition | undefined;
}

const ALWAYS = 'always';

export const branchOf = ({ id }: Pick<ChartTransition, 'id'>, answer: boolean): string => `${id} ${answer}`;

export function chartMap(machine: AnyStateMachine): ChartMap {
  const nodes = descendants(machine.root);
  const transitions = [machine.root, ...nodes].flatMap(transitionsOf);
  const byDefinition = new Map(transitions.map((transition) => [transition.definition, transition]));
  return {
    states: nodes.map(pathOfNode),
    transitions,
    branches: transitions
      .filter(({ guard }) => guard !== undefined)
      .flatMap((transition) => [branchOf(transition, true), branchOf(transition, false)]),
    byDefinition: (definition) => byDefinition.get(definition),
  };
}

const descendants = (node: AnyStateNode): readonly AnyStateNode[] =>
  Object.values(node.states).flatMap((child) => [child, ...descendants(child)]);

export const pathOfNode = ({ path }: AnyStateNode): string => path.join('.');

function transitionsOf(node: AnyStateNode): readonly ChartTransition[] {
  const byEvent = [...node.transitions.values()].flatMap((definitions) => definitions.map(read));
  const always = (node.always ?? []).map((definition, index) => read(definition, index));
  return [...byEvent, ...always];
}

function read(definition: AnyTransitionDefinition, index: number): ChartTransition {
  const source = pathOfNode(definition.source);
  const event = definition.eventType === '' ? ALWAYS : definition.eventType;
  const [target = definition.source] = definition.target ?? [];
  const { rules = [] } = (definition.meta ?? {}) as { readonly rules?: readonly string[] };
  const guard = definition.guard === undefined ? undefined : guardInWords(definition.guard);
  return {
    id: `${source}|${event}|${index}${guard === undefined ? '' : ` [${guard}]`}`,
    source,
    event,
    target: pathOfNode(target),
    ...(guard !== undefined && { guard }),
    rules,
    description: definition.description ?? '',
    definition,
  };
}

function guardInWords(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, params } = guard as { readonly type: string; readonly params?: Readonly<Record<string, string>> };
  return params === undefined ? type : `${type}(${Object.values(params).join(', ')})`;
}
