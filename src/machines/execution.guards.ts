/**
 * The questions that the chart asks before it takes a transition: pure, named, each about one thing.
 *
 * Questions about the order are asked of the order *as it is after the report in hand*, so that a transition is judged
 * on what it is about to know. Once the report is kept they are asked of the order as it is kept (`isKept…`): a report that
 * was applied twice would count as told twice (P10).
 */
import { isPositive, lessThan } from '../domain/decimal.js';
import { cancelsLiveOrders } from '../domain/kill-switch.js';
import {
  afterNothingToCancel,
  applyReport,
  hasFill,
  isClosedAndPriced,
  isFullFill,
  isNewCorrection,
  lacksPrice,
  type OrderState,
} from '../domain/order.js';
import type { ValidationRule } from '../domain/validation.js';
import {
  type ExecutionContext,
  type FillTiming,
  fillTiming,
  hardTimeoutAt,
  isProtected,
  type LegState,
  type ProtectionState,
} from './execution.context.js';
import type { DeadlineName, ExecutionFact } from './execution.facts.js';
import { endProtection, isExitNews, keepExitReport, losesLeg, saysTakeProfitPassed } from './execution.protecting.js';
import { computeBracket, isTaken, refusalOf } from './execution.updates.js';

interface Args {
  readonly context: ExecutionContext;
  readonly event: ExecutionFact;
}

function orderAfter({ context, event }: Args): OrderState {
  if (event.type === 'CANCEL_OUTCOME' && event.outcome === 'already_closed') return afterNothingToCancel(context.order);
  return event.type === 'ORDER_REPORT' ? applyReport(context.order, event.report) : context.order;
}

/** The exits as they are after the answer or the report in hand. */
function protectionAfter({ context, event }: Args): ProtectionState {
  if (event.type === 'PROTECTION_OUTCOME') return endProtection(context, event).protection ?? context.protection;
  if (event.type === 'EXIT_REPORT') return keepExitReport(context, event).protection ?? context.protection;
  return context.protection;
}

const awaitsPrice = (order: OrderState): boolean =>
  lacksPrice(order) && (order.status !== 'open' || !isPositive(order.leavesQty));

const fills = (args: Args, timing: FillTiming): boolean =>
  isFullFill(orderAfter(args)) && fillTiming(args.context, args.event.at) === timing;

const outcomeKind = ({ event }: Args): string | undefined =>
  event.type === 'SUBMIT_OUTCOME' ? event.outcome.kind : undefined;

/** T = 30 s, told by the deadline or by the last look at the same instant. */
const isOutOfTime = ({ event }: Args): boolean =>
  (event.type === 'DEADLINE' && event.name === 'hardTimeout') ||
  (event.type === 'SUBMIT_BLOCKED' && event.refusal.code === 'ORDER_NOT_SENT');

