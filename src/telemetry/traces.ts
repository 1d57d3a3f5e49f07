/**
 * A trace for each execution, through the OpenTelemetry API alone: without an SDK in the process it costs next to nothing.
 *
 * 1. A span is an execution from its start to its result; each line of its audit log is an event of it.
 * 2. A span is kept only while the execution is live.
 */
import { type Attributes, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import type { AuditRecord } from '../domain/audit.js';
import { epochMs } from '../domain/time.js';

interface Traces {
  sawAudit(account: string, record: AuditRecord): void;
}

const GOOD = ['FILLED', 'EXECUTED_FULL_LATE'];

export function traces(version: string, tracer: Tracer = trace.getTracer('fillchart', version)): Traces {
  const live = new Map<string, Span>();

  function begin(
    key: string,
    account: string,
    { advisoryId = '', snapshotHash = '', timestamp, details }: AuditRecord,
  ): void {
    const attributes = {
      'fillchart.account': account,
      'fillchart.advisory_id': advisoryId,
      'fillchart.snapshot_hash': snapshotHash,
      ...attributesOf(details, ['symbol', 'side', 'positionSize', 'clientOrderId']),
    };
    const span = tracer.startSpan('execution', { startTime: epochMs(timestamp), attributes });
    if (span.isRecording()) live.set(key, span);
  }

  function end(key: string, span: Span, { timestamp, details }: AuditRecord): void {
    live.delete(key);
    span.setAttributes(
      attributesOf(details, ['status', 'reason', 'finalFillPrice', 'finalPositionSize', 'slippagePct']),
    );
    const isGood = GOOD.includes(String(details['status']));
    span.setStatus({
      code: isGood ? SpanStatusCode.OK : SpanStatusCode.ERROR,
      ...(!isGood && { message: String(details['reason'] ?? details['status']) }),
    });
    span.end(epochMs(timestamp));
  }

  return {
    sawAudit(account, record) {
      const { advisoryId, event, timestamp, t } = record;
      if (advisoryId === undefined) return;
      const key = `${account} ${advisoryId}`;
      if (event === 'execution_start' && !live.has(key)) begin(key, account, record);
      const span = live.get(key);
      if (span === undefined) return;
      span.addEvent(
        event,
        { 'fillchart.seq': record.seq, ...(t !== undefined && { 'fillchart.t_ms': t }) },
        epochMs(timestamp),
      );
      if (event === 'execution_result') end(key, span, record);
    },
  };
}

const attributesOf = (details: Readonly<Record<string, unknown>>, names: readonly string[]): Attributes =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = details[name];
      return typeof value === 'string' ? [[`fillchart.${name}`, value] as const] : [];
    }),
  );
