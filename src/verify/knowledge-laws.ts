/**
 * The laws of what an execution keeps of each fact, what its commands carry, and what its result says: member by member.
 *
 * 1. What is due is worked out here from the rules; of the chart's own functions none is asked.
 * 2. A fact that a state does not take changes nothing.
 */
import type { LawId } from '../domain/laws.js';
import { hasFill } from '../domain/order.js';
import type { CancelWord, LegOutcome, OrderRef } from '../domain/ports.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import type { ExecutionContext, LegState } from '../machines/execution.context.js';
import { FIRST_SUBMIT_AT } from './phases.js';
import type { Check, Step } from './step.js';

const topOf = (path: string): string => path.split('.', 1)[0] ?? path;
const LIVE = ['pending', 'cancelling', 'timeout'];

/** How each try ended, first to last; `open` while it is under way. */
const endsOf = ({ attempts }: Pick<ExecutionContext, 'attempts'>): readonly string[] =>
  attempts.map(({ outcome }) => outcome ?? 'open');

/** S1, S3, S4: a try is in the list because it was made, or may have been made before a crash; and each ended as told. */
const triesAreThoseMade: Check = ({ before, fact, composedAt, after, path }) => {
  const due = dueTries(before.path, endsOf(before.context), fact);
  const listed = endsOf(after);
  if (!due.some((one) => one.join() === listed.join())) {
    return `the tries were ${endsOf(before.context).join(', ') || 'none'}, and are ${listed.join(', ') || 'none'}`;
  }
  if (after.attempts.some(({ attempt }, index) => attempt !== index + 1)) return 'the tries are not numbered from 1';
  const begun = after.attempts.length > before.context.attempts.length ? after.attempts.at(-1) : undefined;
  if (fact.type === 'SUBMIT_STARTED' && begun !== undefined && Date.parse(begun.startedAt) !== composedAt) {
    return 'a try has another beginning than its call';
  }
  return after.attempts.length > 0 && after.firstSubmitAt === undefined && path !== 'done'
    ? 'a try was made, and T does not run'
    : undefined;
};

/** What the list may be after the fact. */
function dueTries(from: string, known: readonly string[], { type, submit }: Step['fact']): readonly string[][] {
  const same = [...known];
  const last = known.at(-1);
  const earlier = known.slice(0, -1);
  switch (type) {
    case 'SUBMIT_STARTED':
      return [from === 'submitted.ready' ? [...known, 'open'] : same];
    case 'SUBMIT_OUTCOME': {
      if (submit === undefined || last === undefined || topOf(from) === 'done') return [same];
      const told = submit === 'busy' ? 'rejected' : submit;
      const isNews = last === 'open' || (last === 'unknown' && told === 'accepted');
      return [isNews ? [...earlier, told] : same];
    }
    case 'RECOVERED':
      if (from === 'submitted.ready') return [[...known, 'unknown']];
      // Beyond the call itself nothing hangs on its answer any more.
      return from === 'submitted.calling' ? [[...earlier, 'unknown']] : [same];
    case 'ORDER_REPORT':
      // An order that this execution has not sent: an earlier life sent it. A report that is no news does not come here.
      return [from === 'submitted.ready' && known.length === 0 ? ['unknown'] : same];
    default:
      return [same];
  }
}

/** K1, E3: the time and the switches of the start are known whether or not the advisory is refused. */
const theStartIsKnown: Check = ({ before, fact, composedAt, after }) => {
  if (fact.type !== 'START' || before.path !== 'validating.judging') return undefined;
  if (after.startedAt !== composedAt) return `the start was at ${composedAt}, and is kept as ${after.startedAt}`;
  const told = fact.make(before.context, composedAt);
  const state = told.type === 'START' ? told.gate.killSwitchState : undefined;
  return after.killSwitch.effective === state ? undefined : `the switches were ${state} at the start, and nobody knows`;
};

