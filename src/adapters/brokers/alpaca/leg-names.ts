/**
 * The stops of our exit pairs by Alpaca's own ids: a trade update of a leg names neither its parent nor an id of ours.
 *
 * 1. Learned from every answer and update that shows a pair with its leg; a leg that was never seen with its pair has no name.
 * 2. Bounded: the oldest names go first. An exit whose name is gone is still asked for by the polls.
 */
import { entryOf, isJson, type Json, legsOf, stopLegOf, stopLossId, textOf } from './wire-order.js';

const MOST_NAMES = 10_000;

export interface LegNames {
  /** An answer or update of Alpaca's: an order, a list of them, or anything else. */
  learn(body: unknown): void;
  /** Our id of the order, where it is such a stop. */
  nameOf(order: Json): string | undefined;
}

export function legNames(): LegNames {
  const names = new Map<string, string>();

  function learnPair(pair: unknown): void {
    if (!isJson(pair) || legsOf(pair).length === 0) return;
    const entry = entryOf(textOf(pair['client_order_id']) ?? '', 'tp');
    const legId = textOf(stopLegOf(pair)?.['id']);
    if (entry === undefined || legId === undefined) return;
    names.delete(legId);
    names.set(legId, stopLossId(entry));
    const [oldest] = names.keys();
    if (names.size > MOST_NAMES && oldest !== undefined) names.delete(oldest);
  }

  return {
    learn(body) {
      if (!Array.isArray(body)) return learnPair(body);
      for (const row of body) learnPair(row);
    },
    nameOf: (order) => names.get(textOf(order['id']) ?? ''),
  };
}
