/** What an account holds of a currency; `undefined` when either number is no decimal. */
import { add, isNegative, parseVenueDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { Balance } from './dialect.js';

/** From what is free and what orders hold. */
export function balanceOf(free: unknown, held: unknown): Balance | undefined {
  const [available, locked] = [parseVenueDecimal(free), parseVenueDecimal(held)];
  return available === undefined || locked === undefined
    ? undefined
    : { total: add(available, locked), free: available };
}

/** From all that is there and what orders hold of it. */
export function balanceOfTotal(total: unknown, held: unknown): Balance | undefined {
  const [all, locked] = [parseVenueDecimal(total), parseVenueDecimal(held)];
  if (all === undefined || locked === undefined) return undefined;
  const free = subtract(all, locked);
  return { total: all, free: isNegative(free) ? ZERO : free };
}
