/**
 * What this engine has filled in each symbol, so that on a netting account every execution finds its own part of the
 * one position (R6.2).
 *
 * 1. Totals are counted up as facts come in, for the whole journal: a restart that folds it finds the same totals.
 * 2. Reading them costs the same however many executions there are; writing them down looks at each once.
 * 3. Exits that close a position count for the side that they trade on, and so do fills that a venue takes back. What is taken
 *    back only grows, and is not taken off what was filled or closed before: whoever is in flight counts from its baseline on.
 */
import { exitSide } from '../domain/bracket.js';
import type { MovedSinceEnd } from '../domain/cases.js';
import { add, type Decimal, isPositive, isZero, lessThan, maximum, subtract, ZERO } from '../domain/decimal.js';
import type { FilledBySide, FilledRange } from '../domain/others-fills.js';
import type { Side } from '../domain/ports.js';
import {
  type Counts,
  type ExitHolders,
  holdExits,
  isExitOfOthers,
  moved,
  NO_COUNTS,
  rangeOf,
  without,
} from '../domain/symbol-totals.js';
import { type ExecutionContext, exitPrices, heldBy } from '../machines/execution.context.js';

export interface FilledTotals {
  /** Counts what an execution has filled, and what its order may still fill. */
  update(context: ExecutionContext, isOrderLive: boolean): void;
  /**
   * Begins a reading of what all *other* executions have filled in the symbol. What is returned is called when the
   * broker's answer is in: the least is what was known before the question, the most what can be by then.
   */
  readOthers(context: ExecutionContext): () => FilledBySide;
  /** Whether another execution of this engine holds protection at this price in the symbol. */
  isExitOfOthers(context: ExecutionContext, price: Decimal): boolean;
  leave(clientOrderId: string): void;
  /** How much of the position of this entry is closed by now. */
  close(clientOrderId: string, symbol: string, entrySide: Side, quantity: Decimal): void;
  /** The position is over: what has closed it stays counted. */
  leaveClosed(clientOrderId: string): void;
  /** Before it is counted first: so much of its fills the venue took back in an earlier process. */
  recall(clientOrderId: string, takenBack: Decimal): void;
  /** The venue took back so much of what exits had closed of the position of this entry, in an earlier process. */
  recallReopened(clientOrderId: string, symbol: string, entrySide: Side, takenBack: Decimal): void;
  /** What cases tell of orders that were over: the most that was told of an order counts. */
  moveSinceEnd(symbol: string, moved: MovedSinceEnd): void;
  /** An open position of this engine has its exits at these prices. */
  holdExits(symbol: string, clientOrderId: string, prices: readonly Decimal[]): void;
  /**
   * What executions that are done have filled, what has closed positions that are over, and what venues took back of either, by
   * symbol. What cases tell is known from them.
   */
  state(): FilledTotalsState;
  restore(state: FilledTotalsState): void;
  /** Executions that are counted and not done. */
  readonly size: number;
}

type BySide = Readonly<Record<Side, Decimal>>;

export type FilledTotalsState = Readonly<
  Record<string, BySide & { readonly closed?: BySide; readonly takenBack?: BySide }>
>;

interface Closed {
  readonly symbol: string;
  /** That it counts for. */
  readonly side: Side;
  readonly quantity: Decimal;
  /** By the venue, after it had closed so much more. */
  readonly takenBack: Decimal;
}

interface Counted extends Counts {
  /** As it was counted last: what has not changed is not counted again. */
  readonly of: Pick<ExecutionContext, 'order' | 'protection'>;
  readonly isOrderLive: boolean;
  /** Of its own fills, by the venue. */
  readonly takenBack?: Decimal;
  readonly symbol: string;
  readonly side: Side;
}

interface SymbolTotals {
  buy: Counts;
  sell: Counts;
  closed: BySide;
  takenBack: BySide;
  /** By orders that were over. */
  movedSinceEnd: BySide;
  readonly exits: ExitHolders;
}

const NONE: BySide = Object.freeze({ buy: ZERO, sell: ZERO });

const plus = (total: BySide, side: Side, quantity: Decimal): BySide => ({
  ...total,
  [side]: add(total[side], quantity),
});

const together = (one: BySide, other: BySide): BySide => ({
  buy: add(one.buy, other.buy),
  sell: add(one.sell, other.sell),
});

const less = (one: BySide, other: BySide): BySide => ({
  buy: subtract(one.buy, other.buy),
  sell: subtract(one.sell, other.sell),
});

const sideWithout = (total: BySide, side: Side, quantity: Decimal): BySide =>
  isZero(quantity) ? total : { ...total, [side]: subtract(total[side], quantity) };

