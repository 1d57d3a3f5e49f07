/**
 * What the venue holds to be so of each entry and its exits, as plain JSON: for the laws, and to be sent between processes.
 */

import { type Decimal, decimal, lessThan, maximum, subtract, ZERO } from '../../domain/decimal.js';
import { invalidOption, requireMethods } from '../../domain/option-values.js';
import type { Side } from '../../domain/ports.js';
import { assetsOf } from './ledger.js';
import type { Venue } from './venue.js';
import { feesOf, isOver, leaves, type VenueOrder } from './venue-order.js';
import type { VenueOrderState } from './venue-plan.js';

export interface LegTruth {
  readonly price: Decimal;
  /** As it was placed. */
  readonly ordered: Decimal;
  /** What it would still close. */
  readonly leaves: Decimal;
  readonly filled: Decimal;
  readonly state: VenueOrderState;
  /** It works: taken, not pending, and not over. */
  readonly isWorking: boolean;
}

/** What the venue model holds to be true of an order. @beta @since 0.1.0 */
export interface VenueTruth {
  readonly clientOrderId: string;
  readonly brokerOrderId: string;
  readonly symbol: string;
  readonly side: Side;
  /** As it was sent. */
  readonly ordered: Decimal;
  readonly state: VenueOrderState;
  readonly isOpen: boolean;
  /** What stands. */
  readonly filled: Decimal;
  /** The most that was ever filled: more than `filled` when a fill was taken back. */
  readonly mostFilled: Decimal;
  readonly average?: Decimal;
  /** What stands, less the fee in the asset itself. */
  readonly net: Decimal;
  /** Of what stands, less the fee in the asset itself, what no exit has closed; below zero when exits closed too much. */
  readonly held: Decimal;
  /** The last time that a fill was taken back or changed, in ms since the order was taken. */
  readonly corrected?: { readonly kind: 'bust' | 'correct'; readonly atMs: number };
  /** When the first exit was taken, in ms since the order was. */
  readonly exitsAtMs?: number;
  readonly stopLoss?: LegTruth;
  readonly takeProfit?: LegTruth;
}

/** Every entry that the venue ever took, as it stands, or as it stood at a monotonic time. @beta @since 0.1.0 */
export function venueTruths(venue: Venue, at?: number): readonly VenueTruth[] {
  requireMethods('venue of venueTruths', venue, ['find', 'versions']);
  if (at !== undefined && !Number.isFinite(at)) throw invalidOption('at of venueTruths', at, 'a monotonic time in ms');
  return venue.orders
    .filter(({ role }) => role === 'entry')
    .map(({ id }) => venue.find({ id, isHidden: true }, at))
    .filter((order) => order !== undefined)
    .map((order) => venueTruth(venue, order, at));
}

export function venueTruth(venue: Venue, order: VenueOrder, at?: number): VenueTruth {
  const { clientOrderId, symbol, side, ordered, state, filled, average, takenAt } = order;
  const leg = (name: 'sl' | 'tp') => venue.find({ clientOrderId: `${clientOrderId}-${name}`, isHidden: true }, at);
  const [stopLoss, takeProfit] = [leg('sl'), leg('tp')];
  const exits = [stopLoss, takeProfit].filter((one) => one !== undefined);
  const versions = venue.versions(order.id).filter(({ updatedAt }) => at === undefined || updatedAt <= at);
  const corrected = correctionIn(versions, takenAt);
  const net = netFilled(venue, order);
  return {
    ...{ clientOrderId, brokerOrderId: order.id, symbol, side, ordered, state, filled, net },
    isOpen: !isOver(order),
    mostFilled: versions.map((version) => version.filled).reduce(maximum, ZERO),
    ...(average !== undefined && { average }),
    held: exits.reduce((left, exit) => subtract(left, netFilled(venue, exit)), net),
    ...(corrected !== undefined && { corrected }),
    ...(exits.length > 0 && { exitsAtMs: Math.min(...exits.map((exit) => exit.takenAt)) - takenAt }),
    ...(stopLoss !== undefined && { stopLoss: legTruth(stopLoss) }),
    ...(takeProfit !== undefined && { takeProfit: legTruth(takeProfit) }),
  };
}

const legTruth = (order: VenueOrder): LegTruth => ({
  price: order.price ?? ZERO,
  ordered: order.ordered,
  leaves: isOver(order) ? ZERO : leaves(order),
  filled: order.filled,
  state: order.state,
  isWorking: !isOver(order) && order.state !== 'pending_new',
});

/** What its fills moved of the position: a fee in the asset itself goes off a buy. */
export function netFilled(venue: Venue, order: VenueOrder): Decimal {
  const { base } = assetsOf(venue.instrument(order.symbol) ?? { symbol: order.symbol });
  const fee = feesOf(order).find(({ asset }) => asset === base);
  return fee === undefined || order.side === 'sell' ? order.filled : subtract(order.filled, decimal(fee.amount));
}

function correctionIn(versions: readonly VenueOrder[], takenAt: number): VenueTruth['corrected'] {
  const changed = versions.findLast((version, index) => {
    const before = versions[index - 1];
    return before !== undefined && version.fills.some((fill, at) => before.fills[at] && fill !== before.fills[at]);
  });
  if (changed === undefined) return undefined;
  const isLess = versions.some((version, index) => {
    const before = versions[index - 1];
    return before !== undefined && lessThan(version.filled, before.filled);
  });
  return { kind: isLess ? 'bust' : 'correct', atMs: changed.updatedAt - takenAt };
}
