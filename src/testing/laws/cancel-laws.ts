/**
 * L15: a live order is cancelled when a kill switch or T = 30 s wants that, at once, and for no other reason.
 *
 * 1. Who wants it is read from the facts (the switch, the deadline, the answer to the submit call, the restart), not from
 *    what the chart asked for.
 * 2. "At once" is the instant of that fact, but for the wait until it is durable.
 */
import { cancelsLiveOrders } from '../../domain/kill-switch.js';
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import { hasFill } from '../../domain/order.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import type { Life, LifeStep } from './folded-life.js';
import { callsOf, callsWithoutRecord, hasEndedBy, type Judge, latestCallAt, show, unless } from './law-subject.js';

const cancelsForCause: Judge = (subject, life) =>
  callsOf(subject, life, 'cancelOrder').flatMap(({ at }) => {
    const { killSwitch, firstSubmitAt = 0 } = life.contextAt(subject.epochMs + at);
    const isWanted = killSwitch.cancelWanted || subject.epochMs + at >= firstSubmitAt + HARD_TIMEOUT_MS;
    return unless(isWanted, `cancelled at ${at} ms, and neither a switch nor T = 30 s wanted it`);
  });

const cancelsAtOnce: Judge = (subject, life) => {
  const cancels = callsOf(subject, life, 'cancelOrder').map(({ at }) => subject.epochMs + at);
  return stepsThatWantCancel(life).flatMap((step) => {
    const { fact, record } = step;
    const index = life.steps.indexOf(step);
    const latest = latestCallAt(subject, record);
    const isSent = cancels.some((at) => fact.at <= at && at <= latest);
    const isOver = life.steps.slice(index + 1).some((later) => later.fact.at <= latest && hasNothingToCancel(later));
    return unless(
      isSent || isOver || hasEndedBy(life, index, latest),
      `no cancel went out by ${latest - subject.epochMs} ms, wanted by ${show(fact)}`,
    );
  });
};

export const cancelsAtOnceForCause: Judge = (subject, life) => [
  ...cancelsForCause(subject, life),
  ...cancelsAtOnce(subject, life),
  ...callsWithoutRecord(subject, life, 'cancelOrder'),
];

const isDeadline = (fact: ExecutionFact, name: 'hardTimeout' | 'lateWindow'): boolean =>
  fact.type === 'DEADLINE' && fact.name === name;

/** Closed at the broker, or the window for late fills is over. */
const hasNothingToCancel = ({ fact, after }: LifeStep): boolean =>
  after.status !== 'active' || after.context.order.status !== 'open' || isDeadline(fact, 'lateWindow');

/** The order may be at the broker, and the submit call is answered. */
function isLive({ attempts, order }: ExecutionContext): boolean {
  const outcome = attempts.at(-1)?.outcome;
  const isRefused = outcome === 'rejected' || outcome === 'not_sent';
  return outcome !== undefined && (!isRefused || order.brokerOrderId !== undefined || hasFill(order));
}

/** Steps with which a cancel must go out. */
function stepsThatWantCancel({ steps }: Life): readonly LifeStep[] {
  let isWanted = false;
  let isTimedOut = false;
  let isWindowOver = false;
  return steps.filter((step) => {
    const { fact, before, after } = step;
    const wasWanted = isWanted;
    isWanted ||= isSwitchThatCancels(fact) && before.context.attempts.length > 0;
    const wasTimedOut = isTimedOut;
    isTimedOut ||= isDeadline(fact, 'hardTimeout');
    isWindowOver ||= isDeadline(fact, 'lateWindow');
    if (isWindowOver || hasNothingToCancel(step)) return false;
    if (isDeadline(fact, 'hardTimeout')) return !before.context.cancel.inFlight;
    if (!isLive(after.context)) return false;
    if (fact.type === 'RECOVERED') return (wasWanted || wasTimedOut) && !before.context.cancel.taken;
    if (wasTimedOut) return false;
    if (fact.type === 'SUBMIT_OUTCOME') return wasWanted && before.context.attempts.at(-1)?.outcome === undefined;
    return isWanted && !wasWanted;
  });
}

const isSwitchThatCancels = (fact: ExecutionFact): boolean =>
  fact.type === 'KILL_SWITCH' && fact.state === 'ACTIVE' && cancelsLiveOrders(fact.switchType);
