/**
 * What this engine has filled in each symbol, so that on a netting account every execution finds its own part of the
 * one position (R6.2).
 *
 * 1. Totals are counted up as facts come in, for the whole journal: a restart that folds it finds the same totals.
 * 2. Reading them costs the same however many executions there are; writing them down looks at each once.
 */
import { add, type Decimal, subtract, ZERO } from '../domain/decimal.js';
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
  /** An open position of this engine has its exits at these prices. */
  holdExits(symbol: string, clientOrderId: string, prices: readonly Decimal[]): void;
  /** What executions that are done have filled, by symbol. */
  state(): FilledTotalsState;
  restore(state: FilledTotalsState): void;
  /** Executions that are counted and not done. */
  readonly size: number;
}

export type FilledTotalsState = Readonly<Record<string, Readonly<Record<Side, Decimal>>>>;

interface Counted extends Counts {
  /** As it was counted last: what has not changed is not counted again. */
  readonly of: Pick<ExecutionContext, 'order' | 'protection'>;
  readonly isOrderLive: boolean;
  readonly symbol: string;
  readonly side: Side;
}

interface SymbolTotals {
  buy: Counts;
  sell: Counts;
  readonly exits: ExitHolders;
}

export function filledTotals(): FilledTotals {
  const counted = new Map<string, Counted>();
  const bySymbol = new Map<string, SymbolTotals>();

  function totalsOf(symbol: string): SymbolTotals {
    const known = bySymbol.get(symbol);
    if (known !== undefined) return known;
    const fresh: SymbolTotals = { buy: NO_COUNTS, sell: NO_COUNTS, exits: new Map() };
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
      totals[side] = moved(totals[side], before, now);
      const { filled, open } = now;
      const { symbol } = snapshot;
      counted.set(clientOrderId, { filled, open, symbol, side, of: { order, protection }, isOrderLive });
    },
    readOthers(context) {
      const read = () => ({ buy: othersOn('buy', context), sell: othersOn('sell', context) });
      const asked = read();
      return () => rangeOf(asked, read());
    },
    isExitOfOthers: ({ clientOrderId, snapshot }, price) =>
      isExitOfOthers(totalsOf(snapshot.symbol).exits, clientOrderId, price),
    leave: (clientOrderId) => counted.delete(clientOrderId),
    holdExits: hold,
    state() {
      const done = new Map<string, Record<Side, Decimal>>();
      for (const [symbol, { buy, sell }] of bySymbol) done.set(symbol, { buy: buy.filled, sell: sell.filled });
      for (const { symbol, side, filled } of counted.values()) {
        const own = done.get(symbol);
        if (own !== undefined && filled !== ZERO) own[side] = subtract(own[side], filled);
      }
      const all = [...done].sort(([one], [other]) => (one < other ? -1 : 1));
      return Object.fromEntries(all.filter(([, { buy, sell }]) => buy !== ZERO || sell !== ZERO));
    },
    restore(state) {
      for (const [symbol, { buy, sell }] of Object.entries(state)) {
        const totals = totalsOf(symbol);
        totals.buy = { ...totals.buy, filled: add(totals.buy.filled, buy) };
        totals.sell = { ...totals.sell, filled: add(totals.sell.filled, sell) };
      }
    },
    get size() {
      return counted.size;
    },
  };
}
