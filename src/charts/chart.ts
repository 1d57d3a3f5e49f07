/**
 * A chart as plain data, read from the very machine that runs.
 *
 * 1. Everything that the machine says is here, once: each state, each transition, in the order in which it is written.
 * 2. Guards and actions stand by name, with their parameters; a nameless one cannot be drawn, and is refused.
 * 3. An id names the same state or transition for as long as its place in the chart stays the same.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A guard or an action. */
export interface Step {
  readonly name: string;
  readonly params?: Readonly<Record<string, Json>>;
}

type StateType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartState {
  readonly id: string;
  readonly key: string;
  /** Names from below the root down, joined by dots; empty for the root. */
  readonly path: string;
  readonly parent?: string;
  readonly children: readonly string[];
  readonly type: StateType;
  readonly initial?: string;
  readonly description: string;
  readonly entry: readonly Step[];
  readonly exit: readonly Step[];
  /** It is left in the same turn: nothing but eventless transitions, the last of them unconditional. */
  readonly transient: boolean;
}

export interface ChartTransition {
  /** `source/EVENT/n`: the n-th candidate, from 1, of this event in this state; `always` where there is no event. */
  readonly id: string;
  readonly source: string;
  /** Undefined: taken as soon as the guard holds. */
  readonly event?: string;
  /** Place among the candidates of the same event in the same state, from 1: the first whose guard holds is taken. */
  readonly order: number;
  /** How many candidates there are. */
  readonly candidates: number;
  readonly guard?: Step;
  /** Empty: the state is not left, the actions run. */
  readonly targets: readonly string[];
  readonly actions: readonly Step[];
  readonly reenter: boolean;
  /** Ids of the rules that it keeps. */
  readonly rules: readonly string[];
  readonly description: string;
}

export interface Chart {
  readonly id: string;
  readonly description: string;
  /** In document order, the root first. */
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
}

/** How an eventless transition is called where a name is needed. */
export const ALWAYS = 'always';

/** @throws TypeError when a guard or an action has no name, or the machine has what a pure chart has not (`invoke`, `after`). */
export function readChart(machine: AnyStateMachine): Chart {
  const nodes = withDescendants(machine.root);
  return {
    id: machine.id,
    description: machine.root.description ?? '',
    states: nodes.map(readState),
    transitions: nodes.flatMap(readTransitions),
  };
}

/** The id of a transition as XState hands it out, for whoever watches a running machine. */
export function transitionId(definition: AnyTransitionDefinition): string {
  const { source, eventType } = definition;
  const candidates = eventType === '' ? (source.always ?? []) : (source.transitions.get(eventType) ?? []);
  return idOf(source.id, eventType, candidates.indexOf(definition) + 1);
}

/** How many states the chart has; its root is the chart itself, and is not counted. */
export const stateCountOf = ({ states }: Chart): number => states.length - 1;

/** Whether a state lies inside another, at any depth. */
export function isInside(chart: Chart, id: string, ancestor: string): boolean {
  const parent = chart.states.find((state) => state.id === id)?.parent;
  return parent !== undefined && (parent === ancestor || isInside(chart, parent, ancestor));
}

const idOf = (source: string, eventType: string, order: number): string =>
  `${source}/${eventType === '' ? ALWAYS : eventType}/${order}`;

const withDescendants = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((child) => withDescendants(child)),
];

function readState(node: AnyStateNode): ChartState {
  if (node.invoke.length > 0) throw new TypeError(`${node.id} invokes an actor; a chart only decides`);
  if (node.after.length > 0) throw new TypeError(`${node.id} holds a timer; a chart only decides`);
  const initial = node.initial?.target[0]?.id;
  return {
    id: node.id,
    key: node.key,
    path: node.path.join('.'),
    ...(node.parent !== undefined && { parent: node.parent.id }),
    children: Object.values(node.states).map((child) => child.id),
    type: node.type,
    ...(initial !== undefined && node.type === 'compound' && { initial }),
    description: node.description ?? '',
    entry: node.entry.map((step) => readStep(step, node.id)),
    exit: node.exit.map((step) => readStep(step, node.id)),
    transient: isTransient(node),
  };
}

function isTransient(node: AnyStateNode): boolean {
  const last = node.always?.at(-1);
  return last !== undefined && last.guard === undefined && node.transitions.size === 0;
}

function readTransitions(node: AnyStateNode): ChartTransition[] {
  const groups: (readonly [string, readonly AnyTransitionDefinition[]])[] = [
    ...node.transitions,
    ['', node.always ?? []],
  ];
  return groups.flatMap(([event, candidates]) =>
    candidates.map((definition, index) => {
      return readTransition(definition, event, index + 1, candidates.length);
    }),
  );
}

function readTransition(
  definition: AnyTransitionDefinition,
  event: string,
  order: number,
  candidates: number,
): ChartTransition {
  const source = definition.source.id;
  const { meta, description = '', guard, reenter } = definition;
  return {
    id: idOf(source, event, order),
    source,
    ...(event !== '' && { event }),
    order,
    candidates,
    ...(guard !== undefined && { guard: readStep(guard, source) }),
    targets: (definition.target ?? []).map((target) => target.id),
    actions: definition.actions.map((step) => readStep(step, source)),
    reenter,
    rules: readRules(meta),
    description,
  };
}

function readStep(step: unknown, place: string): Step {
  if (typeof step === 'string') return { name: step };
  if (typeof step === 'object' && step !== null && 'type' in step && typeof step.type === 'string') {
    const params = 'params' in step ? step.params : undefined;
    if (params === undefined) return { name: step.type };
    if (isRecord(params)) return { name: step.type, params };
  }
  throw new TypeError(`${place} has a guard or an action without a name`);
}

/** Parameters are written as literals in the chart; whoever puts a function there has made it unreadable. */
const isRecord = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isJson);

const isJson = (value: unknown): value is Json =>
  value === null ||
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) ? value.every(isJson) : isRecord(value));

function readRules(meta: unknown): readonly string[] {
  if (typeof meta !== 'object' || meta === null || !('rules' in meta) || !Array.isArray(meta.rules)) return [];
  return meta.rules.filter((rule) => typeof rule === 'string');
}
