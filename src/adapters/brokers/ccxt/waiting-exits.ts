/**
 * Exits that hold nothing until they trigger: those that wait, and what one needs to find when it triggers.
 *
 * 1. The exchange checks nothing when it takes such an exit, so the adapter does: that the market has not passed its
 *    price, and that what it would sell is there.
 * 2. What cannot be read in a second is not known, and holds no exit back.
 */
import { add, type Decimal, lessThan, parseVenueDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { ProtectionRequest } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import { type Connection, marketOf } from './connection.js';
import type { Market, VenueOrder } from './dialect.js';
import { readListing } from './listings.js';

const READ_MS = 1_000;

/** Exits that wait for their trigger, ours and others'. @throws {Error} when the exchange does not say, or not all */
export async function readWaitingExits(
  connection: Connection,
  market: Market | undefined,
  signal: AbortSignal,
  purpose: Purpose = 'background',
): Promise<readonly VenueOrder[]> {
  const listings = connection.dialect.waitingExits?.(market) ?? [];
  const lists = await Promise.all(listings.map((listing) => readListing(connection, listing, signal, purpose)));
  return lists.flat();
}

/** What an exit would find now. */
export interface Footing {
  readonly last?: Decimal;
  /** Of the base currency, for exits that sell: what no order holds, and no other exit of ours is to sell. */
  readonly left?: Decimal;
}

export async function readFooting(
  connection: Connection,
  request: ProtectionRequest,
  signal: AbortSignal,
): Promise<Footing> {
  const { dialect } = connection;
  const market = marketOf(connection, request.symbol);
  const isHeld = dialect.waitingExits === undefined || market.settle !== undefined || request.side !== 'sell';
  return inTime(connection, signal, async (short) => {
    const [last, account, exits] = await Promise.all([
      lastOf(connection, market, short),
      isHeld ? undefined : connection.accounts.read(short, 'safety', request.clientOrderId).catch(unknown),
      isHeld ? undefined : readWaitingExits(connection, market, short, 'safety').catch(unknown),
    ]);
    const left =
      account === undefined ? undefined : leftOf(connection, request, account.free(market.baseId), exits ?? []);
    return { ...(last !== undefined && { last }), ...(left !== undefined && { left }) };
  });
}

/** The last price, if it can be read within a second. */
export const readLast = (connection: Connection, market: Market, signal: AbortSignal): Promise<Decimal | undefined> =>
  inTime(connection, signal, (short) => lastOf(connection, market, short));

const unknown = (): undefined => undefined;

const lastOf = ({ wire, dialect }: Connection, market: Market, signal: AbortSignal): Promise<Decimal | undefined> =>
  wire
    .read(signal, dialect.priceOf(market), 'safety')
    .then(({ data }) => parseVenueDecimal(dialect.lastPrice(data)), unknown);

async function inTime<T>(
  { settings }: Connection,
  signal: AbortSignal,
  act: (short: AbortSignal) => Promise<T>,
): Promise<T> {
  const short = new AbortController();
  const giveUp = (): void => short.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const timer = settings.clock.setTimeout(giveUp, READ_MS);
  try {
    return await act(short.signal);
  } finally {
    settings.clock.clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** Other exits claim their part, unless then less than what is needed would be left: one of them may be stale. */
function leftOf(
  connection: Connection,
  request: ProtectionRequest,
  free: Decimal,
  exits: readonly VenueOrder[],
): Decimal {
  const claims = new Map<string, Decimal>();
  for (const { name, side, quantity } of exits) {
    const entry = /^(.+)-(?:sl|tp|oco)$/.exec(connection.ids.fromVenue(name) ?? '')?.[1];
    if (entry === undefined || entry === request.clientOrderId || side !== request.side) continue;
    const [own, known] = [parseVenueDecimal(quantity) ?? ZERO, claims.get(entry) ?? ZERO];
    claims.set(entry, lessThan(known, own) ? own : known);
  }
  const left = subtract(free, [...claims.values()].reduce(add, ZERO));
  const wanted = parseVenueDecimal(request.quantity) ?? ZERO;
  return lessThan(left, wanted) ? free : left;
}

/** Has the market reached the price at which the exit would trigger? */
export function isPassed(
  last: Decimal | undefined,
  request: ProtectionRequest,
  leg: 'stopLoss' | 'takeProfit',
): boolean {
  const price = parseVenueDecimal(request[leg]);
  if (price === undefined || last === undefined) return false;
  const waitsForFall = (request.side === 'sell') === (leg === 'stopLoss');
  return waitsForFall ? !lessThan(price, last) : !lessThan(last, price);
}
