/**
 * Facts: everything that an execution can get to know. Each is an event of the chart, plain JSON, and is journaled.
 *
 * `at` is the received time in engine ms: epoch-anchored, monotonic within a process. Deadlines are judged by it alone.
 */
import type { ExitFact, ExitLeg } from '../domain/exits.js';
import type { DecidingSwitch, KillSwitchState, KillSwitchType } from '../domain/kill-switch.js';
import type { OrderFact } from '../domain/order.js';
import type { FilledBySide } from '../domain/others-fills.js';
import type { CancelWord, LegOutcome, SubmitOutcome } from '../domain/ports.js';
import type { ReconciliationObserved } from '../domain/reconciliation.js';
import type { ExecutionResult } from '../domain/result.js';
import type { FrozenSnapshot, SnapshotProblem } from '../domain/snapshot.js';
import type { ClockReading } from '../domain/time.js';
import type { BrokerAnswer, Gate, Refusal } from '../domain/validation.js';

/** Deadlines that the chart asks for; an actor turns each into a `DEADLINE` fact. */
export type DeadlineName =
  /** E3: validation ends within 10 s. */
  | 'validation'
  /** T1: 30 s after the first submission began. */
  | 'hardTimeout'
  /** T1: 32 s after the first submission began, that instant included. */
  | 'lateWindow'
  /** S5: the next try to submit. */
  | 'submitRetry'
  /** T3: the next try to cancel. */
  | 'cancelRetry'
  /** B2: 5 s to get SL and TP acknowledged. */
  | 'protection'
  /** B2: the next try to place SL and TP. */
  | 'protectionRetry'
  /** T4, E3: the protection call that was begun within the 5 s has had its whole time. */
  | 'protectionCall'
  /** E3: reconciliation ends within 10 s. */
  | 'reconciliation';

/** What an execution starts from. */
export interface ExecutionInput {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly snapshot: FrozenSnapshot;
  /** Empty when the advisory could not be read. */
  readonly snapshotHash: string;
  /** Fields that could not be read; then `snapshot` has only those that could, and is refused (R1.3). */
  readonly problems: readonly SnapshotProblem[];
}

export interface Legs {
  readonly stopLoss: LegOutcome;
  readonly takeProfit: LegOutcome;
}

/** What the execution chart is told. Plain JSON; times are engine ms. @public @since 0.1.0 */
export type ExecutionFact =
  /** Carries the advisory, so that the record of it stands alone (S2). */
  | {
      readonly type: 'START';
      readonly at: number;
      readonly clock?: ClockReading;
      readonly gate: Gate;
      readonly advisory: ExecutionInput;
    }
  | {
      readonly type: 'BROKER_ASKED';
      readonly at: number;
      readonly answer: BrokerAnswer;
      /** What this engine's other executions had filled in the symbol when the baseline was read; nothing when absent. */
      readonly others?: FilledBySide;
    }
  | { readonly type: 'SUBMIT_STARTED'; readonly at: number }
  /** The engine is closed before the call is made: nothing was sent. */
  | { readonly type: 'SUBMIT_WITHDRAWN'; readonly at: number }
  | {
      readonly type: 'SUBMIT_BLOCKED';
      readonly at: number;
      readonly refusal: Pick<Refusal, 'code' | 'message' | 'refusedBy'>;
    }
  | { readonly type: 'SUBMIT_OUTCOME'; readonly at: number; readonly outcome: SubmitOutcome }
  | { readonly type: 'ORDER_REPORT'; readonly at: number; readonly report: OrderFact }
  /** The cancel call is made, in this very turn: what was asked for before may never have been sent. */
  | { readonly type: 'CANCEL_STARTED'; readonly at: number }
  | { readonly type: 'CANCEL_OUTCOME'; readonly at: number; readonly outcome: CancelWord }
  /** The look that was asked for is over: whatever it showed has been told before. */
  | { readonly type: 'ORDER_LOOKED'; readonly at: number }
  | { readonly type: 'PROTECTION_OUTCOME'; readonly at: number; readonly legs: Legs }
  /** What the venue says of an exit before the execution is done (B5). */
  | { readonly type: 'EXIT_REPORT'; readonly at: number; readonly leg: ExitLeg; readonly report: ExitFact }
  | { readonly type: 'RECONCILED'; readonly at: number; readonly observed: ReconciliationObserved }
  | { readonly type: 'DEADLINE'; readonly at: number; readonly name: DeadlineName }
  | {
      readonly type: 'KILL_SWITCH';
      readonly at: number;
      readonly switchType: KillSwitchType;
      readonly state: KillSwitchState;
      /** Most severe state of all switches that cover the symbol, after this change. */
      readonly effective: KillSwitchState;
      /** The switch that decides, when that is ACTIVE: the one that changed, or another that covers the symbol (K8). */
      readonly decidedBy?: DecidingSwitch;
    }
  | {
      readonly type: 'RECOVERED';
      readonly at: number;
      readonly clock?: ClockReading;
      /** When the intent was recorded, for an execution whose submit call left no trace (A6). */
      readonly intentAt?: number;
    };

export type FactOf<Type extends ExecutionFact['type']> = Extract<ExecutionFact, { type: Type }>;

/**
 * The engine itself failed in this execution (E5). No event of the chart, which cannot be relied on then: it carries the
 * result, once that stands.
 */
export interface EngineFaultFact {
  readonly type: 'ENGINE_FAULT';
  readonly at: number;
  readonly cause: string;
  readonly result?: ExecutionResult;
}
