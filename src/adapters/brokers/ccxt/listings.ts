/** Lists of orders, read page by page to their end. */
import type { Purpose } from '../request-budget.js';
import type { Dialect, Listing, VenueOrder } from './dialect.js';
import type { Wire } from './wire.js';

/** More than an account can have open. */
const MOST_PAGES = 40;

/** @throws {Error} when the exchange does not say, or not all */
export async function readListing(
  { dialect, wire }: { readonly dialect: Dialect; readonly wire: Pick<Wire, 'read'> },
  listing: Listing,
  signal: AbortSignal,
  purpose: Purpose,
  tag?: string,
): Promise<readonly VenueOrder[]> {
  const all = new Map<string, VenueOrder>();
  let page: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const said = await wire.read(signal, listing.request(page), purpose, tag);
    const listed = dialect.listed(said.data);
    if (listed === undefined) throw new Error(`${dialect.exchange}: unreadable orders`);
    // An order that closes while the pages are read moves the others: one may be listed twice.
    for (const order of listed) all.set(order.brokerOrderId, order);
    const next = listing.nextPage?.(said.data);
    if (next === undefined || next === page) return [...all.values()];
    page = next;
  }
  throw new Error(`${dialect.exchange}: the list of open orders does not end`);
}
