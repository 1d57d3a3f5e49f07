/**
 * Rules that no transition can carry, because they hold before, beside or after every chart: where they are kept.
 */
import type { KeptBy } from './traceability.js';

export const KEPT_BY: Readonly<Record<string, KeptBy>> = {
  'R1.1': { module: 'src/domain/snapshot.ts', because: 'The snapshot is frozen before a chart sees it.' },
  'R1.2': { module: 'src/domain/snapshot.ts', because: 'The hash is a function of the snapshot alone.' },
  'R2.3': {
    module: 'src/domain/fills.ts',
    because: 'Slippage is told, and stops nothing: no transition depends on it.',
  },
  'R2.4': { module: 'src/domain/order.ts', because: 'A report is read before it is a fact.' },
  P1: { module: 'src/actors/order-watch.ts', because: 'The chart asks for the watch; how often is the actor’s part.' },
  P7: { module: 'src/actors/calls.ts', because: 'A call that hangs is ended where it is made.' },
  B4: { module: 'src/machines/execution.result.ts', because: 'The naked window is measured, and decides nothing.' },
  K5: {
    module: 'src/actors/kill-switch.ts',
    because: 'The gate lies before the executions, and closes for all at once.',
  },
  K7: { module: 'src/engine/recover.ts', because: 'A new process restores the switches before any execution goes on.' },
  M2: { module: 'src/engine/cases.ts', because: 'Cases outlive executions, and people close them.' },
  M3: { module: 'src/engine/sweep.ts', because: 'The sweep looks at the whole broker, and at no execution.' },
  E1: { module: 'src/engine/engine.ts', because: 'The second call finds the first execution before any chart starts.' },
  E2: { module: 'src/engine/execution-host.ts', because: 'Each execution is an actor of its own.' },
  A1: { module: 'src/engine/audit.ts', because: 'The log is written from what the chart did.' },
  A2: { module: 'src/engine/recorder.ts', because: 'The log has one way out.' },
  A3: {
    module: 'src/engine/recover.ts',
    because: 'It is about all transitions at once: the fold of the facts is the state.',
  },
  A4: { module: 'src/engine/execution-host.ts', because: 'Waiting for the journal is how commands are carried out.' },
  A5: { module: 'src/domain/journal.ts', because: 'The chain runs through the records of all executions.' },
};
