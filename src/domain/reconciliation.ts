/**
 * What we believe against what the broker shows (R6): a pure comparison.
 *
 * 1. Everything is compared exactly, as decimals, prices after rounding to the tick; every difference is listed (R6.2, R6.3).
 * 2. On a netting account the position is compared as a delta: what the broker shows, less the baseline read before the
 *    order, less what this engine's other executions did in the symbol since. While another execution is in flight its
 *    fills are known only within bounds; the comparison then allows exactly that range and no more.
 * 3. Any mismatch needs a human (R6.4). Nothing here corrects anything.
 */
import { type Decimal, isPositive, isZero, lessThan, negate, sameAtTick, subtract, ZERO } from './decimal.js';
import type { OrderFact, OrderStatus } from './order.js';
import type { Side } from './ports.js';
import type { ReasonCode } from './reasons.js';

/** The verdict of a reconciliation; the first that applies, from the gravest (R6.3). @public @since 0.1.0 */
export const ReconciliationStatus = {
  MATCHED: 'MATCHED',
  MISMATCH: 'MISMATCH',
  PHANTOM_POSITION: 'PHANTOM_POSITION',
  MISSING_POSITION: 'MISSING_POSITION',
  MISSING_SL_TP: 'MISSING_SL_TP',
} as const;
/** The verdict of a reconciliation; the first that applies, from the gravest (R6.3). @public @since 0.1.0 */
export type ReconciliationStatus = (typeof ReconciliationStatus)[keyof typeof ReconciliationStatus];

/** One difference. `expected` and `actual` are canonical decimals or words. @public @since 0.1.0 */
export interface Mismatch {
  /** A code of the registry. */
  readonly kind: ReasonCode;
  readonly expected: string;
  readonly actual: string;
  /** A sentence such as `Expected position 100, found 50 in broker`. */
  readonly message: string;
}

/**
 * What this engine's other executions did in the symbol since the baseline: signed, between two bounds.
 * @public @since 0.1.0
 */
export interface OthersFills {
  readonly least: Decimal;
  readonly most: Decimal;
  /** Protection prices that other executions of this engine hold in the symbol. */
  readonly stopLosses: readonly Decimal[];
  readonly takeProfits: readonly Decimal[];
}

export const NO_OTHERS: OthersFills = Object.freeze({ least: ZERO, most: ZERO, stopLosses: [], takeProfits: [] });

/** What the execution believes. @public @since 0.1.0 */
export interface ReconciliationExpected {
  readonly reconciliationId: string;
  readonly advisoryId: string;
  readonly clientOrderId: string;
  /** ISO 8601 UTC. */
  readonly timestamp: string;
  readonly side: Side;
  readonly approvedSize: Decimal;
  readonly tickSize: Decimal;
  readonly orderStatus: OrderStatus;
  readonly brokerOrderId?: string;
  readonly cumQty: Decimal;
  /** What the position has by the fill: less a fee that was taken in the bought asset (B6); `cumQty` when absent. */
  readonly heldQuantity?: Decimal;
  /** What SL and TP ought to be for; `cumQty` when absent. */
  readonly protectedQuantity?: Decimal;
  /** What they were placed for, where any of them was; `protectedQuantity` when absent. */
  readonly placedQuantity?: Decimal;
  readonly avgPrice?: Decimal;
  /** What SL and TP ought to be at the broker; absent when nothing is held, or nothing could be placed. */
  readonly stopLoss?: Decimal;
  readonly takeProfit?: Decimal;
  /** Exits of which the venue has said that they stand otherwise: they were there before they were asked for. */
  readonly standing?: { readonly stopLoss?: StandingLeg; readonly takeProfit?: StandingLeg };
  /** Net position before the order. */
  readonly baseline: Decimal;
  /** Differences that the execution found by itself (no price, invalid protection, …). */
  readonly found: readonly Mismatch[];
}

/** At what price, and for how much, an exit stands, as far as the venue told it. @public @since 0.1.0 */
interface StandingLeg {
  readonly price?: Decimal;
  readonly quantity?: Decimal;
}

/** What the broker's one answer on the order came to. @public @since 0.1.0 */
export type ObservedOrder =
  | { readonly kind: 'report'; readonly report: OrderFact }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'failed'; readonly cause: string };

/** What the broker's one answer on positions came to. @public @since 0.1.0 */
export type ObservedPosition =
  | {
      readonly kind: 'position';
      readonly size: Decimal;
      readonly netting: boolean;
      /** The broker lists nothing in the symbol, and so no exits either. */
      readonly isUnlisted?: true;
      readonly stopLoss?: Decimal;
      readonly takeProfit?: Decimal;
      /** What the working exits of this execution are for, where the broker lists exits one by one. */
      readonly exitQuantity?: Decimal;
    }
  | { readonly kind: 'not_offered' }
  | { readonly kind: 'failed'; readonly cause: string };

