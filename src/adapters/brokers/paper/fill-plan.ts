/**
 * When an order is filled, and in what pieces. Pure.
 *
 * 1. Without a script the pieces are whole lots and make up the order exactly; a remainder goes into the last one.
 */
import { type Decimal, decimal, divide, isPositive, isZero, roundToStep, subtract } from '../../../domain/decimal.js';
import type { PartialFills } from './paper-options.js';
import type { FillScript } from './paper-script.js';

export interface FillStep {
  /** After the arrival of the order. */
  readonly afterMs: number;
  /** Everything that is open when absent. */
  readonly quantity?: Decimal;
  /** The market price when absent. */
  readonly price?: Decimal;
  readonly afterClose: boolean;
}

export const scriptedFills = (fills: readonly FillScript[]): readonly FillStep[] =>
  fills.map(({ afterMs, quantity, price, afterClose = false }) => ({
    afterMs,
    ...(quantity !== undefined && { quantity: decimal(quantity) }),
    ...(price !== undefined && { price: decimal(price) }),
    afterClose,
  }));

export function marketFills(
  quantity: Decimal,
  lotSize: Decimal,
  { pieces, delayMs }: PartialFills,
  firstAfterMs: number,
): readonly FillStep[] {
  const piece = roundToStep(divide(quantity, decimal(pieces)), lotSize, 'down');
  const size = isZero(piece) ? lotSize : piece;
  const steps: FillStep[] = [];
  let rest = quantity;
  for (let index = 0; index < pieces && isPositive(rest); index += 1) {
    const isLast = index === pieces - 1 || !isPositive(subtract(rest, size));
    const filled = isLast ? rest : size;
    steps.push({ afterMs: firstAfterMs + index * delayMs, quantity: filled, afterClose: false });
    rest = subtract(rest, filled);
  }
  return steps;
}
