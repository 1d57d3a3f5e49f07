/**
 * What an execution knows: plain JSON, so that it can be written down, folded again and compared.
 *
 * 1. The snapshot never changes (R1).
 * 2. `firstSubmitAt` and the deadlines that follow from it are set once (T1).
 * 3. All times are engine ms; T is `at − firstSubmitAt`.
 */

import { exitSide, protectionFor } from '../domain/bracket.js';
import { type Decimal, isPositive, parseDecimal, ZERO } from '../domain/decimal.js';
import { exitIdOf } from '../domain/exits.js';
import { type Holding, heldQuantity } from '../domain/held.js';
import type { DecidingSwitch, KillSwitchState } from '../domain/kill-switch.js';
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../domain/limits.js';
import { newOrder, type OrderState } from '../domain/order.js';
import { type FilledBySide, NOTHING_FILLED } from '../domain/others-fills.js';
import type { Instrument, OrderRef, OrderRequest, ProtectionRequest } from '../domain/ports.js';
import type { ReasonCode } from '../domain/reasons.js';
import type { Mismatch, ReconciliationExpected, ReconciliationReport } from '../domain/reconciliation.js';
import type { RefusedBy } from '../domain/refused-by.js';
import type { ExecutionAttempt, ExecutionResult, FinalStatus } from '../domain/result.js';
import type { FrozenSnapshot } from '../domain/snapshot.js';
import { type BrokerAnswer, brokerRefusal } from '../domain/validation.js';
import type { ExecutionInput } from './execution.facts.js';

/** What an execution knows. Plain JSON, so that it can be stored and replayed. @public @since 0.1.0 */
export interface ExecutionContext extends ExecutionInput {
  /** When `execute` was called; set by the first fact. */
  readonly startedAt: number;
  readonly instrument?: Instrument;
  /** Net position in the symbol before the order. */
  readonly baseline: Decimal;
  /** What this engine's other executions had filled in the symbol by then. */
  readonly othersBefore: FilledBySide;
  /** What a market order would have met when the broker was asked, where a limit needs it (G1). */
  readonly marketPrice?: Decimal;
  readonly firstSubmitAt?: number;
  readonly attempts: readonly ExecutionAttempt[];
  /** When the attempt under way began. */
  readonly attemptAt?: number;
  readonly order: OrderState;
  readonly cancel: CancelState;
  readonly killSwitch: KillSwitchKnowledge;
  readonly bracket?: Bracket;
  readonly protection: ProtectionState;
  /** By the broker's time where it tells one, else when it was received. */
  readonly firstFillAt?: number;
  /** The broker told when the first fill was. */
  readonly isFirstFillTimed?: true;
  /** When the last restart was, while the order might be live. */
  readonly recoveredAt?: number;
  readonly stopLossAt?: number;
  /** Differences that the execution itself has found; the reconciliation lists them. */
  readonly found: readonly Mismatch[];
  readonly verdict?: Verdict;
  readonly report?: ReconciliationReport;
  readonly result?: ExecutionResult;
}

interface CancelState {
  /** Calls made. */
  readonly tries: number;
  /** A call is under way. */
  readonly inFlight: boolean;
  /** The broker took the request, or says that there is nothing left to cancel. */
  readonly taken: boolean;
  /** Calls that were really made; `tries` counts what was asked for. */
  readonly calls?: number;
  /** The window for late fills has closed while a call was under way (T4). */
  readonly isWindowOver?: true;
}

export interface KillSwitchKnowledge {
  /** State of the symbol now. */
  readonly effective: KillSwitchState;
  /** State when the kill switch decided the outcome. */
  readonly atDecision?: KillSwitchState;
  /** The switch that wanted the cancel, or refused (K8). */
  readonly decidedBy?: DecidingSwitch;
  /** A switch that cancels live orders went ACTIVE (K3). */
  readonly cancelWanted: boolean;
  /** A switch was ACTIVE while a fill stood (K4). */
  readonly postFill: boolean;
}

/** SL and TP as computed from the fill, for what it left in the account, in whole lots (B1, B6). */
export interface Bracket {
  readonly quantity: Decimal;
  /** The fill that they are for, before fees. */
  readonly filled: Decimal;
  readonly stopLoss: Decimal;
  readonly takeProfit: Decimal;
  readonly valid: boolean;
}

