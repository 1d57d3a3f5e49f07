/**
 * What this engine has filled in each symbol, so that on a netting account every execution finds its own part of the
 * one position (R6.2).
 *
 * 1. Totals are counted up as facts come in, for the whole journal: a restart that folds it finds the same totals.
 * 2. Reading them costs the same however many executions there are; writing them down looks at each once.
 * 3. Exits that close a position count for the side that they trade on, and so do fills that a venue takes back. The latter
 *    count in this process alone: an order that is over is folded as what stands of it.
 */
import { exitSide } from '../domain/bracket.js';
import { add, type Decimal, isZero, lessThan, subtract, ZERO } from '../domain/decimal.js';
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
  /** The venue has taken so much of a fill back; `side` is that of the order. */
  takeBack(symbol: string, side: Side, quantity: Decimal): void;
  /** An open position of this engine has its exits at these prices. */
  holdExits(symbol: string, clientOrderId: string, prices: readonly Decimal[]): void;
  /** What executions that are done have filled, and what has closed positions that are over, by symbol. */
  state(): FilledTotalsState;
  restore(state: FilledTotalsState): void;
  /** Executions that are counted and not done. */
  readonly size: number;
}

type BySide = Readonly<Record<Side, Decimal>>;

export type FilledTotalsState = Readonly<Record<string, BySide & { readonly closed?: BySide }>>;

interface Closed {
  readonly symbol: string;
  /** That it counts for. */
  readonly side: Side;
  readonly quantity: Decimal;
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
  readonly exits: ExitHolders;
}

const NONE: BySide = Object.freeze({ buy: ZERO, sell: ZERO });

const plus = (total: BySide, side: Side, quantity: Decimal): BySide => ({
  ...total,
  [side]: add(total[side], quantity),
});

const isNone = ({ buy, sell }: BySide): boolean => isZero(buy) && isZero(sell);

export function filledTotals(): FilledTotals {
  const counted = new Map<string, Counted>();
  const bySymbol = new Map<string, SymbolTotals>();
  const closing = new Map<string, Closed>();

  function totalsOf(symbol: string): SymbolTotals {
    const known = bySymbol.get(symbol);
    if (known !== undefined) return known;
    const fresh: SymbolTotals = { buy: NO_COUNTS, sell: NO_COUNTS, closed: NONE, takenBack: NONE, exits: new Map() };
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
    const { closed, takenBack } = totalsOf(context.snapshot.symbol);
    const all = { buy: add(closed.buy, takenBack.buy), sell: add(closed.sell, takenBack.sell) };
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
    if (lessThan(quantity, known)) takeBack(symbol, side, subtract(known, quantity));
    closing.set(clientOrderId, { symbol, side, quantity });
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
      const now = { filled: heldBy(context), open: isOrderLive ? order.leavesQty : ZERO };
      if (now.filled === before.filled && now.open === before.open) return;
      const totals = totalsOf(snapshot.symbol);
      const side = sideOf(context);
      const [was, is] = [known?.of.order.cumQty ?? ZERO, order.cumQty];
      const isLess = lessThan(is, was);
      if (isLess) takeBack(snapshot.symbol, side, subtract(was, is));
      const takenBack = isLess ? add(known?.takenBack ?? ZERO, subtract(was, is)) : known?.takenBack;
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
    takeBack,
    holdExits: hold,
    state() {
      const done = new Map<string, { buy: Decimal; sell: Decimal; closed: BySide }>();
      for (const [symbol, { buy, sell, closed }] of bySymbol)
        done.set(symbol, { buy: buy.filled, sell: sell.filled, closed });
      for (const { symbol, side, filled } of counted.values()) {
        const own = done.get(symbol);
        if (own !== undefined && filled !== ZERO) own[side] = subtract(own[side], filled);
      }
      for (const { symbol, side, quantity } of closing.values()) {
        const own = done.get(symbol);
        if (own !== undefined) own.closed = plus(own.closed, side, subtract(ZERO, quantity));
      }
      const all = [...done].sort(([one], [other]) => (one < other ? -1 : 1));
      const kept = all.filter(([, of]) => !isNone(of) || !isNone(of.closed));
      return Object.fromEntries(kept.map(([symbol, { closed, ...of }]) => [symbol, withClosed(of, closed)]));
    },
    restore(state) {
      for (const [symbol, { buy, sell, closed = NONE }] of Object.entries(state)) {
        const totals = totalsOf(symbol);
        totals.buy = { ...totals.buy, filled: add(totals.buy.filled, buy) };
        totals.sell = { ...totals.sell, filled: add(totals.sell.filled, sell) };
        totals.closed = plus(plus(totals.closed, 'buy', closed.buy), 'sell', closed.sell);
      }
    },
    get size() {
      return counted.size;
    },
  };
}

const withClosed = (of: BySide, closed: BySide): FilledTotalsState[string] => (isNone(closed) ? of : { ...of, closed });

function closedRange(before: BySide, after: BySide): Record<Side, FilledRange> {
  const of = (side: Side): FilledRange => ({ least: before[side], most: after[side] });
  return { buy: of('buy'), sell: of('sell') };
}
