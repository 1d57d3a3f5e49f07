/**
 * What ours have filled in a symbol, and at which prices their exits stand: so that on a netting account each execution finds
 * its own part of the one position (R6.2). The rules of it, for every host; a host keeps the numbers where it likes.
 */
import { add, type Decimal, isZero, subtract, ZERO } from './decimal.js';
import type { FilledBySide, FilledRange } from './others-fills.js';
import type { Side } from './ports.js';
import type { ObservedPosition, OthersFills } from './reconciliation.js';

export interface Counts {
  readonly filled: Decimal;
  /** What orders may still fill. */
  readonly open: Decimal;
}

export type SideCounts = Readonly<Record<Side, Counts>>;

export const NO_COUNTS: Counts = Object.freeze({ filled: ZERO, open: ZERO });

/** A total in which one part has become another. */
export const moved = (total: Counts, before: Counts, now: Counts): Counts => ({
  filled: add(total.filled, subtract(now.filled, before.filled)),
  open: add(total.open, subtract(now.open, before.open)),
});

/** A total without one part of it. */
export const without = (total: Counts, own: Counts): Counts =>
  own === NO_COUNTS ? total : { filled: subtract(total.filled, own.filled), open: subtract(total.open, own.open) };

/** The least is what was known before the question, the most what can be by the answer. */
export const rangeOf = (before: SideCounts, after: SideCounts): FilledBySide => ({
  buy: { least: before.buy.filled, most: add(after.buy.filled, after.buy.open) },
  sell: { least: before.sell.filled, most: add(after.sell.filled, after.sell.open) },
});

/** Who holds an exit at a price: two at most, since two are others to anyone. */
export type ExitHolders = Map<Decimal, Set<string>>;

/** Prices kept for a symbol: the latest ones. */
const MOST_EXITS = 256;

export function holdExits(exits: ExitHolders, clientOrderId: string, prices: readonly Decimal[]): void {
  for (const price of prices) {
    const holders = exits.get(price) ?? new Set<string>();
    if (holders.size < 2) holders.add(clientOrderId);
    exits.delete(price);
    exits.set(price, holders);
  }
  for (const price of exits.keys()) if (exits.size > MOST_EXITS) exits.delete(price);
}

/** Whether another than this one holds an exit at the price. */
export function isExitOfOthers(exits: ReadonlyMap<Decimal, ReadonlySet<string>>, id: string, price: Decimal): boolean {
  const holders = exits.get(price);
  return holders !== undefined && (holders.size > 1 || !holders.has(id));
}

/**
 * What a reconciliation is told of others. Alone in the symbol, whatever exit is shown must be one's own.
 *
 * @param theirs what others can have moved the position by
 */
export function othersIn(
  theirs: FilledRange,
  baseline: Decimal,
  position: ObservedPosition,
  isOfOthers: (price: Decimal) => boolean,
): OthersFills {
  const isAlone = [theirs.least, theirs.most, baseline].every(isZero);
  const shown = (price: Decimal | undefined) => (price !== undefined && isOfOthers(price) ? [price] : []);
  const exits =
    isAlone || position.kind !== 'position'
      ? { stopLosses: [], takeProfits: [] }
      : { stopLosses: shown(position.stopLoss), takeProfits: shown(position.takeProfit) };
  return Object.assign({}, theirs, exits);
}
