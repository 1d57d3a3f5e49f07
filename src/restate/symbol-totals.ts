/**
 * What all executions of a symbol have filled, wherever they run, so that on a netting account each finds its own part of
 * the one position (R6.2).
 *
 * 1. Plain JSON: it is the state of an object on Restate.
 * 2. An execution that is over is counted in the totals and has no entry of its own.
 */
import { add, type Decimal, subtract, ZERO } from '../domain/decimal.js';
import type { Side } from '../domain/ports.js';

export interface Counts {
  readonly filled: Decimal;
  /** What the order may still fill. */
  readonly open: Decimal;
}

export interface LiveEntry extends Counts {
  readonly side: Side;
}

export interface SymbolTotals {
  readonly buy: Counts;
  readonly sell: Counts;
  /** By `clientOrderId`. */
  readonly live: Readonly<Record<string, LiveEntry>>;
}

const NONE: Counts = Object.freeze({ filled: ZERO, open: ZERO });

export const NO_TOTALS: SymbolTotals = Object.freeze({ buy: NONE, sell: NONE, live: {} });

/** The totals with what an execution is known to have filled, and what its order may still fill. */
export function counted(totals: SymbolTotals, clientOrderId: string, entry: LiveEntry): SymbolTotals {
  const before = totals.live[clientOrderId] ?? { ...NONE, side: entry.side };
  const side = totals[entry.side];
  return {
    ...totals,
    [entry.side]: {
      filled: add(side.filled, subtract(entry.filled, before.filled)),
      open: add(side.open, subtract(entry.open, before.open)),
    },
    live: { ...totals.live, [clientOrderId]: entry },
  };
}

/** The execution is over: what it filled stays counted, what was open is not any more. */
export function left(totals: SymbolTotals, clientOrderId: string): SymbolTotals {
  const entry = totals.live[clientOrderId];
  if (entry === undefined) return totals;
  const { [clientOrderId]: _gone, ...live } = totals.live;
  return { ...counted(totals, clientOrderId, { ...entry, open: ZERO }), live };
}

/** The name under which the exits of an entry are counted. */
export const exitsEntryOf = (clientOrderId: string): string => `${clientOrderId}-exits`;

/** The totals without the part of one execution and its exits. */
export function withoutOwn(totals: SymbolTotals, clientOrderId: string): Readonly<Record<Side, Counts>> {
  const own = [totals.live[clientOrderId], totals.live[exitsEntryOf(clientOrderId)]];
  const of = (side: Side): Counts =>
    own.reduce<Counts>(
      (rest, entry) =>
        entry?.side === side
          ? { filled: subtract(rest.filled, entry.filled), open: subtract(rest.open, entry.open) }
          : rest,
      totals[side],
    );
  return { buy: of('buy'), sell: of('sell') };
}
