/**
 * The laws that one step of the chart can break: from what was known, the fact and its time, to what is known then and
 * what was asked for. Written from the rules, not from the chart.
 */
import type { LawId } from '../domain/laws.js';
import { applyReport, hasFill, lacksPrice } from '../domain/order.js';
import { type ExecutionContext, isProtected } from '../machines/execution.context.js';
import type { DeadlineName } from '../machines/execution.facts.js';
import { AFTER_FEES, BRACKET, GOOD_PRICE, WHOLE } from './advisories.js';
import {
  HARD_TIMEOUT,
  PROTECTION,
  RECONCILIATION,
  RECONCILIATION_LEAST,
  T_LATE,
  VALIDATION,
  WHOLE_CALL,
} from './figures.js';
import { KNOWLEDGE_CHECKS } from './knowledge-laws.js';
import { FIRST_SUBMIT_AT } from './phases.js';
import type { Check, Step } from './step.js';
import { expectedOutcome } from './verdict-law.js';
import { areExitsTooLarge, WORLD_CHECKS } from './world-laws.js';

export interface Broken {
  readonly law: LawId;
  readonly why: string;
}

/** The gate itself is read at the last look; the chart must not ask for a call that nothing can make right. */
const noOrderAfterTheVerdict: Check = ({ after, commands }) =>
  after.verdict !== undefined && commands.some(({ type }) => type === 'submitOrder')
    ? `an order is asked for after the verdict ${after.verdict.status}`
    : undefined;

const theSameAdvisoryChangesNothing: Check = ({ before, fact, path, commands }) => {
  if (fact.type !== 'START' || before.path === 'validating.judging') return undefined;
  return path === before.path && commands.length === 0
    ? undefined
    : `the advisory again led from ${before.path} to ${path}`;
};

const topOf = (path: string): string => path.split('.', 1)[0] ?? path;

const deadlinesStand: Check = ({ before, after, composedAt: at, commands }) => {
  const { firstSubmitAt } = before.context;
  if (firstSubmitAt !== undefined && after.firstSubmitAt !== firstSubmitAt) return 'the start of T moved';
  for (const command of commands) {
    if (command.type !== 'scheduleDeadline') continue;
    const isRight = rightTime[command.name](command.at, at, after.protection.endsAt);
    if (!isRight) return `the deadline ${command.name} was set to ${command.at} at ${at}`;
  }
  return undefined;
};

const laterThan = (set: number, at: number) => set > at;
const rightTime: Record<DeadlineName, (set: number, at: number, protectionEnd: number | undefined) => boolean> = {
  // After a restart the broker is asked anew, and has the whole time once more.
  validation: (set, at) => set === at + VALIDATION,
  hardTimeout: (set) => set === FIRST_SUBMIT_AT + HARD_TIMEOUT,
  lateWindow: (set) => set === FIRST_SUBMIT_AT + T_LATE,
  submitRetry: (set, at) =>
    set <= FIRST_SUBMIT_AT + HARD_TIMEOUT && (laterThan(set, at) || at >= FIRST_SUBMIT_AT + HARD_TIMEOUT),
  cancelRetry: laterThan,
  // Asked for with the first try and after a restart, and each time for the whole time.
  protection: (set, at, end) => set === end && set === at + PROTECTION,
  // The call that is under way when the window ends has its whole time.
  protectionCall: (set, at) => set === at + WHOLE_CALL,
  protectionRetry: laterThan,
  // What looks and calls before have used up may be taken off, down to a least time.
  reconciliation: (set, at) => set <= at + RECONCILIATION && set >= at + RECONCILIATION_LEAST,
};

/** The second half of L3: a protection window is renewed by a restart alone. */
const windowsAreRenewedByRestartsAlone: Check = ({ before, fact, after }) => {
  const { endsAt } = before.context.protection;
  return fact.type !== 'RECOVERED' && endsAt !== undefined && after.protection.endsAt !== endsAt
    ? 'the end of the protection window moved'
    : undefined;
};

