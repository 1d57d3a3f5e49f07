/**
 * What a fact means to a reader of the audit log (A1): a pure function of the fact, of what was known before and after,
 * and of what the chart asked for.
 */

import type { AuditEntry, AuditEvent } from '../domain/audit.js';
import { protectionFor, riskAndReward } from '../domain/bracket.js';
import { canonicalSha256, deepFreeze, type JsonObject } from '../domain/canonical.js';
import { slippageOf } from '../domain/fills.js';
import { keepingAnswer } from '../domain/kept-answer.js';
import type { DecidingSwitch, KillSwitchState } from '../domain/kill-switch.js';
import { HARD_TIMEOUT_MS } from '../domain/limits.js';
import { hasFill, isNewCorrection, type OrderFact } from '../domain/order.js';
import type { ExecutionState } from '../domain/reasons.js';
import type { Mismatch } from '../domain/reconciliation.js';
import type { ExecutionResult } from '../domain/result.js';
import { isoTime } from '../domain/time.js';
import type { ExecutionCommand } from './execution.commands.js';
import { type ExecutionContext, elapsedSinceSubmit, isProtected } from './execution.context.js';
import type { ExecutionFact, FactOf } from './execution.facts.js';
import { correctionOf, legNameOf } from './execution.protecting.js';

interface Step {
  readonly fact: ExecutionFact;
  readonly from: ExecutionState;
  readonly to: ExecutionState;
  readonly before: ExecutionContext;
  readonly after: ExecutionContext;
  readonly commands: readonly ExecutionCommand[];
}

function entry(event: AuditEvent, details: Record<string, unknown>): AuditEntry {
  for (const name in details) if (details[name] === undefined) return { event, details: definedIn(details) };
  return { event, details: details as JsonObject };
}

function definedIn(details: Record<string, unknown>): JsonObject {
  const defined: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(details)) if (value !== undefined) defined[name] = value;
  return defined as JsonObject;
}

/** The audit lines of a step, in the order in which they read. */
export function auditOf(step: Step): readonly AuditEntry[] {
  const lines = ofFact(step);
  lines.push(...ofKillSwitch(step));
  lines.push(...ofTimeout(step));
  lines.push(...ofDone(step));
  return lines;
}

function ofFact(step: Step): AuditEntry[] {
  const { fact, after } = step;
  switch (fact.type) {
    case 'START':
      return [entry('execution_start', startDetails(after, fact.gate.killSwitchState))];
    case 'SUBMIT_STARTED':
      return [entry('order_submitted', orderDetails(after, { attempt: after.attempts.length }))];
    case 'SUBMIT_OUTCOME':
      return ofOutcome(step, fact);
    case 'ORDER_REPORT':
      return ofReport(step);
    case 'CANCEL_STARTED':
      return ofCancel({ ...step, fact });
    case 'PROTECTION_OUTCOME':
      return ofProtection(after, { legs: fact.legs });
    case 'EXIT_REPORT':
      return ofExitReport(step, fact);
    case 'RECONCILED':
      return [entry('reconciliation', reconciliationDetails(after))];
    case 'RECOVERED':
      return [entry('recovered', { from: step.from, to: step.to, actions: step.commands.map(({ type }) => type) })];
    case 'DEADLINE':
      return ofDeadline(step, fact.name);
    default:
      return [];
  }
}

const startDetails = (
  { snapshot, clientOrderId }: ExecutionContext,
  killSwitchState: KillSwitchState,
): Record<string, unknown> =>
  Object.assign<Record<string, unknown>, object>({ clientOrderId }, { ...snapshot, killSwitchState });

/** @param more members are added to the object, not spread with it, which costs ten times as much (docs/performance.md) */
const orderDetails = (
  { clientOrderId, snapshot, order }: ExecutionContext,
  more: Record<string, unknown> = {},
): Record<string, unknown> =>
  Object.assign(
    {
      clientOrderId,
      brokerOrderId: order.brokerOrderId,
      symbol: snapshot.symbol,
      side: snapshot.side,
      quantity: snapshot.positionSize,
    },
    more,
  );

function ofOutcome({ after }: Step, { outcome }: Extract<ExecutionFact, { type: 'SUBMIT_OUTCOME' }>): AuditEntry[] {
  const events = {
    accepted: 'order_accepted',
    duplicate: 'order_accepted',
    unknown: 'order_unknown',
    rejected: 'order_rejected',
    not_sent: 'order_rejected',
  } as const;
  return [entry(events[outcome.kind], orderDetails(after, { attempt: after.attempts.length, outcome }))];
}

