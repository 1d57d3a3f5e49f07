/**
 * How each fact changes what an execution knows: pure functions from context and fact to the members that change.
 */
import { protectionFor } from '../domain/bracket.js';
import { isPositive, parseVenueDecimal, ZERO } from '../domain/decimal.js';
import { protectableQuantity } from '../domain/held.js';
import { keepingAnswer } from '../domain/kept-answer.js';
import { adopt, afterNothingToCancel, applyReport, hasFill, lacksPrice } from '../domain/order.js';
import type { CancelWord } from '../domain/ports.js';
import type { ReasonCode } from '../domain/reasons.js';
import {
  type Mismatch,
  mismatch,
  NO_OTHERS,
  type ReconciliationExpected,
  type ReconciliationObserved,
  reconcile,
} from '../domain/reconciliation.js';
import type { RefusedBy } from '../domain/refused-by.js';
import type { ExecutionAttempt } from '../domain/result.js';
import { epochMs, isoTime } from '../domain/time.js';
import { brokerRefusal, firstRefusal, type Refusal } from '../domain/validation.js';
import {
  type Bracket,
  type ExecutionContext,
  hasExit,
  heldBy,
  holdingOf,
  type KillSwitchKnowledge,
  type Verdict,
  withPatch,
} from './execution.context.js';
import type { ExecutionFact, FactOf } from './execution.facts.js';

export type Patch = Partial<ExecutionContext>;

/** The fact as the type that the transition is for; anything else is a fault of the chart. */
export function expectFact<Type extends ExecutionFact['type']>(fact: ExecutionFact, type: Type): FactOf<Type> {
  if (fact.type !== type) throw new TypeError(`the chart handed ${fact.type} to what takes ${type}`);
  return fact as FactOf<Type>;
}

export const start = (_: ExecutionContext, { at, gate }: FactOf<'START'>): Patch => ({
  startedAt: at,
  killSwitch: { effective: gate.killSwitchState, cancelWanted: false, postFill: false },
});

type Refused = Pick<Refusal, 'code' | 'message' | 'refusedBy'> & { rule?: string };

/** What refuses the advisory now: V1–V8 at the start, V9 and V10 on the broker's answer, V1, V7, V8 and V11 at the last look. */
export function refusalOf(context: ExecutionContext, fact: ExecutionFact): Refused | undefined {
  switch (fact.type) {
    case 'START':
      return refusalAtStart(fact, context);
    case 'BROKER_ASKED':
      return brokerRefusal(context.snapshot, fact.answer);
    case 'SUBMIT_BLOCKED':
      return fact.refusal;
    default:
      return undefined;
  }
}

/** The chart asks about each rule in turn, all of the same context. */
const refusalAtStart = keepingAnswer(({ gate }: FactOf<'START'>, { snapshot, problems }: ExecutionContext) =>
  firstRefusal(snapshot, problems, gate),
);

export function keepAnswer(
  { othersBefore }: ExecutionContext,
  { answer, others = othersBefore }: FactOf<'BROKER_ASKED'>,
): Patch {
  if (answer.kind !== 'answered') return {};
  const { instrument, baseline, marketPrice } = answer;
  return { instrument, baseline, othersBefore: others, ...(marketPrice !== undefined && { marketPrice }) };
}

export function beginAttempt(context: ExecutionContext, { at }: FactOf<'SUBMIT_STARTED'>): Patch {
  const attempt: ExecutionAttempt = { attempt: context.attempts.length + 1, startedAt: isoTime(at) };
  return { attempts: [...context.attempts, attempt], attemptAt: at, firstSubmitAt: context.firstSubmitAt ?? at };
}

/** After a restart: an intent without a recorded call may have been sent, and T then runs from the intent (A6). */
export function assumeAttempt(context: ExecutionContext, intentAt: number): Patch {
  const begun = beginAttempt(context, { type: 'SUBMIT_STARTED', at: intentAt });
  return { ...begun, ...assumeUnknown({ ...context, ...begun }) };
}

/** A report on an order that this execution has not sent: an earlier life sent it, and T runs from now at the latest. */
export const assumeSent = (context: ExecutionContext, { at }: ExecutionFact): Patch =>
  context.firstSubmitAt === undefined ? assumeAttempt(context, at) : {};