/** Asked for anew it follows from the fill; asked for again it is the same, also when more has been filled since. */
const protectionFollowsTheFill: Check = ({ before, after, commands }) => {
  for (const command of commands) {
    if (command.type !== 'placeProtection') continue;
    const { quantity, stopLoss, takeProfit, side } = command.request;
    const approved = after.snapshot.side;
    const due = before.context.bracket ?? { ...BRACKET[approved], quantity: lotsHeld(after) };
    if (Number(quantity) <= 0) return `${side} ${quantity} was asked for`;
    const isOnFill = before.context.bracket !== undefined || after.order.avgPrice === GOOD_PRICE;
    if (!isOnFill || stopLoss !== due.stopLoss || takeProfit !== due.takeProfit) {
      return `SL ${stopLoss}, TP ${takeProfit} were asked for on a fill at ${after.order.avgPrice}`;
    }
    if (quantity !== due.quantity || side === approved) return `${side} ${quantity} was asked for on ${due.quantity}`;
  }
  return undefined;
};

/** What is held of the fill, in whole lots of one share (B6). */
const lotsHeld = ({ order, snapshot }: Step['after']): string =>
  order.fees !== undefined && snapshot.side === 'buy' && order.cumQty === WHOLE
    ? AFTER_FEES.lots
    : `${Math.floor(Number(order.cumQty))}`;

const onlyProtectionReduces: Check = ({ before, after, commands }) => {
  for (const command of commands) {
    const { side, positionSize } = after.snapshot;
    if (command.type === 'submitOrder' && (command.order.side !== side || command.order.quantity !== positionSize)) {
      return `an order ${command.order.side} ${command.order.quantity} was asked for`;
    }
    if (command.type === 'submitOrder' && hasFill(after.order)) return 'an order was asked for beside a fill';
    if (command.type === 'cancelOrder' && ['protect', 'compare', 'over'].includes(before.phase)) {
      return 'a cancel was asked for when the order was over';
    }
  }
  return undefined;
};

const fillsAreKept: Check = ({ before, fact, after }) => {
  const known = Number(before.context.order.cumQty);
  // Only a fill that the venue takes back or changes makes it less (P8).
  const isCorrected = fact.report?.correction !== undefined;
  if (Number(after.order.cumQty) < known && !isCorrected) return `cumQty fell from ${known} to ${after.order.cumQty}`;
  if (fact.report === undefined || before.phase === 'validate' || before.phase === 'over') return undefined;
  const due = applyReport(before.context.order, fact.report);
  if (after.order.cumQty !== due.cumQty) return `a report of ${fact.report.cumQty} filled was not kept`;
  const isLate = before.phase === 'protect' || before.phase === 'compare';
  const isHeard = isLate || (after.order.status === due.status && after.order.avgPrice === due.avgPrice);
  return isHeard ? undefined : 'what the report says of the order was not kept';
};

/** What is left unprotected is alarmed at once, and not only found when both sides are compared (B2, M1). */
const unprotectedFillsAreAlarmed: Check = ({ before, after, path, commands }) => {
  const isLostLate = before.phase === 'compare' && path === before.path && isProtected(before.context);
  const isGivenUp = (path === 'reconciling.asking' && before.phase !== 'compare') || isLostLate;
  if (!isGivenUp || !hasFill(after.order) || isProtected(after)) return undefined;
  // A stop that stands alone is told by the report, as a take-profit that is missing (B5).
  const isAlone = after.protection.stopLoss === 'placed' && after.protection.stopsAlone === true && !isLostLate;
  if (isAlone && after.found.some(({ kind }) => kind === 'MISSING_TP')) return undefined;
  const isAlarmed = commands.some((command) => command.type === 'openCase' && command.kind === 'UNPROTECTED_POSITION');
  if (!isAlarmed) return `${after.order.cumQty} is left unprotected, and nobody is told`;
  return after.found.some(({ kind }) => kind === 'UNPROTECTED_POSITION')
    ? undefined
    : `${after.order.cumQty} is left unprotected, and the report will not say so`;
};