/** V9, R6.2: what the broker said before the order is what the position is compared with later. */
const theAnswerIsKept: Check = ({ before, fact, after, path }) => {
  if (fact.type !== 'BROKER_ASKED' || before.path !== 'validating.asking' || topOf(path) !== 'submitted')
    return undefined;
  const told = fact.make(before.context, 0);
  if (told.type !== 'BROKER_ASKED' || told.answer.kind !== 'answered') return 'an answer was made up';
  if (after.baseline !== told.answer.baseline) return `a baseline of ${told.answer.baseline} was not kept`;
  if (after.instrument !== told.answer.instrument) return 'the instrument was not kept';
  return after.othersBefore === told.others ? undefined : 'what the other executions had filled was not kept';
};

/** S3: the broker's name of the order is known from the first word that has it. */
const theOrderIsNamed: Check = ({ before, fact, after }) => {
  const { phase, context } = before;
  if (phase === 'validate' || phase === 'over') return undefined;
  const told = fact.submit === 'accepted' ? 'b-1' : phase === 'live' ? fact.report?.brokerOrderId : undefined;
  const due = context.order.brokerOrderId ?? told;
  const known = after.order.brokerOrderId;
  return due === undefined || known === due
    ? undefined
    : `the broker calls the order ${due}, and it is kept as ${known}`;
};

/** K3, T3, R6.1: whoever watches, asks, cancels or protects names the order as far as it is known. */
const commandsNameTheOrder: Check = ({ after, commands }) => {
  for (const command of commands) {
    const ref = refOf(command);
    if (ref === undefined) continue;
    const isRight =
      ref.clientOrderId === after.clientOrderId &&
      ref.symbol === after.snapshot.symbol &&
      ref.brokerOrderId === after.order.brokerOrderId;
    if (!isRight) return `${command.type} names another order than ${after.order.brokerOrderId ?? after.clientOrderId}`;
  }
  return undefined;
};

function refOf(command: ExecutionCommand): OrderRef | undefined {
  if ('ref' in command) return command.ref;
  return command.type === 'placeProtection' ? command.request : undefined;
}

const isTakenBy = (outcome: CancelWord): boolean => outcome === 'requested' || outcome === 'already_closed';

/** T3: a cancel call is known to be under way from the moment it is asked for, so that there are never two. */
const cancelCallsAreKnown: Check = ({ before, after, commands }) => {
  if (!commands.some(({ type }) => type === 'cancelOrder')) return undefined;
  const isCounted = after.cancel.inFlight && after.cancel.tries === before.context.cancel.tries + 1;
  return isCounted ? undefined : 'a cancel is asked for, and is not known to be under way';
};

/** T3, S4: "not found" and silence prove nothing; the order is read after each answer. */
const cancelAnswersAreBelievedAsFarAsTheyGo: Check = ({ before, fact, after, path, commands }) => {
  const { cancel } = before.context;
  if (fact.cancel === undefined) return undefined;
  if (!before.path.endsWith('.requesting')) return path === before.path ? undefined : 'an answer nobody waits for';
  const isTaken = isTakenBy(fact.cancel);
  if (after.cancel.taken !== (cancel.taken || isTaken)) {
    return isTaken ? 'a cancel that was taken counts as not taken' : `${fact.cancel} counts as a cancel that was taken`;
  }
  if (after.cancel.inFlight) return 'a cancel call that was answered counts as under way';
  // What was called filled with less than the size is over when there is nothing to cancel (P10).
  if (
    fact.cancel === 'already_closed' &&
    before.context.order.saidFilledAt !== undefined &&
    topOf(path) === 'reconciling'
  )
    return undefined;
  if (cancel.isWindowOver === true)
    return path === 'timeout.looking' ? undefined : 'the order is not looked at once more';
  const due = `${topOf(before.path)}.${isTaken ? 'confirming' : 'backingOff'}`;
  if (path !== due) return `expected ${due}, came to ${path}`;
  return commands.some(({ type }) => type === 'queryOrder')
    ? undefined
    : 'a cancel was answered, and the order is not read';
};

