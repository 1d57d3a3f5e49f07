/**
 * What the broker says of an order, read and believed only as far as it can be.
 *
 * 1. An answer that cannot be read is no news (`undefined`), never a state.
 * 2. Reports are applied by monotone `cumQty`: duplicates and older reports change nothing (P2).
 * 3. A quantity without a usable price is not a fill yet (P3); the reference price is never used in its place.
 * 4. A closed order stays closed, but a greater `cumQty` still counts: a fill after a cancel is a fact.
 */
import { compare, type Decimal, isPositive, lessThan, maximum, parseDecimal, subtract, ZERO } from './decimal.js';
import { type FillFact, volumeWeightedAverage } from './fills.js';
import type { LegOutcome, OrderRef } from './ports.js';
import { attempt, boundedText } from './reading.js';

/** `open` is every state that is not final, unknown words included. */
export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'rejected' | 'expired';

/** An order report that could be read. */
export interface OrderFact {
  readonly brokerOrderId?: string;
  readonly status: OrderStatus;
  readonly cumQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly reason?: string;
  readonly brokerTime?: string;
}

/** The order as the execution knows it. */
export interface OrderState {
  readonly quantity: Decimal;
  readonly status: OrderStatus;
  readonly cumQty: Decimal;
  readonly leavesQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly brokerOrderId?: string;
  /** The broker's words when it rejected, cancelled or expired the order. */
  readonly reason?: string;
}

export const newOrder = (quantity: Decimal): OrderState => ({
  quantity,
  status: 'open',
  cumQty: ZERO,
  leavesQty: quantity,
});

const FINAL_WORDS: Record<string, OrderStatus> = {
  filled: 'filled',
  cancelled: 'cancelled',
  rejected: 'rejected',
  expired: 'expired',
};

/** Reads a raw report on the order `ref`; `undefined` when it is no news of this order. */
export const readOrderReport = (raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>): OrderFact | undefined =>
  attempt(() => orderFactOf(raw, ref));

function orderFactOf(raw: unknown, ref: Pick<OrderRef, 'clientOrderId'>): OrderFact | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const report = raw as Record<string, unknown>;
  const cumQty = parseDecimal(report['filledSize']);
  if (report['clientOrderId'] !== ref.clientOrderId || typeof report['state'] !== 'string') return undefined;
  if (cumQty === undefined || lessThan(cumQty, ZERO)) return undefined;
  const avgPrice = usablePrice(report['fillPrice']) ?? volumeWeightedAverage(readFills(report['fills']), cumQty);
  const brokerOrderId = idOf(report['brokerOrderId']);
  const reason = textOf(report['reason']);
  const brokerTime = textOf(report['brokerTime']);
  return {
    status: FINAL_WORDS[report['state']] ?? 'open',
    cumQty,
    ...(isPositive(cumQty) && avgPrice !== undefined && { avgPrice }),
    ...(brokerOrderId !== undefined && { brokerOrderId }),
    ...(reason !== undefined && { reason }),
    ...(brokerTime !== undefined && { brokerTime }),
  };
}

/** The broker's words, bounded. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? boundedText(value) : undefined;

/** An id is kept whole or not at all: a cut one names nothing. */
function idOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === value ? text : undefined;
}

function usablePrice(value: unknown): Decimal | undefined {
  const price = parseDecimal(value);
  return price !== undefined && isPositive(price) ? price : undefined;
}

function readFills(raw: unknown): readonly FillFact[] {
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((fill: unknown) => {
    if (typeof fill !== 'object' || fill === null) return [];
    const { quantity, price } = fill as Record<string, unknown>;
    const readQuantity = parseDecimal(quantity);
    const readPrice = usablePrice(price);
    return readQuantity !== undefined && readPrice !== undefined ? [{ quantity: readQuantity, price: readPrice }] : [];
  });
}

/** The order after a report. Returns the very same object when the report changes nothing. */
export function applyReport(order: OrderState, report: OrderFact): OrderState {
  const news = compare(report.cumQty, order.cumQty);
  if (news < 0) return adopt(order, report.brokerOrderId);
  const avgPrice = news > 0 ? report.avgPrice : (order.avgPrice ?? report.avgPrice);
  const status = statusAfter(order, report);
  const unchanged = news === 0 && status === order.status && avgPrice === order.avgPrice;
  if (unchanged) return adopt(order, report.brokerOrderId);
  const { avgPrice: _replaced, ...rest } = adopt(order, report.brokerOrderId);
  return {
    ...rest,
    status,
    cumQty: report.cumQty,
    leavesQty: maximum(subtract(order.quantity, report.cumQty), ZERO),
    ...(avgPrice !== undefined && { avgPrice }),
    ...(report.reason !== undefined && { reason: report.reason }),
  };
}

/** The order with the broker's id; the first id learned is kept. */
export function adopt(order: OrderState, brokerOrderId: string | undefined): OrderState {
  return brokerOrderId === undefined || order.brokerOrderId !== undefined ? order : { ...order, brokerOrderId };
}

function statusAfter(order: OrderState, report: OrderFact): OrderStatus {
  if (!lessThan(report.cumQty, order.quantity)) return 'filled';
  if (order.status !== 'open') return order.status;
  // "filled" with less than the whole is a contradiction: not closed, so it is asked again.
  return report.status === 'filled' ? 'open' : report.status;
}

/** The whole approved size, or more, at a known price. */
export const isFullFill = (order: OrderState): boolean =>
  !lessThan(order.cumQty, order.quantity) && order.avgPrice !== undefined;

/** The order is over at the broker, and what was filled has a price (P3). */
export const isClosedAndPriced = (order: OrderState): boolean =>
  order.status !== 'open' && (!isPositive(order.cumQty) || order.avgPrice !== undefined);

/** Something was filled, and it is not known at what price. */
export const lacksPrice = (order: OrderState): boolean => isPositive(order.cumQty) && order.avgPrice === undefined;

export const hasFill = (order: OrderState): boolean => isPositive(order.cumQty);

/** Reads what a submit call, or the placement of a leg, came to (S3). Whatever is not clearly said is `unknown`. */
export const readSubmitOutcome = (raw: unknown): LegOutcome =>
  attempt(() => submitOutcomeOf(raw)) ?? { kind: 'unknown', cause: 'unreadable answer' };

function submitOutcomeOf(raw: unknown): LegOutcome {
  const outcome = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  const kind = outcome['kind'];
  if (kind === 'accepted') {
    const brokerOrderId = idOf(outcome['brokerOrderId']);
    return brokerOrderId === undefined
      ? { kind: 'unknown', cause: 'accepted without a broker order id' }
      : { kind, brokerOrderId };
  }
  if (kind === 'rejected' && typeof outcome['code'] === 'string') {
    const code = boundedText(outcome['code']);
    const reason = textOf(outcome['reason']) ?? code;
    return { kind, code, reason, ...(outcome['transient'] === true && { transient: true }) };
  }
  if (kind === 'not_sent') return { kind, reason: textOf(outcome['reason']) ?? 'not sent' };
  if (kind === 'duplicate') return { kind };
  if (kind === 'unknown') return { kind, cause: textOf(outcome['cause']) ?? 'unknown' };
  return { kind: 'unknown', cause: 'unreadable answer' };
}