/** After a restart: a call without a recorded answer may have reached the broker (S4). */
export const assumeUnknown = ({ attempts }: ExecutionContext): Patch => ({
  attempts: attempts.map((attempt) =>
    attempt.outcome === undefined
      ? { ...attempt, outcome: 'unknown', reason: 'the process ended before the answer was recorded' }
      : attempt,
  ),
});

/** Writes the outcome into the attempt that is under way, and adopts the broker's order id. */
export function endAttempt(context: ExecutionContext, { at, outcome }: FactOf<'SUBMIT_OUTCOME'>): Patch {
  const brokerOrderId = outcome.kind === 'accepted' ? outcome.brokerOrderId : undefined;
  const attempts = context.attempts.map((attempt, index) => {
    if (index !== context.attempts.length - 1) return attempt;
    // A late acceptance corrects an unknown outcome; nothing else is written twice.
    const isNews = attempt.outcome === undefined || (attempt.outcome === 'unknown' && outcome.kind === 'accepted');
    return isNews ? { ...attempt, durationMs: at - (context.attemptAt ?? at), ...outcomeOf(outcome) } : attempt;
  });
  return { attempts, order: adopt(context.order, brokerOrderId) };
}

function outcomeOf(
  outcome: FactOf<'SUBMIT_OUTCOME'>['outcome'],
): Partial<ExecutionAttempt> & Pick<ExecutionAttempt, 'outcome'> {
  switch (outcome.kind) {
    case 'accepted':
      return { outcome: 'accepted', brokerOrderId: outcome.brokerOrderId };
    case 'rejected':
      return { outcome: 'rejected', code: outcome.code, reason: outcome.reason };
    case 'not_sent':
      return { outcome: 'not_sent', reason: outcome.reason };
    case 'duplicate':
      return { outcome: 'duplicate' };
    case 'unknown':
      return { outcome: 'unknown', reason: outcome.cause };
  }
}

export function keepReport(context: ExecutionContext, { at, report }: FactOf<'ORDER_REPORT'>): Patch {
  const order = applyReport(context.order, report);
  const postFill = hasFill(order) && (context.killSwitch.effective === 'ACTIVE' || context.killSwitch.cancelWanted);
  return {
    order,
    ...(hasFill(order) && context.firstFillAt === undefined && firstFill(context, at, report.brokerTime)),
    ...(postFill && { killSwitch: { ...context.killSwitch, postFill } }),
  };
}

/** By the broker's time, between the first submission and now: a clock that is off by more proves nothing (B4). */
function firstFill({ firstSubmitAt = 0 }: ExecutionContext, at: number, brokerTime: string | undefined): Patch {
  const told = brokerTime === undefined ? undefined : epochMs(brokerTime);
  if (told === undefined || !Number.isFinite(told) || told > at) return { firstFillAt: at };
  return { firstFillAt: Math.max(told, firstSubmitAt), isFirstFillTimed: true };
}

/** A whole fill that was told after the window had closed: a fact to protect, and for a human to know (T2, M1). */
export function keepFillAfterWindow(context: ExecutionContext, fact: FactOf<'ORDER_REPORT'>): Patch {
  const kept = keepReport(context, fact);
  const cumQty = kept.order?.cumQty ?? context.order.cumQty;
  const message = `Filled ${cumQty} after the window for late fills had closed: held and protected, and not a valid execution`;
  return { ...kept, ...withFound(context, mismatch('STRAY_FILL', 'a fill by T = 32 s', cumQty, message)) };
}

/** A fill beyond what SL and TP were computed for: kept, never dropped, and found by the reconciliation (P5, T5). */
export function keepStrayFill(context: ExecutionContext, fact: FactOf<'ORDER_REPORT'>): Patch {
  const kept = keepReport(context, fact);
  const now = kept.order?.cumQty ?? context.order.cumQty;
  const before = context.order.cumQty;
  const order = kept.order ?? context.order;
  // SL and TP stand on the price that was known; a surplus without one does not take it away.
  const avgPrice = order.avgPrice ?? context.order.avgPrice;
  return {
    ...kept,
    order: { ...order, ...(avgPrice !== undefined && { avgPrice }) },
    ...withFound(
      context,
      mismatch('STRAY_FILL', before, now, `Filled size ${before} grew to ${now} after the order was taken as done`),
    ),
  };
}

