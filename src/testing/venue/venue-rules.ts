/**
 * What a venue refuses, as data: what it demands of orders in a symbol, of exits, of ids and of the account.
 *
 * 1. A refusal is a code of this file. The words, numbers and HTTP statuses for it are a dialect's.
 * 2. A rule that is absent is not kept: the plain profile takes everything.
 */
import {
  absolute,
  type Decimal,
  decimal,
  isMultipleOf,
  isPositive,
  lessThan,
  maximum,
  multiply,
} from '../../domain/decimal.js';
import type { Side } from '../../domain/ports.js';

export type RefusalCode =
  | 'unknown_symbol'
  | 'not_tradable'
  | 'not_shortable'
  | 'lot'
  | 'least_quantity'
  | 'most_quantity'
  | 'tick'
  | 'least_value'
  /** Outside what the venue allows around the market (PERCENT_PRICE). */
  | 'price_band'
  | 'too_many_stops'
  | 'too_many_orders'
  | 'funds'
  | 'duplicate'
  | 'client_id'
  /** The stop would trigger at once. */
  | 'trigger'
  /** The market has passed the take-profit. */
  | 'take_profit_passed'
  | 'wash_trade'
  | 'day_trade'
  | 'no_order'
  | 'closed_order'
  | 'too_late_to_cancel'
  /** Signed with a time outside the window. */
  | 'time'
  | 'rate'
  | 'busy'
  | 'lockout'
  | 'key';

/** The venue says no; nothing was carried out. */
export class Refused extends Error {
  constructor(
    readonly why: RefusalCode,
    detail?: string,
  ) {
    super(detail ?? why);
    this.name = 'Refused';
  }
}

export interface VenueInstrument {
  readonly symbol: string;
  /** What a buy receives, and what it costs; the parts of `BASE/QUOTE` by default. */
  readonly base?: string;
  readonly quote?: string;
  readonly tick?: string;
  readonly lot?: string;
  readonly leastQuantity?: string;
  readonly mostQuantity?: string;
  /** Least quantity × price. */
  readonly leastValue?: string;
  /** Bounds of an exit's price as parts of the market's. */
  readonly priceBand?: { readonly least: string; readonly most: string };
  /** Most working orders with a trigger, and most working orders. */
  readonly mostStops?: number;
  readonly mostOrders?: number;
  readonly isTradable?: boolean;
  readonly isShortable?: boolean;
}

export type KnownInstruments = readonly VenueInstrument[] | ((symbol: string) => VenueInstrument | undefined);

/** The instruments of a venue, by symbol; any symbol, with no rules, when nothing is said. */
export function instrumentsOf(known: KnownInstruments | undefined): (symbol: string) => VenueInstrument | undefined {
  if (typeof known === 'function') return known;
  if (known === undefined) return (symbol) => ({ symbol });
  const bySymbol = new Map(known.map((one) => [one.symbol, one]));
  return (symbol) => bySymbol.get(symbol);
}

interface ExitRules {
  /** `linked`: the venue has an OCO list, whose legs share a fate. `separate`: two orders that know nothing of each other. */
  readonly pair: 'linked' | 'separate';
  /** What a pair reserves: its quantity once, that of each leg, or nothing until it triggers. */
  readonly holds: 'once' | 'each' | 'nothing';
  /** Which way an exit waits: by its type, or by the side of the market on which its price lay when it was taken. */
  readonly waitsBy: 'type' | 'market';
  readonly refusesPassedStop: boolean;
  readonly refusesPassedTakeProfit: boolean;
  /** What the first partial fill of a linked leg does to the other. */
  readonly partial: 'cancels' | 'shrinks' | 'keeps';
}

/** The rules of a venue: what it accepts, how it nets, and how its exits work. @beta @since 0.1.0 */
export interface VenueProfile {
  readonly name: string;
  /** `spot`: balances of assets. `margin`: one pot of money and net positions. `unlimited`: net positions, no money. */
  readonly account: 'spot' | 'margin' | 'unlimited';
  /** How long a client's id stays taken. */
  readonly clientIds: 'forever' | 'while_open' | 'free';
  readonly longestClientId?: number;
  readonly exits: ExitRules;
  /** What a short reserves on a margin account, as a part of its value at the market. */
  readonly shortMargin?: string;
  /** Part of each fill; taken in what the order receives, or in the quote currency. */
  readonly fee?: { readonly rate: string; readonly in: 'received' | 'quote' };
  /** Refuses an order that would meet one's own. */
  readonly refusesWashTrades?: boolean;
  /** Under `least` equity no further day trade once `most` were made (FINRA's pattern day trader). */
  readonly dayTrades?: {
    readonly equity: string;
    readonly least: string;
    readonly made: number;
    readonly most: number;
  };
  /** How far a signed time may be off. */
  readonly timeWindow?: { readonly behindMs: number; readonly aheadMs: number };
  /** Most orders in one answer. */
  readonly pageSize?: number;
  /** What is told as the venue's id while an order is pending (FIX OrderID `NONE`): no id, and the same for every order. */
  readonly placeholderId?: string;
  /** The venue's id of its n-th order (from 1). */
  readonly orderId?: (sequence: number) => string;
}

/** What a rule is held against. */
interface RuleView {
  readonly last: Decimal | undefined;
  readonly openOrders: readonly { readonly side: Side; readonly type: string; readonly clientOrderId: string }[];
  isTaken(clientOrderId: string): boolean;
}

export interface OrderTerms {
  readonly clientOrderId: string;
  readonly side: Side;
  readonly type: 'market' | 'stop' | 'take_profit' | 'limit';
  readonly quantity: Decimal;
  readonly price?: Decimal;
}

