/**
 * The exits of a position, stop-loss and take-profit, as orders with a life of their own (B7).
 *
 * 1. An exit is over when it is filled, or ended otherwise; what is over stays so, and a greater filled quantity still counts.
 * 2. A report with less filled than is known is older, and changes nothing (P2).
 * 3. A fill of an exit that the venue takes back or changes is a fact of its own, once (P8): size and price are what it says,
 *    and an exit that was filled may work again. A report that still names a fill which was taken back is older than that.
 * 4. Realised profit or loss is `(exit price − entry average) × quantity`, signed by the side of the entry, in decimals.
 */
import {
  add,
  type Decimal,
  divide,
  isPositive,
  isZero,
  lessThan,
  multiply,
  roundHalfEven,
  subtract,
  sum,
  ZERO,
} from './decimal.js';
import { type OrderFact, type OrderStatus, readOrderReport } from './order.js';
import { correctionKey, NO_OWN_FILLS, namesVoidedFill, withCorrection } from './own-fills.js';
import type { OrderRef, Side } from './ports.js';

export const EXIT_LEGS = ['sl', 'tp'] as const;
/** `sl`: the stop-loss; `tp`: the take-profit. Also the end of the leg's `clientOrderId`. @public @since 0.1.0 */
export type ExitLeg = (typeof EXIT_LEGS)[number];

/**
 * A report on an exit that could be read. `quantity` is the order's at the venue, where it is told: a native OCO shrinks the
 * sibling of an exit that fills in part.
 * @public @since 0.1.0
 */
export type ExitFact = OrderFact;

/**
 * `doubtful`: it was asked for, and nobody knows whether it was placed, or the reconciliation did not find it. `working`:
 * placed, and not known to be over.
 * `ended`: over by anything but its fill.
 * @public @since 0.1.0
 */
export type ExitStatus = 'doubtful' | 'working' | 'filled' | 'ended';

/** What is known of one exit. @public @since 0.1.0 */
export interface Exit {
  readonly leg: ExitLeg;
  readonly price: Decimal;
  readonly quantity: Decimal;
  /** The venue has told the quantity itself. */
  readonly isQuantityTold: boolean;
  readonly status: ExitStatus;
  readonly cumQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly brokerOrderId?: string;
  /** How it ended, when it ended otherwise than by its fill. */
  readonly endedAs?: Exclude<OrderStatus, 'open' | 'filled'> | 'absent';
  /** The broker's words. */
  readonly reason?: string;
  /** Corrections of its fills that were applied, by what they said (P8). */
  readonly corrections?: readonly string[];
  /** Ids of fills that were taken back. */
  readonly voided?: readonly string[];
}

/** What the venue shows of an exit, not all of it as it was placed. Plain JSON. @public @since 0.1.0 */
export interface AmendedExit {
  readonly price?: Decimal;
  readonly quantity?: Decimal;
  /** The venue keeps it out of the market: it does not trigger. */
  readonly isSuspended?: true;
  /** Since when it has been shown so, engine ms. */
  readonly since: number;
}

export const exitIdOf = (clientOrderId: string, leg: ExitLeg): string => `${clientOrderId}-${leg}`;

const ENDINGS = { sl: '-sl', tp: '-tp' } as const satisfies Readonly<Record<ExitLeg, string>>;

/** The entry's `clientOrderId` and the leg of an exit's id; `undefined` when the id names no exit. */
export function exitOf(id: string): { readonly clientOrderId: string; readonly leg: ExitLeg } | undefined {
  const leg = EXIT_LEGS.find((known) => id.endsWith(ENDINGS[known]));
  return leg === undefined ? undefined : { clientOrderId: id.slice(0, -leg.length - 1), leg };
}

/** Reads a raw report on the exit `ref`; `undefined` when it is no news of this order. */
export const readExitReport = (raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>): ExitFact | undefined =>
  readOrderReport(raw, ref);

