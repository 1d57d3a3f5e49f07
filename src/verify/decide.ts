/**
 * One decision of the chart, without an actor: snapshot and fact in; snapshot, commands and what was taken or refused out.
 *
 * 1. It is the machine's own `transition` that decides, the one that a running actor calls. The public function of the
 *    same name builds a throw-away actor for each step, which costs ten times as much; a test shows that both agree.
 * 2. It is noticed whether a guard reads the received time. Actions read it too, but only to write it down.
 * 3. What is underscore-named in XState is used in this file alone.
 */
import {
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type EmittedFrom,
  type EventFromLogic,
  type EventObject,
  type InputFrom,
  initialTransition,
  type SnapshotFrom,
} from 'xstate';
import type { executionMachine } from '../machines/execution.machine.js';
import { guardAnswers, nodesOf } from '../machines/guard-answers.js';

export type ExecutionChart = typeof executionMachine;
export type ChartSnapshot = SnapshotFrom<ExecutionChart>;

/** A transition of the chart, as the chart holds it. Compared by identity. */
export type ChartTransition = object;

export interface Decision<Chart extends AnyStateMachine = ExecutionChart> {
  readonly snapshot: SnapshotFrom<Chart>;
  readonly commands: readonly EmittedFrom<Chart>[];
  readonly taken: readonly ChartTransition[];
  /** Transitions whose guard said no. */
  readonly refused: readonly ChartTransition[];
  /** A guard asked for the received time. When none did, the chart decides alike at any other time. */
  readonly isTimed: boolean;
}

export interface Decider<Chart extends AnyStateMachine = ExecutionChart> {
  /** The chart that decides: a copy of the given one, with transitions of its own. */
  readonly chart: Chart;
  begin(input: InputFrom<Chart>): SnapshotFrom<Chart>;
  /** @throws whatever a guard or an action throws */
  decide(snapshot: SnapshotFrom<Chart>, fact: EventFromLogic<Chart> & { readonly at: number }): Decision<Chart>;
}

type Scope = Parameters<AnyStateMachine['transition']>[2];

/** A step as XState shows it to an inspector. */
interface Inspected {
  readonly snapshot: unknown;
  readonly _transitions?: readonly AnyTransitionDefinition[];
}

/** What a machine hands to whoever carries its actions out. */
interface Executable {
  readonly type: string;
  readonly params?: unknown;
}

export function decider<Chart extends AnyStateMachine = ExecutionChart>(original: Chart): Decider<Chart> {
  let isInGuard = false;
  let isTimed = false;
  const chart = withWatchedGuards(original, (is) => {
    isInGuard = is;
  });
  let commands: EmittedFrom<Chart>[] = [];
  let taken: ChartTransition[] = [];
  let refused: ChartTransition[] = [];
  let before: unknown;
  let event: EventObject = { type: '' };
  const note = (transitions: readonly AnyTransitionDefinition[], after: unknown) => {
    for (const [asked, answer] of guardAnswers(nodesOf(before), event, transitions)) if (!answer) refused.push(asked);
    taken.push(...transitions);
    before = after;
  };
  const nothing = () => undefined;
  const scope = {
    id: '',
    sessionId: '',
    self: { send: nothing },
    logger: nothing,
    defer: nothing,
    emit: nothing,
    stopChild: nothing,
    actionExecutor: (action: Executable) => {
      if (action.type === 'xstate.emit') commands.push((action.params as { event: EmittedFrom<Chart> }).event);
    },
    system: {
      _sendInspectionEvent: ({ _transitions, snapshot }: Inspected) => {
        if (_transitions !== undefined) note(_transitions, snapshot);
      },
    },
  } as unknown as Scope;
  return {
    chart,
    begin: (input) => initialTransition(chart, input as never)[0] as SnapshotFrom<Chart>,
    decide(snapshot, fact) {
      commands = [];
      taken = [];
      refused = [];
      [before, event] = [snapshot, fact];
      isTimed = false;
      const { at } = fact;
      const watched = Object.defineProperty({ ...fact }, 'at', {
        enumerable: true,
        get: () => {
          isTimed ||= isInGuard;
          return at;
        },
      });
      const next = chart.transition(snapshot, watched, scope) as SnapshotFrom<Chart>;
      // Nothing was taken: every guard that was asked has said no.
      if (taken.length === 0) note([], next);
      return { snapshot: next, commands, taken, refused, isTimed };
    },
  };
}

type Guard = (args: never, params: never) => boolean;

/** The same chart; it is told when a guard begins and ends. */
function withWatchedGuards<Chart extends AnyStateMachine>(chart: Chart, tell: (isInGuard: boolean) => void): Chart {
  const guards = Object.entries(chart.implementations.guards as Record<string, Guard>).map(([name, guard]) => [
    name,
    (args: never, params: never) => {
      tell(true);
      try {
        return guard(args, params);
      } finally {
        tell(false);
      }
    },
  ]);
  return chart.provide({ guards: Object.fromEntries(guards) }) as Chart;
}
