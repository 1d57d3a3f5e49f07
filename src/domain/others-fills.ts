/**
 * Whose is how much of a net position (R6.2).
 *
 * 1. What other executions of this engine have filled in a symbol lies between what is known of them and the most that
 *    their open orders can still fill; when none is open both bounds meet.
 * 2. What they filled since a baseline is the difference of two such ranges; a side never takes back what it has filled.
 */
import { add, type Decimal, maximum, negate, subtract, ZERO } from './decimal.js';

export interface FilledRange {
  readonly least: Decimal;
  readonly most: Decimal;
}

/** What was filled so far, by side, unsigned. */
export interface FilledBySide {
  readonly buy: FilledRange;
  readonly sell: FilledRange;
}

const NOTHING: FilledRange = Object.freeze({ least: ZERO, most: ZERO });

export const NOTHING_FILLED: FilledBySide = Object.freeze({ buy: NOTHING, sell: NOTHING });

/** The change of the net position that others can have made between two readings: signed, buys count up. */
export function filledBetween(before: FilledBySide, after: FilledBySide): FilledRange {
  const bought = since(before.buy, after.buy);
  const sold = since(before.sell, after.sell);
  return { least: subtract(bought.least, sold.most), most: add(bought.most, negate(sold.least)) };
}

const since = (before: FilledRange, after: FilledRange): FilledRange => ({
  least: maximum(subtract(after.least, before.most), ZERO),
  most: maximum(subtract(after.most, before.least), ZERO),
});
