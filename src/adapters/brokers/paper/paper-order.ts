/**
 * An order at the paper broker: immutable, changed by pure functions.
 *
 * 1. An order is open until it is filled, cancelled, rejected or expired, and then stays so.
 * 2. A fill counts even then: brokers do report fills of orders that they had called cancelled.
 */
import { add, type Decimal, isPositive, lessThan, maximum, subtract, ZERO } from '../../../domain/decimal.js';
import { type FillFact, volumeWeightedAverage } from '../../../domain/fills.js';
import type { Fill, OrderReport, Side } from '../../../domain/ports.js';

/** `MARKET` entries; `STOP` and `LIMIT` are the legs of exit pairs. */
type PaperOrderType = 'MARKET' | 'STOP' | 'LIMIT';

export type PaperClosedState = 'filled' | 'cancelled' | 'rejected' | 'expired';

/** `pending_cancel`: a cancel was taken and has no effect yet; the order can still be filled. */
type PaperOrderState = 'pending' | 'partially_filled' | 'pending_cancel' | PaperClosedState;

export interface PaperOrder {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: PaperOrderType;
  readonly quantity: Decimal;
  /** Trigger of a stop, limit of a limit order. */
  readonly price?: Decimal;
  readonly fills: readonly FillFact[];
  readonly cumQty: Decimal;
  readonly cancelRequested: boolean;
  readonly closedAs?: PaperClosedState;
  readonly reason?: string;
}

/** An order as {@link PaperBroker.orders} shows it. @public @since 0.1.0 */
export interface PaperOrderView {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: PaperOrderType;
  readonly quantity: string;
  readonly price?: string;
  readonly state: PaperOrderState;
  readonly filledSize: string;
  readonly fillPrice?: string;
  readonly fills: readonly Fill[];
  readonly reason?: string;
}

type NewOrder = Omit<PaperOrder, 'fills' | 'cumQty' | 'cancelRequested' | 'closedAs' | 'reason'>;

export const newPaperOrder = (order: NewOrder): PaperOrder => ({
  ...order,
  fills: [],
  cumQty: ZERO,
  cancelRequested: false,
});

export const isOpen = (order: PaperOrder): boolean => order.closedAs === undefined;

export const leavesOf = (order: PaperOrder): Decimal => maximum(subtract(order.quantity, order.cumQty), ZERO);

function stateOf(order: PaperOrder): PaperOrderState {
  if (order.closedAs !== undefined) return order.closedAs;
  if (order.cancelRequested) return 'pending_cancel';
  return isPositive(order.cumQty) ? 'partially_filled' : 'pending';
}

/** The order after a fill; the one that reaches the quantity makes it `filled`, whatever it was. */
export function withFill(order: PaperOrder, fill: FillFact): PaperOrder {
  const cumQty = add(order.cumQty, fill.quantity);
  const filled = !lessThan(cumQty, order.quantity);
  return { ...order, fills: [...order.fills, fill], cumQty, ...(filled && { closedAs: 'filled' as const }) };
}

export const closedOrder = (order: PaperOrder, closedAs: PaperClosedState, reason: string): PaperOrder => ({
  ...order,
  closedAs,
  reason,
});

const averagePrice = (order: PaperOrder): Decimal | undefined => volumeWeightedAverage(order.fills, order.cumQty);

/** The report of the port. @param brokerTime ISO 8601 */
export function reportOf(order: PaperOrder, brokerTime: string, withPrice: boolean): OrderReport {
  const fillPrice = withPrice ? averagePrice(order) : undefined;
  return {
    clientOrderId: order.clientOrderId,
    brokerOrderId: order.brokerOrderId,
    state: stateOf(order),
    filledSize: order.cumQty,
    ...(fillPrice !== undefined && { fillPrice }),
    ...(order.price !== undefined && { price: order.price }),
    ...(order.reason !== undefined && { reason: order.reason }),
    brokerTime,
  };
}

export function viewOf(order: PaperOrder): PaperOrderView {
  const { clientOrderId, brokerOrderId, symbol, side, type, quantity, price, reason } = order;
  const fillPrice = averagePrice(order);
  return Object.freeze({
    clientOrderId,
    brokerOrderId,
    symbol,
    side,
    type,
    quantity,
    ...(price !== undefined && { price }),
    state: stateOf(order),
    filledSize: order.cumQty,
    ...(fillPrice !== undefined && { fillPrice }),
    fills: order.fills,
    ...(reason !== undefined && { reason }),
  });
}
