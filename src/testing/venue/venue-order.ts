/**
 * An order as the venue holds it: entry or exit, with its fills, its fees and its life.
 *
 * 1. A `VenueOrder` is never changed: each change makes a new version with the time at which it came, so that an order can
 *    be shown as it stood earlier.
 * 2. What is filled, its value and its fees follow from the fills that stand: a busted fill counts for nothing, a corrected
 *    one for what it was corrected to.
 */
import { add, type Decimal, divide, isZero, lessThan, multiply, subtract, sum, ZERO } from '../../domain/decimal.js';
import type { Fee, Side } from '../../domain/ports.js';
import type { OrderPlan, VenueOrderState } from './venue-plan.js';

/** `stop` and `take_profit` send a market order at their trigger; `limit` rests at its price. */
export type VenueOrderType = 'market' | 'stop' | 'take_profit' | 'limit';

export interface VenueFill {
  /** The venue's id of the execution (FIX ExecID 17). */
  readonly id: string;
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly fee?: { readonly asset: string; readonly amount: Decimal };
  /** Monotonic ms. */
  readonly at: number;
  readonly status: 'stands' | 'busted' | 'corrected';
  /** When it was taken back or changed, monotonic ms. */
  readonly changedAt?: number;
}

/** An order as the venue model holds it. @beta @since 0.1.0 */
export interface VenueOrder {
  /** The venue's id (FIX OrderID 37). */
  readonly id: string;
  /** The client's id (FIX ClOrdID 11). */
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly type: VenueOrderType;
  /** What it is for: an exit closes what an entry opened. */
  readonly role: 'entry' | 'exit';
  /** As it stands: a restatement changes it. */
  readonly quantity: Decimal;
  /** As it was sent. */
  readonly ordered: Decimal;
  /** Trigger or limit. */
  readonly price?: Decimal;
  /** The market side that an exit waits for. */
  readonly waitsFor?: 'rise' | 'fall';
  /** The list (OCO) that it is a leg of. */
  readonly listId?: string;
  readonly listClientId?: string;
  /** Reserves what it would sell or spend; a conditional order does not. */
  readonly holds: boolean;
  readonly plan: OrderPlan;
  readonly state: VenueOrderState;
  /** The word that the venue uses instead of its state (FIX OrdStatus calculated, an exchange's own). */
  readonly word?: string;
  readonly fills: readonly VenueFill[];
  readonly filled: Decimal;
  readonly value: Decimal;
  readonly average?: Decimal;
  readonly reason?: string;
  /** Monotonic ms. */
  readonly takenAt: number;
  readonly updatedAt: number;
  readonly filledAt?: number;
  readonly endedAt?: number;
  /** An exit whose price the market has come to. */
  readonly isTriggered: boolean;
  /** A cancel was taken, and is not done yet (FIX PendingCancel). */
  readonly isCancelAsked: boolean;
  /** Whatever a dialect must remember of the request. */
  readonly tags: Readonly<Record<string, string>>;
}

const OVER: readonly VenueOrderState[] = ['filled', 'cancelled', 'rejected', 'expired', 'done_for_day'];

export const isOver = ({ state }: Pick<VenueOrder, 'state'>): boolean => OVER.includes(state);

export const leaves = ({ quantity, filled }: VenueOrder): Decimal =>
  lessThan(filled, quantity) ? subtract(quantity, filled) : ZERO;

export const isWhole = ({ quantity, filled }: Pick<VenueOrder, 'quantity' | 'filled'>): boolean =>
  !lessThan(filled, quantity);

/** The order with these fills, and what follows from them. */
export function withFills(order: VenueOrder, fills: readonly VenueFill[]): VenueOrder {
  const standing = fills.filter(({ status }) => status !== 'busted');
  const filled = sum(standing.map(({ quantity }) => quantity));
  const value = sum(standing.map(({ quantity, price }) => multiply(quantity, price)));
  const { average: _average, ...rest } = order;
  return { ...rest, fills, filled, value, ...(!isZero(filled) && { average: divide(value, filled) }) };
}

/** What was charged, one entry an asset. */
export function feesOf({ fills }: Pick<VenueOrder, 'fills'>): readonly Fee[] {
  const totals = new Map<string, Decimal>();
  for (const { fee, status } of fills) {
    if (fee === undefined || status === 'busted') continue;
    totals.set(fee.asset, add(totals.get(fee.asset) ?? ZERO, fee.amount));
  }
  return [...totals].filter(([, amount]) => !isZero(amount)).map(([asset, amount]) => ({ asset, amount }));
}

/** Everything that happens at the venue, in order. The order is as it stands after it. @beta @since 0.1.0 */
export interface VenueEvent {
  readonly sequence: number;
  /** Monotonic ms. */
  readonly at: number;
  /**
   * `new`: taken and working. `pending_new`, `pending_cancel`: taken and not done yet. `trade`: a fill.
   * `trade_cancel`, `trade_correct`: a fill taken back or changed. `restated`: the quantity changed unasked.
   */
  readonly kind:
    | 'pending_new'
    | 'new'
    | 'trade'
    | 'trade_cancel'
    | 'trade_correct'
    | 'restated'
    | 'worded'
    | 'triggered'
    | 'pending_cancel'
    | 'cancelled'
    | 'rejected'
    | 'expired'
    | 'done_for_day';
  /** The venue's id of this message (FIX ExecID 17); that of the fill for a trade. */
  readonly executionId: string;
  readonly order: VenueOrder;
  /** The fill that it is about, as it stands after it (FIX ExecRefID 19 is its id). */
  readonly fill?: VenueFill;
}
