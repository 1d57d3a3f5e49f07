/**
 * Which executions were over before the run began: their results are told from the journal, and nothing is sent for them (E1).
 */

import type { Execution } from '../../actors/execution.js';
import type { AuditRecord } from '../../domain/audit.js';
import { attempt } from '../../domain/reading.js';
import type { Engine } from '../../engine/engine.js';

/** When the result of a finished execution was recorded, ISO 8601 UTC; nothing for one that goes on, or is new. */
export type RecordedAt = (execution: Execution) => string | undefined;

/** Looks at the engine as it is now: to be called before the first advisory is started. */
export function recordedBefore(engine: Engine): RecordedAt {
  const lastSeq = engine.executionLogs.at(-1)?.seq ?? 0;
  if (lastSeq === 0) return () => undefined;
  return (execution) => {
    const { advisoryId, actor } = execution;
    // One whose records are not as they were written was refused now, and says why.
    const known = attempt(() => engine.execution(advisoryId));
    // Another snapshot under the same id is another execution, which is new.
    if (known !== execution) return undefined;
    const { snapshotHash } = actor.getSnapshot().context;
    const isOurs = ({ event, snapshotHash: of }: AuditRecord) => event === 'execution_result' && of === snapshotHash;
    const end = attempt(() => engine.auditOf(advisoryId))?.findLast(isOurs);
    return end !== undefined && end.seq <= lastSeq ? end.timestamp : undefined;
  };
}