export const isOver = ({ status }: Exit): boolean => status === 'filled' || status === 'ended';

/** It is over without having filled all that it was for. */
export const isLost = (exit: Exit): boolean => isOver(exit) && lessThan(exit.cumQty, exit.quantity);

/** Filled, and it is not known at what price. */
export const lacksExitPrice = ({ cumQty, avgPrice }: Exit): boolean => isPositive(cumQty) && avgPrice === undefined;

/** What is still open of it. */
export const leavesOf = (exit: Exit): Decimal => (isOver(exit) ? ZERO : subtract(exit.quantity, exit.cumQty));

/** The exit after a report. Returns the very same object when the report changes nothing. */
export function applyExitReport(exit: Exit, report: ExitFact): Exit {
  if (isNewExitCorrection(exit, report)) return corrected(exit, report);
  if (lessThan(report.cumQty, exit.cumQty)) return exit;
  const { voided = [] } = exit;
  if (lessThan(exit.cumQty, report.cumQty) && namesVoidedFill({ ...NO_OWN_FILLS, voided }, report.fills)) return exit;
  const isGrown = report.cumQty !== exit.cumQty;
  // The venue's word for its size, which may shrink; without one the size that was asked for.
  const quantity = report.quantity ?? exit.quantity;
  const avgPrice = isGrown ? report.avgPrice : (exit.avgPrice ?? report.avgPrice);
  const status = statusAfter(exit, report, quantity);
  const isQuantityTold = exit.isQuantityTold || report.quantity !== undefined;
  const brokerOrderId = exit.brokerOrderId ?? report.brokerOrderId;
  const isNews =
    isGrown ||
    status !== exit.status ||
    quantity !== exit.quantity ||
    isQuantityTold !== exit.isQuantityTold ||
    avgPrice !== exit.avgPrice ||
    brokerOrderId !== exit.brokerOrderId;
  if (!isNews) return exit;
  const { avgPrice: _replaced, ...rest } = exit;
  const endedAs =
    status === 'ended' && report.status !== 'open' && report.status !== 'filled' ? report.status : undefined;
  return {
    ...rest,
    status,
    quantity,
    isQuantityTold,
    cumQty: report.cumQty,
    ...(avgPrice !== undefined && { avgPrice }),
    ...(brokerOrderId !== undefined && { brokerOrderId }),
    ...(endedAs !== undefined && exit.endedAs === undefined && { endedAs }),
    ...(report.reason !== undefined && { reason: report.reason }),
  };
}

/** The report takes back or changes a fill of the exit, and has not been applied yet (P8). */
export const isNewExitCorrection = ({ corrections = [] }: Exit, report: ExitFact): boolean =>
  report.correction !== undefined && !corrections.includes(correctionKey(report));

/** What stands now is what the venue says. An exit that was over as filled, and is not any more, works if the venue says so. */
function corrected(exit: Exit, report: ExitFact): Exit {
  const { avgPrice: before, endedAs: _ended, ...rest } = exit;
  const { corrections, voided } = withCorrection(
    { fills: [], voided: exit.voided ?? [], corrections: exit.corrections ?? [] },
    report,
  );
  const quantity = report.quantity ?? exit.quantity;
  const isSameSize = report.cumQty === exit.cumQty;
  const avgPrice = isPositive(report.cumQty) ? (report.avgPrice ?? (isSameSize ? before : undefined)) : undefined;
  const wasEnded = exit.status === 'ended';
  const isFilled = isPositive(report.cumQty) && !lessThan(report.cumQty, quantity);
  const isOpen = report.status === 'open' && !wasEnded;
  const endedAs =
    exit.endedAs ?? (report.status === 'open' || report.status === 'filled' ? 'cancelled' : report.status);
  return {
    ...rest,
    ...{ quantity, cumQty: report.cumQty, corrections, voided },
    status: isFilled ? 'filled' : isOpen ? 'working' : 'ended',
    ...(avgPrice !== undefined && { avgPrice }),
    ...(!isFilled && !isOpen && { endedAs }),
  };
}

