/**
 * The result as it was recorded, against the one that the facts fold to (A7).
 *
 * 1. Facts of the present version must fold to the recorded result to the byte.
 * 2. Facts of an older version must fold to the same outcome: wording and whatever a later version adds may differ.
 */
import type { JsonObject } from '../domain/canonical.js';
import type { JournalRecord } from '../domain/journal.js';
import type { OrderStatus } from '../domain/order.js';
import { type ExecutionResult, FINAL_STATUSES } from '../domain/result.js';
import { resultSha256 } from '../machines/execution.audit.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { FACTS_VERSION, versionOf } from './fact-versions.js';

export interface RecordedResult {
  readonly seq: number;
  /** Version of the facts. */
  readonly version: number;
  /** Of the whole result; absent when it is not noted. */
  readonly sha256?: string;
  /** The result without its attempts and its reconciliation report. */
  readonly summary: Omit<ExecutionResult, 'attempts' | 'reconciliationReport'>;
  readonly reconciliationStatus?: string;
}

/** What stands in the records of one execution; `undefined` when it has no end. */
export function recordedResult(life: readonly JournalRecord[]): RecordedResult | undefined {
  const record = life.findLast(({ audit }) => audit.some(isResult));
  const details = record?.audit.findLast(isResult)?.details;
  if (record === undefined || details === undefined) return undefined;
  const { resultSha256: sha256, reconciliationStatus, attempts: _attempts, hasFill: _hasFill, ...summary } = details;
  return {
    seq: record.seq,
    version: versionOf(record),
    ...(typeof sha256 === 'string' && { sha256 }),
    ...(typeof reconciliationStatus === 'string' && { reconciliationStatus }),
    summary: readSummary(summary),
  };
}

const isResult = ({ event }: { readonly event: string }): boolean => event === 'execution_result';

/** A status that nobody knows is a failure: whatever it was, it is over. */
function readSummary(summary: JsonObject): RecordedResult['summary'] {
  const isKnown = FINAL_STATUSES.some((status) => status === summary['status']);
  return { ...summary, ...(!isKnown && { status: 'FAILED' }) } as unknown as RecordedResult['summary'];
}

/** What an outcome is, whatever the words. */
const OUTCOME = [
  'status',
  'reason',
  'clientOrderId',
  'finalOrderId',
  'finalFillPrice',
  'finalPositionSize',
  'finalSl',
  'finalTp',
  'killSwitchPostFill',
] as const satisfies readonly (keyof ExecutionResult)[];

export function isRecorded(result: ExecutionResult, recorded: RecordedResult): boolean {
  if (recorded.sha256 === resultSha256(result)) return true;
  if (recorded.version >= FACTS_VERSION) return recorded.sha256 === undefined && hasOutcome(result, recorded);
  return hasOutcome(result, recorded);
}

const hasOutcome = (result: ExecutionResult, { summary, reconciliationStatus }: RecordedResult): boolean =>
  OUTCOME.every((field) => result[field] === summary[field]) &&
  result.reconciliationReport?.status === reconciliationStatus;

/** The context of an execution that ended as recorded, though its facts do not lead there: it stays as it ended. */
export function endedAsRecorded(context: ExecutionContext, { summary }: RecordedResult): ExecutionContext {
  const { status, reason, errorMessage, finalPositionSize: cumQty, finalFillPrice: avgPrice, finalOrderId } = summary;
  const { report, attempts } = context;
  const order = {
    ...context.order,
    ...(context.order.status === 'open' && cumQty !== undefined && { status: statusOf(summary) }),
    ...(cumQty !== undefined && { cumQty }),
    ...(avgPrice !== undefined && { avgPrice }),
    ...(finalOrderId !== undefined && { brokerOrderId: finalOrderId }),
  };
  const verdict = {
    status,
    ...(reason !== undefined && { reason }),
    ...(errorMessage !== undefined && { message: errorMessage }),
  };
  const result = { ...summary, attempts, ...(report !== undefined && { reconciliationReport: report }) };
  return { ...context, order, verdict, result };
}

const statusOf = ({ status }: RecordedResult['summary']): OrderStatus =>
  status === 'FILLED' || status === 'EXECUTED_FULL_LATE' ? 'filled' : 'cancelled';
