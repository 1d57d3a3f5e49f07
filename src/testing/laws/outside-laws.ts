/**
 * What must hold as seen from outside: what the venue holds to be so, against the results and the record. Judged in the
 * end, when every execution has its result and a last sweep has been made. The property tests, the simulation and the
 * crash tests all judge these.
 *
 * 1. Nothing is asked of the engine: the venue's truth, the journal's records and what callers were told are all there is.
 * 2. A law goes by the rule that it keeps. What a result does not own up to, a case must tell.
 */

import type { Case, ComparedPosition } from '../../domain/cases.js';
import {
  absolute,
  type Decimal,
  decimal,
  isNegative,
  isPositive,
  isZero,
  lessThan,
  negate,
  roundToStep,
  subtract,
  ZERO,
} from '../../domain/decimal.js';
import type { JournalRecord } from '../../domain/journal.js';
import type { Side } from '../../domain/ports.js';
import type { ExecutionResult } from '../../domain/result.js';
import type { LegTruth, VenueTruth } from '../venue/venue-truth.js';

/** An order at the venue, and what came in for it, as far as it was counted. */
export interface SeenOrder extends VenueTruth {
  readonly received?: {
    readonly submits: number;
    /** Submit calls that came when the order had been taken. */
    readonly resent: number;
    readonly cancels: number;
  };
}

export interface OutsideView {
  readonly orders: readonly SeenOrder[];
  /** Submit calls for orders that the venue never took. */
  readonly refused?: readonly { readonly clientOrderId: string; readonly submits: number }[];
  readonly records: readonly JournalRecord[];
  /** The last result of each advisory that was handed out. */
  readonly results: readonly ExecutionResult[];
  readonly cases: readonly Case[];
  /** Smallest quantity that can be protected; 1 by default. */
  readonly lot?: string;
  /** Orders of which a change of a fill was told to a living engine; all by default. */
  readonly wasTold?: (clientOrderId: string) => boolean;
}

export type OutsideLawId = 'S1' | 'S2' | 'S4' | 'A4' | 'T4' | 'V' | 'P5' | 'P6' | 'P8' | 'B1' | 'B7' | 'M1' | 'R6.3';

/** Each law by the rule that it keeps. */
export const OUTSIDE_LAWS: Readonly<Record<OutsideLawId, string>> = Object.freeze({
  S1: 'One entry order an advisory, and none is sent again to a venue that has it.',
  S2: 'The intent of every order at the venue is on record.',
  S4: 'No submit call after one whose outcome is not known.',
  A4: 'A cancel that the audit log tells of was received by the venue, unless the order was over.',
  T4: 'An order that is still open at the venue has been asked to be cancelled, or is told of by a case.',
  V: 'REJECTED means that the venue never had the order.',
  P5: 'What the result says was filled was filled, or a case says otherwise.',
  P6: 'FAILED without a reconciliation means that nothing is at the venue.',
  P8: 'A fill taken back or changed under its exits is told by a case.',
  B1: 'What is held is protected by a working SL and TP for just as much, or a case says so.',
  B7: 'When nothing is held any more no exit is left working, and no exits have closed too much, or a case says so.',
  M1: 'An order that is open when all is over is told of by a case.',
  'R6.3': 'MATCHED is said only of what matches.',
});

export interface BrokenOutsideLaw {
  readonly law: OutsideLawId;
  readonly why: string;
}

/** Broken laws, each with what broke it; none when all is well. */
export function brokenOutsideLaws(view: OutsideView): readonly BrokenOutsideLaw[] {
  const owners = ownersOf(view.records);
  const orders = view.orders.map((order) => ({ order, owner: owners.get(order.clientOrderId) }));
  return [
    ...brokenSending(view),
    ...orders.flatMap(({ order, owner }) => (owner === undefined ? [] : cancelled(order, owner, view))),
    ...orders.flatMap(({ order, owner }) => (owner === undefined ? [] : exposure(order, owner, view))),
    ...view.results.flatMap((result) => telling(result, orderOf(result, orders), view)),
  ];
}

interface Owner {
  readonly advisoryId: string;
  readonly symbol: string;
}

interface Owned {
  readonly order: SeenOrder;
  readonly owner: Owner | undefined;
}

/** Whose order it is, by the `clientOrderId` in the advisory's own record. */
export function ownersOf(records: readonly JournalRecord[]): ReadonlyMap<string, Owner> {
  return new Map(
    records
      .filter(({ stream, fact }) => stream === 'execution' && fact.type === 'START')
      .map(({ fact, advisoryId = '' }) => {
        const { clientOrderId, snapshot } = fact['advisory'] as {
          readonly clientOrderId: string;
          readonly snapshot: { readonly symbol: string };
        };
        return [clientOrderId, { advisoryId, symbol: snapshot.symbol }];
      }),
  );
}

