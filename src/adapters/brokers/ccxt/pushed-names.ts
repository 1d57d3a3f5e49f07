/**
 * Our ids of the orders that a push speaks of.
 *
 * A push names an order by the client's id that it was sent under, a cancelled one by that of its cancel beside it. Where one
 * exit has changed, its sibling has too: ccxt takes two orders for one when their ids differ beyond what it reads, and what
 * an exit of OKX sends when it triggers bears the name of the pair.
 */
import { type Connection, exitOf } from './connection.js';
import { isJson, type Json, textOf } from './dialect.js';

/** Of the engine's naming, whoever sent it. */
const ENGINE_ID = /^fc-[0-9a-f]{29}$/;

export function namesOf({ ids, live }: Pick<Connection, 'ids' | 'live'>, pushed: Json): readonly string[] {
  const info = isJson(pushed['info']) ? pushed['info'] : {};
  const names = [pushed['clientOrderId'], info['C'], info['algoClOrdId'], info['cl_ord_id']].flatMap(
    (name) => textOf(name) ?? [],
  );
  const found = names.flatMap((name) => {
    const id = ids.fromVenue(name);
    const pair = /^(.+)-(?:oco|sl|tp)$/.exec(id ?? '')?.[1];
    return pair === undefined ? (id ?? []) : [`${pair}-sl`, `${pair}-tp`];
  });
  const isOurs = (id: string): boolean => {
    const entry = exitOf(id)?.entry ?? id;
    return ENGINE_ID.test(entry) || live.has(entry);
  };
  return [...new Set(found)].filter(isOurs);
}
