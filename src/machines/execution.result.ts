/**
 * The result of an execution, composed from what it knows when it is done. Decimals are canonical strings.
 */
import { isPositive, subtract } from '../domain/decimal.js';
import { slippageOf } from '../domain/fills.js';
import { hasFill } from '../domain/order.js';
import type { ExecutionState } from '../domain/reasons.js';
import { type ExecutionResult, ExecutionStage } from '../domain/result.js';
import { type ExecutionContext, exitPrices, heldBy } from './execution.context.js';

const MS_PER_SECOND = 1_000;

/** @param at when `done` was reached, in engine ms */
export function resultOf(context: ExecutionContext, at: number): ExecutionResult {
  const { verdict, order, attempts, killSwitch, report } = context;
  const reachedBroker = report !== undefined;
  return {
    advisoryId: context.advisoryId,
    snapshotHash: context.snapshotHash,
    status: verdict?.status ?? 'FAILED',
    ...(verdict?.reason !== undefined && { reason: verdict.reason }),
    ...(verdict?.message !== undefined && { errorMessage: verdict.message }),
    ...(verdict?.refusedBy !== undefined && { refusedBy: verdict.refusedBy }),
    ...(order.brokerOrderId !== undefined && { finalOrderId: order.brokerOrderId }),
    ...(attempts.length > 0 && { clientOrderId: context.clientOrderId }),
    ...(reachedBroker && { finalPositionSize: order.cumQty }),
    ...fillPart(context),
    ...exitPart(context),
    totalDurationSeconds: (at - context.startedAt) / MS_PER_SECOND,
    killSwitchState: killSwitch.atDecision ?? killSwitch.effective,
    killSwitchPostFill: killSwitch.postFill,
    attempts,
    ...(report !== undefined && { reconciliationReport: report }),
  };
}

function fillPart({ order, snapshot }: ExecutionContext): Partial<ExecutionResult> {
  if (!hasFill(order) || order.avgPrice === undefined) return {};
  const { slippagePct, slippageBps } = slippageOf(order.avgPrice, snapshot.referencePrice);
  return { finalFillPrice: order.avgPrice, slippagePct, slippageBps };
}

/** What the broker has acknowledged stays true even when the fill itself was taken back. */
function exitPart(context: ExecutionContext): Partial<ExecutionResult> {
  const { bracket, protection, stopLossAt, firstFillAt } = context;
  if (bracket === undefined) return {};
  const rest = subtract(heldBy(context), bracket.quantity);
  const { stopLoss, takeProfit } = exitPrices(context);
  return {
    ...(protection.stopLoss === 'placed' && stopLoss !== undefined && { finalSl: stopLoss }),
    ...(protection.takeProfit === 'placed' && takeProfit !== undefined && { finalTp: takeProfit }),
    ...(isPositive(rest) && { unprotectedQuantity: rest }),
    ...(stopLossAt !== undefined && firstFillAt !== undefined && { nakedWindowMs: stopLossAt - firstFillAt }),
    ...(stopLossAt !== undefined && isFoundAfterRestart(context) && { nakedWindowIsLowerBound: true }),
  };
}

/** The fill may be older than it is known: it came to light after a restart, and the broker did not say when it was (B4). */
const isFoundAfterRestart = ({ firstFillAt, recoveredAt, isFirstFillTimed }: ExecutionContext): boolean =>
  isFirstFillTimed !== true && firstFillAt !== undefined && recoveredAt !== undefined && recoveredAt <= firstFillAt;

/** The stage in one word, from the chart's state and what the execution knows. */
export function stageOf(state: ExecutionState, context: ExecutionContext): ExecutionStage {
  switch (state) {
    case 'validating':
      return ExecutionStage.VALIDATING;
    case 'submitted':
      if (hasFill(context.order)) return ExecutionStage.PARTIALLY_FILLED;
      // Before the first call nothing has been submitted, and nothing may ever be.
      return context.attempts.length === 0 ? ExecutionStage.VALIDATING : ExecutionStage.SUBMITTED;
    case 'pending':
    case 'cancelling':
    case 'timeout':
      return hasFill(context.order) ? ExecutionStage.PARTIALLY_FILLED : ExecutionStage.PENDING;
    case 'filled':
      return ExecutionStage.FILLED;
    case 'late':
      return ExecutionStage.EXECUTED_FULL_LATE;
    case 'reconciling':
    case 'done':
      return context.verdict?.status ?? ExecutionStage.FAILED;
  }
}
