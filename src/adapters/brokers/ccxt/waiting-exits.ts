/**
 * Exits that hold nothing until they trigger: those that wait, and what one needs to find when it triggers.
 *
 * 1. The exchange checks nothing when it takes such an exit, so the adapter does: that the market has not passed its
 *    price, and that what it would sell is there.
 * 2. What cannot be read in a second is not known, and holds no exit back.
 */
import { add, type Decimal, lessThan, parseDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { ProtectionRequest } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import { readAccount } from './account.js';
import { type Desk, marketOf } from './desk.js';
import type { Market, VenueOrder } from './dialect.js';
import { isShortByFee } from './fees.js';

/** More than an account can have open. */
const MOST_PAGES = 12;
const READ_MS = 1_000;

/** Exits that wait for their trigger, ours and others'. @throws {Error} when the exchange does not say, or not all */
export async function readWaitingExits(
  { dialect, wire }: Desk,
  market: Market | undefined,
  signal: AbortSignal,
  purpose: Purpose = 'read',
): Promise<readonly VenueOrder[]> {
  const all: VenueOrder[] = [];
  let page: string | undefined;
  for (let pages = 0; dialect.waitingExits !== undefined && pages < MOST_PAGES; pages += 1) {
    const said = await wire.read(signal, dialect.waitingExits.list(market, page), purpose);
    const listed = dialect.listed(said.data);
    if (listed === undefined) throw new Error(`${dialect.exchange}: unreadable orders`);
    all.push(...listed);
    page = dialect.waitingExits.nextPage(said.data);
    if (page === undefined) return all;
  }
  throw new Error(`${dialect.exchange}: the list of open exits does not end`);
}

/** What an exit would find now. */
export interface Footing {
  readonly last?: Decimal;
  /** Of the base currency, for exits that sell: what no order holds, and no other exit of ours is to sell. */
  readonly left?: Decimal;
}

export async function readFooting(desk: Desk, request: ProtectionRequest, signal: AbortSignal): Promise<Footing> {
  const { dialect, wire, settings } = desk;
  const market = marketOf(desk, request.symbol);
  const short = new AbortController();
  const giveUp = (): void => short.abort();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const timer = settings.clock.setTimeout(giveUp, READ_MS);
  const unknown = (): undefined => undefined;
  try {
    const [last, account, exits] = await Promise.all([
      wire.read(short.signal, dialect.priceOf(market), 'safety').then(({ data }) => dialect.lastPrice(data), unknown),
      request.side === 'sell' ? readAccount(desk, short.signal, 'safety').catch(unknown) : undefined,
      request.side === 'sell' ? readWaitingExits(desk, market, short.signal, 'safety').catch(unknown) : undefined,
    ]);
    const price = parseDecimal(last);
    const left = account === undefined ? undefined : leftOf(desk, request, account.free(market.baseId), exits ?? []);
    return { ...(price !== undefined && { last: price }), ...(left !== undefined && { left }) };
  } finally {
    settings.clock.clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

/** Other exits claim their part, unless then nothing like what is needed would be left: one of them may be stale. */
function leftOf(desk: Desk, request: ProtectionRequest, free: Decimal, exits: readonly VenueOrder[]): Decimal {
  const claims = new Map<string, Decimal>();
  for (const { name, side, quantity } of exits) {
    const entry = /^(.+)-(?:sl|tp)$/.exec(desk.ids.fromVenue(name) ?? '')?.[1];
    if (entry === undefined || entry === request.clientOrderId || side !== request.side) continue;
    const [own, known] = [parseDecimal(quantity) ?? ZERO, claims.get(entry) ?? ZERO];
    claims.set(entry, lessThan(known, own) ? own : known);
  }
  const left = subtract(free, [...claims.values()].reduce(add, ZERO));
  const wanted = parseDecimal(request.quantity) ?? ZERO;
  return isShortByFee(left, wanted) || !lessThan(left, wanted) ? left : free;
}

/** Has the market reached the price at which the exit would trigger? */
export function isPassed({ last }: Footing, request: ProtectionRequest, leg: 'stopLoss' | 'takeProfit'): boolean {
  const price = parseDecimal(request[leg]);
  if (price === undefined || last === undefined) return false;
  const waitsForFall = (request.side === 'sell') === (leg === 'stopLoss');
  return waitsForFall ? !lessThan(price, last) : !lessThan(last, price);
}
