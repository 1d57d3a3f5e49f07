/**
 * Who did what in a symbol, so that on a netting account each execution finds its own share of the one position (R6.2).
 *
 * 1. What another execution has filled at the broker lies between what is known of it and the most it can still fill;
 *    once it is over, both bounds meet.
 * 2. Its share since a baseline is the difference of two such ranges, and never less than nothing.
 * 3. Entries are dropped when no execution that could need them is live.
 */
import { add, type Decimal, maximum, minimum, negate, subtract, ZERO } from '../domain/decimal.js';
import type { OthersShare } from '../domain/reconciliation.js';
import type { ExecutionContext } from '../machines/execution.context.js';

interface Range {
  readonly least: Decimal;
  readonly most: Decimal;
}

/** One execution, as the book sees it. `context` is asked anew each time. */
export interface BookEntry {
  /** `clientOrderId` of the entry order. */
  readonly id: string;
  readonly symbol: string;
  readonly context: () => ExecutionContext;
  /** Its order may still be filled, as far as the engine knows. */
  readonly isLive: () => boolean;
  /** It is not done. */
  readonly isActive: () => boolean;
}

export interface PositionBook {
  enter(entry: BookEntry): void;
  /** Notes what the others had filled: called when the baseline query goes out and when its answer is in. */
  beginBaseline(id: string): void;
  endBaseline(id: string): void;
  /** Notes what the others had filled when the position query went out; the answer is judged by `share`. */
  beginObservation(id: string): void;
  /** What the others did between baseline and observation. */
  share(id: string): OthersShare;
  leave(id: string): void;
  readonly size: number;
}

interface Notes {
  readonly entry: BookEntry;
  readonly baseline: Map<string, Range>;
  readonly observation: Map<string, Range>;
}

interface Exits {
  readonly stopLosses: Set<Decimal>;
  readonly takeProfits: Set<Decimal>;
}

const NOTHING: Range = { least: ZERO, most: ZERO };

export function positionBook(): PositionBook {
  const entries = new Map<string, Notes>();
  const bySymbol = new Map<string, Map<string, Notes>>();
  const exits = new Map<string, Exits>();

  const others = (own: Notes): Notes[] =>
    [...(bySymbol.get(own.entry.symbol)?.values() ?? [])].filter((other) => other !== own);

  /** What an execution may have filled at the broker now. */
  function filledNow({ entry }: Notes): Range {
    const { order, firstSubmitAt } = entry.context();
    if (firstSubmitAt === undefined) return NOTHING;
    return { least: order.cumQty, most: entry.isLive() ? maximum(order.cumQty, order.quantity) : order.cumQty };
  }

  function note(id: string, which: 'baseline' | 'observation', side: keyof Range | 'both'): void {
    const own = entries.get(id);
    if (own === undefined) return;
    for (const other of others(own)) {
      const now = filledNow(other);
      const before = own[which].get(other.entry.id) ?? NOTHING;
      const range = side === 'most' ? { least: before.least, most: now.most } : now;
      if (range.most !== ZERO) own[which].set(other.entry.id, range);
    }
  }

  function shareOf(own: Notes, other: Notes): Range {
    const id = other.entry.id;
    const final = filledNow(other);
    const seen = own.observation.get(id) ?? NOTHING;
    const before = own.baseline.get(id) ?? NOTHING;
    const most = subtract(final.most, before.least);
    const least = maximum(subtract(seen.least, minimum(before.most, final.most)), ZERO);
    return other.entry.context().snapshot.side === 'buy'
      ? { least, most }
      : { least: negate(most), most: negate(least) };
  }

  function keepExits({ entry }: Notes): void {
    const { bracket, protection } = entry.context();
    if (bracket === undefined || protection.stopLoss !== 'placed') return;
    const known = exits.get(entry.symbol) ?? { stopLosses: new Set(), takeProfits: new Set() };
    known.stopLosses.add(bracket.stopLoss);
    known.takeProfits.add(bracket.takeProfit);
    exits.set(entry.symbol, known);
  }

  return {
    enter(entry) {
      const notes = { entry, baseline: new Map(), observation: new Map() };
      entries.set(entry.id, notes);
      const inSymbol = bySymbol.get(entry.symbol) ?? new Map<string, Notes>();
      bySymbol.set(entry.symbol, inSymbol.set(entry.id, notes));
    },
    beginBaseline: (id) => note(id, 'baseline', 'least'),
    endBaseline: (id) => note(id, 'baseline', 'most'),
    beginObservation: (id) => note(id, 'observation', 'both'),
    share(id) {
      const own = entries.get(id);
      const ranges = own === undefined ? [] : others(own).map((other) => shareOf(own, other));
      for (const other of own === undefined ? [] : others(own)) keepExits(other);
      const known = own === undefined ? undefined : exits.get(own.entry.symbol);
      return {
        least: ranges.reduce((total, { least }) => add(total, least), ZERO),
        most: ranges.reduce((total, { most }) => add(total, most), ZERO),
        stopLosses: [...(known?.stopLosses ?? [])],
        takeProfits: [...(known?.takeProfits ?? [])],
      };
    },
    leave(id) {
      const own = entries.get(id);
      if (own === undefined) return;
      keepExits(own);
      // Others that are live may still have to subtract what this one filled: it stays until the symbol is quiet.
      const inSymbol = bySymbol.get(own.entry.symbol) ?? new Map<string, Notes>();
      if ([...inSymbol.values()].some(({ entry }) => entry.isActive())) return;
      for (const id of inSymbol.keys()) entries.delete(id);
      bySymbol.delete(own.entry.symbol);
    },
    get size() {
      return entries.size;
    },
  };
}