/**
 * What the broker's answers came to, and what other executions of the engine did in the symbol.
 * @public @since 0.1.0
 */
export interface ReconciliationObserved {
  readonly order: ObservedOrder;
  readonly position: ObservedPosition;
  readonly others: OthersFills;
}

/** Both sides, and every difference (R6.3). Sizes of positions are signed: short is negative. @public @since 0.1.0 */
export interface ReconciliationReport {
  readonly reconciliationId: string;
  readonly advisoryId: string;
  readonly timestamp: string;
  readonly status: ReconciliationStatus;
  readonly mismatches: readonly Mismatch[];
  readonly requiresManualResolution: boolean;
  readonly brokerOrderId?: string;
  readonly brokerOrderState?: string;
  readonly brokerFillPrice?: Decimal;
  readonly brokerFilledSize?: Decimal;
  readonly brokerPositionSize?: Decimal;
  readonly brokerSl?: Decimal;
  readonly brokerTp?: Decimal;
  readonly internalOrderId?: string;
  readonly internalOrderState: string;
  readonly internalFillPrice?: Decimal;
  readonly internalFilledSize: Decimal;
  readonly internalPositionSize: Decimal;
  readonly internalSl?: Decimal;
  readonly internalTp?: Decimal;
}

/** Compares (R6.2) and gives the verdict (R6.3). @public @since 0.1.0 */
export function reconcile(expected: ReconciliationExpected, observed: ReconciliationObserved): ReconciliationReport {
  const internalPositionSize = signed(expected.side, heldOf(expected));
  const brokerPositionSize = ownPart(expected, observed);
  const mismatches = [
    ...expected.found,
    ...sizeMismatches(expected),
    ...orderMismatches(expected, observed.order),
    ...positionMismatches(expected, observed, internalPositionSize, brokerPositionSize),
    ...protectionMismatches(expected, observed),
    ...exitSizeMismatches(expected, observed.position),
  ];
  // Members are added where they are known: a spread of each would cost ten times as much (docs/performance.md).
  const report: Writable<ReconciliationReport> = {
    reconciliationId: expected.reconciliationId,
    advisoryId: expected.advisoryId,
    timestamp: expected.timestamp,
    status: statusOf(mismatches, observed.position.kind === 'position'),
    mismatches: Object.freeze(mismatches),
    requiresManualResolution: mismatches.length > 0,
    brokerOrderState: observed.order.kind,
    internalOrderState: expected.orderStatus,
    internalFilledSize: expected.cumQty,
    internalPositionSize,
  };
  if (expected.brokerOrderId !== undefined) report.internalOrderId = expected.brokerOrderId;
  if (expected.avgPrice !== undefined) report.internalFillPrice = expected.avgPrice;
  if (expected.stopLoss !== undefined) report.internalSl = expected.stopLoss;
  if (expected.takeProfit !== undefined) report.internalTp = expected.takeProfit;
  addBrokerSide(report, observed, brokerPositionSize);
  return Object.freeze(report);
}

/** The first that applies, from the gravest (R6.3). Where exits are not shown, what became of placing them counts. */
function statusOf(mismatches: readonly Mismatch[], showsExits: boolean): ReconciliationStatus {
  const has = (...kinds: readonly ReasonCode[]) => mismatches.some(({ kind }) => kinds.includes(kind));
  if (has('MISSING_POSITION')) return 'MISSING_POSITION';
  if (has('PHANTOM_POSITION')) return 'PHANTOM_POSITION';
  if (has('MISSING_SL', 'MISSING_TP') || (!showsExits && has('UNPROTECTED_POSITION'))) return 'MISSING_SL_TP';
  return mismatches.length > 0 ? 'MISMATCH' : 'MATCHED';
}

/** Differences of a position's size. */
export const POSITION_KINDS: readonly ReasonCode[] = ['PHANTOM_POSITION', 'MISSING_POSITION', 'POSITION_SIZE'];

export const mismatch = (kind: ReasonCode, expected: string, actual: string, message: string): Mismatch =>
  Object.freeze({ kind, expected, actual, message });

const signed = (side: Side, quantity: Decimal): Decimal => (side === 'buy' ? quantity : negate(quantity));

type Held = Pick<ReconciliationExpected, 'heldQuantity' | 'cumQty' | 'side' | 'baseline'>;

const heldOf = ({ heldQuantity, cumQty }: Pick<Held, 'heldQuantity' | 'cumQty'>): Decimal => heldQuantity ?? cumQty;

