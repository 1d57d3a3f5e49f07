/**
 * What an answer to something else told of an order: the fills in the answer to the entry, an order that a cancel looked at.
 *
 * Fees of an order are told with its fills, and not again with the order; they are kept until the order is old.
 */
import type { Trades } from './dialect.js';

export interface LearnedOrders {
  keep(brokerOrderId: string, trades: Trades): void;
  tradesOf(brokerOrderId: string): Trades | undefined;
  /** How often fees could not be read, this time included. */
  missed(brokerOrderId: string): number;
}

const MOST_KEPT = 10_000;

export function learnedOrders(): LearnedOrders {
  const trades = new Map<string, Trades>();
  const misses = new Map<string, number>();

  function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
    if (map.size >= MOST_KEPT) for (const oldest of [...map.keys()].slice(0, MOST_KEPT / 10)) map.delete(oldest);
    map.set(key, value);
  }

  return {
    keep: (id, told) => put(trades, id, told),
    tradesOf: (id) => trades.get(id),
    missed(id) {
      const count = (misses.get(id) ?? 0) + 1;
      put(misses, id, count);
      return count;
    },
  };
}