const orderOf = ({ advisoryId, clientOrderId }: ExecutionResult, orders: readonly Owned[]): SeenOrder | undefined =>
  (
    orders.find(({ order }) => order.clientOrderId === clientOrderId) ??
    orders.find(({ owner }) => owner?.advisoryId === advisoryId)
  )?.order;

const unless = (holds: boolean, law: OutsideLawId, why: string): readonly BrokenOutsideLaw[] =>
  holds ? [] : [{ law, why }];

/** A case about the execution, or about the symbol as such. */
const isToldOf = ({ cases }: OutsideView, { advisoryId, symbol }: Owner): boolean =>
  cases.some((one) => one.advisoryId === advisoryId || (one.advisoryId === undefined && one.symbol === symbol));

/** What a sweep found, beyond what was known, on this side; below zero when it found less. */
function foundMore({ actual, expected }: ComparedPosition, side: Side): Decimal {
  const more = subtract(decimal(actual), decimal(expected));
  return side === 'buy' ? more : negate(more);
}

/** A sweep found at least so much too little for it in the symbol, and said so, be it in the case of another execution (M3). */
const isMissed = ({ cases }: OutsideView, { side, held }: SeenOrder, { symbol }: Owner): boolean =>
  cases.some(
    ({ symbol: about, compared }) =>
      about === symbol && compared !== undefined && !lessThan(negate(foundMore(compared, side)), absolute(held)),
  );

/**
 * What is held is told of, too, by a sweep that found at least so much more on the order's side than was known, and did not
 * know of this order: a fill long after a cancel was confirmed shows only in the symbol's position, and a sweep adds that to
 * the case of the execution that saw the same difference (M1, M3). Whose it is, no position says. It tells of nothing else:
 * of no open order, and of no exit that is left. Fills that cancel each other out are not told of by what is left (M4).
 */
function isHeldToldOf(view: OutsideView, owner: Owner, { clientOrderId, side, held }: SeenOrder): boolean {
  if (isToldOf(view, owner)) return true;
  if (!isPositive(held)) return false;
  return view.cases.some(({ symbol, compared }) => {
    if (compared === undefined || symbol !== owner.symbol || compared.held[clientOrderId] !== undefined) return false;
    return !lessThan(foundMore(compared, side), held);
  });
}

/** What was sent, which can be judged at any time: S1, S2, S4. */
export function brokenSending(view: OutsideView): readonly BrokenOutsideLaw[] {
  const owners = ownersOf(view.records);
  const taken = view.orders.map(({ clientOrderId, received }) => ({
    clientOrderId,
    submits: 1,
    resent: 0,
    ...received,
  }));
  const refused = (view.refused ?? []).map((one) => ({ ...one, resent: 0 }));
  return [...taken, ...refused].flatMap(({ clientOrderId: id, submits, resent }) => {
    const owner = owners.get(id);
    const own = view.records.filter(({ advisoryId }) => owner !== undefined && advisoryId === owner.advisoryId);
    const isIntended = own.some(({ fact }) => fact.type === 'BROKER_ASKED');
    const refusals = own.filter(({ fact }) => isProvenNothing(fact['outcome'])).length;
    return [
      ...unless(isIntended, 'S2', `${id} is at the venue, and its intent is not on record`),
      ...unless(resent === 0, 'S1', `${id} was sent ${resent} more times to a broker that had it`),
      ...unless(submits <= refusals + 1, 'S4', `${id} was sent ${submits} times, with ${refusals} refusals on record`),
    ];
  });
}

/** What was asked to be cancelled: A4, T4. */
function cancelled(order: SeenOrder, owner: Owner, view: OutsideView): readonly BrokenOutsideLaw[] {
  const { clientOrderId: id, isOpen, received } = order;
  const own = view.records.filter(({ advisoryId }) => advisoryId === owner.advisoryId);
  const isCancelTold = own.some(({ audit }) => audit.some(({ event }) => event === 'cancel_requested'));
  const isAsked = received === undefined || received.cancels > 0;
  return [
    ...unless(!isCancelTold || isAsked || !isOpen, 'A4', `${id}: cancel_requested, and none was received`),
    ...unless(
      !isOpen || isAsked || isToldOf(view, owner),
      'T4',
      `${id} is open in the end, and was never asked to be cancelled`,
    ),
  ];
}

/** Nothing left the process, or the venue was busy: only this allows a further try (S5). */
function isProvenNothing(outcome: unknown): boolean {
  const { kind, transient } = (outcome ?? {}) as { readonly kind?: unknown; readonly transient?: unknown };
  return kind === 'not_sent' || (kind === 'rejected' && transient === true);
}

