/** Open orders of a symbol as they were read within the last second, for an estimate; a read that is still on its way will do. */
import type { Clock } from '../../../domain/ports.js';
import type { VenueOrder } from './dialect.js';

const RECENT_MS = 1_000;
const MOST_KEPT = 1_000;

export interface RecentOrders {
  keep(symbol: string, orders: Promise<readonly VenueOrder[]>): Promise<readonly VenueOrder[]>;
  of(symbol: string): Promise<readonly VenueOrder[] | undefined>;
}

export function recentOrders(clock: Clock): RecentOrders {
  const latest = new Map<string, { readonly at: number; readonly orders: Promise<readonly VenueOrder[]> }>();
  return {
    keep(symbol, orders) {
      if (latest.size >= MOST_KEPT) latest.clear();
      latest.set(symbol, { at: clock.monotonic(), orders });
      return orders;
    },
    async of(symbol) {
      const known = latest.get(symbol);
      if (known === undefined || clock.monotonic() - known.at >= RECENT_MS) return undefined;
      return known.orders.catch(() => undefined);
    },
  };
}
