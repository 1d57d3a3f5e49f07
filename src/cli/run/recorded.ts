/**
 * Which executions were over before the run began: their results are told from the journal, and nothing is sent for them (E1).
 */

import type { Execution } from '../../actors/execution.js';
import type { Engine } from '../../engine/engine.js';

/** When the result of a finished execution was recorded, ISO 8601 UTC; nothing for one that goes on, or is new. */
export type RecordedAt = (execution: Execution) => string | undefined;

/** Looks at the engine as it is now: to be called before the first advisory is started. */
export function recordedBefore(engine: Engine): RecordedAt {
  const done = engine.executions().filter(({ result }) => result !== undefined);
  if (done.length === 0) return () => undefined;
  const executions = new Map(done.map(({ advisoryId }) => [advisoryId, engine.execution(advisoryId)]));
  const times = new Map<string, string>();
  for (const { event, advisoryId, snapshotHash, timestamp } of engine.executionLogs) {
    if (event === 'execution_result') times.set(`${snapshotHash} ${advisoryId}`, timestamp);
  }
  const begun = new Map(done.map(({ advisoryId, startedAt }) => [advisoryId, startedAt]));
  return (execution) => {
    const { advisoryId, actor } = execution;
    // Another snapshot under the same id is another execution, which is new.
    if (executions.get(advisoryId) !== execution) return undefined;
    return times.get(`${actor.getSnapshot().context.snapshotHash} ${advisoryId}`) ?? begun.get(advisoryId);
  };
}