export const executionGuards = {
  /** V1–V11: this rule is the first that refuses. */
  isRefusedBy: ({ context, event }: Args, { rule }: { rule: ValidationRule }): boolean =>
    refusalOf(context, event)?.rule === rule,

  /** A switch that covers the symbol is ACTIVE, whatever its type (K2). */
  isKilled: ({ event }: Args): boolean => event.type === 'KILL_SWITCH' && event.effective === 'ACTIVE',
  isKilledBeforeFirstTry: (args: Args): boolean => executionGuards.isKilled(args) && executionGuards.isFirstTry(args),

  /** A switch of a type that cancels live orders went ACTIVE (K3). */
  isCancelledBySwitch: ({ event }: Args): boolean =>
    event.type === 'KILL_SWITCH' && event.state === 'ACTIVE' && cancelsLiveOrders(event.switchType),

  isDeadline: ({ event }: Args, { name }: { name: DeadlineName }): boolean =>
    event.type === 'DEADLINE' && event.name === name,

  /** T = 30 s, and the broker's last word was no: the order did leave the process. */
  isOutOfTimeAfterRefusal: (args: Args): boolean =>
    isOutOfTime(args) && args.context.attempts.at(-1)?.outcome === 'rejected',

  /** No submit call has been made yet: a block now means that the broker was never called. */
  isFirstTry: ({ context }: Args): boolean => context.attempts.length === 0,

  /** The order may be at the broker: accepted, known there already, or nobody knows (S3, S4). */
  mayBeLive: (args: Args): boolean =>
    outcomeKind(args) === 'accepted' ||
    outcomeKind(args) === 'duplicate' ||
    outcomeKind(args) === 'unknown' ||
    hasNews(args.context),

  /** A kill switch wants the order gone, and it is not over already (K3). */
  isCancelWanted: ({ context }: Args): boolean => context.killSwitch.cancelWanted && context.order.status === 'open',
  mayBeLiveAndCancelIsWanted: (args: Args): boolean =>
    executionGuards.isCancelWanted(args) && executionGuards.mayBeLive(args),

  /** Nothing left the process, or the broker was only busy, and T < 30 s (S5). */
  mayTryAgain: ({ context, event }: Args): boolean => {
    if (event.type !== 'SUBMIT_OUTCOME' || event.at >= hardTimeoutAt(context)) return false;
    const { outcome } = event;
    return outcome.kind === 'not_sent' || (outcome.kind === 'rejected' && outcome.transient === true);
  },

  mayTryAgainButIsKilled: (args: Args): boolean =>
    args.context.killSwitch.cancelWanted && executionGuards.mayTryAgain(args),

  /** A definite no to the call that is still open, and nothing has been seen of the order. */
  isRefusedForGood: (args: Args): boolean => outcomeKind(args) === 'rejected' && isFirstWord(args.context),

  /** Proof that the call that is still open sent nothing, and nothing has been seen of the order. */
  isNeverSent: (args: Args): boolean => outcomeKind(args) === 'not_sent' && isFirstWord(args.context),

  /** A definite no, and a report of the same: the report is no sign of life. */
  isRefusedAsReported: (args: Args): boolean =>
    isDefiniteNo(args) && args.context.order.status === 'rejected' && !hasFill(args.context.order),

  isRejected: (args: Args): boolean => outcomeKind(args) === 'rejected',

  /** The whole size at a known price, received by T = 30.000 s (T2). */
  fillsInTime: (args: Args): boolean => fills(args, 'inTime'),
  /** The same, received at 30.000 < T ≤ 32.000 s (T2). */
  fillsLate: (args: Args): boolean => fills(args, 'late'),
  /** The same, later still: a fact to protect, not a valid execution. */
  fillsAfterWindow: (args: Args): boolean => fills(args, 'afterWindow'),

  isRejectedLate: (args: Args): boolean =>
    isClosedAndPriced(orderAfter(args)) && orderAfter(args).status === 'rejected',
  isClosed: (args: Args): boolean => isClosedAndPriced(orderAfter(args)),
  isKeptRejected: ({ context: { order } }: Args): boolean => isClosedAndPriced(order) && order.status === 'rejected',
  isKeptClosed: ({ context: { order } }: Args): boolean => isClosedAndPriced(order),
  isKeptUnpriced: ({ context: { order } }: Args): boolean => awaitsPrice(order),
  isKeptPartlyFilled: ({ context: { order } }: Args): boolean => hasFill(order),
  /** Filled, wholly or in part, with no price for all of it (P3). */
  awaitsPrice: (args: Args): boolean => awaitsPrice(orderAfter(args)),
  isPartlyFilled: (args: Args): boolean => hasFill(orderAfter(args)),
  isLocated: ({ context }: Args): boolean =>
    context.order.brokerOrderId !== undefined || context.attempts.at(-1)?.outcome === 'accepted',
  /** A fill was taken back: an order that was over is open again (P8). */
  isReopened: (args: Args): boolean =>
    args.context.order.status !== 'open' &&
    orderAfter(args).status === 'open' &&
    args.context.cancel.isWindowOver !== true,
  /** The same, while a kill switch wants the order gone. */
  isReopenedAndCancelIsWanted: (args: Args): boolean =>
    executionGuards.isReopened(args) && args.context.killSwitch.cancelWanted,
  /** The report says something new (P2). */
  isNews: (args: Args): boolean => orderAfter(args) !== args.context.order,
  isNewsWithoutPrice: (args: Args): boolean => executionGuards.isNews(args) && executionGuards.awaitsPrice(args),
  isNewsOfPartialFill: (args: Args): boolean => executionGuards.isNews(args) && executionGuards.isPartlyFilled(args),
  /** More is filled than was known. */
  isStrayFill: (args: Args): boolean => lessThan(args.context.order.cumQty, orderAfter(args).cumQty),

  isCancelTaken: ({ event }: Args): boolean => event.type === 'CANCEL_OUTCOME' && isTaken(event.outcome),
  /** There is nothing to ask for any more: the request was taken, or the order is closed. */
  isCancelSettled: ({ context }: Args): boolean => context.cancel.taken || context.order.status !== 'open',
  /** The window for late fills closed while the cancel was under way. */
  isWindowOver: ({ context }: Args): boolean => context.cancel.isWindowOver === true,
  /** T = 32 s, and the cancel that was begun in time, or on waking up, still has its time (T4). */
  isWindowOverDuringCall: (args: Args): boolean =>
    executionGuards.isDeadline(args, { name: 'lateWindow' }) && args.context.cancel.inFlight,
  /** The venue takes back or changes a fill (P8). */
  isCorrection: ({ context, event }: Args): boolean =>
    event.type === 'ORDER_REPORT' && isNewCorrection(context.order, event.report),
  /** Fees are told, or corrected, once the exits have been asked for (B6). */
  isNewsOfFees: (args: Args): boolean =>
    args.event.type === 'ORDER_REPORT' &&
    args.event.report.fees !== undefined &&
    executionGuards.isNews(args) &&
    orderAfter(args).cumQty === args.context.order.cumQty,
  isCancelUnderWay: ({ context }: Args): boolean => context.cancel.inFlight,

  hasFillToProtect: ({ context }: Args): boolean => hasFill(context.order) && context.order.avgPrice !== undefined,
  hasFillWithoutPrice: ({ context }: Args): boolean => lacksPrice(context.order),
  /** SL and TP lie on either side of the fill (R2.2). */
  isBracketValid: ({ context }: Args): boolean => (context.bracket ?? computeBracket(context).bracket)?.valid === true,
  /** They are valid, and what is held makes up a lot (B6). */
  isPlaceable: (args: Args): boolean => {
    const bracket = args.context.bracket ?? computeBracket(args.context).bracket;
    return bracket?.valid === true && isPositive(bracket.quantity);
  },
  /** Both legs work (B1, B5). */
  isProtected: (args: Args): boolean => isProtected({ protection: protectionAfter(args) }),
  /** The market has passed the take-profit, and the stop-loss does not stand yet: it goes alone, once (B5). */
  mayGoAlone: (args: Args): boolean => {
    const { context, event } = args;
    if (event.type !== 'PROTECTION_OUTCOME' || event.at >= (context.protection.endsAt ?? 0)) return false;
    const isFree = context.protection.stopsAlone !== true && protectionAfter(args).stopLoss !== 'placed';
    return isFree && saysTakeProfitPassed(event);
  },
  /** The stop-loss works, and the take-profit was refused since the market has passed it (B5). */
  isStopAlone: (args: Args): boolean => {
    const { stopLoss, stopsAlone } = protectionAfter(args);
    const isPassed = args.event.type === 'PROTECTION_OUTCOME' && saysTakeProfitPassed(args.event);
    return stopLoss === 'placed' && (stopsAlone === true || isPassed);
  },
  /** Whatever was asked for is taken, and some of it is not said to work yet (B5). */
  isConfirming: (args: Args): boolean => {
    const { stopLoss, takeProfit, stopsAlone, endsAt = 0 } = protectionAfter(args);
    const isTaken = (leg: LegState) => leg === 'placed' || leg === 'confirming';
    return args.event.at < endsAt && isTaken(stopLoss) && (stopsAlone === true || isTaken(takeProfit));
  },
  /** A leg may still be mended by a repeat with the same id, and the 5 s are not over (B2). */
  mayProtectAgain: (args: Args): boolean => {
    if (args.event.type !== 'PROTECTION_OUTCOME' || args.event.at >= (args.context.protection.endsAt ?? 0))
      return false;
    const { stopLoss, takeProfit } = protectionAfter(args);
    return stopLoss === 'retry' || takeProfit === 'retry';
  },
  /** The venue says that an exit which was taken has ended without a fill (B5). */
  isExitLost: ({ context, event }: Args): boolean => event.type === 'EXIT_REPORT' && losesLeg(context, event),
  isExitNews: ({ context, event }: Args): boolean => event.type === 'EXIT_REPORT' && isExitNews(context, event),

  /** The comparison found a difference (R6.4). */
  needsHuman: ({ context }: Args): boolean => context.report?.requiresManualResolution === true,
};

/** A report has come that only a live order can have: whatever the submit call says, it exists. */
const hasNews = ({ order }: ExecutionContext): boolean =>
  order.brokerOrderId !== undefined || hasFill(order) || order.status !== 'open';

/** The last try has no outcome yet, and no report speaks for the order. */
const isFirstWord = (context: ExecutionContext): boolean =>
  context.attempts.at(-1)?.outcome === undefined && !hasNews(context);

const isDefiniteNo = ({ event }: Args): boolean =>
  event.type === 'SUBMIT_OUTCOME' && event.outcome.kind === 'rejected' && event.outcome.transient !== true;