/** Throws {@link Refused} for what holds of every order: its ids, quantity, price and value. */
export function checkTerms(terms: OrderTerms, instrument: VenueInstrument, profile: VenueProfile, view: RuleView) {
  const { clientOrderId, quantity, price } = terms;
  if (instrument.isTradable === false) throw new Refused('not_tradable');
  if (clientOrderId.length > (profile.longestClientId ?? Number.POSITIVE_INFINITY)) throw new Refused('client_id');
  if (view.isTaken(clientOrderId)) throw new Refused('duplicate');
  const { tick, lot, leastQuantity, mostQuantity } = instrument;
  if (!isPositive(quantity)) throw new Refused('least_quantity');
  if (lot !== undefined && !isMultipleOf(quantity, decimal(lot))) throw new Refused('lot');
  if (leastQuantity !== undefined && lessThan(quantity, decimal(leastQuantity))) throw new Refused('least_quantity');
  if (mostQuantity !== undefined && lessThan(decimal(mostQuantity), quantity)) throw new Refused('most_quantity');
  if (price !== undefined && tick !== undefined && !isMultipleOf(price, decimal(tick))) throw new Refused('tick');
  checkValue(terms, instrument, view);
  checkBand(terms, instrument, view);
  checkCounts(terms, instrument, view);
}

function checkValue({ quantity, price }: OrderTerms, { leastValue }: VenueInstrument, { last }: RuleView): void {
  const at = price ?? last;
  if (leastValue === undefined || at === undefined) return;
  if (lessThan(multiply(quantity, at), decimal(leastValue))) throw new Refused('least_value');
}

function checkBand({ price }: OrderTerms, { priceBand }: VenueInstrument, { last }: RuleView): void {
  if (priceBand === undefined || price === undefined || last === undefined) return;
  const [least, most] = [multiply(last, decimal(priceBand.least)), multiply(last, decimal(priceBand.most))];
  if (lessThan(price, least) || lessThan(most, price)) throw new Refused('price_band');
}

function checkCounts({ type }: OrderTerms, { mostStops, mostOrders }: VenueInstrument, { openOrders }: RuleView): void {
  const hasTrigger = (one: string) => one === 'stop' || one === 'take_profit';
  if (mostStops !== undefined && hasTrigger(type)) {
    if (openOrders.filter((order) => hasTrigger(order.type)).length >= mostStops) throw new Refused('too_many_stops');
  }
  if (mostOrders !== undefined && type !== 'market' && openOrders.length >= mostOrders) {
    throw new Refused('too_many_orders');
  }
}

/** An order that would meet one's own resting order on the other side. */
export function checkWashTrade({ side }: OrderTerms, { refusesWashTrades }: VenueProfile, { openOrders }: RuleView) {
  if (refusesWashTrades === true && openOrders.some((order) => order.side !== side)) throw new Refused('wash_trade');
}

/** An exit of what was opened today is a day trade. */
export function checkDayTrade({ dayTrades }: VenueProfile, opensToday: boolean): void {
  if (dayTrades === undefined || !opensToday) return;
  const { equity, least, made, most } = dayTrades;
  if (lessThan(decimal(equity), decimal(least)) && made >= most) throw new Refused('day_trade');
}

/** Whether the market is at or past an exit's price, as it waits. */
export const isReached = (waitsFor: 'rise' | 'fall', price: Decimal, last: Decimal): boolean =>
  waitsFor === 'rise' ? !lessThan(last, price) : !lessThan(price, last);

/** Which way an exit waits. */
export function waitingSide(
  { side, type, price }: OrderTerms,
  { waitsBy }: ExitRules,
  last: Decimal | undefined,
): 'rise' | 'fall' {
  if (waitsBy === 'market' && last !== undefined && price !== undefined) {
    return lessThan(last, price) ? 'rise' : 'fall';
  }
  return (side === 'sell') === (type !== 'stop') ? 'rise' : 'fall';
}

/** The legs against the market: a stop that would trigger, a take-profit that the market has passed. */
export function checkAgainstMarket(legs: readonly OrderTerms[], rules: ExitRules, last: Decimal | undefined): void {
  if (last === undefined) return;
  for (const leg of legs) {
    const { price, type } = leg;
    if (price === undefined || type === 'market') continue;
    const refuses = type === 'stop' ? rules.refusesPassedStop : rules.refusesPassedTakeProfit;
    const waitsFor = waitingSide(leg, { ...rules, waitsBy: 'type' }, last);
    if (refuses && isReached(waitsFor, price, last)) {
      throw new Refused(type === 'stop' ? 'trigger' : 'take_profit_passed');
    }
  }
}

/** What a set of exits reserves: a linked pair its dearest leg. On a margin account a buy, too, closes so many of the position. */
export function reservedBy(
  account: VenueProfile['account'],
  legs: readonly { readonly quantity: Decimal; readonly price?: Decimal; readonly side: Side }[],
): Decimal {
  return legs
    .map(({ quantity, price, side }) =>
      account === 'margin' || side === 'sell' ? quantity : multiply(quantity, price ?? quantity),
    )
    .reduce((most, one) => maximum(most, one), absolute(decimal('0')));
}

export const PLAIN_EXITS: ExitRules = {
  pair: 'linked',
  holds: 'nothing',
  waitsBy: 'type',
  refusesPassedStop: false,
  refusesPassedTakeProfit: false,
  partial: 'cancels',
};

/** Takes everything: net positions without money, ids taken for ever, exits that share their fate. */
export const PLAIN_PROFILE: VenueProfile = {
  name: 'plain',
  account: 'unlimited',
  clientIds: 'forever',
  exits: PLAIN_EXITS,
};
