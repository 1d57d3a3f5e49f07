/**
 * A chart as a table: each transition with the actions that it runs, in order, and the state that it ends in.
 *
 * XState works that out anew at each step; for charts like ours it never changes, and working it out was a fifth of what an
 * execution costs. The definitions stay XState's own, and so does the meaning:
 *
 * 1. Taken are the very transitions that a running actor takes, with the same actions in the same order; the states are
 *    snapshots that XState takes as its own. Tests hold every kind of step against a running actor.
 * 2. A chart that uses more than these charts do (parallel or history states, `invoke`, `after`, actions other than assign
 *    and emit, wildcards, final states within others, guards made of guards) gets no table, and is run by XState.
 * 3. Guards and actions are looked up by name when they are needed, so that what is provided later counts.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, StateValue } from 'xstate';
import { type WithPatch, withPatchOf } from './context-copy.js';

/** An action or a guard as a chart names it. */
export type Named = string | { readonly type: string; readonly params?: unknown };

export interface Row {
  readonly guard: Named | undefined;
  /** Of each state that is left, innermost first; of the transition; of each state that is entered, outermost first. */
  readonly actions: readonly Named[];
  /** Where it ends; absent where it stays. */
  readonly to: Place | undefined;
  /** It neither goes anywhere nor does anything: the fact is refused here. */
  readonly isForbidden: boolean;
}

/** An innermost state. */
export interface Place {
  readonly id: string;
  /** The state that a snapshot is made from: all but context and status. */
  readonly template: object;
  readonly isFinal: boolean;
  /** By type of fact: the rows of the state and of those around it, innermost first. */
  rowsFor(type: string): readonly Candidates[];
  readonly always: readonly (readonly Row[])[];
}

interface Candidates {
  /** Id of the state whose transitions these are. */
  readonly state: string;
  readonly rows: readonly Row[];
}

export interface ChartTable {
  placeOf(value: unknown): Place;
  /** How a context is made from the one before. */
  readonly withPatch: WithPatch;
  /** The state before the first event; `undefined` where entering it does something. */
  begin(input: unknown): object | undefined;
  /** Longest chain of transitions without an event that is no fault. */
  readonly most: number;
}

const tables = new WeakMap<AnyStateMachine, ChartTable | undefined>();

/** The table of a chart; `undefined` where XState must run it. */
export function tableOf(machine: AnyStateMachine): ChartTable | undefined {
  if (!tables.has(machine)) tables.set(machine, isPlain(machine) ? newTable(machine) : undefined);
  return tables.get(machine);
}

const nodesOf = (node: AnyStateNode): readonly AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];
const ancestorsOf = (node: AnyStateNode): readonly AnyStateNode[] =>
  node.parent === undefined ? [] : [node.parent, ...ancestorsOf(node.parent)];
const isWithin = (node: AnyStateNode, outer: AnyStateNode): boolean => ancestorsOf(node).includes(outer);
const transitionsOf = (node: AnyStateNode): readonly AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

/** Whether the chart uses nothing but what the table knows. */
function isPlain(machine: AnyStateMachine): boolean {
  const { actions, guards } = machine.implementations as Implementations;
  const isKnownAction = (action: unknown): boolean => {
    const found = actions[nameOf(action) ?? ''];
    return found?.type === 'xstate.assign' ? typeof found.assignment === 'function' : found?.type === 'xstate.emit';
  };
  const isKnownGuard = (guard: unknown): boolean => {
    if (guard === undefined) return true;
    const found: unknown = guards[nameOf(guard) ?? ''];
    return typeof found === 'function' && !('check' in found);
  };
  return nodesOf(machine.root).every((node) => {
    const isKnownState =
      ['atomic', 'compound', 'final'].includes(node.type) && (node.type !== 'final' || node.parent === machine.root);
    const all = transitionsOf(node);
    const acts = [node.entry, node.exit, node.initial?.actions ?? [], ...all.map((one) => one.actions)].flat();
    const leaves = node.type === 'final' || node.parent === undefined ? node.exit.length > 0 : false;
    const isBare = !leaves && node.invoke.length === 0 && node.after.length === 0;
    const isOne = all.every(({ target }) => (target?.length ?? 0) <= 1);
    const isExact = [...node.transitions.keys()].every((key) => !key.includes('*') && !key.startsWith('xstate.'));
    const isKnown = acts.every(isKnownAction) && all.every(({ guard }) => isKnownGuard(guard));
    return isKnownState && isBare && isOne && isExact && isKnown;
  });
}