function statusAfter(exit: Exit, report: ExitFact, quantity: Decimal): ExitStatus {
  const isFilled = isPositive(report.cumQty) && (!lessThan(report.cumQty, quantity) || report.status === 'filled');
  if (isFilled) return 'filled';
  if (isOver(exit)) return exit.status;
  return report.status === 'open' || report.status === 'filled' ? 'working' : 'ended';
}

/** Neither found by its id nor among the open orders: it is over, and nobody says how. */
export const asAbsent = (exit: Exit): Exit => (isOver(exit) ? exit : { ...exit, status: 'ended', endedAs: 'absent' });

/** What some exits have closed, at which average price, and what came of it. */
interface Closing {
  readonly quantity: Decimal;
  /** Absent when nothing is closed, or a price is not known. */
  readonly price?: Decimal;
  readonly realisedPnl?: Decimal;
}

const PRICE_PLACES = 12;

interface Entry {
  readonly side: Side;
  readonly entryPrice: Decimal;
}

function realisedPnl({ side, entryPrice }: Entry, price: Decimal, quantity: Decimal): Decimal {
  const gain = side === 'buy' ? subtract(price, entryPrice) : subtract(entryPrice, price);
  return multiply(gain, quantity);
}

const worthOf = ({ cumQty, avgPrice }: Exit): Decimal => (avgPrice === undefined ? ZERO : multiply(avgPrice, cumQty));

/** What the exits have closed together. */
export function closingOf(entry: Entry, exits: readonly Exit[]): Closing {
  const quantity = sum(exits.map(({ cumQty }) => cumQty));
  if (isZero(quantity) || exits.some(lacksExitPrice)) return { quantity };
  const price = roundHalfEven(divide(sum(exits.map(worthOf)), quantity), PRICE_PLACES);
  const pnl = exits.map((exit) =>
    exit.avgPrice === undefined ? ZERO : realisedPnl(entry, exit.avgPrice, exit.cumQty),
  );
  return { quantity, price, realisedPnl: sum(pnl) };
}

const pnlOf = (entry: Entry, { cumQty, avgPrice }: Exit): Decimal =>
  avgPrice === undefined ? ZERO : realisedPnl(entry, avgPrice, cumQty);

/** What a correction of an exit's fill has changed. */
export const correctedSince = (entry: Entry, before: Exit, now: Exit): { quantity: Decimal; realisedPnl: Decimal } => ({
  quantity: subtract(now.cumQty, before.cumQty),
  realisedPnl: subtract(pnlOf(entry, now), pnlOf(entry, before)),
});

/** What one exit has closed since it was as `before`: one line of the audit log, so that the lines add up. */
export function closedSince(entry: Entry, before: Exit | undefined, now: Exit): Required<Closing> | undefined {
  if (now.avgPrice === undefined || isZero(now.cumQty)) return undefined;
  // What had no price then has not been told yet.
  const { cumQty = ZERO, avgPrice } = before?.avgPrice === undefined ? {} : before;
  const quantity = subtract(now.cumQty, cumQty);
  const value = subtract(worthOf(now), avgPrice === undefined ? ZERO : multiply(avgPrice, cumQty));
  if (isZero(quantity)) return undefined;
  const price = roundHalfEven(divide(value, quantity), PRICE_PLACES);
  const toldPnl = avgPrice === undefined ? ZERO : realisedPnl(entry, avgPrice, cumQty);
  const pnl = subtract(realisedPnl(entry, now.avgPrice, now.cumQty), toldPnl);
  return { quantity, price, realisedPnl: pnl };
}

/** Filled by all of them. */
export const filledBy = (exits: readonly Exit[]): Decimal => exits.map(({ cumQty }) => cumQty).reduce(add, ZERO);