/** P8: what is taken back or changed once the exits were asked for is told at once, and moves nothing. */
const correctionsAreTold: Check = ({ before, fact, after, path, commands }) => {
  if (fact.report?.correction === undefined || !['protect', 'compare'].includes(before.phase)) return undefined;
  // The same correction once more is no news of its own.
  if (before.context.order.own?.corrections.some((key) => key.startsWith(`${fact.report?.correction?.kind} `)))
    return undefined;
  const kind = fact.report.correction.kind === 'bust' ? 'FILL_BUSTED' : 'FILL_CORRECTED';
  if (path !== before.path) return `a correction led from ${before.path} to ${path}`;
  if (commands.some(({ type }) => type !== 'openCase')) return 'a correction moves something';
  const isAlarmed = commands.some((command) => command.type === 'openCase' && command.kind === kind);
  if (!isAlarmed) return 'a fill is taken back or changed, and nobody is told';
  return after.found.some((found) => found.kind === kind) ? undefined : 'the report will not tell of the correction';
};

const switchesLeaveProtectionAlone: Check = ({ before, fact, path, commands }) => {
  if (fact.type !== 'KILL_SWITCH' || !['protect', 'compare'].includes(before.phase)) return undefined;
  return path === before.path && commands.length === 0
    ? undefined
    : `a kill switch led from ${before.path} to ${path}, with ${commands.map(({ type }) => type).join(', ') || 'nothing'}`;
};

/** The order is named in every result of a fill; a price that the broker never gave is in none. */
const onlyToldPricesCount: Check = ({ after }) => {
  const { result, order } = after;
  if (result?.finalFillPrice !== undefined && result.finalFillPrice !== order.avgPrice)
    return 'the result names a price that the broker never gave';
  if (result?.finalSl !== undefined && after.protection.stopLoss !== 'placed')
    return 'the result names a stop-loss that nobody acknowledged';
  if (result?.finalTp !== undefined && after.protection.takeProfit !== 'placed')
    return 'the result names a take-profit that nobody acknowledged';
  const told = after.protection.standing?.stopLoss?.price;
  if (result?.finalSl !== undefined && told !== undefined && result.finalSl !== told)
    return `the stop-loss stands at ${told}, and the result names ${result.finalSl}`;
  return undefined;
};

/** A9: the venue has told at which price the stop-loss stands, and it is not the price that was asked for. */
const standsElsewhere = ({ order, protection }: ExecutionContext): boolean =>
  hasFill(order) && protection.standing?.stopLoss?.price !== undefined;

const differencesNeedAHuman: Check = ({ before, fact, after, path, commands }) => {
  if (before.phase !== 'compare' || path !== 'done') return undefined;
  const { context } = before;
  const isFailed = fact.deadline === 'reconciliation';
  const cumQty = Number(context.order.cumQty);
  const isOdd = (cumQty > 0 && cumQty !== Number(context.order.quantity)) || lacksPrice(context.order);
  const isUnprotected = cumQty > 0 && !isProtected(context);
  const differs =
    isFailed ||
    isOdd ||
    isUnprotected ||
    areExitsTooLarge(context) ||
    standsElsewhere(context) ||
    fact.observation?.differs(context) === true ||
    context.found.length > 0;
  if (after.report?.requiresManualResolution !== differs) {
    return differs
      ? 'a difference does not require manual resolution'
      : 'manual resolution is required, and nothing differs';
  }
  if (context.found.some(({ kind }) => !after.report?.mismatches.some((listed) => listed.kind === kind))) {
    return 'the report leaves out what the execution had found itself';
  }
  const opens = commands.some(({ type }) => type === 'openCase');
  return opens === differs
    ? undefined
    : differs
      ? 'a difference opens no case'
      : 'a case is opened, and nothing differs';
};

const switchesAreKnown: Check = ({ before, fact, after }) => {
  const { killSwitch, order } = after;
  if (before.context.killSwitch.postFill && !killSwitch.postFill) return 'killSwitchPostFill was taken back';
  if (hasFill(order) && killSwitch.effective === 'ACTIVE' && !killSwitch.postFill) {
    return 'a switch is ACTIVE while a fill stands, and killSwitchPostFill does not say so';
  }
  const isTakenBack = (order.own?.corrections.length ?? 0) > 0;
  if (killSwitch.postFill && !hasFill(order) && !isTakenBack) return 'killSwitchPostFill is set without a fill';
  const told = fact.type === 'KILL_SWITCH' ? fact.make(before.context, 0) : undefined;
  if (told?.type === 'KILL_SWITCH' && before.phase !== 'over' && killSwitch.effective !== told.effective) {
    return `the switches are ${told.effective}, and the execution takes them for ${killSwitch.effective}`;
  }
  return after.result !== undefined && after.result.killSwitchPostFill !== killSwitch.postFill
    ? 'the result has another killSwitchPostFill'
    : undefined;
};