interface Implementations {
  readonly actions: Readonly<Record<string, { readonly type?: string; readonly assignment?: unknown } | undefined>>;
  readonly guards: Readonly<Record<string, unknown>>;
}

function nameOf(named: unknown): string | undefined {
  if (typeof named === 'string') return named;
  if (typeof named !== 'object' || named === null) return undefined;
  const { type, params } = named as { readonly type?: unknown; readonly params?: unknown };
  return typeof type === 'string' && typeof params !== 'function' ? type : undefined;
}

function newTable(machine: AnyStateMachine): ChartTable {
  const places = new Map<AnyStateNode, Place>();
  const byValue = new WeakMap<object, Place>();
  const byName = new Map<string, Place>();

  function placeAt(node: AnyStateNode): Place {
    const known = places.get(node);
    if (known !== undefined) return known;
    const place = newPlace(node);
    places.set(node, place);
    return place;
  }

  function newPlace(node: AnyStateNode): Place {
    const value = stateValueOf(node);
    // One for all snapshots in this state. It is copied and handed to nobody, and not frozen: that would make the copy costly.
    const template = { ...machine.resolveState({ value, context: {} }), value, children: Object.freeze({}) };
    const path = [node, ...ancestorsOf(node)];
    const byType = new Map<string, readonly Candidates[]>();
    const from = (transition: AnyTransitionDefinition) => rowOf(transition, path);
    return {
      id: node.id,
      template,
      isFinal: node.type === 'final',
      rowsFor(type) {
        const known = byType.get(type);
        if (known !== undefined) return known;
        const found = path
          .map((state) => ({ state: state.id, rows: (state.transitions.get(type) ?? []).map(from) }))
          .filter((candidates) => candidates.rows.length > 0);
        byType.set(type, found);
        return found;
      },
      get always() {
        const found = path.map((state) => (state.always ?? []).map(from)).filter((all) => all.length > 0);
        Object.defineProperty(this, 'always', { value: found });
        return found;
      },
    };
  }

  /** @param path the state that it is taken in, and those around it */
  function rowOf(transition: AnyTransitionDefinition, path: readonly AnyStateNode[]): Row {
    const entered = enteredBy(transition);
    const innermost = entered.at(-1)?.node;
    const own = transition.actions as unknown as readonly Named[];
    const left = leftBy(transition, path).flatMap(({ exit }) => exit as unknown as readonly Named[]);
    return {
      guard: transition.guard as Named | undefined,
      actions: [...left, ...own, ...entered.flatMap(({ actions }) => actions)],
      to: innermost === undefined ? undefined : placeAt(innermost),
      isForbidden: transition.target === undefined && own.length === 0,
    };
  }

  function placeOf(value: unknown): Place {
    if (typeof value === 'string') {
      const known = byName.get(value);
      if (known !== undefined) return known;
      const place = placeAt(nodeAt(machine.root, value));
      byName.set(value, place);
      return place;
    }
    const known = byValue.get(value as object);
    if (known !== undefined) return known;
    const place = placeAt(nodeAt(machine.root, value));
    byValue.set(value as object, place);
    return place;
  }

  const first = innermostOf(machine.root);
  const around = [first, ...ancestorsOf(first)];
  const isQuiet = around.every(
    ({ entry, initial, always }) =>
      entry.length === 0 && (always ?? []).length === 0 && (initial?.actions ?? []).length === 0,
  );
  const { context } = machine.config as { readonly context?: unknown };

  function begin(input: unknown): object | undefined {
    if (!isQuiet) return undefined;
    const known: unknown = typeof context === 'function' ? context({ input }) : context;
    return { ...placeAt(first).template, context: known, status: 'active' };
  }

  const most = machine.options?.maxIterations ?? Number.POSITIVE_INFINITY;
  return { placeOf, begin, most, withPatch: withPatchOf(machine) };
}

