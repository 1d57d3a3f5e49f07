/** fillchart: order execution as a statechart that you can read, replay and verify. */

export type { KillSwitch, SwitchRelease, SwitchSetting } from './actors/kill-switch.js';
export { createEngine } from './create-engine.js';
export type { AuditEvent, AuditRecord } from './domain/audit.js';
export { AUDIT_EVENTS } from './domain/audit.js';
export type { Protection } from './domain/bracket.js';
// Rules as pure functions, and limits that nothing extends
export { protectionFor } from './domain/bracket.js';
export type { Case, CaseKind, CaseResolution, MismatchPolicy } from './domain/cases.js';
export type { Decimal } from './domain/decimal.js';
export { parseDecimal } from './domain/decimal.js';
export { slippageOf } from './domain/fills.js';
export type { ChainVerdict, JournalRecord } from './domain/journal.js';
export { verifyChain } from './domain/journal.js';
export type { SwitchChange, SwitchView } from './domain/kill-switch.js';
export { KillSwitchState, KillSwitchType } from './domain/kill-switch.js';
export type { CallDeadlines } from './domain/limits.js';
export { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from './domain/limits.js';
// Ports, and the record
export type * from './domain/ports.js';
export type { ExecutionState, Reason, ReasonCode } from './domain/reasons.js';
export { FillchartError, reasons } from './domain/reasons.js';
export type * from './domain/reconciliation.js';
export { ReconciliationStatus, reconcile } from './domain/reconciliation.js';
export type { ExecutionAttempt, ExecutionResult, FinalStatus } from './domain/result.js';
// Results, cases, reports
export { ExecutionStage, FINAL_STATUSES } from './domain/result.js';
export type { FrozenSnapshot, SnapshotInput } from './domain/snapshot.js';
// An advisory, frozen
export { clientOrderIdFor, freezeSnapshot, SnapshotError, snapshotHash } from './domain/snapshot.js';
export type { Cases } from './engine/cases.js';
// The engine and what it hands out
export type { Engine } from './engine/engine.js';
export type { Execution, ExecutionView, TimeoutView } from './engine/execution.js';
export type { EngineMetrics } from './engine/metrics.js';
export type { EngineOptions } from './engine/options.js';
export type { SweepReport } from './engine/sweep.js';
export type { ExecutionCommand } from './machines/execution.commands.js';
export type { ExecutionContext } from './machines/execution.context.js';
export type { ExecutionFact } from './machines/execution.facts.js';
// The charts
export { executionMachine } from './machines/execution.machine.js';
export { killSwitchMachine } from './machines/kill-switch.machine.js';