const theStatusSaysWhatHappened: Check = (step) => {
  const { before, after, path } = step;
  const given = before.context.verdict;
  if (given !== undefined && after.verdict !== given)
    return `the verdict ${given.status} became ${after.verdict?.status}`;
  if (
    given === undefined &&
    after.verdict?.reason === 'KILL_SWITCH_ACTIVE' &&
    after.killSwitch.atDecision !== 'ACTIVE'
  ) {
    return 'a kill switch decided, and its state is not kept';
  }
  if (after.result !== undefined && after.result.status !== after.verdict?.status)
    return 'the result has another status';
  const due = expectedOutcome(step);
  if (due === undefined) return undefined;
  if (due.state !== undefined && topOf(path) !== due.state && path !== due.state)
    return `expected ${due.state}, came to ${path}`;
  if (due.status === undefined) return undefined;
  const isRight = after.verdict?.status === due.status && after.verdict.reason === due.reason;
  return isRight
    ? undefined
    : `expected ${due.status} ${due.reason ?? ''}, got ${after.verdict?.status} ${after.verdict?.reason ?? ''}`;
};

const CANCELLING_STATES = ['cancelling', 'timeout'];
const cancelsHaveACause: Check = ({ before, fact, at, after, path, commands }) => {
  const told = fact.type === 'KILL_SWITCH' ? fact.make(before.context, at) : undefined;
  const isKill = told?.type === 'KILL_SWITCH' && told.state === 'ACTIVE' && told.switchType !== 'RISK_LIMIT';
  if (after.killSwitch.cancelWanted && !before.context.killSwitch.cancelWanted && !isKill)
    return 'a cancel is wanted without a switch';
  const isLive = ['pending', 'cancelling'].includes(topOf(before.path)) || before.path === 'submitted.calling';
  if (isKill && isLive && !after.killSwitch.cancelWanted) return 'a switch went ACTIVE and no cancel is wanted';
  const asks = commands.some(({ type }) => type === 'cancelOrder');
  if (!asks) return undefined;
  if (!CANCELLING_STATES.includes(topOf(path))) return `a cancel is asked for in ${path}`;
  const isTime = at >= FIRST_SUBMIT_AT + HARD_TIMEOUT;
  if (!isTime && !after.killSwitch.cancelWanted)
    return 'a cancel is asked for, and neither a switch nor the time wants it';
  // At T = 30 s a request that was taken, and never confirmed, is made once more.
  const isAskedAnew = topOf(before.path) === 'cancelling' && topOf(path) === 'timeout';
  const stands = before.context.cancel.taken && !isAskedAnew;
  return stands || (before.context.cancel.inFlight && fact.type !== 'RECOVERED')
    ? 'a cancel is asked for again while the first one stands'
    : undefined;
};

const CHECKS: readonly (readonly [LawId, Check])[] = [
  ['L2', noOrderAfterTheVerdict],
  ['L3', deadlinesStand],
  ['L3', windowsAreRenewedByRestartsAlone],
  ['L4', protectionFollowsTheFill],
  ['L5', onlyProtectionReduces],
  ['L6', fillsAreKept],
  ['L6', correctionsAreTold],
  ['L7', unprotectedFillsAreAlarmed],
  ['L9', onlyToldPricesCount],
  ['L10', differencesNeedAHuman],
  ['L12', switchesLeaveProtectionAlone],
  ['L13', theSameAdvisoryChangesNothing],
  ['L14', switchesAreKnown],
  ['L14', theStatusSaysWhatHappened],
  ['L15', cancelsHaveACause],
  ...KNOWLEDGE_CHECKS,
  ...WORLD_CHECKS,
];

/** The first law in force that the step breaks. */
export function brokenByStep(step: Step, isInForce: (law: LawId) => boolean): Broken | undefined {
  for (const [law, check] of CHECKS) {
    if (!isInForce(law)) continue;
    const why = check(step);
    if (why !== undefined) return { law, why };
  }
  return undefined;
}