function ofReport({ before, after, fact, to }: Step): AuditEntry[] {
  const { order } = after;
  const lines: AuditEntry[] = [];
  if (fact.type === 'ORDER_REPORT' && isNewCorrection(before.order, fact.report)) {
    return [correctionEntry(before, fact.report, correctionOf(before, fact.report))];
  }
  if (order.cumQty !== before.order.cumQty || order.avgPrice !== before.order.avgPrice) {
    const isWhole = to === 'filled' || to === 'late' || order.status === 'filled';
    lines.push(entry(isWhole ? 'order_filled' : 'order_partially_filled', fillDetails(after)));
  }
  if (order.status !== before.order.status && order.status !== 'filled') {
    const asked = before.cancel.tries > 0;
    const event = order.status === 'rejected' ? 'order_rejected' : 'cancel_confirmed';
    const details = orderDetails(after, { state: order.status, byBroker: !asked, at: isoTime(fact.at) });
    lines.push(entry(event, order.reason === undefined ? details : Object.assign(details, { reason: order.reason })));
  }
  return lines;
}

/** A fill that the venue took back or changed: what it was and is (P8). */
export function correctionEntry(context: ExecutionContext, report: OrderFact, found: Mismatch): AuditEntry {
  const event = report.correction?.kind === 'bust' ? 'fill_busted' : 'fill_corrected';
  return entry(event, {
    ...orderDetails(context),
    fillId: report.correction?.fillId,
    before: found.expected,
    after: found.actual,
    message: found.message,
    brokerTime: report.brokerTime,
  });
}

/** The fill, its slippage and class, and what was and is at stake (R2.3). */
function fillDetails(context: ExecutionContext): Record<string, unknown> {
  const { order, snapshot, instrument } = context;
  const { cumQty, leavesQty, avgPrice } = order;
  const details = orderDetails(context, { cumQty, leavesQty, avgPrice });
  if (order.avgPrice === undefined || instrument === undefined) return details;
  const bracket = protectionFor(order.avgPrice, snapshot, instrument);
  const planned = protectionFor(snapshot.referencePrice, snapshot, instrument);
  const { stopLoss, takeProfit } = bracket;
  return Object.assign(details, { stopLoss, takeProfit }, slippageOf(order.avgPrice, snapshot.referencePrice), {
    planned: riskAndReward(snapshot.referencePrice, planned, snapshot.positionSize),
    actual: riskAndReward(order.avgPrice, bracket, order.cumQty),
  });
}

function ofProtection(after: ExecutionContext, told: Record<string, unknown>): AuditEntry[] {
  const { bracket, protection, firstFillAt, stopLossAt } = after;
  const nakedWindowMs = firstFillAt !== undefined && stopLossAt !== undefined ? stopLossAt - firstFillAt : undefined;
  const event = isProtected(after) ? 'protection_placed' : 'protection_failed';
  // What is taken and not said to work yet is neither placed nor failed (B5).
  const isPending = [protection.stopLoss, protection.takeProfit].includes('confirming');
  const isLowerBound = nakedWindowMs !== undefined && after.isFirstFillTimed !== true;
  const details = {
    ...bracket,
    try: protection.tries,
    ...told,
    nakedWindowMs,
    ...(isLowerBound && { nakedWindowIsLowerBound: true }),
    ...(isPending && { isConfirmed: false }),
    ...(protection.stopsAlone === true && { stopLossAlone: true }),
    // Adopted at another price, or for another quantity, than was asked for: what stands at the venue.
    ...(protection.standing !== undefined && { standing: protection.standing }),
  };
  return [entry(event, details)];
}

function reconciliationDetails({ report }: ExecutionContext): Record<string, unknown> {
  if (report === undefined) return {};
  const { reconciliationId, status, requiresManualResolution, mismatches } = report;
  return { reconciliationId, status, requiresManualResolution, mismatches };
}

function ofDeadline({ after, before }: Step, name: string): AuditEntry[] {
  if (name === 'protection' && before.found.length !== after.found.length) {
    return [
      entry('protection_failed', {
        ...after.bracket,
        try: after.protection.tries,
        cause: 'no acknowledgement in time',
      }),
    ];
  }
  return name === 'reconciliation' ? [entry('reconciliation', reconciliationDetails(after))] : [];
}

