/**
 * The audit log's vocabulary (A1).
 */
import type { JsonObject } from './canonical.js';

/** Every event of the audit log (A1). @public @since 0.1.0 */
export const AUDIT_EVENTS = [
  'execution_start',
  'validation_failed',
  'kill_switch_abort',
  'order_submitted',
  'order_accepted',
  'order_unknown',
  'order_rejected',
  'order_partially_filled',
  'order_filled',
  'timeout',
  'cancel_requested',
  'cancel_confirmed',
  'protection_placed',
  'protection_failed',
  'reconciliation',
  'execution_result',
  'kill_switch_set',
  'kill_switch_released',
  'case_opened',
  'case_resolved',
  'recovered',
  'exit_working',
  'exit_filled',
  'exit_lost',
  'position_closed_elsewhere',
  'fill_busted',
  'fill_corrected',
  'engine_fault',
] as const;

/** An event of the audit log (A1). @public @since 0.1.0 */
export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/** One line of the audit log. @public @since 0.1.0 */
export interface AuditRecord {
  /** Counts from 1 without a gap over the whole log. */
  readonly seq: number;
  readonly event: AuditEvent;
  /** Wall time, ISO 8601 UTC. */
  readonly timestamp: string;
  /** T in ms: time since the first submission began; absent before it. */
  readonly t?: number;
  readonly advisoryId?: string;
  readonly snapshotHash?: string;
  /** What else there is to say, by event. */
  readonly details: JsonObject;
}

export interface AuditEntry {
  readonly event: AuditEvent;
  readonly details: JsonObject;
}
