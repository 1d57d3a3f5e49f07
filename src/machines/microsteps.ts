/**
 * Single steps of a chart, without an actor, and which transitions they take, exactly.
 *
 * 1. The machine's own `transition` decides, the one that a running actor calls; the public function of that name builds
 *    a throw-away actor for each step, which costs ten times as much.
 * 2. The transition objects of a microstep are those of the definition, so that no two edges can be mistaken.
 * 3. What is underscore-named in XState is used in this file alone, beside the nodes of `guard-answers.ts`; a test in
 *    test/paths fails when it comes to mean something else.
 */
import type { AnyStateMachine, AnyTransitionDefinition, EventObject, SnapshotFrom } from 'xstate';
import { runOn, type Standing, takesOn } from './chart-run.js';
import { tableOf } from './chart-table.js';

/** One step of the chart: from where, by which transitions (none when the event was ignored), to where. */
export interface Microstep<Machine extends AnyStateMachine> {
  readonly event: EventObject;
  readonly before: SnapshotFrom<Machine>;
  readonly transitions: readonly AnyTransitionDefinition[];
  readonly after: SnapshotFrom<Machine>;
}

/** All that an event sets off. */
export interface Macrostep<Machine extends AnyStateMachine> {
  readonly after: SnapshotFrom<Machine>;
  readonly microsteps: readonly Microstep<Machine>[];
  /** What the chart asked for, in order. */
  readonly emitted: readonly unknown[];
}

interface Inspected {
  readonly type: string;
  readonly snapshot: unknown;
  readonly _transitions?: readonly AnyTransitionDefinition[];
}

interface Executable {
  readonly type: string;
  readonly params?: unknown;
}

const nothing = (): undefined => undefined;

/** A scope that hands everything to two listeners and does nothing by itself. */
const scopeFor = (inspect: (event: Inspected) => void, execute: (action: Executable) => void): object => ({
  id: '',
  sessionId: '',
  self: { send: nothing },
  logger: nothing,
  defer: nothing,
  emit: nothing,
  stopChild: nothing,
  actionExecutor: execute,
  system: { _sendInspectionEvent: inspect },
});

/** What the step under way has asked for: steps are synchronous, and none begins within another. */
let emittedNow: unknown[] = [];

const keepEmitted = ({ type, params }: Executable): void => {
  if (type === 'xstate.emit') emittedNow.push((params as { readonly event: unknown }).event);
};

const SHARED_SCOPE = scopeFor(nothing, keepEmitted);

/** The state before the first event. */
export const firstSnapshot = <Machine extends AnyStateMachine>(
  machine: Machine,
  input: unknown,
): SnapshotFrom<Machine> =>
  (tableOf(machine)?.begin(input) ?? machine.getInitialSnapshot(SHARED_SCOPE as never, input)) as SnapshotFrom<Machine>;

/** Whether the state takes the event at all. Nothing is taken by a final one. */
export function isTaken<Snapshot extends Standing>(state: Snapshot, event: EventObject): boolean {
  if (state.status !== 'active') return false;
  const table = tableOf(state.machine);
  return table === undefined
    ? (state as unknown as { can(event: EventObject): boolean }).can(event)
    : takesOn(table, state, event);
}

/** What one event comes to, without a look at the steps in between. */
export function wholeStep<Snapshot extends Standing>(
  before: Snapshot,
  event: EventObject,
): { readonly after: Snapshot; readonly emitted: readonly unknown[] } {
  emittedNow = [];
  const table = tableOf(before.machine);
  if (table !== undefined) return { after: runOn(table, before, event, emittedNow), emitted: emittedNow };
  const after = before.machine.transition(before as never, event, SHARED_SCOPE as never) as unknown as Snapshot;
  return { after, emitted: emittedNow };
}

/** Sends one event to a state. Nothing follows a final state. */
export function macrostep<Machine extends AnyStateMachine>(
  machine: Machine,
  before: SnapshotFrom<Machine>,
  event: EventObject,
): Macrostep<Machine> {
  const microsteps: Microstep<Machine>[] = [];
  const emitted: unknown[] = [];
  if ((before as { readonly status: string }).status !== 'active') return { after: before, microsteps, emitted };
  let from = before;
  const inspect = ({ type, snapshot, _transitions: transitions = [] }: Inspected): void => {
    if (type !== '@xstate.microstep') return;
    const after = snapshot as SnapshotFrom<Machine>;
    microsteps.push({ event, before: from, transitions, after });
    from = after;
  };
  const execute = ({ type, params }: Executable): void => {
    if (type === 'xstate.emit') emitted.push((params as { readonly event: unknown }).event);
  };
  const after = machine.transition(before as never, event, scopeFor(inspect, execute) as never);
  if (microsteps.length === 0)
    microsteps.push({ event, before, transitions: [], after: after as SnapshotFrom<Machine> });
  return { after: after as SnapshotFrom<Machine>, microsteps, emitted };
}

/** Sends the events one after the other; returns each microstep, in order. */
export function microstepsOf<Machine extends AnyStateMachine>(
  machine: Machine,
  input: unknown,
  events: readonly EventObject[],
): readonly Microstep<Machine>[] {
  let before = firstSnapshot(machine, input);
  return events.flatMap((event) => {
    const { after, microsteps } = macrostep(machine, before, event);
    before = after;
    return microsteps;
  });
}
