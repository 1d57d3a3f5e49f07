/**
 * The venue of a story: each order meets the fate that is drawn for it; what the venue did is counted by its name.
 */
import type { Clock } from '../../domain/ports.js';
import { Venue } from '../venue/venue.js';
import { isOver, type VenueEvent } from '../venue/venue-order.js';
import { PLAIN_PROFILE } from '../venue/venue-rules.js';
import { drawFate, type OrderFate } from './order-plan.js';
import type { Random } from './random.js';
import type { StoryPlan } from './story-plan.js';

/** A venue on which each order meets the fate that is drawn for it. */
export function drawnVenue(random: Random, { positions, feeRate, isRough }: StoryPlan, clock: Clock): Venue {
  const fates = new Map<string, OrderFate>();
  const held = Object.entries(positions).map(([symbol, size]) => [symbol, String(size)]);
  return new Venue({
    clock,
    profile: {
      ...PLAIN_PROFILE,
      orderId: (sequence) => `B-${sequence}`,
      ...(feeRate !== undefined && { fee: { rate: feeRate, in: 'received' } }),
    },
    positions: Object.fromEntries(held),
    plan: ({ clientOrderId, quantity, role }) => {
      const entryId = clientOrderId.replace(/-(?:sl|tp)$/, '');
      const fate = fates.get(entryId) ?? drawFate(random.branch(entryId), Number(quantity), 15_000, isRough);
      fates.set(entryId, fate);
      return role === 'entry' ? fate.entry : clientOrderId.endsWith('-sl') ? fate.sl : fate.tp;
    },
  });
}

/** What the venue did that is worth counting. */
export function namesOf({ kind, order }: VenueEvent, venue: Venue): readonly string[] {
  const isExit = order.role === 'exit';
  const [sibling] = venue
    .ordersOf(order.symbol)
    .filter(({ listId, id }) => isExit && listId === order.listId && id !== order.id);
  const hasFee = kind === 'trade' && order.fills.at(-1)?.fee !== undefined;
  const names: Partial<Record<VenueEvent['kind'], string>> = isExit
    ? {
        rejected: 'exitRefusedLate',
        ...(sibling?.state !== 'filled' && { cancelled: 'exitLost', expired: 'exitLost' }),
        ...(order.state === 'filled' && {
          trade:
            sibling?.state === 'filled' ? 'bothExitsFilled' : order.plan.leavesSibling ? 'siblingLeft' : 'exitFilled',
        }),
        ...(kind === 'trade' && !isOver(order) && { trade: 'exitFilledInPart' }),
      }
    : {
        trade_cancel: 'bust',
        trade_correct: 'correction',
        restated: 'restated',
        done_for_day: 'doneForDay',
        worded: 'oddWord',
      };
  const name = names[kind];
  return [...(name === undefined ? [] : [`venue.${name}`]), ...(hasFee && !isExit ? ['venue.fee'] : [])];
}