const isNone = ({ buy, sell }: BySide): boolean => isZero(buy) && isZero(sell);

export function filledTotals(): FilledTotals {
  const counted = new Map<string, Counted>();
  const bySymbol = new Map<string, SymbolTotals>();
  const closing = new Map<string, Closed>();
  const recalled = new Map<string, Decimal>();
  const movedSince = new Map<string, BySide>();

  function totalsOf(symbol: string): SymbolTotals {
    const known = bySymbol.get(symbol);
    if (known !== undefined) return known;
    const moves = { closed: NONE, takenBack: NONE, movedSinceEnd: NONE };
    const fresh: SymbolTotals = { buy: NO_COUNTS, sell: NO_COUNTS, ...moves, exits: new Map() };
    bySymbol.set(symbol, fresh);
    return fresh;
  }

  const sideOf = ({ snapshot }: ExecutionContext): Side => (snapshot.side === 'sell' ? 'sell' : 'buy');

  /** The totals of a side without the execution's own part. */
  function othersOn(side: Side, context: ExecutionContext): Counts {
    const total = totalsOf(context.snapshot.symbol)[side];
    const own = side === sideOf(context) ? (counted.get(context.clientOrderId) ?? NO_COUNTS) : NO_COUNTS;
    return without(total, own);
  }

  /** An execution has exits only once it is over, so what has closed positions is always of others. */
  function closedIn(context: ExecutionContext): BySide {
    const { closed, takenBack, movedSinceEnd } = totalsOf(context.snapshot.symbol);
    const all = together(together(closed, takenBack), movedSinceEnd);
    const own = counted.get(context.clientOrderId)?.takenBack ?? ZERO;
    return isZero(own) ? all : plus(all, exitSide(sideOf(context)), subtract(ZERO, own));
  }

  function takeBack(symbol: string, side: Side, quantity: Decimal): void {
    const totals = totalsOf(symbol);
    totals.takenBack = plus(totals.takenBack, exitSide(side), quantity);
  }

  function close(clientOrderId: string, symbol: string, entrySide: Side, quantity: Decimal): void {
    const known = closing.get(clientOrderId)?.quantity ?? ZERO;
    if (known === quantity) return;
    const side = exitSide(entrySide);
    const totals = totalsOf(symbol);
    totals.closed = plus(totals.closed, side, subtract(quantity, known));
    closing.set(clientOrderId, { symbol, side, quantity, takenBack: closing.get(clientOrderId)?.takenBack ?? ZERO });
    if (lessThan(quantity, known)) recallReopened(clientOrderId, symbol, entrySide, subtract(known, quantity));
  }

  function recallReopened(clientOrderId: string, symbol: string, entrySide: Side, quantity: Decimal): void {
    const side = exitSide(entrySide);
    const totals = totalsOf(symbol);
    totals.closed = plus(totals.closed, side, quantity);
    takeBack(symbol, side, quantity);
    const known = closing.get(clientOrderId);
    const takenBack = add(known?.takenBack ?? ZERO, quantity);
    closing.set(clientOrderId, { symbol, side, quantity: known?.quantity ?? ZERO, takenBack });
  }

  /** What was taken back of its fills before it is counted first here. */
  function recallOwn({ clientOrderId, snapshot }: ExecutionContext): Decimal | undefined {
    const own = recalled.get(clientOrderId);
    recalled.delete(clientOrderId);
    if (own !== undefined) takeBack(snapshot.symbol, snapshot.side, own);
    return own;
  }

  const hold = (symbol: string, clientOrderId: string, prices: readonly Decimal[]): void =>
    holdExits(totalsOf(symbol).exits, clientOrderId, prices);

  function keepExits(context: ExecutionContext): void {
    const { clientOrderId, snapshot, protection } = context;
    const { stopLoss, takeProfit } = exitPrices(context);
    if (stopLoss === undefined || takeProfit === undefined || protection.stopLoss !== 'placed') return;
    hold(snapshot.symbol, clientOrderId, [stopLoss, takeProfit]);
  }

  return {
    update(context, isOrderLive) {
      const { order, protection, firstSubmitAt, clientOrderId, snapshot } = context;
      if (firstSubmitAt === undefined) return;
      const known = counted.get(clientOrderId);
      const isSame = known?.of.order === order && known.of.protection === protection;
      if (isSame && known.isOrderLive === isOrderLive) return;
      keepExits(context);
      const before = known ?? NO_COUNTS;
      const ownBefore = known === undefined ? recallOwn(context) : known.takenBack;
      const side = sideOf(context);
      const [was, is] = [known?.of.order.cumQty ?? ZERO, order.cumQty];
      const isLess = lessThan(is, was);
      if (isLess) takeBack(snapshot.symbol, side, subtract(was, is));
      const takenBack = isLess ? add(ownBefore ?? ZERO, subtract(was, is)) : ownBefore;
      const held = heldBy(context);
      const ever = takenBack === undefined ? held : add(held, takenBack);
      const now = { filled: ever, open: isOrderLive ? order.leavesQty : ZERO };
      // What is taken back leaves the sum as it was, and is to be known as its own.
      if (!isLess && now.filled === before.filled && now.open === before.open) return;
      const totals = totalsOf(snapshot.symbol);
      totals[side] = moved(totals[side], before, now);
      const { filled, open } = now;
      const { symbol } = snapshot;
      const own = takenBack === undefined ? {} : { takenBack };
      counted.set(clientOrderId, { filled, open, symbol, side, of: { order, protection }, isOrderLive, ...own });
    },
    readOthers(context) {
      const read = () => ({ buy: othersOn('buy', context), sell: othersOn('sell', context) });
      const [asked, closedBefore] = [read(), closedIn(context)];
      return () => {
        const closed = closedIn(context);
        const range = rangeOf(asked, read());
        return isNone(closed) ? range : { ...range, closed: closedRange(closedBefore, closed) };
      };
    },
    isExitOfOthers: ({ clientOrderId, snapshot }, price) =>
      isExitOfOthers(totalsOf(snapshot.symbol).exits, clientOrderId, price),
    leave: (clientOrderId) => counted.delete(clientOrderId),
    close,
    leaveClosed: (clientOrderId) => closing.delete(clientOrderId),
    recall: (clientOrderId, takenBack) => {
      if (isPositive(takenBack)) recalled.set(clientOrderId, takenBack);
    },
    recallReopened,
    moveSinceEnd(symbol, moved) {
      const totals = totalsOf(symbol);
      for (const [id, { buy = ZERO, sell = ZERO }] of Object.entries(moved)) {
        const known = movedSince.get(id) ?? NONE;
        const now = { buy: maximum(known.buy, buy), sell: maximum(known.sell, sell) };
        movedSince.set(id, now);
        totals.movedSinceEnd = together(totals.movedSinceEnd, less(now, known));
      }
    },
    holdExits: hold,
    state: () => stateOf(bySymbol, counted.values(), closing.values()),
    restore(state) {
      for (const [symbol, { buy, sell, closed = NONE, takenBack = NONE }] of Object.entries(state)) {
        const totals = totalsOf(symbol);
        totals.buy = { ...totals.buy, filled: add(totals.buy.filled, buy) };
        totals.sell = { ...totals.sell, filled: add(totals.sell.filled, sell) };
        totals.closed = together(totals.closed, closed);
        totals.takenBack = together(totals.takenBack, takenBack);
      }
    },
    get size() {
      return counted.size;
    },
  };
}

