/**
 * What can be counted from the log of all workers.
 */
import type { JournalRecord } from '../../domain/journal.js';
import { type EngineMetrics, metrics } from '../../views/metrics.js';
import type { MirroredExecution } from './mirrored-execution.js';

interface MirroredFigures {
  saw(record: JournalRecord, execution: MirroredExecution | undefined): void;
  view(): Pick<EngineMetrics, 'finished' | 'submits' | 'cancels' | 'nakedWindowMs' | 'activationToLastCancelMs'>;
}

export function mirroredFigures(): MirroredFigures {
  const counts = metrics();
  const stopped = new WeakSet<MirroredExecution>();
  let submits = 0;

  return {
    saw({ stream, fact, at, audit }, execution) {
      if (stream === 'kill-switch' && (fact['change'] as { state?: unknown } | undefined)?.state === 'ACTIVE')
        counts.activated(at);
      if (execution === undefined) return;
      submits += audit.filter(({ event }) => event === 'order_submitted').length;
      if (fact.type === 'KILL_SWITCH' && fact['effective'] === 'ACTIVE') stopped.add(execution);
      if (fact.type === 'CANCEL_STARTED') counts.cancelSent(at, stopped.has(execution));
      const { result } = execution.snapshot.context;
      if (result !== undefined && audit.some(({ event }) => event === 'execution_result')) counts.finished(result);
    },
    view: () => ({ ...counts.view(), submits }),
  };
}
