/** Average prices from what an exchange tells instead of them. */
import {
  add,
  type Decimal,
  divide,
  isPositive,
  isZero,
  negate,
  parseVenueDecimal,
  roundHalfEven,
  ZERO,
} from '../../../domain/decimal.js';
import type { Fee } from '../../../domain/ports.js';

/** Digits after the point of an average: more than any price has, fewer than a decimal may have. */
const PLACES = 18;

/** Value by quantity; `undefined` when either is not above zero. */
export function averageOf(value: unknown, quantity: unknown): Decimal | undefined {
  const [spent, filled] = [parseVenueDecimal(value), parseVenueDecimal(quantity)];
  if (spent === undefined || filled === undefined || !isPositive(spent) || !isPositive(filled)) return undefined;
  return roundHalfEven(divide(spent, filled), PLACES);
}

/** A decimal above zero, in canonical form. */
export function positive(value: unknown): Decimal | undefined {
  const read = parseVenueDecimal(value);
  return read !== undefined && isPositive(read) ? read : undefined;
}

/** Fees by asset, summed; what is nothing, or cannot be read, is left out. */
export function feesOf(rows: Iterable<readonly [asset: unknown, amount: unknown]>): readonly Fee[] {
  const sums = new Map<string, Decimal>();
  for (const [asset, amount] of rows) {
    const read = parseVenueDecimal(amount);
    if (typeof asset !== 'string' || asset === '' || read === undefined || isZero(read)) continue;
    sums.set(asset, add(sums.get(asset) ?? ZERO, read));
  }
  return [...sums].map(([asset, amount]) => ({ asset, amount }));
}

/** What an exchange tells as a change of the balance: a fee is below zero there. */
export const asCharge = (change: unknown): Decimal | undefined => {
  const read = parseVenueDecimal(change);
  return read === undefined ? undefined : negate(read);
};

/** A time in ms as ISO 8601. */
export function isoOf(ms: unknown): string | undefined {
  const at = typeof ms === 'string' || typeof ms === 'number' ? Number(ms) : Number.NaN;
  return Number.isFinite(at) && at > 0 && at < 8.64e15 ? new Date(at).toISOString() : undefined;
}