/** T3: at T = 30 s the open order is cancelled, also when an earlier request was taken and never confirmed. */
const theTimeCancels: Check = ({ before, fact, after, commands }) => {
  if (fact.deadline !== 'hardTimeout' || after.order.status !== 'open') return undefined;
  const isLive = LIVE.includes(topOf(before.path)) || before.path === 'submitted.calling';
  if (!isLive || topOf(before.path) === 'timeout' || before.context.cancel.inFlight) return undefined;
  return commands.some(({ type }) => type === 'cancelOrder') ? undefined : 'T = 30 s, and no cancel goes out';
};

/** B1, B2: each leg is as its last word says, and one that was placed stays so. */
const legsAreAsTold: Check = ({ before, fact, composedAt, after }) => {
  const { protection, stopLossAt } = before.context;
  const due = legsDue(before, fact, protection, after);
  for (const leg of ['stopLoss', 'takeProfit'] as const) {
    if (after.protection[leg] !== due[leg]) return `the ${leg} is ${due[leg]}, and is kept as ${after.protection[leg]}`;
  }
  const isNew = after.protection.stopLoss === 'placed' && protection.stopLoss !== 'placed';
  return after.stopLossAt === (isNew ? composedAt : stopLossAt)
    ? undefined
    : 'the stop-loss is acknowledged at another time';
};

/** A9, R6: an exit that was there before is known at the price that the venue told, and stays so. */
const standingExitsAreKnown: Check = ({ before, fact, after }) => {
  const isAnswer = fact.legs !== undefined && /\.(?:placing|overdue)$/.test(before.path);
  const told = isAnswer ? foundPrice(fact.legs?.stopLoss) : undefined;
  const due = told ?? before.context.protection.standing?.stopLoss?.price;
  const known = after.protection.standing?.stopLoss?.price;
  return known === due ? undefined : `the stop-loss stands at ${due}, and is known at ${known}`;
};

const foundPrice = (leg: LegOutcome | undefined): string | undefined =>
  leg?.kind === 'duplicate' ? leg.found?.price : undefined;

type LegStates = Pick<ExecutionContext['protection'], 'stopLoss' | 'takeProfit'>;

function legsDue(
  { path, phase }: Step['before'],
  { legs, exit }: Step['fact'],
  known: ExecutionContext['protection'],
  after: ExecutionContext,
): LegStates {
  if (legs !== undefined && /\.(?:placing|overdue)$/.test(path)) {
    const isAlone = known.stopsAlone === true;
    const stopLoss = legAfter(known.stopLoss, legs.stopLoss);
    // The stop goes, or stands, alone: the take-profit is given up, and a stop that was refused is asked for once more.
    if (after.protection.stopsAlone !== true)
      return { stopLoss, takeProfit: legAfter(known.takeProfit, legs.takeProfit) };
    return { stopLoss: stopLoss === 'refused' && !isAlone ? 'retry' : stopLoss, takeProfit: 'refused' };
  }
  if (exit === undefined || (phase !== 'protect' && path !== 'reconciling.asking')) return known;
  const leg = exit.leg === 'sl' ? 'stopLoss' : 'takeProfit';
  return { ...known, [leg]: legAfterWord(known, leg, exit.says) };
}

/** B5: an exit is placed when it works. What was taken only is not. */
function legAfter(before: LegState, outcome: LegOutcome): LegState {
  if (before === 'placed') return before;
  if (outcome.kind === 'accepted') return outcome.state === 'pending' ? 'confirming' : 'placed';
  if (before === 'confirming') return before;
  if (outcome.kind === 'duplicate') return 'placed';
  return outcome.kind === 'rejected' && outcome.transient !== true ? 'refused' : 'retry';
}

function legAfterWord(known: ExecutionContext['protection'], leg: keyof LegStates, says: string): LegState {
  if (known[leg] !== 'placed' && known[leg] !== 'confirming') return known[leg];
  // When one exit has filled, the other is meant to end.
  if (known.hasExitFilled === true && says !== 'filled') return known[leg];
  return says === 'ended' ? 'refused' : 'placed';
}