/** What the broker shows as this execution's own position: the size less the baseline and the others' fills. */
function ownPart(
  expected: Held,
  { position, others }: Pick<ReconciliationObserved, 'position' | 'others'>,
): Decimal | undefined {
  if (position.kind !== 'position') return undefined;
  if (!position.netting) return position.size;
  const delta = subtract(position.size, expected.baseline);
  const wanted = signed(expected.side, heldOf(expected));
  const rest = subtract(delta, wanted);
  // Within the bounds of what others may have done, the difference is theirs; beyond, the nearer bound is.
  const theirs = lessThan(rest, others.least) ? others.least : lessThan(others.most, rest) ? others.most : rest;
  return subtract(delta, theirs);
}

/** Whether the one net position leaves room for what is held, whatever others are known to have done. */
export const fitsNetPosition = (held: Held, observed: Pick<ReconciliationObserved, 'position' | 'others'>): boolean =>
  observed.position.kind !== 'position' ||
  !observed.position.netting ||
  ownPart(held, observed) === signed(held.side, heldOf(held));

function sizeMismatches({ approvedSize, cumQty }: ReconciliationExpected): Mismatch[] {
  if (lessThan(approvedSize, cumQty)) {
    return [mismatch('OVERFILL', approvedSize, cumQty, `Approved size ${approvedSize}, filled ${cumQty}`)];
  }
  if (isPositive(cumQty) && lessThan(cumQty, approvedSize)) {
    return [mismatch('PARTIAL_FILL', approvedSize, cumQty, `Approved size ${approvedSize}, filled only ${cumQty}`)];
  }
  return [];
}

function orderMismatches(expected: ReconciliationExpected, observed: ObservedOrder): Mismatch[] {
  const { clientOrderId, orderStatus, cumQty, avgPrice, tickSize } = expected;
  if (observed.kind === 'failed') {
    return [
      mismatch(
        'QUERY_FAILED',
        'order report',
        observed.cause,
        `Order query for ${clientOrderId} failed: ${observed.cause}`,
      ),
    ];
  }
  if (observed.kind === 'not_found') {
    return [
      mismatch('ORDER_NOT_FOUND', orderStatus, 'not_found', `Expected order ${clientOrderId}, not found in broker`),
    ];
  }
  const { report } = observed;
  const found: Mismatch[] = [];
  if (!isClosed(report, expected)) {
    found.push(
      mismatch('ORDER_STILL_OPEN', 'closed', 'open', `Expected order ${clientOrderId} closed, found open in broker`),
    );
  }
  if (report.cumQty !== cumQty) {
    found.push(
      mismatch(
        'FILLED_SIZE',
        cumQty,
        report.cumQty,
        `Expected filled size ${cumQty}, found ${report.cumQty} in broker`,
      ),
    );
  } else if (avgPrice !== undefined && !sameAtTick(avgPrice, report.avgPrice, tickSize)) {
    const actual = report.avgPrice ?? 'none';
    found.push(mismatch('FILL_PRICE', avgPrice, actual, `Expected fill price ${avgPrice}, found ${actual} in broker`));
  }
  return found;
}

/** By its word, or because the whole size is filled at a known price, or all that the venue restated it to (P9, P10). */
function isClosed(report: OrderFact, { approvedSize }: ReconciliationExpected): boolean {
  if (report.status !== 'open') return true;
  if (!lessThan(report.cumQty, approvedSize)) return report.avgPrice !== undefined;
  return (
    report.quantity !== undefined &&
    lessThan(report.quantity, approvedSize) &&
    !lessThan(report.cumQty, report.quantity)
  );
}

function positionMismatches(
  expected: ReconciliationExpected,
  { position }: ReconciliationObserved,
  wanted: Decimal,
  actual: Decimal | undefined,
): Mismatch[] {
  if (position.kind === 'failed') {
    return [mismatch('QUERY_FAILED', 'positions', position.cause, `Position query failed: ${position.cause}`)];
  }
  if (position.kind === 'not_offered' || actual === undefined || actual === wanted) return [];
  const kind = isZero(wanted) ? 'PHANTOM_POSITION' : isZero(actual) ? 'MISSING_POSITION' : 'POSITION_SIZE';
  const shown =
    position.netting && !isZero(expected.baseline)
      ? ` (it shows ${position.size}; ${expected.baseline} was there before)`
      : '';
  return [mismatch(kind, wanted, actual, `Expected position ${wanted}, found ${actual} in broker${shown}`)];
}