export interface ProtectionState {
  readonly tries: number;
  readonly stopLoss: LegState;
  readonly takeProfit: LegState;
  /** When trying ends (B2). */
  readonly endsAt?: number;
  /** The market has passed the take-profit: the stop-loss goes alone (B5). */
  readonly stopsAlone?: true;
  readonly stopLossId?: string;
  readonly takeProfitId?: string;
  /** Exits that stand at the venue otherwise than they were asked for: they were there before, or the venue changed them. */
  readonly standing?: ReconciliationExpected['standing'];
  /** An exit has filled: that the other ends is then as it should be. */
  readonly hasExitFilled?: true;
}

/**
 * `retry` is everything that a repeat with the same id may still mend. `confirming`: the venue has taken it, and does not say
 * that it works yet (B5).
 */
export type LegState = 'none' | 'confirming' | 'placed' | 'refused' | 'retry';

export interface Verdict {
  readonly status: FinalStatus;
  readonly reason?: ReasonCode;
  readonly message?: string;
  readonly refusedBy?: RefusedBy;
}

/** Every member is there from the beginning on: so all contexts have one shape, and cost little to copy and to read. */
type Complete = { readonly [Name in keyof ExecutionContext]-?: ExecutionContext[Name] | undefined };

/** A new execution. Tolerates `undefined`: the pure `transition()` calls context factories without input. */
export function newExecution(input: ExecutionInput | undefined): ExecutionContext {
  const size = parseDecimal(input?.snapshot.positionSize);
  const known: Complete = {
    advisoryId: input?.advisoryId ?? '',
    clientOrderId: input?.clientOrderId ?? '',
    snapshot: input?.snapshot ?? (Object.freeze({}) as FrozenSnapshot),
    snapshotHash: input?.snapshotHash ?? '',
    problems: input?.problems ?? [],
    startedAt: 0,
    instrument: undefined,
    baseline: ZERO,
    othersBefore: NOTHING_FILLED,
    marketPrice: undefined,
    firstSubmitAt: undefined,
    attempts: [],
    attemptAt: undefined,
    order: newOrder(size !== undefined && isPositive(size) ? size : ZERO),
    cancel: { tries: 0, inFlight: false, taken: false },
    killSwitch: { effective: 'OFF', cancelWanted: false, postFill: false },
    bracket: undefined,
    protection: { tries: 0, stopLoss: 'none', takeProfit: 'none' },
    firstFillAt: undefined,
    isFirstFillTimed: undefined,
    recoveredAt: undefined,
    stopLossAt: undefined,
    found: [],
    verdict: undefined,
    report: undefined,
    result: undefined,
  };
  return known as ExecutionContext;
}

/**
 * The context with these members instead: a copy as one literal, which costs next to nothing (docs/performance.md), and then the
 * few that change.
 */
export function withPatch(context: ExecutionContext, patch: Partial<ExecutionContext>): ExecutionContext {
  const next: Complete = {
    advisoryId: context.advisoryId,
    clientOrderId: context.clientOrderId,
    snapshot: context.snapshot,
    snapshotHash: context.snapshotHash,
    problems: context.problems,
    startedAt: context.startedAt,
    instrument: context.instrument,
    baseline: context.baseline,
    othersBefore: context.othersBefore,
    marketPrice: context.marketPrice,
    firstSubmitAt: context.firstSubmitAt,
    attempts: context.attempts,
    attemptAt: context.attemptAt,
    order: context.order,
    cancel: context.cancel,
    killSwitch: context.killSwitch,
    bracket: context.bracket,
    protection: context.protection,
    firstFillAt: context.firstFillAt,
    isFirstFillTimed: context.isFirstFillTimed,
    recoveredAt: context.recoveredAt,
    stopLossAt: context.stopLossAt,
    found: context.found,
    verdict: context.verdict,
    report: context.report,
    result: context.result,
  };
  for (const name in patch) (next as Record<string, unknown>)[name] = patch[name as keyof ExecutionContext];
  return next as ExecutionContext;
}

/** T in ms; 0 before the first submission. */
export const elapsedSinceSubmit = (context: Pick<ExecutionContext, 'firstSubmitAt'>, at: number): number =>
  context.firstSubmitAt === undefined ? 0 : at - context.firstSubmitAt;

/** The deadlines of T1, in engine ms: absolute, and a function of nothing but the first submission. */
export const hardTimeoutAt = ({ firstSubmitAt = 0 }: Pick<ExecutionContext, 'firstSubmitAt'>): number =>
  firstSubmitAt + HARD_TIMEOUT_MS;
