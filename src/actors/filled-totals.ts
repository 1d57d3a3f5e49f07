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
import { type ExecutionContext, heldBy } from '../machines/execution.context.js';

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

interface Counts {
  readonly filled: Decimal;
  readonly open: Decimal;
}

interface Counted extends Counts {
  readonly symbol: string;
  readonly side: Side;
}

interface SymbolTotals {
  buy: Counts;
  sell: Counts;
  /** Executions that hold an exit at a price: two at most, since two are others to anyone. */
  readonly exits: Map<Decimal, Set<string>>;
}

/** Prices kept for a symbol: the latest ones. */
const MOST_EXITS = 256;

const NONE: Counts = { filled: ZERO, open: ZERO };

export function filledTotals(): FilledTotals {
  const counted = new Map<string, Counted>();
  const bySymbol = new Map<string, SymbolTotals>();

  function totalsOf(symbol: string): SymbolTotals {
    const known = bySymbol.get(symbol);
    if (known !== undefined) return known;
    const fresh: SymbolTotals = { buy: NONE, sell: NONE, exits: new Map() };
    bySymbol.set(symbol, fresh);
    return fresh;
  }

  const sideOf = ({ snapshot }: ExecutionContext): Side => (snapshot.side === 'sell' ? 'sell' : 'buy');

  /** The totals of a side without the execution's own part. */
  function othersOn(side: Side, context: ExecutionContext): Counts {
    const total = totalsOf(context.snapshot.symbol)[side];
    const own = side === sideOf(context) ? (counted.get(context.clientOrderId) ?? NONE) : NONE;
    return own === NONE ? total : { filled: subtract(total.filled, own.filled), open: subtract(total.open, own.open) };
  }

  function keepExits({ clientOrderId, snapshot, bracket, protection }: ExecutionContext): void {
    if (bracket === undefined || protection.stopLoss !== 'placed') return;
    holdExits(snapshot.symbol, clientOrderId, [bracket.stopLoss, bracket.takeProfit]);
  }

  function holdExits(symbol: string, clientOrderId: string, prices: readonly Decimal[]): void {
    const { exits } = totalsOf(symbol);
    for (const price of prices) {
      const holders = exits.get(price) ?? new Set<string>();
      if (holders.size < 2) holders.add(clientOrderId);
      exits.delete(price);
      exits.set(price, holders);
    }
    for (const price of exits.keys()) if (exits.size > MOST_EXITS) exits.delete(price);
  }

  return {
    update(context, isOrderLive) {
      const { order, firstSubmitAt, clientOrderId, snapshot } = context;
      if (firstSubmitAt === undefined) return;
      keepExits(context);
      const before = counted.get(clientOrderId) ?? NONE;
      const now = { filled: heldBy(context), open: isOrderLive ? order.leavesQty : ZERO };
      if (now.filled === before.filled && now.open === before.open) return;
      const totals = totalsOf(snapshot.symbol);
      const side = sideOf(context);
      totals[side] = {
        filled: add(totals[side].filled, subtract(now.filled, before.filled)),
        open: add(totals[side].open, subtract(now.open, before.open)),
      };
      counted.set(clientOrderId, { ...now, symbol: snapshot.symbol, side });
    },
    readOthers(context) {
      const asked = { buy: othersOn('buy', context).filled, sell: othersOn('sell', context).filled };
      return () => {
        const [buy, sell] = [othersOn('buy', context), othersOn('sell', context)];
        return {
          buy: { least: asked.buy, most: add(buy.filled, buy.open) },
          sell: { least: asked.sell, most: add(sell.filled, sell.open) },
        };
      };
    },
    isExitOfOthers({ clientOrderId, snapshot }, price) {
      const holders = totalsOf(snapshot.symbol).exits.get(price);
      return holders !== undefined && (holders.size > 1 || !holders.has(clientOrderId));
    },
    leave: (clientOrderId) => counted.delete(clientOrderId),
    holdExits,
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
