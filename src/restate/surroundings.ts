/**
 * What there is in a symbol beside one entry whose exits ask for it (B7, R6.2): from the book of what is held, and from the
 * totals of what is live.
 */
import { add, type Decimal, subtract, sum, ZERO } from '../domain/decimal.js';
import type { SymbolBook } from './symbol-book.js';
import type { LiveEntry, SymbolTotals } from './symbol-totals.js';

export interface Surroundings {
  /** Signed; without what persons have accepted. */
  readonly least: Decimal;
  readonly most: Decimal;
  /** Signed, by the `clientOrderId` of the entry; the asking one too. */
  readonly held: Readonly<Record<string, Decimal>>;
}

export function surroundingsOf(book: SymbolBook, { live }: SymbolTotals, own: string): Surroundings {
  const held = Object.fromEntries(Object.entries(book.held).map(([id, { size }]) => [id, size]));
  const { [own]: _own, ...others } = held;
  const known = sum([book.baseline?.baseline ?? ZERO, ...Object.values(others)]);
  const entries = Object.keys(book.live).flatMap((id) => live[id] ?? []);
  const [least, most] = [sum(entries.map(leastOf)), sum(entries.map(mostOf))];
  return { least: add(known, least), most: add(known, most), held };
}

const leastOf = ({ side, filled, open }: LiveEntry): Decimal =>
  side === 'buy' ? filled : subtract(ZERO, add(filled, open));

const mostOf = ({ side, filled, open }: LiveEntry): Decimal =>
  side === 'buy' ? add(filled, open) : subtract(ZERO, filled);
