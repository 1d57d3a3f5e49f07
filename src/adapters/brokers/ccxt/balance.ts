/** What an account holds of a currency. */
import { add, isNegative, parseDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { Balance } from './dialect.js';

/** From what is free and what orders hold. @throws {Error} when either is no decimal */
export function balanceOf(free: unknown, held: unknown): Balance {
  const [available, locked] = [parseDecimal(free), parseDecimal(held)];
  if (available === undefined || locked === undefined) throw new Error('unreadable balance');
  return { total: add(available, locked), free: available };
}

/** From all that is there and what orders hold of it. @throws {Error} when either is no decimal */
export function balanceOfTotal(total: unknown, held: unknown): Balance {
  const [all, locked] = [parseDecimal(total), parseDecimal(held)];
  if (all === undefined || locked === undefined) throw new Error('unreadable balance');
  const free = subtract(all, locked);
  return { total: all, free: isNegative(free) ? ZERO : free };
}
