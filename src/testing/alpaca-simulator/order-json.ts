/**
 * Orders as Alpaca writes them: the venue model's, in Alpaca's words.
 */
import { ZERO } from '../../domain/decimal.js';
import { isoTime } from '../../domain/time.js';
import { isOver, type VenueOrder } from '../venue/venue-order.js';
import type { AlpacaScript } from './simulator-options.js';

/** An order of the model, and what the simulator remembers of its request. */
export interface SimulatedOrder {
  readonly model: VenueOrder;
  readonly script: AlpacaScript;
  /** Wall time at the venue, of the model's monotonic ones. */
  readonly timeAt: (monotonic: number) => number;
  /** The stop of an exit pair, under its parent, the limit order. */
  readonly legs: readonly SimulatedOrder[];
}

/** What a request said that the model has no use for. */
export const TAGS = { type: 'type', timeInForce: 'time_in_force', orderClass: 'order_class' } as const;
/** Of the prices, as they were written. */
export const PRICE_TAGS = { limit: 'limit_price', stop: 'stop_price' } as const;

/** The stop of an exit pair: held until it is needed. */
export const isLeg = ({ listId, type }: VenueOrder): boolean => listId !== undefined && type === 'stop';

const WORDS: Readonly<Partial<Record<VenueOrder['state'], string>>> = {
  pending_new: 'accepted',
  cancelled: 'canceled',
};

export function statusOf({ model }: Pick<SimulatedOrder, 'model'>): string {
  if (isOver(model)) return WORDS[model.state] ?? model.state;
  if (model.isCancelAsked) return 'pending_cancel';
  return isLeg(model) ? 'held' : (WORDS[model.state] ?? model.state);
}

/** Whether its fills show a price yet. */
export const isPriced = ({ model, script, timeAt }: SimulatedOrder, now: number): boolean =>
  model.filledAt !== undefined && now >= timeAt(model.filledAt) + (script.priceless ?? 0);

/** The order as the API writes it. `now` decides whether a price is shown yet. */
export function orderJson(order: SimulatedOrder, now: number, nested = false): Record<string, unknown> {
  const { model, timeAt, legs } = order;
  const { symbol, tags, filled, reason } = model;
  const status = statusOf(order);
  const time = (monotonic: number | undefined): string | null =>
    monotonic === undefined ? null : isoTime(timeAt(monotonic));
  const showsPrice = isPriced(order, now);
  const type = tags[TAGS.type] ?? model.type;
  return {
    id: model.id,
    client_order_id: model.clientOrderId,
    created_at: time(model.takenAt),
    updated_at: time(model.updatedAt),
    submitted_at: time(model.takenAt),
    filled_at: status === 'filled' ? time(model.filledAt) : null,
    expired_at: status === 'expired' ? time(model.endedAt) : null,
    canceled_at: status === 'canceled' ? time(model.endedAt) : null,
    failed_at: status === 'rejected' ? time(model.endedAt) : null,
    replaced_at: null,
    replaced_by: null,
    replaces: null,
    asset_id: `asset-${symbol}`,
    symbol,
    asset_class: symbol.includes('/') ? 'crypto' : 'us_equity',
    notional: null,
    qty: model.quantity,
    filled_qty: filled,
    filled_avg_price: showsPrice && filled !== ZERO ? (model.average ?? null) : null,
    order_class: tags[TAGS.orderClass] ?? '',
    order_type: type,
    type,
    side: model.side,
    time_in_force: tags[TAGS.timeInForce] ?? 'day',
    limit_price: tags[PRICE_TAGS.limit] ?? null,
    stop_price: tags[PRICE_TAGS.stop] ?? null,
    status,
    extended_hours: false,
    legs: nested && legs.length > 0 ? legs.map((leg) => orderJson(leg, now)) : null,
    trail_percent: null,
    trail_price: null,
    hwm: null,
    ...(reason !== undefined && { reject_reason: reason }),
  };
}
