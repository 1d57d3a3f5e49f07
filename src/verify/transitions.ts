/**
 * The transitions of a chart as it holds them, in the order of its states: for coverage, and for tracing rules.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { branchOf, chartMap } from '../machines/chart-map.js';

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

/** What a search has seen of a transition: it was taken; its guard has said no. */
export interface SeenEdge {
  readonly edge: ChartEdge;
  readonly isTaken: boolean;
  readonly isRefused: boolean;
}

/** Transitions and answers of guards that a search never met, by the ids that the paths give them. */
export function neverMet(chart: AnyStateMachine, seen: readonly SeenEdge[]): readonly string[] {
  const map = chartMap(chart);
  return seen.flatMap(({ edge: { definition }, isTaken, isRefused }) => {
    const transition = map.byDefinition(definition);
    if (transition === undefined) return [];
    const { id, guard } = transition;
    const answers =
      guard === undefined ? [] : [isTaken, isRefused].map((is, no) => (is ? '' : branchOf({ id }, no === 0)));
    return [isTaken ? '' : id, ...answers].filter((name) => name !== '');
  });
}

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
