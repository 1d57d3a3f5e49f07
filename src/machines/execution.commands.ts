/**
 * Commands: everything that the chart asks for. They are emitted, carried out by `actors/`, and answered by facts.
 *
 * 1. A command that makes something leave the process waits until the fact that caused it is durable (A4): `host-protocol.ts`.
 * 2. A command carries all that is needed to carry it out; repeating it is safe, by its ids.
 */

import type { CaseKind } from '../domain/cases.js';
import type { OrderRef, OrderRequest, ProtectionRequest } from '../domain/ports.js';
import type { Mismatch } from '../domain/reconciliation.js';
import type { DeadlineName } from './execution.facts.js';

/** What the execution chart asks its host to do. Plain JSON. @public @since 0.1.0 */
export type ExecutionCommand =
  /** Instrument rules, margin and baseline position (V9). Answered by `BROKER_ASKED`. */
  | { readonly type: 'askBroker' }
  /** Last look, then the submit call, in one turn (K2). Answered by `SUBMIT_BLOCKED`, or `SUBMIT_STARTED` and `SUBMIT_OUTCOME`. */
  | { readonly type: 'submitOrder'; readonly order: OrderRequest }
  /** Polls the order until `unwatchOrder`. Answered by `ORDER_REPORT` facts. */
  | { readonly type: 'watchOrder'; readonly ref: OrderRef }
  | { readonly type: 'unwatchOrder' }
  /** One query at once, ahead of the polls. */
  | { readonly type: 'queryOrder'; readonly ref: OrderRef }
  /** One query at once. What it shows comes first, then `ORDER_LOOKED`, whatever became of the query. */
  | { readonly type: 'lookAtOrder'; readonly ref: OrderRef }
  /** The call has its whole time, however late it begins (T4). Answered by `CANCEL_STARTED`, then `CANCEL_OUTCOME`. */
  | { readonly type: 'cancelOrder'; readonly ref: OrderRef }
  /** The call has its whole time, however late it begins (T4). Answered by `PROTECTION_OUTCOME`. */
  | { readonly type: 'placeProtection'; readonly request: ProtectionRequest }
  /** Polls the exits until `unwatchExits`. Answered by `EXIT_REPORT` facts. */
  | { readonly type: 'watchExits'; readonly refs: readonly OrderRef[] }
  | { readonly type: 'unwatchExits' }
  /** One order query, one position query (R6.1). Answered by `RECONCILED`. */
  | { readonly type: 'reconcile'; readonly ref: OrderRef }
  /** Answered by `DEADLINE` at `at` (engine ms), or at once when that is past. */
  | { readonly type: 'scheduleDeadline'; readonly name: DeadlineName; readonly at: number }
  /** A human must look (M1). */
  | { readonly type: 'openCase'; readonly kind: CaseKind; readonly mismatches: readonly Mismatch[] }
  /** The result stands. */
  | { readonly type: 'finish' };

export type CommandOf<Type extends ExecutionCommand['type']> = Extract<ExecutionCommand, { type: Type }>;
