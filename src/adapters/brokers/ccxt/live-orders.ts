/**
 * The entries of this process that are alive at the exchange, so that each read can be told for what it is.
 *
 * 1. A poll of a live entry is a `watch`. The first look at an order that another process sent, everything after a cancel
 *    was asked for, and everything once it is over is a `look`: it decides about money.
 * 2. Positions are a `look` for a while after an entry in their symbol, and a plain read otherwise.
 */
import type { Clock, OrderRef } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';

export interface LiveOrders {
  begin(clientOrderId: string, symbol: string): void;
  cancelAsked(clientOrderId: string): void;
  /** It is over at the exchange; with nothing filled, no exits will come. */
  over(clientOrderId: string, hasFilled: boolean): void;
  /** Exits were asked for. */
  guarded(clientOrderId: string): void;
  statusPurpose(ref: OrderRef): Purpose;
  positionPurpose(symbols: readonly string[]): Purpose;
  /** The entry that reads of a symbol belong to. */
  lifeOf(symbol: string): string | undefined;
  has(clientOrderId: string): boolean;
  isOver(clientOrderId: string): boolean;
  /** Entries that are polled now. */
  count(): number;
  /** Entries of a symbol whose exits are still to come, but for one. */
  unguarded(symbol: string, except: string): number;
}

interface Live {
  readonly symbol: string;
  readonly at: number;
  isOver: boolean;
  isCancelAsked: boolean;
  isGuarded: boolean;
  /** False: found by a look, and sent by another process. */
  readonly isSent: boolean;
}

/** Longer than any life. */
const LIFE_MS = 60_000;
const MOST_KEPT = 10_000;

export function liveOrders(clock: Clock): LiveOrders {
  const orders = new Map<string, Live>();
  const latest = new Map<string, string>();

  function begin(clientOrderId: string, symbol: string, isSent = true): void {
    const now = clock.monotonic();
    for (const [oldest, { at }] of orders) {
      if (orders.size < MOST_KEPT && now - at < LIFE_MS) break;
      orders.delete(oldest);
    }
    for (const [oldest, id] of latest) if (!orders.has(id)) latest.delete(oldest);
    orders.delete(clientOrderId);
    orders.set(clientOrderId, { symbol, at: now, isOver: false, isCancelAsked: false, isGuarded: !isSent, isSent });
    latest.set(symbol, clientOrderId);
  }

  const isLate = ({ at }: Live): boolean => clock.monotonic() - at >= LIFE_MS;
  const set = (id: string, what: 'isOver' | 'isCancelAsked' | 'isGuarded'): void => {
    const order = orders.get(id);
    if (order !== undefined) order[what] = true;
  };

  return {
    begin: (clientOrderId, symbol) => begin(clientOrderId, symbol),
    cancelAsked: (id) => set(id, 'isCancelAsked'),
    over(id, hasFilled) {
      set(id, 'isOver');
      if (!hasFilled) set(id, 'isGuarded');
    },
    guarded: (id) => set(id, 'isGuarded'),
    statusPurpose({ clientOrderId, symbol }) {
      if (/-(?:sl|tp)$/.test(clientOrderId)) return 'read';
      const order = orders.get(clientOrderId);
      if (order === undefined) begin(clientOrderId, symbol, false);
      return order === undefined || order.isOver || order.isCancelAsked || isLate(order) ? 'look' : 'watch';
    },
    positionPurpose(symbols) {
      const [symbol, ...more] = symbols;
      if (symbol === undefined || more.length > 0) return 'background';
      const order = orders.get(latest.get(symbol) ?? '');
      return order === undefined || isLate(order) ? 'read' : 'look';
    },
    lifeOf: (symbol) => latest.get(symbol),
    has: (id) => orders.has(id),
    isOver: (id) => orders.get(id)?.isOver === true,
    count: () =>
      [...orders.values()].filter((order) => order.isSent && !order.isOver && !order.isCancelAsked && !isLate(order))
        .length,
    unguarded: (symbol, except) =>
      [...orders].filter(
        ([id, order]) => id !== except && order.symbol === symbol && !order.isGuarded && !isLate(order),
      ).length,
  };
}
