/**
 * The host beside the chart, as far as it decides which facts can come next: timers and open calls.
 *
 * 1. Timers fire in the order of their due times, and in the order in which they were set when these are equal.
 * 2. What merely sets a timer or reads is done at once; what leaves the process follows when the fact is durable.
 * 3. A restart ends every timer and call.
 */

import type { KillSwitchType } from '../../domain/kill-switch.js';
import { cancelsLiveOrders } from '../../domain/kill-switch.js';
import { HARD_TIMEOUT_MS, LAST_LOOK_MS } from '../../domain/limits.js';
import type { ExecutionCommand } from '../../machines/execution.commands.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import type { DeadlineName, FactOf } from '../../machines/execution.facts.js';
import { WAITS_FOR } from '../../machines/host-protocol.js';
import { VIRTUAL_EPOCH_MS } from '../virtual-clock.js';
import type { PathFact } from './path-fact.js';
import { PATH_DEADLINES } from './profiles.js';

type CallName = 'ask' | 'submit' | 'cancel' | 'protect' | 'reconcile';
type TimerName = DeadlineName | `${InclusiveDeadline}.${'look' | 'end'}` | `call.${CallName}`;

/**
 * Ends of T1: at their instant others go first, then the order is looked at, and only then are they told. The broker of the
 * paths answers that look at once, so that T = 32 s takes one turn less than T = 30 s, which does not wait for it.
 */
type InclusiveDeadline = 'hardTimeout' | 'lateWindow';

/** A cancel call that is made, a look that is over, a window that was held open by a cancel which is now answered. */
type Following = 'CANCEL_STARTED' | 'ORDER_LOOKED' | 'WINDOW_OVER';

export interface HostTimer {
  readonly name: TimerName;
  /** Engine ms. */
  readonly due: number;
  /** Engine ms at which it was set. */
  readonly setAt: number;
  readonly order: number;
}

export interface HostModel {
  /** Engine ms of the last fact. */
  readonly now: number;
  readonly timers: readonly HostTimer[];
  readonly timersSet: number;
  /** Calls whose answer is still awaited. */
  readonly open: readonly CallName[];
  /** The submit call was given up and may still be answered. */
  readonly submitIsLate: boolean;
  /** A switch of this type is ACTIVE, or was set. */
  readonly switches: readonly FactOf<'KILL_SWITCH'>[];
  /** Switches that a restart has yet to tell. */
  readonly untold: readonly FactOf<'KILL_SWITCH'>[];
  /** Facts that the engine tells by itself in the turn of the fact before: a cancel call that is made, a look that is over. */
  readonly following: readonly Following[];
  readonly restarts: number;
  readonly deviations: number;
  /** Engine ms at which the process last woke up after it had slept, or had been blocked. */
  readonly wokeAt: number;
  /** The engine was closed: only the next one goes on. */
  readonly isClosed: boolean;
  /** Nothing follows: the last fact was for the chart alone. */
  readonly isOver: boolean;
}

export const newHostModel: HostModel = {
  now: VIRTUAL_EPOCH_MS,
  timers: [],
  timersSet: 0,
  open: [],
  submitIsLate: false,
  switches: [],
  untold: [],
  following: [],
  restarts: 0,
  deviations: 0,
  wokeAt: VIRTUAL_EPOCH_MS,
  isClosed: false,
  isOver: false,
};

/** How long the host waits for an answer to the call, in ms, when it is made now. */
const callLimitMs = (call: CallName, { firstSubmitAt = 0 }: ExecutionContext, now: number): number => {
  const { instrumentMs = 0, submitMs = 0, cancelMs = 0, protectionMs = 0, statusMs = 0 } = PATH_DEADLINES;
  switch (call) {
    case 'ask':
      return instrumentMs;
    case 'submit':
      return Math.min(submitMs, firstSubmitAt + HARD_TIMEOUT_MS - now);
    case 'cancel':
      return cancelMs;
    case 'protect':
      return protectionMs;
    case 'reconcile':
      return statusMs;
  }
};

const withTimer = (host: HostModel, name: TimerName, due: number): HostModel => ({
  ...host,
  timers: [
    ...host.timers.filter((timer) => timer.name.split('.')[0] !== name && timer.name !== name),
    { name, due, setAt: host.now, order: host.timersSet },
  ].sort((a, b) => a.due - b.due || a.order - b.order),
  timersSet: host.timersSet + 1,
});

export const withoutTimer = (host: HostModel, name: TimerName): HostModel => ({
  ...host,
  timers: host.timers.filter((timer) => timer.name !== name),
});

function withCall(host: HostModel, call: CallName, context: ExecutionContext): HostModel {
  const due = host.now + callLimitMs(call, context, host.now);
  const opened = { ...host, open: [...host.open.filter((other) => other !== call), call] };
  return withTimer(opened, `call.${call}`, due);
}

const ANSWERS: { readonly [Type in PathFact['type']]?: CallName } = {
  BROKER_ASKED: 'ask',
  SUBMIT_OUTCOME: 'submit',
  CANCEL_OUTCOME: 'cancel',
  PROTECTION_OUTCOME: 'protect',
  RECONCILED: 'reconcile',
};

function answered(host: HostModel, fact: PathFact): HostModel {
  const call = ANSWERS[fact.type];
  if (call === undefined) return host;
  const closed = withoutTimer({ ...host, open: host.open.filter((other) => other !== call) }, `call.${call}`);
  if (
    call === 'cancel' &&
    host.timers.some(({ name, due }) => name === 'lateWindow' && Math.max(due, host.wokeAt) < fact.at)
  ) {
    return { ...withoutTimer(closed, 'lateWindow'), following: [...closed.following, 'WINDOW_OVER'] };
  }
  if (call !== 'submit') return closed;
  return { ...closed, submitIsLate: fact.plan.cause === 'timer' };
}