export function noteKillSwitch(context: ExecutionContext, fact: FactOf<'KILL_SWITCH'>): Patch {
  const { killSwitch, order } = context;
  const postFill = killSwitch.postFill || (hasFill(order) && fact.effective === 'ACTIVE');
  const { atDecision, cancelWanted } = killSwitch;
  // A fact that names no switch leaves the one that is known.
  const decidedBy = killSwitch.decidedBy ?? fact.decidedBy;
  return { killSwitch: knowledge({ effective: fact.effective, atDecision, decidedBy, cancelWanted, postFill }) };
}

/** One shape for all: very many executions hear of a switch at once. */
type WholeKnowledge = { readonly [Name in keyof KillSwitchKnowledge]-?: KillSwitchKnowledge[Name] | undefined };
const knowledge = (whole: WholeKnowledge): KillSwitchKnowledge => whole as KillSwitchKnowledge;

/** A switch wants the live order cancelled: the state that decides is kept (K3). */
export function wantCancel(context: ExecutionContext, fact: FactOf<'KILL_SWITCH'>): Patch {
  const { cancelWanted, decidedBy, postFill } = context.killSwitch;
  return {
    killSwitch: knowledge({
      effective: fact.effective,
      atDecision: 'ACTIVE',
      // What wants the cancel is named, whatever else was ACTIVE before.
      decidedBy: cancelWanted ? (decidedBy ?? fact.decidedBy) : (fact.decidedBy ?? decidedBy),
      cancelWanted: true,
      postFill: postFill || hasFill(context.order),
    }),
  };
}

export const beginCancel = ({ cancel }: ExecutionContext): Patch => ({
  cancel: { ...cancel, tries: cancel.tries + 1, inFlight: true },
});

/** What was asked for is really under way now. */
export const noteCancelCall = ({ cancel }: ExecutionContext): Patch => ({
  cancel: { ...cancel, calls: (cancel.calls ?? 0) + 1 },
});

export const endCancel = ({ cancel, order }: ExecutionContext, { outcome }: FactOf<'CANCEL_OUTCOME'>): Patch => ({
  cancel: { ...cancel, inFlight: false, taken: cancel.taken || isTaken(outcome) },
  ...(outcome === 'already_closed' && { order: afterNothingToCancel(order) }),
});

/** The window has closed, and the cancel that is under way still has its time (T4). */
export const noteWindowOver = ({ cancel }: ExecutionContext): Patch => ({ cancel: { ...cancel, isWindowOver: true } });

/** A fill that is found from now on may be older than it is known. */
export const noteRecovery = (_: ExecutionContext, { at }: ExecutionFact): Patch => ({ recoveredAt: at });

const withoutCall = ({ isWindowOver: _over, ...cancel }: ExecutionContext['cancel']): ExecutionContext['cancel'] => ({
  ...cancel,
  inFlight: false,
});

/** After a restart no call is under way any more, and the window is judged anew. */
export const forgetCancelCall = ({ cancel }: ExecutionContext): Patch => ({ cancel: withoutCall(cancel) });

/** At T = 30 s a request that was taken, and never confirmed, counts as not made. */
export const forgetTakenCancel = ({ cancel }: ExecutionContext): Patch => ({ cancel: { ...cancel, taken: false } });

/** The broker took the request, or has nothing left to cancel. "Not found" proves neither (S4). */
export const isTaken = (outcome: CancelWord): boolean => outcome === 'requested' || outcome === 'already_closed';

/** SL and TP from the fill, for what it left in the account, in whole lots (R2, B1, B6). Without a price or an instrument there is no bracket. */
export function computeBracket(context: ExecutionContext): Patch {
  const { order, snapshot, instrument } = context;
  if (order.avgPrice === undefined || instrument === undefined) return withFound(context, missingPrice(context));
  const bracket = {
    ...protectionFor(order.avgPrice, snapshot, instrument),
    quantity: protectableQuantity(holdingOf(context)),
    filled: order.cumQty,
  };
  if (bracket.valid) return { bracket };
  const sides = snapshot.side === 'buy' ? 'SL < fill < TP' : 'TP < fill < SL';
  const actual = `SL ${bracket.stopLoss}, TP ${bracket.takeProfit}`;
  const message = `Expected ${sides} around ${order.avgPrice}, computed ${actual}; neither is placed`;
  return { bracket, ...withFound(context, mismatch('PROTECTION_INVALID', sides, actual, message)) };
}

function missingPrice({ clientOrderId, order }: ExecutionContext): Mismatch {
  const message = `Expected a fill price for ${order.cumQty} of order ${clientOrderId}, found none; SL and TP cannot be computed`;
  return mismatch('FILL_PRICE_MISSING', 'a price', 'none', message);
}