/** What is held, and what covers it: B1, B7, P8, M1. */
function exposure(order: SeenOrder, owner: Owner, view: OutsideView): readonly BrokenOutsideLaw[] {
  if (isToldOf(view, owner)) return [];
  const { clientOrderId: id, held, stopLoss, takeProfit, corrected, exitsAtMs } = order;
  const lot = decimal(view.lot ?? '1');
  const protectable = isNegative(held) ? ZERO : roundToStep(held, lot, 'down');
  const isOut = isZero(protectable);
  const covers = (leg: LegTruth | undefined) => leg?.isWorking === true && leg.leaves === protectable;
  const isLeft = (leg: LegTruth | undefined) => leg?.isWorking === true;
  const overdone = isNegative(held) && !lessThan(absolute(held), lot);
  const isUnderneath = corrected !== undefined && exitsAtMs !== undefined && corrected.atMs > exitsAtMs;
  const wasTold = view.wasTold?.(id) ?? true;
  return [
    ...unless(
      isOut || (covers(stopLoss) && covers(takeProfit)) || isHeldToldOf(view, owner, order),
      'B1',
      `${id}: ${protectable} are held, SL ${shown(stopLoss)}, TP ${shown(takeProfit)}, and no case says so`,
    ),
    ...unless(
      !overdone || isMissed(view, order, owner),
      'B7',
      `${id}: the exits have closed ${absolute(held)} too much, and no case says so`,
    ),
    ...unless(
      !isOut || !(isLeft(stopLoss) || isLeft(takeProfit)),
      'B7',
      `${id}: nothing is held, SL ${shown(stopLoss)}, TP ${shown(takeProfit)}, and no case says so`,
    ),
    ...unless(
      !isUnderneath || !wasTold,
      'P8',
      `${id}: a fill was ${shownChange(corrected)} under its exits, and no case says so`,
    ),
    ...unless(!order.isOpen, 'M1', `${id} is still open, and no case says so`),
  ];
}

const shown = (leg: LegTruth | undefined): string => (leg === undefined ? 'absent' : `${leg.state} for ${leg.leaves}`);
const shownChange = (change: VenueTruth['corrected']): string => (change?.kind === 'bust' ? 'taken back' : 'changed');

/** What callers were told: V, P5, P6, R6.3. */
function telling(
  result: ExecutionResult,
  order: SeenOrder | undefined,
  view: OutsideView,
): readonly BrokenOutsideLaw[] {
  const { advisoryId: id, status, finalPositionSize = '0', reconciliationReport: report, finalOrderId } = result;
  const submits = order?.received?.submits ?? 0;
  if (order === undefined) {
    const isTold = report !== undefined && report.status !== 'MATCHED';
    return unless(
      isZero(decimal(finalPositionSize)) || isTold,
      'P5',
      `${id} is ${status} for ${finalPositionSize}, and the venue has no order`,
    );
  }
  const { symbol } = order;
  const isTold = isToldOf(view, { advisoryId: id, symbol });
  const isHeldTold = isHeldToldOf(view, { advisoryId: id, symbol }, order);
  const isWhole = status === 'FILLED' || status === 'EXECUTED_FULL_LATE';
  const isDenied = status === 'FAILED' && report === undefined;
  const filled: readonly Decimal[] = [order.filled, order.mostFilled, order.net];
  const isMatched = report?.status === 'MATCHED';
  return [
    ...unless(status !== 'REJECTED' || submits === 0, 'V', `${id} is REJECTED, and was sent`),
    ...unless(status !== 'REJECTED', 'V', `${id} is REJECTED, and the venue has it ${order.state}`),
    ...unless(!isDenied, 'P6', `${id} is FAILED without a report, and the venue has it ${order.state}`),
    ...unless(
      filled.includes(decimal(finalPositionSize)) || isHeldTold,
      'P5',
      `${id} says ${finalPositionSize}, the venue filled ${order.filled}, and no case says so`,
    ),
    ...unless(
      !isWhole || !lessThan(order.mostFilled, order.ordered),
      'P5',
      `${id} is ${status}, and the venue never filled more than ${order.mostFilled}`,
    ),
    ...unless(
      finalOrderId === undefined || finalOrderId === order.brokerOrderId,
      'P5',
      `${id} names order ${finalOrderId}, the venue has ${order.brokerOrderId}`,
    ),
    ...legsNamed(result, order),
    ...unless(!isMatched || !order.isOpen || isTold, 'R6.3', `${id} is MATCHED, and the order is open`),
    ...unless(!isMatched || isHeldTold || hasExits(order), 'R6.3', `${id} is MATCHED, and was never protected`),
  ];
}

/** The prices that the result names are those at the venue. */
const legsNamed = ({ advisoryId: id, finalSl, finalTp }: ExecutionResult, order: SeenOrder) => [
  ...unless(
    finalSl === undefined || finalSl === order.stopLoss?.price,
    'B1',
    `${id} names SL ${finalSl}, the venue has ${order.stopLoss?.price}`,
  ),
  ...unless(
    finalTp === undefined || finalTp === order.takeProfit?.price,
    'B1',
    `${id} names TP ${finalTp}, the venue has ${order.takeProfit?.price}`,
  ),
];

const hasExits = ({ filled, stopLoss, takeProfit, mostFilled }: SeenOrder): boolean =>
  isZero(filled) || isZero(mostFilled) || (stopLoss !== undefined && takeProfit !== undefined);
