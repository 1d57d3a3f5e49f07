/** fillchart: order execution as a statechart that you can read, replay and verify. */

// Start here
export { createEngine } from './create-engine.js';
export { createKillSwitch } from './create-kill-switch.js';
export { createTimeout, type Timeout, type TimeoutOptions } from './create-timeout.js';
export { type ExpectedAtBroker, type ReconcileAtBrokerOptions, reconcileAtBroker } from './reconcile-at-broker.js';
export type { CloseOptions, Engine, ExecuteOptions } from './engine/engine.js';
export type { EngineOptions } from './engine/options.js';
export type { RetentionOptions } from './engine/retention.js';
export type { LimitOptions, Limits } from './domain/risk-limits.js';
export type { PreTrade, PreTradeContext } from './engine/risk-gate.js';

// An advisory, frozen
export { clientOrderIdFor, snapshotHash } from './checked.js';
export { freezeSnapshot, SnapshotError } from './domain/snapshot.js';
export type { FrozenSnapshot, SnapshotInput } from './domain/snapshot.js';

// What the engine hands out
export type { Execution, ReadOnlyActor, TimeoutView } from './actors/execution.js';
export type { ExecutionsQuery } from './views/execution-pages.js';
export type { ExecutionView } from './views/execution-view.js';
export { ExecutionStage, FINAL_STATUSES } from './domain/result.js';
export type { ExecutionAttempt, ExecutionResult, FinalStatus } from './domain/result.js';
export { ReconciliationStatus } from './domain/reconciliation.js';
export type { Mismatch, ReconciliationReport } from './domain/reconciliation.js';
export type { EngineMetrics } from './views/metrics.js';
export type { ExitView, PositionClosing, PositionView } from './views/position-view.js';
export type { PositionState } from './machines/protection.state.js';
export type { SweepReport } from './engine/sweep.js';
export { FillchartError, reasons } from './domain/reasons.js';
export type { ExecutionState, Reason, ReasonCode } from './domain/reasons.js';

// What operators use
export { KillSwitchState, KillSwitchType } from './domain/kill-switch.js';
export type { DecidingSwitch, SwitchChange, SwitchView } from './domain/kill-switch.js';
export type { RefusedBy } from './domain/refused-by.js';
export type { KillSwitchOptions, SharedKillSwitch } from './engine/shared-switch.js';
export type { KillSwitch, SwitchRelease, SwitchSetting } from './actors/kill-switch.js';
export type { Cases } from './actors/cases.js';
export { type JournalAdmin, type JournalAdminOptions, openJournalAdmin } from './engine/journal-admin.js';
export type { Case, CaseKind, CaseResolution, MismatchPolicy } from './domain/cases.js';

// The rules as pure functions, and the limits that nothing extends
export { protectionFor, reconcile, slippageOf } from './checked.js';
export type { Protection } from './domain/bracket.js';
export type { Slippage } from './domain/fills.js';
export type { ObservedOrder, ObservedPosition, OthersFills } from './domain/reconciliation.js';
export type { ReconciliationExpected, ReconciliationObserved } from './domain/reconciliation.js';
export { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS, type CallDeadlines } from './domain/limits.js';
export { type Decimal, parseDecimal } from './domain/decimal.js';

// The charts, and what goes in and comes out
export { executionMachine } from './machines/execution.machine.js';
export { protectionMachine } from './machines/protection.machine.js';
export { killSwitchMachine } from './machines/kill-switch.machine.js';
export type { ExecutionContext } from './machines/execution.context.js';
export type { ExecutionCommand } from './machines/execution.commands.js';
export type { ExecutionFact } from './machines/execution.facts.js';
export type { ProtectionContext } from './machines/protection.context.js';
export type { ProtectionCommand } from './machines/protection.commands.js';
export type { PlacedExit, ProtectionFact, ProtectionInput, SeenPosition } from './machines/protection.facts.js';
export type { AmendedExit, Exit, ExitFact, ExitLeg, ExitStatus } from './domain/exits.js';

// The ports
export type { BrokerAdapter, BrokerCapabilities, BrokerDescription } from './domain/ports.js';
export type { Clock, Journal, Logger, Side } from './domain/ports.js';
export type {
  ArchiveAnchor,
  IndexedJournal,
  JournalArchives,
  OpenRequest,
  RecordLookup,
  StoredCheckpoint,
} from './domain/journal-index.js';
export type { Fill, Instrument, OpenOrder, OrderRef, OrderReport, OrderRequest } from './domain/ports.js';
export type { CancelOutcome, CancelWord, LegOutcome, SubmitOutcome } from './domain/ports.js';
export type { Correction, Fee, ProtectionOutcome, ProtectionRequest, Quote } from './domain/ports.js';
export type { PositionReport, SendLimit, WorkingProtection } from './domain/ports.js';

// The record
export { AUDIT_EVENTS, type AuditEvent, type AuditRecord } from './domain/audit.js';
export { verifyChain } from './checked.js';
export type { ChainVerdict, JournalRecord } from './domain/journal.js';