/** Adds a difference, once. */
export function withFound(context: ExecutionContext, added: Mismatch): Patch {
  const known = context.found.some(({ kind, actual }) => kind === added.kind && actual === added.actual);
  return known ? {} : { found: [...context.found, added] };
}

/** The switch that has decided (K8). */
function bySwitch({ killSwitch: { decidedBy } }: ExecutionContext, reason?: ReasonCode): RefusedBy | undefined {
  return reason !== 'KILL_SWITCH_ACTIVE' || decidedBy === undefined ? undefined : { kind: 'kill-switch', ...decidedBy };
}

/** The verdict is given once; what comes later does not change it (R6.4). */
export function decide(
  context: ExecutionContext,
  status: Verdict['status'],
  reason?: ReasonCode,
  message?: string,
  refusedBy: RefusedBy | undefined = bySwitch(context, reason),
): Patch {
  const verdict: Verdict = {
    status,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(refusedBy !== undefined && { refusedBy }),
  };
  const { killSwitch } = context;
  const byKillSwitch = reason === 'KILL_SWITCH_ACTIVE' ? { ...killSwitch, atDecision: 'ACTIVE' as const } : killSwitch;
  return { verdict: context.verdict ?? verdict, killSwitch: byKillSwitch };
}

/** What the reconciliation expects to find (R6.2). */
export function expectedAtBroker(context: ExecutionContext, at: number): ReconciliationExpected {
  const { order, bracket, instrument, snapshot } = context;
  const isHeld = hasFill(order) && bracket?.valid === true && isPositive(bracket.quantity);
  const priceless = lacksPrice(order) && !context.found.some(({ kind }) => kind === 'FILL_PRICE_MISSING');
  return {
    reconciliationId: `${context.clientOrderId}-rec`,
    advisoryId: context.advisoryId,
    clientOrderId: context.clientOrderId,
    timestamp: isoTime(at),
    side: snapshot.side,
    approvedSize: snapshot.positionSize,
    tickSize: parseVenueDecimal(instrument?.tickSize) ?? ZERO,
    orderStatus: order.status,
    cumQty: order.cumQty,
    heldQuantity: heldBy(context),
    ...(bracket !== undefined && exitsExpected(context, bracket)),
    baseline: context.baseline,
    found: priceless ? [...context.found, missingPrice(context)] : context.found,
    ...(order.brokerOrderId !== undefined && { brokerOrderId: order.brokerOrderId }),
    ...(order.avgPrice !== undefined && { avgPrice: order.avgPrice }),
    ...(isHeld && { stopLoss: bracket.stopLoss, takeProfit: bracket.takeProfit }),
    ...(context.protection.standing !== undefined && { standing: context.protection.standing }),
  };
}

/** A fee that is told once the exits stand changes what they ought to be for (B6). Another fill is named as such. */
function exitsExpected(
  context: ExecutionContext,
  { quantity, filled }: Bracket,
): Pick<ReconciliationExpected, 'protectedQuantity' | 'placedQuantity'> {
  const isSameFill = context.order.cumQty === filled;
  const protectedQuantity = isSameFill ? protectableQuantity(holdingOf(context)) : quantity;
  return { protectedQuantity, ...(hasExit(context) && { placedQuantity: quantity }) };
}

export function keepReconciliation(context: ExecutionContext, { at, observed }: FactOf<'RECONCILED'>): Patch {
  const order = withFeesOf(context, observed);
  return { order, report: reconcile(expectedAtBroker(withPatch(context, { order }), at), observed) };
}

/** Venues tell fees late: the one look at the order counts as well (B6). */
function withFeesOf({ order }: ExecutionContext, observed: ReconciliationObserved): ExecutionContext['order'] {
  const report = observed.order.kind === 'report' ? observed.order.report : undefined;
  const isSameFill = report?.fees !== undefined && report.cumQty === order.cumQty;
  return isSameFill ? { ...order, fees: report.fees } : order;
}

/** The backstop of E3: nothing came back in time, so nothing is known. */
export const failReconciliation = (context: ExecutionContext, { at }: ExecutionFact): Patch => {
  const cause = 'no answer within the time for reconciliation';
  const observed = {
    order: { kind: 'failed', cause },
    position: { kind: 'failed', cause },
    others: NO_OTHERS,
  } as const;
  return { report: reconcile(expectedAtBroker(context, at), observed) };
};