/** The state value of an innermost state, from the root on. */
function stateValueOf(node: AnyStateNode): StateValue {
  const names = [node, ...ancestorsOf(node)].slice(0, -1).map(({ key }) => key);
  const [innermost = '', ...around] = names;
  return around.reduce<StateValue>((inner, name) => Object.freeze({ [name]: inner }), innermost);
}

function nodeAt(root: AnyStateNode, value: unknown): AnyStateNode {
  const [name, inner] = typeof value === 'string' ? [value, undefined] : (Object.entries(value as object)[0] ?? ['']);
  const node = root.states[name];
  if (node === undefined) throw new RangeError(`the chart has no state ${JSON.stringify(value)} in ${root.id}`);
  if (inner !== undefined) return nodeAt(node, inner);
  return innermostOf(node);
}

const initialOf = (node: AnyStateNode): AnyStateNode | undefined =>
  node.initial?.target?.[0] as AnyStateNode | undefined;

function innermostOf(node: AnyStateNode): AnyStateNode {
  const first = initialOf(node);
  return first === undefined ? node : innermostOf(first);
}

interface Entered {
  readonly node: AnyStateNode;
  readonly actions: readonly Named[];
}

/** The states that a transition enters, outermost first, each with the actions of its entry. */
function enteredBy(transition: AnyTransitionDefinition): readonly Entered[] {
  const target = transition.target?.[0] as AnyStateNode | undefined;
  if (target === undefined) return [];
  const domain = domainOf(transition, target);
  const source = transition.source as AnyStateNode;
  const isEntered = source !== target || source !== domain || transition.reenter;
  const around = ancestorsOf(target).filter((node) => domain === undefined || isWithin(node, domain));
  const inward: AnyStateNode[] = [];
  for (let node = initialOf(target); node !== undefined; node = initialOf(node)) inward.push(node);
  // A state that is targeted, or entered on the way in, runs its initial transition; one around the target does not.
  const byDefault = isEntered ? [target, ...inward] : inward;
  return [
    ...around.toReversed().map((node) => entered(node, false)),
    ...byDefault.map((node) => entered(node, node.type === 'compound')),
  ];
}

const entered = (node: AnyStateNode, withInitial: boolean): Entered => ({
  node,
  actions: [...node.entry, ...(withInitial ? node.initial.actions : [])] as unknown as readonly Named[],
});

/** The states of the path that a transition leaves, innermost first. */
function leftBy(transition: AnyTransitionDefinition, path: readonly AnyStateNode[]): readonly AnyStateNode[] {
  const target = transition.target?.[0] as AnyStateNode | undefined;
  if (target === undefined) return [];
  const domain = domainOf(transition, target);
  const isReentered = transition.reenter && transition.source === domain;
  return path.filter((node) => (isReentered && node === domain) || (domain !== undefined && isWithin(node, domain)));
}

/** The innermost state that the transition does not leave; `undefined` when it leaves the root itself. */
function domainOf(transition: AnyTransitionDefinition, target: AnyStateNode): AnyStateNode | undefined {
  const source = transition.source as AnyStateNode;
  if (!transition.reenter && (target === source || isWithin(target, source))) return source;
  const common = ancestorsOf(target).find((ancestor) => isWithin(source, ancestor));
  if (common !== undefined || transition.reenter) return common;
  return source.machine.root as AnyStateNode;
}