function protectionMismatches(
  expected: ReconciliationExpected,
  { position, others }: ReconciliationObserved,
): Mismatch[] {
  if (!isPositive(expected.cumQty)) return [];
  const { stopLoss, takeProfit, tickSize, found, standing } = expected;
  const shown = position.kind === 'position' && !isNetted(expected, { position, others }) ? position : undefined;
  // What the execution has found missing itself is said once.
  const isToldAlready = ({ kind }: Mismatch) => kind === 'MISSING_TP' && found.some((known) => known.kind === kind);
  const isShown = shown !== undefined;
  type Price = Decimal | undefined;
  function leg(wanted: Price, theirs: readonly Decimal[], actual: Price, placed: Price): LegSides {
    return { wanted, others: theirs, tick: tickSize, isShown, actual, standing: placed };
  }
  return [
    ...legMismatch(STOP_LOSS, leg(stopLoss, others.stopLosses, shown?.stopLoss, standing?.stopLoss?.price)),
    ...legMismatch(
      TAKE_PROFIT,
      leg(takeProfit, others.takeProfits, shown?.takeProfit, standing?.takeProfit?.price),
    ).filter((missing) => !isToldAlready(missing)),
  ];
}

/** What others hold the other way nets it to zero, as it should be: the broker has no row in which it could show exits. */
const isNetted = (expected: Held, observed: Pick<ReconciliationObserved, 'position' | 'others'>): boolean =>
  observed.position.kind === 'position' &&
  observed.position.netting &&
  observed.position.isUnlisted === true &&
  !isZero(heldOf(expected)) &&
  fitsNetPosition(expected, observed);

/** What the exits are for, as the broker lists them, else as they were placed, beside what they ought to be for (B1, B6). */
function exitSizeMismatches(expected: ReconciliationExpected, position: ObservedPosition): Mismatch[] {
  const { cumQty, protectedQuantity = cumQty, placedQuantity = protectedQuantity, standing } = expected;
  const shown = position.kind === 'position' ? position.exitQuantity : undefined;
  const actual = shown ?? standing?.stopLoss?.quantity ?? standing?.takeProfit?.quantity ?? placedQuantity;
  if (!isPositive(cumQty) || actual === protectedQuantity) return [];
  const message =
    actual === placedQuantity
      ? `The exits were placed for ${actual}, and a fee told since leaves ${heldOf(expected)} held: expected protection for ${protectedQuantity}`
      : `Expected protection for ${protectedQuantity}, found it for ${actual} in broker`;
  return [mismatch('PROTECTION_SIZE', protectedQuantity, actual, message)];
}

type LegCodes = readonly [missing: ReasonCode, differs: ReasonCode, name: string];
const STOP_LOSS: LegCodes = ['MISSING_SL', 'STOP_LOSS_PRICE', 'stop-loss'];
const TAKE_PROFIT: LegCodes = ['MISSING_TP', 'TAKE_PROFIT_PRICE', 'take-profit'];

interface LegSides {
  readonly wanted: Decimal | undefined;
  /** What the answer on positions shows; it shows exits at all where `isShown`. */
  readonly actual: Decimal | undefined;
  readonly isShown: boolean;
  /** What the venue has said of the leg itself, where that is not as wanted. */
  readonly standing: Decimal | undefined;
  readonly others: readonly Decimal[];
  readonly tick: Decimal;
}

/** A broker that nets may show only one pair for several executions; another execution's price then proves nothing. */
function legMismatch([missing, differs, name]: LegCodes, leg: LegSides): Mismatch[] {
  const { wanted, actual, isShown, standing, others, tick } = leg;
  if (isShown && actual === undefined) {
    return [
      mismatch(missing, wanted ?? 'a price', 'none', `Expected ${name} ${wanted ?? '(any)'}, found none in broker`),
    ];
  }
  if (wanted === undefined) return [];
  const isOwnShown = actual !== undefined && !others.includes(actual);
  const found = isOwnShown ? actual : standing;
  if (found === undefined || sameAtTick(wanted, found, tick)) return [];
  return [mismatch(differs, wanted, found, `Expected ${name} ${wanted}, found ${found} in broker`)];
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function addBrokerSide(
  to: Writable<ReconciliationReport>,
  { order, position }: ReconciliationObserved,
  size: Decimal | undefined,
): void {
  if (order.kind === 'report') {
    const { brokerOrderId, status, avgPrice, cumQty } = order.report;
    to.brokerOrderState = status;
    to.brokerFilledSize = cumQty;
    if (brokerOrderId !== undefined) to.brokerOrderId = brokerOrderId;
    if (avgPrice !== undefined) to.brokerFillPrice = avgPrice;
  }
  if (size !== undefined) to.brokerPositionSize = size;
  if (position.kind !== 'position') return;
  if (position.stopLoss !== undefined) to.brokerSl = position.stopLoss;
  if (position.takeProfit !== undefined) to.brokerTp = position.takeProfit;
}