/** B2: each try to protect is counted, since the wait before the next one hangs on it. After a restart it is the same try. */
const protectionTriesAreCounted: Check = ({ before, fact, after, commands }) => {
  const isTry = fact.type !== 'RECOVERED' && commands.some(({ type }) => type === 'placeProtection');
  const due = before.context.protection.tries + (isTry ? 1 : 0);
  const isRight = after.protection.tries === due || (fact.type === 'RECOVERED' && after.protection.tries === due + 1);
  return isRight ? undefined : `protection was tried ${due} times, and ${after.protection.tries} are known`;
};

/** B4: the naked window begins with the first fill that was told, and with no later one. */
const theFirstFillIsTheFirst: Check = ({ before, fact, composedAt, after }) => {
  const known = before.context.firstFillAt;
  // What first comes to light after the end is a matter for a human, and no exits follow from it.
  if (before.phase === 'compare' && known === undefined) return undefined;
  if (fact.report?.correction !== undefined && before.phase === 'protect')
    return after.firstFillAt === known ? undefined : 'a correction moved the time of the first fill';
  const isFirst = known === undefined && hasFill(after.order) && !hasFill(before.context.order);
  return after.firstFillAt === (isFirst ? composedAt : known) ? undefined : 'the time of the first fill moved';
};

/** The result says what is known, and nothing else. */
const theResultSaysWhatIsKnown: Check = ({ composedAt, after }) => {
  const { result, order, report, verdict, attempts, killSwitch } = after;
  if (result === undefined) return undefined;
  const isFilled = hasFill(order) && order.avgPrice !== undefined;
  const isNakedTimeKnown = after.firstFillAt !== undefined && after.stopLossAt !== undefined;
  const due: Partial<typeof result> = {
    ...{ advisoryId: after.advisoryId, snapshotHash: after.snapshotHash },
    ...(verdict?.reason !== undefined && { reason: verdict.reason }),
    ...(order.brokerOrderId !== undefined && { finalOrderId: order.brokerOrderId }),
    ...(attempts.length > 0 && { clientOrderId: after.clientOrderId }),
    ...(report !== undefined && { finalPositionSize: order.cumQty, reconciliationReport: report }),
    ...(isFilled && { finalFillPrice: order.avgPrice }),
    ...(isNakedTimeKnown && { nakedWindowMs: Number(after.stopLossAt) - Number(after.firstFillAt) }),
    ...{ attempts, killSwitchState: killSwitch.atDecision ?? killSwitch.effective },
    totalDurationSeconds: (composedAt - after.startedAt) / 1_000,
  };
  const wrong = SAID.find((member) => result[member] !== due[member]);
  return wrong === undefined ? undefined : `the result has another ${wrong}: ${result[wrong]}, not ${due[wrong]}`;
};

const SAID = [
  'advisoryId',
  'snapshotHash',
  'reason',
  'finalOrderId',
  'clientOrderId',
  'finalPositionSize',
  'reconciliationReport',
  'finalFillPrice',
  'nakedWindowMs',
  'attempts',
  'killSwitchState',
  'totalDurationSeconds',
] as const;

/** S6, A6: T starts with the first call, and with the intent where nobody knows whether it was made. */
const tStartsOnce: Check = ({ before, fact, composedAt, after }) => {
  if (before.context.firstSubmitAt !== undefined || after.firstSubmitAt === undefined) return undefined;
  const due = fact.type === 'RECOVERED' ? FIRST_SUBMIT_AT : composedAt;
  return after.firstSubmitAt === due ? undefined : `T started at ${after.firstSubmitAt} instead of ${due}`;
};

export const KNOWLEDGE_CHECKS: readonly (readonly [LawId, Check])[] = [
  ['L3', tStartsOnce],
  ['L7', legsAreAsTold],
  ['L7', standingExitsAreKnown],
  ['L7', protectionTriesAreCounted],
  ['L9', triesAreThoseMade],
  ['L14', theStartIsKnown],
  ['L15', cancelCallsAreKnown],
  ['L10', theAnswerIsKept],
  ['L14', theOrderIsNamed],
  ['L14', theFirstFillIsTheFirst],
  ['L14', theResultSaysWhatIsKnown],
  ['L15', commandsNameTheOrder],
  ['L15', cancelAnswersAreBelievedAsFarAsTheyGo],
  ['L15', theTimeCancels],
];
