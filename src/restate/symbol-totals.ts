/**
 * What all executions of a symbol have filled, wherever they run: the numbers of `domain/symbol-totals` as the state of an
 * object on Restate (R6.2).
 *
 * 1. Plain JSON.
 * 2. An execution that is over is counted in the totals and has no entry of its own.
 * 3. Exits that close a position, and fills that a venue takes back, are counted apart, by the side that they trade on: an
 *    execution beside them cannot tell whether its baseline had them in it.
 */
import { exitSide } from '../domain/bracket.js';
import type { MovedSinceEnd } from '../domain/cases.js';
import { add, type Decimal, isZero, lessThan, maximum, subtract, ZERO } from '../domain/decimal.js';
import type { FilledBySide } from '../domain/others-fills.js';
import type { Side } from '../domain/ports.js';
import {
  type Counts,
  type ExitHolders,
  holdExits,
  isExitOfOthers,
  moved,
  NO_COUNTS,
  rangeOf,
  type SideCounts,
  without,
} from '../domain/symbol-totals.js';

export interface LiveEntry extends Counts {
  readonly side: Side;
  /** Before fees; what shrinks of it the venue has taken back. */
  readonly cumQty?: Decimal;
  /** Of its own fills, by the venue. */
  readonly takenBack?: Decimal;
  /** What has closed a position: it was learned later than it happened. */
  readonly isClosing?: true;
  /** Prices of the exits that it holds. */
  readonly exits?: readonly Decimal[];
}

type BySide = Readonly<Record<Side, Decimal>>;

export interface SymbolTotals extends SideCounts {
  readonly closed?: BySide;
  /** By the id of an order that was over: what has moved since, as cases tell it. */
  readonly movedBy?: Readonly<Record<string, BySide>>;
  /** By `clientOrderId`. */
  readonly live: Readonly<Record<string, LiveEntry>>;
  /** Prices of exits, oldest first, and who holds one there. */
  readonly exits?: readonly (readonly [price: Decimal, holders: readonly string[]])[];
}

/** What an execution finds of the others. */
export interface OthersInSymbol extends SideCounts {
  readonly closed?: BySide;
  /** Prices at which others hold exits. */
  readonly exits: readonly Decimal[];
}

export const NO_TOTALS: SymbolTotals = Object.freeze({ buy: NO_COUNTS, sell: NO_COUNTS, live: {} });

const NONE: BySide = Object.freeze({ buy: ZERO, sell: ZERO });

const plus = (total: BySide = NONE, side: Side, quantity: Decimal): BySide => ({
  ...total,
  [side]: add(total[side], quantity),
});

/** The totals with what an execution is known to have filled, what its order may still fill, and its exits. */
export function counted(totals: SymbolTotals, clientOrderId: string, entry: LiveEntry): SymbolTotals {
  const before = totals.live[clientOrderId];
  const back = entry.isClosing === true ? undefined : ownTakenBack(before, entry);
  const kept = back === undefined ? entry : { ...entry, takenBack: back };
  return {
    ...(entry.isClosing === true ? withClosing(totals, before, entry) : withFilled(totals, before, entry)),
    live: { ...totals.live, [clientOrderId]: kept },
    ...(entry.exits !== undefined && { exits: withExits(totals, clientOrderId, entry.exits) }),
  };
}

const shrunkBy = (before: LiveEntry | undefined, { cumQty = ZERO }: LiveEntry): Decimal =>
  maximum(ZERO, subtract(before?.cumQty ?? ZERO, cumQty));

function ownTakenBack(before: LiveEntry | undefined, entry: LiveEntry): Decimal | undefined {
  const back = add(before?.takenBack ?? ZERO, shrunkBy(before, entry));
  return isZero(back) ? undefined : back;
}

function withFilled(totals: SymbolTotals, before: LiveEntry | undefined, entry: LiveEntry): SymbolTotals {
  const { side } = entry;
  const next = { ...totals, [side]: moved(totals[side], before ?? NO_COUNTS, entry) };
  const back = shrunkBy(before, entry);
  return isZero(back) ? next : takenBack(next, side, back);
}

/** What was closed only grows: what the venue takes back of it counts for the other side. */
function withClosing(totals: SymbolTotals, before: LiveEntry | undefined, { side, filled }: LiveEntry): SymbolTotals {
  const known = before?.filled ?? ZERO;
  if (lessThan(filled, known)) return takenBack(totals, side, subtract(known, filled));
  return { ...totals, closed: plus(totals.closed, side, subtract(filled, known)) };
}

/** The venue has taken so much of a fill back. @param side of the order */
const takenBack = (totals: SymbolTotals, side: Side, quantity: Decimal): SymbolTotals => ({
  ...totals,
  closed: plus(totals.closed, exitSide(side), quantity),
});

/** What cases tell of orders that were over: the most that was told of an order counts. */
export function movedSinceEnd(totals: SymbolTotals, told: MovedSinceEnd): SymbolTotals {
  let { closed = NONE, movedBy = {} } = totals;
  for (const [id, { buy = ZERO, sell = ZERO }] of Object.entries(told)) {
    const known = movedBy[id] ?? NONE;
    const now = { buy: maximum(known.buy, buy), sell: maximum(known.sell, sell) };
    movedBy = { ...movedBy, [id]: now };
    closed = plus(plus(closed, 'buy', subtract(now.buy, known.buy)), 'sell', subtract(now.sell, known.sell));
  }
  return { ...totals, closed, movedBy };
}

/** What others can have filled, and closed, between two readings. */
export function rangeOfOthers(before: OthersInSymbol, after: OthersInSymbol): FilledBySide {
  const range = rangeOf(before, after);
  const { closed: was = NONE } = before;
  const { closed: is = NONE } = after;
  if ([was.buy, was.sell, is.buy, is.sell].every(isZero)) return range;
  const of = (side: Side) => ({ least: was[side], most: is[side] });
  return { ...range, closed: { buy: of('buy'), sell: of('sell') } };
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

/** The totals without the part of one execution. It has exits only once it is over: what they closed is of others. */
export function withoutOwn(totals: SymbolTotals, clientOrderId: string): OthersInSymbol {
  const own = totals.live[clientOrderId];
  const of = (side: Side): Counts => without(totals[side], own?.side === side ? own : NO_COUNTS);
  const holders = holdersOf(totals);
  const exits = [...holders.keys()].filter((price) => isExitOfOthers(holders, clientOrderId, price));
  const { closed } = totals;
  const others =
    own?.takenBack === undefined ? closed : plus(closed, exitSide(own.side), subtract(ZERO, own.takenBack));
  return { buy: of('buy'), sell: of('sell'), exits, ...(others !== undefined && { closed: others }) };
}
