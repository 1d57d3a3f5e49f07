/**
 * The transitions of a chart as it holds them, in the order of its states: for coverage, and for tracing rules.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export interface ChartEdge {
  /** `pending -- KILL_SWITCH [isCancelledBySwitch] → cancelling` */
  readonly name: string;
  readonly source: string;
  /** `always` for a transition that needs no event. */
  readonly event: string;
  readonly guard: string | undefined;
  /** `(stays)` for a transition without a target. */
  readonly target: string;
  readonly rules: readonly string[];
  readonly description: string;
  readonly definition: AnyTransitionDefinition;
}

export const transitionsOf = (chart: AnyStateMachine): readonly ChartEdge[] => edgesOf(chart.root, `${chart.id}.`);

function edgesOf(node: AnyStateNode, prefix: string): readonly ChartEdge[] {
  const own = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
  const inner = Object.values(node.states).flatMap((child) => edgesOf(child, prefix));
  return [...own.map((definition) => edgeOf(definition, node, prefix)), ...inner];
}

function edgeOf(definition: AnyTransitionDefinition, node: AnyStateNode, prefix: string): ChartEdge {
  const short = ({ id }: AnyStateNode) => (id.startsWith(prefix) ? id.slice(prefix.length) : id);
  const source = short(node);
  const event = definition.eventType === '' ? 'always' : definition.eventType;
  const guard = guardName(definition.guard);
  const target = definition.target?.map(short).join(', ') ?? '(stays)';
  const rules = (definition.meta as { rules?: readonly string[] } | undefined)?.rules ?? [];
  const name = `${source} -- ${event}${guard === undefined ? '' : ` [${guard}]`} → ${target}`;
  return { name, source, event, guard, target, rules, description: definition.description ?? '', definition };
}

function guardName(guard: unknown): string | undefined {
  if (typeof guard === 'string') return guard;
  if (typeof guard !== 'object' || guard === null) return undefined;
  const { type, params } = guard as { type: string; params?: Readonly<Record<string, unknown>> };
  return params === undefined ? type : `${type} ${Object.values(params).join(' ')}`;
}