function ofKillSwitch({ fact, from, to, before, after }: Step): AuditEntry[] {
  const isAbort =
    to === 'done' && from !== 'done' && after.verdict?.reason === 'KILL_SWITCH_ACTIVE' && before.verdict === undefined;
  const isCancel = fact.type === 'KILL_SWITCH' && after.killSwitch.cancelWanted && !before.killSwitch.cancelWanted;
  if (!isAbort && !isCancel) return [];
  const refusedBy = after.verdict?.refusedBy;
  const decidedBy = isCancel || refusedBy?.kind !== 'kill-switch' ? after.killSwitch.decidedBy : refusedBy;
  const effect = isCancel ? 'the live order is cancelled' : after.verdict?.message;
  const killSwitchState = after.killSwitch.effective;
  // The operator's words, where the switch is known; records of older versions have none.
  const said =
    decidedBy === undefined
      ? { killSwitchState, reason: effect, effect }
      : { killSwitchState, reason: decidedBy.reason ?? effect, effect, switch: named(decidedBy, undefined) };
  return [entry('kill_switch_abort', orderDetails(after, said))];
}

/** Very many executions hear of the same switch one after the other. */
const named = keepingAnswer(
  ({ type, target, state, by, since }: DecidingSwitch, _: undefined): Record<string, unknown> =>
    deepFreeze(definedIn({ type, target, state, by, since })),
);

/** Said twice: when T = 30 s is reached, and, with all that came of it, when the execution is done. */
function ofTimeout({ fact, from, to, before, after }: Step): AuditEntry[] {
  if (to === 'timeout' && from !== 'timeout') return [entry('timeout', timeoutDetails(after, fact.at, 'reached'))];
  // A fill of the very instant T = 30 s ends the timeout at once.
  if (from === 'timeout' && to === 'filled') {
    return [entry('timeout', Object.assign(timeoutDetails(after, fact.at, 'over'), { lateFill: false }))];
  }
  const isOver =
    to === 'done' &&
    from !== 'done' &&
    (after.verdict?.status === 'FAILED_TIMEOUT' || after.verdict?.status === 'EXECUTED_FULL_LATE');
  if (!isOver) return [];
  const details = Object.assign(timeoutDetails(after, fact.at, 'over'), {
    cancelTries: before.cancel.tries,
    cancelTaken: before.cancel.taken,
    orderStatus: after.order.status,
    lateFill: after.verdict?.status === 'EXECUTED_FULL_LATE',
    reconciliationStatus: after.report?.status,
    finalPosition: after.order.cumQty,
  });
  return [entry('timeout', details)];
}

const timeoutDetails = (context: ExecutionContext, at: number, phase: 'reached' | 'over'): Record<string, unknown> => ({
  phase,
  firstSubmission: context.firstSubmitAt === undefined ? undefined : isoTime(context.firstSubmitAt),
  elapsedMs: elapsedSinceSubmit(context, at),
});

/**
 * Written when the call is made: what stands here was really sent (T4). A broker may push the end of the order while it takes
 * the call: the chart has then gone on, and has not counted it. Before T = 30 s only a kill switch cancels.
 */
function ofCancel({ fact, after, to }: Step & { readonly fact: FactOf<'CANCEL_STARTED'> }): AuditEntry[] {
  const isCounted = to === 'cancelling' || to === 'timeout';
  const isKilled = isCounted ? to === 'cancelling' : elapsedSinceSubmit(after, fact.at) < HARD_TIMEOUT_MS;
  const { calls = 0 } = after.cancel;
  return [
    entry(
      'cancel_requested',
      orderDetails(after, { cause: isKilled ? 'kill switch' : 'timeout', try: isCounted ? calls : calls + 1 }),
    ),
  ];
}

/** An exit that was taken and now works, or was placed and does not stand (B5). */
function ofExitReport({ before, after }: Step, { leg, report }: FactOf<'EXIT_REPORT'>): AuditEntry[] {
  const name = legNameOf(leg);
  if (before.protection[name] === after.protection[name]) return [];
  return ofProtection(after, { leg, state: report.status, reason: report.reason, legState: after.protection[name] });
}

/** SHA-256 of the canonical text of a result. */
export const resultSha256 = (result: ExecutionResult): string => canonicalSha256(result);

function ofDone({ from, to, after }: Step): AuditEntry[] {
  if (to !== 'done' || from === 'done' || after.result === undefined) return [];
  const { result, attempts } = after;
  const refused =
    result.status === 'REJECTED'
      ? [entry('validation_failed', { code: result.reason, message: result.errorMessage, refusedBy: result.refusedBy })]
      : [];
  const { reconciliationReport: report, attempts: _attempts, ...summary } = result;
  const details = Object.assign(summary, {
    attempts: attempts.length,
    reconciliationStatus: report?.status,
    hasFill: hasFill(after.order),
    // Of the whole result, so that a replay can be held against it to the byte (A3).
    resultSha256: resultSha256(result),
  });
  return [...refused, entry('execution_result', details)];
}
