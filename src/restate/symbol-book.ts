/**
 * Who trades in a symbol and what is held there, over all workers: what a sweep holds the broker against (M3). Plain JSON.
 *
 * 1. An execution enters before its order can be sent, and is over in the same turn in which its position is held: between the
 *    two nobody finds neither.
 * 2. It is bounded by what is live, open, or not known to be closed.
 */
import { type Decimal, isZero } from '../domain/decimal.js';

export interface HeldEntry {
  /** Signed. */
  readonly size: Decimal;
  /** Its exits are not watched any more, and yet something is held. */
  readonly isOver: boolean;
  /** What this was told with: what is older comes too late. */
  readonly number: number;
}

export interface SymbolBook {
  /** Executions that have ever entered. */
  readonly entered: number;
  /** By `clientOrderId`. */
  readonly live: Readonly<Record<string, true>>;
  readonly held: Readonly<Record<string, HeldEntry>>;
  /** Advisories whose execution is over and whose order is not known to be closed. */
  readonly uncertain: readonly string[];
  /** What was there before the oldest execution. */
  readonly baseline?: Baseline;
}

interface Baseline {
  readonly startedAt: number;
  readonly baseline: Decimal;
}

export const EMPTY_BOOK: SymbolBook = Object.freeze({ entered: 0, live: {}, held: {}, uncertain: [] });

/** What an execution that is over leaves. */
export interface Ended {
  readonly clientOrderId: string;
  /** Where an order may have been sent. */
  readonly baseline?: Baseline;
  /** Its advisory, when nobody saw how its order ended. */
  readonly uncertain?: string;
  /** Signed. */
  readonly position?: Decimal;
}

export const entered = (book: SymbolBook, clientOrderId: string): SymbolBook =>
  book.live[clientOrderId] === true
    ? book
    : { ...book, entered: book.entered + 1, live: { ...book.live, [clientOrderId]: true } };

export function over(book: SymbolBook, { clientOrderId, baseline, uncertain, position }: Ended): SymbolBook {
  const { [clientOrderId]: _gone, ...live } = book.live;
  const isOldest = baseline !== undefined && !(book.baseline && book.baseline.startedAt <= baseline.startedAt);
  return {
    ...book,
    live,
    ...(isOldest && { baseline }),
    ...(uncertain !== undefined && { uncertain: [...new Set([...book.uncertain, uncertain])] }),
    ...(position !== undefined && {
      held: { ...book.held, [clientOrderId]: { size: position, isOver: false, number: 0 } },
    }),
  };
}

/** What the entry still holds; one that is over and holds nothing takes no place. */
export function held(book: SymbolBook, clientOrderId: string, entry: HeldEntry): SymbolBook {
  const known = book.held[clientOrderId];
  if (known === undefined || known.number >= entry.number) return book;
  const { [clientOrderId]: _before, ...rest } = book.held;
  const isGone = entry.isOver && isZero(entry.size);
  return { ...book, held: isGone ? rest : { ...rest, [clientOrderId]: entry } };
}

/** How the order ended is known now. */
export const certain = (book: SymbolBook, advisoryId: string): SymbolBook => ({
  ...book,
  uncertain: book.uncertain.filter((known) => known !== advisoryId),
});
