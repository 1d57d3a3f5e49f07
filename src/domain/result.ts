/**
 * What an execution comes to (SPEC of the result: docs/rules.md, section "The result").
 *
 * Decimals are canonical strings; the object is deep-frozen.
 */
import type { Decimal } from './decimal.js';
import type { KillSwitchState } from './kill-switch.js';
import type { ReasonCode } from './reasons.js';
import type { ReconciliationReport } from './reconciliation.js';
import type { RefusedBy } from './refused-by.js';

/** Where an execution stands, in one word. The internal ones never end in a result. @public @since 0.1.0 */
export const ExecutionStage = {
  /** Internal: nothing has left the process yet. */
  VALIDATING: 'VALIDATING',
  /** Internal: the submit call is under way. */
  SUBMITTED: 'SUBMITTED',
  /** Internal: waiting for the fill. */
  PENDING: 'PENDING',
  /** Internal: something is filled, not all (P4). */
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  EXECUTED_FULL_LATE: 'EXECUTED_FULL_LATE',
  CANCELLED: 'CANCELLED',
  FAILED: 'FAILED',
  FAILED_TIMEOUT: 'FAILED_TIMEOUT',
  REJECTED: 'REJECTED',
} as const;
/** The stages of an execution: final statuses, and what it passes through on the way. @public @since 0.1.0 */
export type ExecutionStage = (typeof ExecutionStage)[keyof typeof ExecutionStage];

/** The statuses that a result can have. @public @since 0.1.0 */
export const FINAL_STATUSES = [
  'FILLED',
  'EXECUTED_FULL_LATE',
  'CANCELLED',
  'FAILED',
  'FAILED_TIMEOUT',
  'REJECTED',
] as const;
/** A status that a result can have. @public @since 0.1.0 */
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/** One try to submit the entry order (S5). @public @since 0.1.0 */
export interface ExecutionAttempt {
  /** Counts from 1. */
  readonly attempt: number;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** How long the call took, in ms; absent while it is under way. */
  readonly durationMs?: number;
  /** What the call proved (S3); absent while it is under way. */
  readonly outcome?: 'accepted' | 'rejected' | 'not_sent' | 'duplicate' | 'unknown';
  readonly brokerOrderId?: string;
  /** The broker's code, when it rejected. */
  readonly code?: string;
  /** The broker's or the adapter's words. */
  readonly reason?: string;
}

/** How an execution ended. Frozen; prices and sizes are canonical decimal strings. @public @since 0.1.0 */
export interface ExecutionResult {
  readonly advisoryId: string;
  /** Empty when the advisory could not be read at all. */
  readonly snapshotHash: string;
  readonly status: FinalStatus;
  /** Why the status is not a fill: a code of the registry. */
  readonly reason?: ReasonCode;
  readonly errorMessage?: string;
  /** The switch, case or limit that refused the advisory or cancelled its order (K8). */
  readonly refusedBy?: RefusedBy;
  readonly finalOrderId?: string;
  readonly clientOrderId?: string;
  readonly finalFillPrice?: Decimal;
  /** Filled quantity, unsigned; `0` when an order reached the broker and nothing was filled. */
  readonly finalPositionSize?: Decimal;
  /** Stop-loss as acknowledged by the broker. */
  readonly finalSl?: Decimal;
  /** Take-profit as acknowledged by the broker. */
  readonly finalTp?: Decimal;
  /** Percent, two decimals, half-even; positive means a higher price than the reference. */
  readonly slippagePct?: Decimal;
  /** Basis points, four decimals, half-even. */
  readonly slippageBps?: Decimal;
  /** From `execute` to `done`, in seconds. */
  readonly totalDurationSeconds: number;
  /** Held, and covered by no SL and TP: less than the lot that the broker can protect (B6). Absent when there is none. */
  readonly unprotectedQuantity?: Decimal;
  /** From first fill, by the broker's time where it tells one, to acknowledged stop-loss, in ms (B4). */
  readonly nakedWindowMs?: number;
  /** The fill came to light after a restart, and the broker did not tell when it was: the naked window was longer. */
  readonly nakedWindowIsLowerBound?: true;
  /** As seen when the kill switch decided, else at the end. */
  readonly killSwitchState: KillSwitchState;
  /** A kill switch was ACTIVE for the symbol while a fill stood (K4). */
  readonly killSwitchPostFill: boolean;
  readonly attempts: readonly ExecutionAttempt[];
  readonly reconciliationReport?: ReconciliationReport;
}
