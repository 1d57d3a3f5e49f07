/**
 * A position as a caller sees it: what was bought or sold, what protects it, and how it closed (B7).
 */
import { add, type Decimal, isPositive, minimum, subtract, sum, ZERO } from '../domain/decimal.js';
import { closingOf, type Exit, exitIdOf, filledBy, leavesOf } from '../domain/exits.js';
import type { Side } from '../domain/ports.js';
import { isoTime } from '../domain/time.js';
import { isClosed, type ProtectionContext, restOf } from '../machines/protection.context.js';
import type { PositionState } from '../machines/protection.state.js';

/** One exit of a position. @public @since 0.1.0 */
export interface ExitView {
  readonly clientOrderId: string;
  readonly price: Decimal;
  readonly quantity: Decimal;
  /** `doubtful`: nobody knows whether it was placed, or the reconciliation did not find it and the broker has not told of it since. `cancelled`, `rejected`, `expired`, `absent`: ended otherwise than by its fill. */
  readonly state: 'doubtful' | 'working' | 'filled' | 'cancelled' | 'rejected' | 'expired' | 'absent';
  readonly filledQuantity: Decimal;
  readonly fillPrice?: Decimal;
}

/** How a position was closed (B7). @public @since 0.1.0 */
export interface PositionClosing {
  readonly by: 'stop_loss' | 'take_profit' | 'elsewhere';
  /** Of the exits, averaged; absent when none filled, or the broker has not told it. */
  readonly price?: Decimal;
  readonly quantity: Decimal;
  /** Of what the exits closed: `(exit price − entry average) × quantity`, signed by side, before fees. */
  readonly realisedPnl?: Decimal;
  /** When that became known, ISO 8601 UTC. */
  readonly at: string;
}

/** A position that the engine opened, its exits, and how it was closed (B7). @public @since 0.1.0 */
export interface PositionView {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Of the entry. */
  readonly side: Side;
  /** What was held at the start, unsigned. */
  readonly quantity: Decimal;
  readonly entryPrice?: Decimal;
  /** When the first fill was received, ISO 8601 UTC. */
  readonly openedAt: string;
  readonly state: PositionState;
  /** Not known to be closed. */
  readonly isOpen: boolean;
  /** Still held, unsigned; 0 when closed. */
  readonly openQuantity: Decimal;
  readonly stopLoss?: ExitView;
  readonly takeProfit?: ExitView;
  /** Held, and covered by no exit that is known to work. */
  readonly unprotectedQuantity: Decimal;
  /** Of all exit fills so far; absent when there are none, or a price is missing. */
  readonly realisedPnl?: Decimal;
  /** Once nothing is left. */
  readonly closed?: PositionClosing;
}

export function positionViewOf(context: ProtectionContext, state: PositionState): PositionView {
  const { advisoryId, clientOrderId, symbol, side, quantity, unprotectedQuantity, entryPrice, openedAt } = context;
  const rest = restOf(context);
  const isOpen = !isClosed(context);
  const { realisedPnl } = closingOf({ side, entryPrice: entryPrice ?? ZERO }, context.exits);
  return Object.freeze({
    advisoryId,
    clientOrderId,
    symbol,
    side,
    quantity: add(quantity, unprotectedQuantity),
    ...(entryPrice !== undefined && { entryPrice }),
    openedAt: isoTime(openedAt),
    state,
    isOpen,
    openQuantity: isOpen ? add(rest, unprotectedQuantity) : ZERO,
    ...exitView(context, 'sl', 'stopLoss'),
    ...exitView(context, 'tp', 'takeProfit'),
    unprotectedQuantity: isOpen ? add(subtract(rest, coveredOf(context)), unprotectedQuantity) : unprotectedQuantity,
    ...(realisedPnl !== undefined && { realisedPnl }),
    ...(!isOpen && { closed: closingView(context) }),
  });
}

/** What is left, as far as a stop-loss works for it; without one the position has no floor. */
function coveredOf(context: ProtectionContext): Decimal {
  const stop = context.exits.find(({ leg, status }) => leg === 'sl' && status === 'working');
  return stop === undefined ? ZERO : minimum(restOf(context), leavesOf(stop));
}

function exitView(
  { exits, clientOrderId }: ProtectionContext,
  leg: Exit['leg'],
  name: 'stopLoss' | 'takeProfit',
): Partial<Record<'stopLoss' | 'takeProfit', ExitView>> {
  const exit = exits.find((known) => known.leg === leg);
  if (exit === undefined) return {};
  const { price, quantity, status, endedAs = 'absent', cumQty, avgPrice } = exit;
  const view: ExitView = Object.freeze({
    clientOrderId: exitIdOf(clientOrderId, leg),
    price,
    quantity,
    state: status === 'ended' ? endedAs : status,
    filledQuantity: cumQty,
    ...(avgPrice !== undefined && { fillPrice: avgPrice }),
  });
  return { [name]: view };
}

function closingView(context: ProtectionContext): PositionClosing {
  const { side, entryPrice = ZERO, exits, closedElsewhere, lastFilled, closedAt = context.openedAt } = context;
  const { price, realisedPnl } = closingOf({ side, entryPrice }, exits);
  return Object.freeze({
    by: isPositive(closedElsewhere) ? 'elsewhere' : lastFilled === 'tp' ? 'take_profit' : 'stop_loss',
    quantity: sum([filledBy(exits), closedElsewhere]),
    ...(price !== undefined && { price }),
    ...(realisedPnl !== undefined && { realisedPnl }),
    at: isoTime(closedAt),
  });
}
