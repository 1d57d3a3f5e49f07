/**
 * What an order that is over has done otherwise than was known at its end: others in the symbol must know it (R6.2).
 */
import { exitSide } from '../domain/bracket.js';
import type { MovedSinceEnd } from '../domain/cases.js';
import { absolute, type Decimal, isNegative, isZero, subtract } from '../domain/decimal.js';
import type { Side } from '../domain/ports.js';
import type { ExecutionContext } from '../machines/execution.context.js';

/** @param filled what the venue says of the order now */
export const movedSinceEnd = ({ order, snapshot, clientOrderId }: ExecutionContext, filled: Decimal) =>
  movedFrom(clientOrderId, snapshot.side, order.cumQty, filled);

/** What the reconciliation found filled otherwise than the execution knew. */
export const movedByReport = (context: ExecutionContext): MovedSinceEnd | undefined =>
  context.report?.brokerFilledSize === undefined ? undefined : movedSinceEnd(context, context.report.brokerFilledSize);

/** @param side that of the order */
export function movedFrom(id: string, side: Side, known: Decimal, filled: Decimal): MovedSinceEnd | undefined {
  const more = subtract(filled, known);
  return isZero(more) ? undefined : { [id]: { [isNegative(more) ? exitSide(side) : side]: absolute(more) } };
}
