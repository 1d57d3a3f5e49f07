/** Lists, read page by page to their end. */
import type { Purpose } from '../request-budget.js';
import type { Dialect, Listing, VenueOrder } from './dialect.js';
import type { Wire } from './wire.js';

/** More than an account can have open. */
const MOST_PAGES = 40;

interface Asked {
  readonly dialect: Dialect;
  readonly wire: Pick<Wire, 'read'>;
}

/** Orders of a list. @throws {Error} when the exchange does not say, or not all */
export async function readListing(
  asked: Asked,
  listing: Listing,
  signal: AbortSignal,
  purpose: Purpose,
  tag?: string,
): Promise<readonly VenueOrder[]> {
  const { listed } = asked.dialect;
  const orders = await readPages(asked, listing, { read: listed, what: 'orders' }, signal, purpose, tag);
  // An order that closes while the pages are read moves the others: one may be listed twice.
  return [...new Map(orders.map((order) => [order.brokerOrderId, order])).values()];
}

/** @throws {Error} when the exchange does not say, or not all */
export async function readPages<Row>(
  { dialect, wire }: Asked,
  listing: Listing,
  { read, what }: { read(data: unknown): readonly Row[] | undefined; readonly what: string },
  signal: AbortSignal,
  purpose: Purpose,
  tag?: string,
): Promise<readonly Row[]> {
  const all: Row[] = [];
  let page: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const said = await wire.read(signal, listing.request(page), purpose, tag);
    const rows = read(said.data);
    if (rows === undefined) throw new Error(`${dialect.exchange}: unreadable ${what}`);
    all.push(...rows);
    const next = listing.nextPage?.(said.data);
    if (next === undefined || next === page) return all;
    page = next;
  }
  throw new Error(`${dialect.exchange}: the list of open ${what} does not end`);
}
