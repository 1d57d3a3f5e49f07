/**
 * Orders as the simulator keeps them, and as Alpaca writes them.
 */
import { type Decimal, subtract, ZERO } from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import type { AlpacaScript } from './simulator-options.js';

export interface SimulatedOrder {
  readonly id: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly type: string;
  readonly timeInForce: string;
  readonly orderClass: string;
  readonly limitPrice?: string;
  readonly stopPrice?: string;
  readonly script: AlpacaScript;
  /** Epoch ms. */
  readonly takenAt: number;
  /** The order of a pair whose leg this is. */
  readonly parent?: SimulatedOrder;
  legs: readonly SimulatedOrder[];
  status: string;
  filled: Decimal;
  /** Money paid or received so far. */
  value: Decimal;
  average?: Decimal;
  filledAt?: number;
  endedAt?: number;
  updatedAt: number;
  reason?: string;
}

export const isOpen = ({ status }: SimulatedOrder): boolean =>
  !['filled', 'canceled', 'expired', 'rejected'].includes(status);

export const leaves = ({ quantity, filled }: SimulatedOrder): Decimal => subtract(quantity, filled);

const time = (ms: number | undefined): string | null => (ms === undefined ? null : isoTime(ms));

/** The order as the API writes it. `now` decides whether a price is shown yet. */
export function orderJson(order: SimulatedOrder, now: number, nested = false): Record<string, unknown> {
  const { priceless = 0 } = order.script;
  const showsPrice = order.filledAt !== undefined && now >= order.filledAt + priceless;
  return {
    id: order.id,
    client_order_id: order.clientOrderId,
    created_at: time(order.takenAt),
    updated_at: time(order.updatedAt),
    submitted_at: time(order.takenAt),
    filled_at: order.status === 'filled' ? time(order.filledAt) : null,
    expired_at: order.status === 'expired' ? time(order.endedAt) : null,
    canceled_at: order.status === 'canceled' ? time(order.endedAt) : null,
    failed_at: order.status === 'rejected' ? time(order.endedAt) : null,
    replaced_at: null,
    replaced_by: null,
    replaces: null,
    asset_id: `asset-${order.symbol}`,
    symbol: order.symbol,
    asset_class: order.symbol.includes('/') ? 'crypto' : 'us_equity',
    notional: null,
    qty: order.quantity,
    filled_qty: order.filled,
    filled_avg_price: showsPrice && order.filled !== ZERO ? (order.average ?? null) : null,
    order_class: order.orderClass,
    order_type: order.type,
    type: order.type,
    side: order.side,
    time_in_force: order.timeInForce,
    limit_price: order.limitPrice ?? null,
    stop_price: order.stopPrice ?? null,
    status: order.status,
    extended_hours: false,
    legs: nested && order.legs.length > 0 ? order.legs.map((leg) => orderJson(leg, now)) : null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    ...(order.reason !== undefined && { reject_reason: order.reason }),
  };
}
