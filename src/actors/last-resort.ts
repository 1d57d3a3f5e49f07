/**
 * The last resort: the engine's own fault in one execution (E5).
 *
 * 1. First the gate closes; then a case is opened, and what is live is cancelled or protected from the last good context.
 * 2. It uses neither the chart nor what failed; each step stands alone, and one that fails does not keep the next from being tried.
 * 3. It ends, since every call of it has a deadline, and the result comes: `FAILED`, `ENGINE_FAULT`.
 */

import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze, type JsonObject } from '../domain/canonical.js';
import { applyReport, hasFill, readOrderReport } from '../domain/order.js';
import { causeOf } from '../domain/reading.js';
import { reasons } from '../domain/reasons.js';
import { mismatch } from '../domain/reconciliation.js';
import type { ExecutionResult } from '../domain/result.js';
import type { Recorder } from '../journal/recorder.js';
import { resultSha256 } from '../machines/execution.audit.js';
import { type ExecutionContext, isProtected, orderRef, protectionRequest } from '../machines/execution.context.js';
import type { EngineFaultFact } from '../machines/execution.facts.js';
import { executionMachine } from '../machines/execution.machine.js';
import { endProtection } from '../machines/execution.protecting.js';
import { resultOf } from '../machines/execution.result.js';
import { type ExecutionSnapshot, isOrderLive } from '../machines/execution.state.js';
import { computeBracket } from '../machines/execution.updates.js';
import type { BrokerCalls } from './broker-calls.js';
import type { CaseRegister } from './cases.js';
import type { EngineTime } from './engine-time.js';

interface LastResortParts {
  readonly time: EngineTime;
  readonly calls: BrokerCalls;
  readonly recorder: Pick<Recorder, 'say' | 'record'>;
  readonly cases: Pick<CaseRegister, 'raise'>;
  /** Sets GLOBAL ACTIVE, unless the engine has done so already. */
  readonly closeGate: (reason: string) => void;
}

/** @param good the last state that the chart reached without a fault */
export async function lastResort(
  good: ExecutionSnapshot,
  error: unknown,
  parts: LastResortParts,
): Promise<ExecutionResult> {
  const cause = causeOf(error);
  const { context } = good;
  const { advisoryId, clientOrderId } = context;
  const said = { advisoryId, clientOrderId, state: JSON.stringify(good.value), cause };
  attemptOf(() => parts.recorder.say('error', said, 'a fault of the engine ended an execution'));
  attemptOf(() => parts.closeGate(faultReason(advisoryId, cause)));
  attemptOf(() => void record(parts, context, { cause }, [{ event: 'engine_fault', details: said }]));
  attemptOf(() => void openCase(parts, context, cause));
  const last = await settle(good, parts);
  const result = faultResult(last, cause, parts.time());
  const details = { ...summaryOf(result), resultSha256: resultSha256(result) };
  const audit = [{ event: 'execution_result', details }] as const;
  const recorded = attemptOf(() => record(parts, context, { cause, result }, audit));
  await recorded?.catch(() => undefined);
  return result;
}

/** The state of an execution that a fault has ended: done, with the result that the last resort came to. */
export const endedByFault = ({ context }: ExecutionSnapshot, result: ExecutionResult): ExecutionSnapshot =>
  executionMachine.resolveState({
    value: 'done',
    context: deepFreeze({ ...context, verdict: { status: result.status, reason: 'ENGINE_FAULT' }, result }),
    status: 'done',
  }) as ExecutionSnapshot;

/** Why the gate is closed, in words. */
export const faultReason = (advisoryId: string, cause: string): string =>
  `A fault of the engine in ${advisoryId}: ${cause}`;

/** What is live is cancelled, and what is filled is protected, as far as it goes. */
async function settle(good: ExecutionSnapshot, { calls, time }: LastResortParts): Promise<ExecutionContext> {
  let { context } = good;
  const learn = (raw: unknown) => {
    const report = readOrderReport(raw, context);
    if (report !== undefined) context = { ...context, order: applyReport(context.order, report) };
  };
  try {
    if (context.attempts.length > 0 && isOrderLive(good)) {
      await calls.cancel(orderRef(context), learn);
      const seen = await calls.observeOrder(orderRef(context));
      if (seen.kind === 'report') context = { ...context, order: applyReport(context.order, seen.report) };
    }
    if (!hasFill(context.order) || isProtected(context)) return context;
    context = { ...context, ...computeBracket(context) };
    const { bracket } = context;
    if (bracket?.valid !== true) return context;
    const legs = await calls.protect(protectionRequest(context, bracket));
    return { ...context, ...endProtection(context, { type: 'PROTECTION_OUTCOME', at: time(), legs }) };
  } catch {
    return context;
  }
}

function faultResult(context: ExecutionContext, cause: string, at: number): ExecutionResult {
  const message = `${reasons.ENGINE_FAULT.sentence} Cause: ${cause}`;
  const verdict = { status: 'FAILED', reason: 'ENGINE_FAULT', message } as const;
  const size = context.attempts.length > 0 ? { finalPositionSize: context.order.cumQty } : {};
  const composed = attemptOf(() => ({ ...resultOf({ ...context, verdict }, at), ...size }));
  const { advisoryId, snapshotHash, attempts, killSwitch } = context;
  const least: ExecutionResult = {
    ...{ advisoryId, snapshotHash, status: 'FAILED', reason: 'ENGINE_FAULT', errorMessage: message, attempts },
    totalDurationSeconds: (at - context.startedAt) / 1_000,
    killSwitchState: killSwitch.effective,
    killSwitchPostFill: killSwitch.postFill,
  };
  return deepFreeze(composed ?? least);
}

function summaryOf({ attempts, reconciliationReport, ...summary }: ExecutionResult): JsonObject {
  const status = reconciliationReport?.status;
  const all = { ...summary, attempts: attempts.length, ...(status !== undefined && { reconciliationStatus: status }) };
  return all as unknown as JsonObject;
}

function record(
  { recorder, time }: LastResortParts,
  { advisoryId, snapshotHash }: ExecutionContext,
  what: Pick<EngineFaultFact, 'cause' | 'result'>,
  audit: readonly AuditEntry[],
): Promise<unknown> {
  const at = time();
  const fact: EngineFaultFact = { type: 'ENGINE_FAULT', at, ...what };
  return recorder.record({ stream: 'execution', advisoryId, snapshotHash, at, fact, audit });
}

function openCase({ cases }: LastResortParts, context: ExecutionContext, cause: string): Promise<unknown> {
  const { advisoryId, snapshotHash, snapshot } = context;
  const message = `A fault of the engine ended ${advisoryId}: ${cause}. Compare order, position and exits at the broker`;
  const mismatches = [mismatch('ENGINE_FAULT', 'no fault', cause, message)];
  return cases.raise({ kind: 'ENGINE_FAULT', symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
}

/** What it comes to, or nothing when that fails as well. */
function attemptOf<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