export const lateWindowEndsAt = (context: Pick<ExecutionContext, 'firstSubmitAt'>): number =>
  hardTimeoutAt(context) + LATE_FILL_WINDOW_MS;

/** When a full fill was received, judged by its received time alone (T2). */
export type FillTiming = 'inTime' | 'late' | 'afterWindow';

export function fillTiming(context: Pick<ExecutionContext, 'firstSubmitAt'>, at: number): FillTiming {
  // Before T has started nothing can be late.
  if (context.firstSubmitAt === undefined) return 'inTime';
  if (at <= hardTimeoutAt(context)) return 'inTime';
  return at <= lateWindowEndsAt(context) ? 'late' : 'afterWindow';
}

/** Made anew for each poll of each order, hence without a spread. */
export function orderRef({ clientOrderId, order, snapshot }: ExecutionContext): OrderRef {
  const { brokerOrderId } = order;
  const { symbol } = snapshot;
  return brokerOrderId === undefined ? { clientOrderId, symbol } : { clientOrderId, symbol, brokerOrderId };
}

export const orderRequest = ({ clientOrderId, snapshot }: ExecutionContext): OrderRequest => ({
  clientOrderId,
  symbol: snapshot.symbol,
  side: snapshot.side,
  quantity: snapshot.positionSize,
  orderType: 'MARKET',
});

export function protectionRequest(
  context: ExecutionContext,
  bracket: Pick<Bracket, 'quantity' | 'stopLoss' | 'takeProfit'>,
): ProtectionRequest {
  const { side } = context.snapshot;
  const { quantity, stopLoss, takeProfit } = bracket;
  const alone = context.protection.stopsAlone === true ? ({ legs: 'stopLoss' } as const) : {};
  const { clientOrderId, symbol, brokerOrderId } = orderRef(context);
  const request = { clientOrderId, symbol, side: exitSide(side), quantity, stopLoss, takeProfit, ...alone };
  return brokerOrderId === undefined ? request : Object.assign(request, { brokerOrderId });
}

/** SL and TP of a fill at the reference price, for the question whether they could be placed (V10); none where V9 refuses. */
export function exitsAtReference(context: ExecutionContext, answer: BrokerAnswer): ProtectionRequest | undefined {
  const { snapshot } = context;
  if (answer.kind !== 'answered' || brokerRefusal(snapshot, answer) !== undefined) return undefined;
  const bracket = protectionFor(snapshot.referencePrice, snapshot, answer.instrument);
  return protectionRequest(context, { ...bracket, quantity: snapshot.positionSize });
}

/** How the exits are asked for: by the ids that derive from the entry's. */
export function exitRefs({ clientOrderId, snapshot, protection }: ExecutionContext): readonly OrderRef[] {
  const { stopLossId, takeProfitId, stopsAlone } = protection;
  const refOf = (leg: 'sl' | 'tp', brokerOrderId: string | undefined): OrderRef => ({
    clientOrderId: exitIdOf(clientOrderId, leg),
    symbol: snapshot.symbol,
    ...(brokerOrderId !== undefined && { brokerOrderId }),
  });
  return [refOf('sl', stopLossId), ...(stopsAlone === true ? [] : [refOf('tp', takeProfitId)])];
}

export const holdingOf = ({ order, snapshot, instrument }: ExecutionContext): Holding => ({
  order,
  side: snapshot.side,
  symbol: snapshot.symbol,
  instrument,
});

/** What the account has by this execution's fill (B6). */
export const heldBy = (context: ExecutionContext): Decimal => heldQuantity(holdingOf(context));

/** The prices at which the exits stand: what works at the venue is the truth, else what was asked for. */
export function exitPrices({ bracket, protection }: Pick<ExecutionContext, 'bracket' | 'protection'>): {
  readonly stopLoss?: Decimal;
  readonly takeProfit?: Decimal;
} {
  if (bracket === undefined) return {};
  const { standing } = protection;
  if (standing === undefined) return bracket;
  return {
    stopLoss: standing.stopLoss?.price ?? bracket.stopLoss,
    takeProfit: standing.takeProfit?.price ?? bracket.takeProfit,
  };
}

export const isProtected = ({ protection }: Pick<ExecutionContext, 'protection'>): boolean =>
  protection.stopLoss === 'placed' && protection.takeProfit === 'placed';

/** An exit works, or has been taken. */
export const hasExit = ({ protection }: Pick<ExecutionContext, 'protection'>): boolean =>
  [protection.stopLoss, protection.takeProfit].some((leg) => leg === 'placed' || leg === 'confirming');