const NEXT_STAGE: { readonly [Name in TimerName]?: TimerName } = {
  hardTimeout: 'hardTimeout.look',
  'hardTimeout.look': 'hardTimeout.end',
  lateWindow: 'lateWindow.end',
};

/** The host after its first timer, when that one only sets another; `undefined` when it tells something. */
export function afterStage(host: HostModel): HostModel | undefined {
  const [first] = host.timers;
  const next = first === undefined ? undefined : NEXT_STAGE[first.name];
  if (first === undefined || next === undefined) return undefined;
  // The look at T = 32 s waits for a cancel that is under way, but not for long.
  const isHeld = first.name === 'lateWindow' && host.open.includes('cancel');
  return withTimer(
    withoutTimer(host, first.name),
    next,
    isHeld ? Math.max(first.due, host.wokeAt) + LAST_LOOK_MS : first.due,
  );
}

function perform(host: HostModel, command: ExecutionCommand, context: ExecutionContext): HostModel {
  switch (command.type) {
    case 'askBroker':
      return withCall(host, 'ask', context);
    case 'cancelOrder':
      return { ...withCall(host, 'cancel', context), following: [...host.following, 'CANCEL_STARTED'] };
    case 'lookAtOrder':
      return { ...host, following: [...host.following, 'ORDER_LOOKED'] };
    case 'placeProtection':
      return withCall(host, 'protect', context);
    case 'reconcile':
      return withCall(host, 'reconcile', context);
    case 'scheduleDeadline':
      return withTimer(host, command.name, Math.max(host.now, command.at));
    default:
      return host;
  }
}

/** What asks the broker waits for the connection first, and so comes after the timers of the same turn. */
const comesAfterwards = ({ type }: ExecutionCommand): boolean =>
  type === 'askBroker' || !['nothing', 'case'].includes(WAITS_FOR[type]);

/** The host after a fact that the chart took with these commands. */
export function hostAfter(
  before: HostModel,
  fact: PathFact,
  commands: readonly ExecutionCommand[],
  context: ExecutionContext,
): HostModel {
  const isRestart = fact.type === 'RECOVERED';
  const isClosed = fact.type === 'SUBMIT_WITHDRAWN';
  const fired = fact.type === 'DEADLINE' ? withoutDeadline(before, fact) : before;
  let host: HostModel = {
    ...(isRestart || isClosed
      ? { ...fired, timers: [], open: [], submitIsLate: false, following: [] }
      : answered(fired, fact)),
    now: fact.at,
    wokeAt: fact.plan.asleep === true ? fact.at : before.wokeAt,
    isClosed,
    restarts: before.restarts + (isRestart ? 1 : 0),
    deviations: before.deviations + fact.plan.deviation,
    isOver: before.isOver || fact.plan.chartOnly === 'last',
  };
  if (fact.type === 'KILL_SWITCH') host = toldSwitch(host, fact, context);
  if (isFollowing(fact, host)) host = { ...host, following: host.following.slice(1) };
  if (isClosed) return host;
  for (const command of commands) if (!comesAfterwards(command)) host = perform(host, command, context);
  for (const command of commands) if (comesAfterwards(command)) host = perform(host, command, context);
  if (fact.type === 'SUBMIT_STARTED') host = withSubmit(host, fact, context);
  return isRestart ? { ...host, untold: untoldAfter(host, context) } : host;
}

/** How long the call may take is decided before it is made, and counted from when it has returned. */
function withSubmit(host: HostModel, { at, plan: { blocksMs = 0 } }: PathFact, context: ExecutionContext): HostModel {
  const limitMs = callLimitMs('submit', context, at);
  const now = at + blocksMs;
  const called = { ...host, now, open: [...host.open, 'submit' as const], wokeAt: blocksMs > 0 ? now : host.wokeAt };
  return withTimer(called, 'call.submit', now + limitMs);
}

const isFollowing = (fact: PathFact, { following: [first] }: HostModel): boolean =>
  fact.type === first || (first === 'WINDOW_OVER' && fact.type === 'DEADLINE' && fact.plan.cause === 'follows');

const timerOf = ({ name }: FactOf<'DEADLINE'>): TimerName =>
  name === 'lateWindow' || name === 'hardTimeout' ? `${name}.end` : name;

/** However far the timer of the deadline had come. */
const withoutDeadline = (host: HostModel, fact: FactOf<'DEADLINE'>): HostModel => ({
  ...host,
  timers: host.timers.filter(({ name }) => name !== timerOf(fact) && name.split('.')[0] !== fact.name),
});

function toldSwitch(host: HostModel, fact: PathFact & FactOf<'KILL_SWITCH'>, context: ExecutionContext): HostModel {
  const rest = host.untold.slice(fact.plan.cause === 'follows' ? 1 : 0);
  return {
    ...host,
    switches: fact.plan.cause === 'follows' ? host.switches : [...host.switches, fact],
    untold: context.killSwitch.cancelWanted ? [] : rest,
  };
}

const untoldAfter = ({ switches }: HostModel, { killSwitch }: ExecutionContext): readonly FactOf<'KILL_SWITCH'>[] =>
  killSwitch.cancelWanted ? [] : switches.filter(({ state, switchType }) => state === 'ACTIVE' && cancels(switchType));

const cancels = (type: KillSwitchType): boolean => cancelsLiveOrders(type);
