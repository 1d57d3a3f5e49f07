/**
 * Whose is how much of a net position (R6.2).
 *
 * 1. What other executions of this engine have filled in a symbol lies between what is known of them and the most that
 *    their open orders can still fill; when none is open both bounds meet.
 * 2. What they filled since a baseline is the difference of two such ranges; a side never takes back what it has filled.
 * 3. Exits that close a position, and venues that take fills back, move the position too, against the side of the entry. They
 *    are learned later than they happen: what was learned since the baseline was asked for may have been in it or not.
 */
import { add, type Decimal, maximum, subtract, ZERO } from './decimal.js';

export interface FilledRange {
  readonly least: Decimal;
  readonly most: Decimal;
}

/** What was filled so far, by side, unsigned. */
export interface FilledBySide {
  readonly buy: FilledRange;
  readonly sell: FilledRange;
  /** What is known of positions that were closed, and of fills that were taken back, by the side that it counts for. */
  readonly closed?: { readonly buy: FilledRange; readonly sell: FilledRange };
}

const NOTHING: FilledRange = Object.freeze({ least: ZERO, most: ZERO });

export const NOTHING_FILLED: FilledBySide = Object.freeze({ buy: NOTHING, sell: NOTHING });

/** The change of the net position that others can have made between two readings: signed, buys count up. */
export function filledBetween(before: FilledBySide, after: FilledBySide): FilledRange {
  const bought = since(before.buy, after.buy);
  const sold = since(before.sell, after.sell);
  const closed = { buy: closedSince(before, after, 'buy'), sell: closedSince(before, after, 'sell') };
  return {
    least: subtract(subtract(bought.least, sold.most), closed.sell),
    most: add(subtract(bought.most, sold.least), closed.buy),
  };
}

const closedSince = (before: FilledBySide, after: FilledBySide, side: 'buy' | 'sell'): Decimal =>
  maximum(subtract(after.closed?.[side].most ?? ZERO, before.closed?.[side].least ?? ZERO), ZERO);

const since = (before: FilledRange, after: FilledRange): FilledRange => ({
  least: maximum(subtract(after.least, before.most), ZERO),
  most: maximum(subtract(after.most, before.least), ZERO),
});
