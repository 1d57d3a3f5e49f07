/** Average prices from what an exchange tells instead of them. */
import { type Decimal, divide, isPositive, parseDecimal, roundHalfEven } from '../../../domain/decimal.js';

/** Digits after the point of an average: more than any price has, fewer than a decimal may have. */
const PLACES = 18;

/** Value by quantity; `undefined` when either is not above zero. */
export function averageOf(value: unknown, quantity: unknown): Decimal | undefined {
  const [spent, filled] = [parseDecimal(value), parseDecimal(quantity)];
  if (spent === undefined || filled === undefined || !isPositive(spent) || !isPositive(filled)) return undefined;
  return roundHalfEven(divide(spent, filled), PLACES);
}

/** A decimal above zero, in canonical form. */
export function positive(value: unknown): Decimal | undefined {
  const read = parseDecimal(value);
  return read !== undefined && isPositive(read) ? read : undefined;
}

/** A time in ms as ISO 8601. */
export function isoOf(ms: unknown): string | undefined {
  const at = typeof ms === 'string' || typeof ms === 'number' ? Number(ms) : Number.NaN;
  return Number.isFinite(at) && at > 0 && at < 8.64e15 ? new Date(at).toISOString() : undefined;
}