/** The totals without those who are not done: their own records tell what they count for. */
function stateOf(
  bySymbol: ReadonlyMap<string, SymbolTotals>,
  counted: Iterable<Counted>,
  closing: Iterable<Closed>,
): FilledTotalsState {
  const done = new Map<string, { filled: BySide; closed: BySide; takenBack: BySide }>();
  for (const [symbol, { buy, sell, closed, takenBack }] of bySymbol)
    done.set(symbol, { filled: { buy: buy.filled, sell: sell.filled }, closed, takenBack });
  for (const { symbol, side, filled, takenBack = ZERO } of counted) {
    const own = done.get(symbol);
    if (own === undefined) continue;
    own.filled = sideWithout(own.filled, side, filled);
    own.takenBack = sideWithout(own.takenBack, exitSide(side), takenBack);
  }
  for (const { symbol, side, quantity, takenBack } of closing) {
    const own = done.get(symbol);
    if (own === undefined) continue;
    own.closed = sideWithout(own.closed, side, add(quantity, takenBack));
    own.takenBack = sideWithout(own.takenBack, exitSide(side), takenBack);
  }
  const all = [...done].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    all.flatMap(([symbol, { filled, closed, takenBack }]) => {
      const [isClosed, isTakenBack] = [!isNone(closed), !isNone(takenBack)];
      if (isNone(filled) && !isClosed && !isTakenBack) return [];
      return [[symbol, { ...filled, ...(isClosed && { closed }), ...(isTakenBack && { takenBack }) }]];
    }),
  );
}

function closedRange(before: BySide, after: BySide): Record<Side, FilledRange> {
  const of = (side: Side): FilledRange => ({ least: before[side], most: after[side] });
  return { buy: of('buy'), sell: of('sell') };
}
