/**
 * Net positions, as pure arithmetic.
 *
 * 1. One signed size a symbol: buys add, sells subtract.
 * 2. The entry price averages what adds to a position, stays while it is reduced, and starts anew when it turns over.
 */
import {
  absolute,
  add,
  type Decimal,
  divide,
  isNegative,
  isPositive,
  isZero,
  minimum,
  multiply,
  negate,
  roundHalfEven,
  subtract,
  ZERO,
} from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';

export interface NetPosition {
  readonly size: Decimal;
  /** Absent when flat, or when the position was there before and nobody said at what price. */
  readonly entryPrice?: Decimal;
}

export const FLAT: NetPosition = Object.freeze({ size: ZERO });

/** Digits after the point that an average is kept to. */
const AVERAGE_PRICE_PLACES = 12;

/** The position after a fill of `quantity` at `price`. */
export function afterFill(position: NetPosition, side: Side, quantity: Decimal, price: Decimal): NetPosition {
  const change = side === 'buy' ? quantity : negate(quantity);
  const size = add(position.size, change);
  if (isZero(size)) return FLAT;
  const turnedOver = isZero(position.size) || isNegative(size) !== isNegative(position.size);
  if (turnedOver) return { size, entryPrice: price };
  const adds = isNegative(change) === isNegative(position.size);
  if (!adds || position.entryPrice === undefined) return { ...position, size };
  const value = add(multiply(absolute(position.size), position.entryPrice), multiply(quantity, price));
  return { size, entryPrice: roundHalfEven(divide(value, absolute(size)), AVERAGE_PRICE_PLACES) };
}

/** How much of an order would reduce the position; the rest would open or turn it. */
export function reducible({ size }: NetPosition, side: Side, quantity: Decimal): Decimal {
  const opposite = side === 'sell' ? isPositive(size) : isNegative(size);
  return opposite ? minimum(absolute(size), quantity) : ZERO;
}

/** How much of an order would open a position or add to one. */
export const opening = (position: NetPosition, side: Side, quantity: Decimal): Decimal =>
  subtract(quantity, reducible(position, side, quantity));
