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
  M2: { module: 'src/actors/cases.ts', because: 'Cases outlive executions, and people close them.' },
  M3: { module: 'src/engine/sweep.ts', because: 'The sweep looks at the whole broker, and at no execution.' },
  K8: { module: 'src/domain/refused-by.ts', because: 'Who refused is named in the result; no transition asks it.' },
  K9: { module: 'src/engine/switchboard.ts', because: 'A switch is set before anybody knows what it covers.' },
  K10: { module: 'src/engine/shared-switch.ts', because: 'Several engines hang on one gate.' },
  G1: { module: 'src/domain/risk-limits.ts', because: 'A limit is judged in the turn of the submit call.' },
  G2: { module: 'src/engine/risk-gate.ts', because: 'The host program is asked right before the submit call.' },
  G3: { module: 'src/engine/risk-gate.ts', because: 'Counts go over all executions, and a switch answers to them.' },
  M4: { module: 'src/engine/sweep.ts', because: 'What was not asked is known to the sweep alone.' },
  M5: { module: 'src/engine/accepted.ts', because: 'What a person accepted is compared when a sweep looks again.' },
  P9: { module: 'src/domain/order.ts', because: 'Sizes are read before the state word is.' },
  P11: { module: 'src/domain/reading.ts', because: 'Numbers are rounded where an answer is read.' },
  P12: { module: 'src/domain/order-words.ts', because: 'An answer to a question never becomes a report.' },
  E4: { module: 'src/engine/admission.ts', because: 'The queue lies before the executions.' },
  E5: { module: 'src/actors/last-resort.ts', because: 'It is there for when a chart fails.' },
  E6: { module: 'src/actors/announcements.ts', because: 'Listeners are told after the commands.' },
  E8: { module: 'src/engine/options.ts', because: 'Options are read before an engine is there.' },
  A7: { module: 'src/journal/fact-versions.ts', because: 'A record is understood before it is folded.' },
  A8: {
    module: 'src/journal/commit-watch.ts',
    because: 'It is about the journal’s answer, and no chart waits for it.',
  },
  A9: { module: 'src/journal/read-journal.ts', because: 'The journal is judged before any execution goes on.' },
  C1: { module: 'src/cli/run/executions.ts', because: 'The end of a run is the command line’s.' },
  C2: { module: 'src/cli/run/read-advisories.ts', because: 'Lines are read before they are advisories.' },
  C3: { module: 'src/cli/journal-admin', because: 'It is about printed text.' },
  C4: { module: 'src/cli/run/standing.ts', because: 'It is about printed text.' },
  E1: { module: 'src/engine/engine.ts', because: 'The second call finds the first execution before any chart starts.' },
  E2: { module: 'src/actors/execution-host.ts', because: 'Each execution is an actor of its own.' },
  A1: { module: 'src/machines/execution.audit.ts', because: 'The log is written from what the chart did.' },
  A2: { module: 'src/journal/recorder.ts', because: 'The log has one way out.' },
  A3: {
    module: 'src/engine/recover.ts',
    because: 'It is about all transitions at once: the fold of the facts is the state.',
  },
  A4: { module: 'src/actors/execution-host.ts', because: 'Waiting for the journal is how commands are carried out.' },
  A5: { module: 'src/domain/journal.ts', because: 'The chain runs through the records of all executions.' },
};
