/**
 * What all executions of a symbol have filled, wherever they run: the numbers of `domain/symbol-totals` as the state of an
 * object on Restate (R6.2).
 *
 * 1. Plain JSON.
 * 2. An execution that is over is counted in the totals and has no entry of its own.
 */
import type { Decimal } from '../domain/decimal.js';
import type { Side } from '../domain/ports.js';
import {
  type Counts,
  type ExitHolders,
  holdExits,
  isExitOfOthers,
  moved,
  NO_COUNTS,
  type SideCounts,
  without,
} from '../domain/symbol-totals.js';

export interface LiveEntry extends Counts {
  readonly side: Side;
  /** Prices of the exits that it holds. */
  readonly exits?: readonly Decimal[];
}

export interface SymbolTotals extends SideCounts {
  /** By `clientOrderId`. */
  readonly live: Readonly<Record<string, LiveEntry>>;
  /** Prices of exits, oldest first, and who holds one there. */
  readonly exits?: readonly (readonly [price: Decimal, holders: readonly string[]])[];
}

/** What an execution finds of the others. */
export interface OthersInSymbol extends SideCounts {
  /** Prices at which others hold exits. */
  readonly exits: readonly Decimal[];
}

export const NO_TOTALS: SymbolTotals = Object.freeze({ buy: NO_COUNTS, sell: NO_COUNTS, live: {} });

/** The totals with what an execution is known to have filled, what its order may still fill, and its exits. */
export function counted(totals: SymbolTotals, clientOrderId: string, entry: LiveEntry): SymbolTotals {
  const before = totals.live[clientOrderId] ?? NO_COUNTS;
  return {
    ...totals,
    [entry.side]: moved(totals[entry.side], before, entry),
    live: { ...totals.live, [clientOrderId]: entry },
    ...(entry.exits !== undefined && { exits: withExits(totals, clientOrderId, entry.exits) }),
  };
}

const holdersOf = ({ exits = [] }: SymbolTotals): ExitHolders =>
  new Map(exits.map(([price, holders]) => [price, new Set(holders)]));

function withExits(totals: SymbolTotals, id: string, prices: readonly Decimal[]): NonNullable<SymbolTotals['exits']> {
  const holders = holdersOf(totals);
  holdExits(holders, id, prices);
  return [...holders].map(([price, ids]) => [price, [...ids]]);
}

/** The execution is over: what it filled stays counted, what was open is not any more. */
export function left(totals: SymbolTotals, clientOrderId: string): SymbolTotals {
  const entry = totals.live[clientOrderId];
  if (entry === undefined) return totals;
  const { [clientOrderId]: _gone, ...live } = totals.live;
  const { exits: _held, ...rest } = entry;
  return { ...counted(totals, clientOrderId, { ...rest, open: NO_COUNTS.open }), live };
}

/** The name under which the exits of an entry are counted. */
export const exitsEntryOf = (clientOrderId: string): string => `${clientOrderId}-exits`;

/** The totals without the part of one execution and its exits. */
export function withoutOwn(totals: SymbolTotals, clientOrderId: string): OthersInSymbol {
  const own = [totals.live[clientOrderId], totals.live[exitsEntryOf(clientOrderId)]];
  const of = (side: Side): Counts =>
    own.reduce<Counts>((rest, entry) => without(rest, entry?.side === side ? entry : NO_COUNTS), totals[side]);
  const holders = holdersOf(totals);
  const exits = [...holders.keys()].filter((price) => isExitOfOthers(holders, clientOrderId, price));
  return { buy: of('buy'), sell: of('sell'), exits };
}
