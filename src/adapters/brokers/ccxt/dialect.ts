/**
 * What differs from exchange to exchange: how things are asked for, how answers read, what they prove.
 *
 * 1. A dialect is data and pure functions; it sends nothing.
 * 2. `readAnswer` gives back `undefined` for whatever is not the exchange's own word: a page of a proxy, `{}`, a cut body.
 */
import type { Fee, Fill, Quote, Side } from '../../../domain/ports.js';
import type { Row } from './answer-row.js';
import type { CcxtExchange } from './options.js';

export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** A word of an answer; none for what is no text. */
export const wordOf = (value: unknown): string => textOf(value) ?? '';

/** A number of an answer; NaN for what is none. */
export const numberOf = (value: unknown): number => Number(textOf(value));

/** All of a list, or nothing: what is left out would count as closed (M4). */
export const allOf = <Row>(rows: readonly (Row | undefined)[] | undefined): readonly Row[] | undefined =>
  rows?.every((row) => row !== undefined) === true ? rows : undefined;

export const listOf = (value: unknown): readonly Json[] | undefined =>
  Array.isArray(value) && value.every(isJson) ? value : undefined;

/** A request, as ccxt's `sign` takes it. */
export interface Request {
  readonly api: 'public' | 'private';
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly params: Json;
}

export const get = (api: 'public' | 'private', path: string, params: Json = {}): Request => ({
  api,
  method: 'GET',
  path,
  params,
});

export const post = (path: string, params: Json): Request => ({ api: 'private', method: 'POST', path, params });

/** What an exchange said, in its own words. */
export interface Said {
  /** True: done, or here it is. */
  readonly isOk: boolean;
  readonly code?: string;
  readonly message?: string;
  /** What came with it. */
  readonly data?: unknown;
}

/** A market: its names at the exchange and in ccxt. */
export interface Market {
  readonly id: string;
  readonly symbol: string;
  readonly baseId: string;
  readonly quoteId: string;
  /** Other names: what orders bear, what the stream calls it. */
  readonly aliases: readonly string[];
  /** Of a perpetual: what it is settled in. */
  readonly settle?: string;
}

export interface Rules {
  readonly tickSize: string;
  readonly lotSize: string;
  readonly minQty?: string;
  readonly maxQty?: string;
  /** Least value of an order, in the quote currency. */
  readonly minNotional?: string;
  /** Why nothing can be traded, if so. */
  readonly halted?: string;
  /** Why exits cannot be placed, if so. */
  readonly bare?: string;
  /** What exits must keep to. */
  readonly exits?: ExitLimits;
}

/** What the exchange demands of exits, as far as it can be read before the entry (V10). */
export interface ExitLimits {
  readonly minPrice?: string;
  readonly maxPrice?: string;
  readonly maxNotional?: string;
  /** Most orders of a market that are open at once: of all kinds, that wait for a trigger, and lists of orders. */
  readonly maxOrders?: number;
  readonly maxStops?: number;
  readonly maxLists?: number;
  /** How far a price may lie from the average: the exit's side decides. */
  readonly bands?: Readonly<Record<Side, PriceBand>>;
}

interface PriceBand {
  readonly least: string;
  readonly most: string;
}

/** What is there of a currency; `free` is not held by an order. */
export interface Balance {
  readonly total: string;
  readonly free: string;
}

export type Balances = ReadonlyMap<string, Balance | undefined>;

/** An order by the exchange's name for it, by its id, or both. */
export interface OrderName {
  readonly name: string;
  readonly brokerOrderId?: string;
  readonly kind: 'entry' | 'sl' | 'tp';
  /** Name of the exit pair that a leg belongs to. */
  readonly pair: string;
}

/** An order as the exchange tells it, in our words. Decimals as it wrote them. */
export interface VenueOrder {
  readonly name: string;
  readonly brokerOrderId: string;
  readonly marketId: string;
  readonly state: string;
  readonly filledSize: string;
  readonly quantity: string;
  readonly side: Side;
  readonly fillPrice?: string;
  readonly reason?: string;
  readonly brokerTime?: string;
  /** The prices at which a working exit closes. A pair under one name has both. */
  readonly stopLoss?: string;
  readonly takeProfit?: string;
  readonly fees?: readonly Fee[];
  /** A fee that is told without its currency: in the quote currency. */
  readonly charged?: string;
  readonly fills?: readonly Fill[];
  /** The list of orders that it belongs to. */
  readonly list?: string;
  /** True: it waits for a trigger. */
  readonly isStop?: boolean;
}

/** What lists orders, page by page. */
export interface Listing {
  request(page?: string): Request;
  /** Names the next page; absent where one answer lists all. */
  nextPage?(data: unknown): string | undefined;
}

interface ExitOrder {
  readonly name: string;
  readonly quantity: string;
  readonly price: string;
}

export interface Exits {
  readonly market: Market;
  readonly side: Side;
  readonly pair: string;
  readonly stopLoss: ExitOrder;
  readonly takeProfit: ExitOrder;
}

export interface Dialect {
  readonly exchange: CcxtExchange;
  /** True: requests must reach the exchange in the order in which they were signed. */
  readonly isOrdered: boolean;
  readAnswer(status: number, body: unknown): Said | undefined;
  /** How long to hold reads and entries back after this answer, in ms; its header may say more. */
  pauseAfter(said: Said): number | undefined;
  /** Answers to an order or an exit. */
  readonly table: readonly Row[];
  /** Answers to a cancel that say: the order itself must be read. */
  mustLook(said: Said): boolean;
  /** "There is no such order", as an answer to a query. */
  isAbsent(said: Said): boolean;
  /** The request bore the wrong time: it was not carried out. */
  isStale?(said: Said): boolean;
  /** "There is no such market", as an answer to a query. */
  isUnknownMarket(said: Said): boolean;
  /** Was the pair, or the take-profit, refused because the market has passed the take-profit? `maybe`: the price must be read. */
  isProfitPassed?(said: Said): 'yes' | 'no' | 'maybe';

  readonly time: Request;
  /** The exchange's clock, in ms. */
  serverTime(data: unknown): number | undefined;
  readonly account: Request;
  /** `undefined` when the answer, or a currency in it, cannot be read. A currency that is not there is not held. */
  balances(data: unknown): Balances | undefined;
  /** Why the account may not trade, if it says so. */
  whyBlocked(data: unknown): string | undefined;
  rulesOf(market: Market): Request;
  /** `absent` when a readable answer has no market at all, `undefined` when it cannot be read. */
  rules(data: unknown, market: Market): Rules | 'absent' | undefined;
  priceOf(market: Market): Request;
  lastPrice(data: unknown): string | undefined;
  /** Bid, ask and last; the request for the price where there is no other. */
  quoteOf?(market: Market): Request;
  quote(data: unknown): Quote | undefined;
  /** The average that the exchange holds prices against, where it is not the last price. */
  averageOf?(market: Market): Request;
  /** True: the fee of a buy is taken in the quote currency, because entries ask for it. */
  readonly feeInQuote: boolean;
  /** Part of a buy that the exchange takes as fee in what was bought, as the account's answer tells it. */
  feeRate?(account: unknown): string | undefined;

  entry(market: Market, side: Side, quantity: string, name: string): Request;
  /** The order's id in the answer to `entry`, `exit` or `exitPair`. */
  acceptedId(data: unknown): string | undefined;
  cancel(market: Market, order: OrderName): Request;
  /** Does what came with a success name the order that is cancelled? */
  isCancelTaken(data: unknown): boolean;
  /** Asked one after the other until one has the order. */
  lookUps(market: Market, order: OrderName): readonly Request[];
  /** `absent` when a readable answer does not have it, `undefined` when the answer cannot be read. */
  found(data: unknown, order: OrderName): VenueOrder | 'absent' | undefined;
  /** The order as the answer to the entry shows it, where it does. */
  entered?(data: unknown): VenueOrder | undefined;
  /** Asked when an order is filled, and its average price or its fees are not in it. */
  fillsOf?(market: Market, order: VenueOrder): Request;
  /** `undefined` when they cannot be read. */
  readFills?(data: unknown, order: VenueOrder): Trades | undefined;

  /** All orders that are open, of one market or of all. */
  openOrders(market?: Market): readonly Listing[];
  listed(data: unknown): readonly VenueOrder[] | undefined;

  /** Both exits in one request, where the exchange can hold both. */
  exitPair?(exits: Exits): Request;
  /** The two legs' ids, in the answer to `exitPair`. */
  legIds?(data: unknown, exits: Exits): { readonly stopLoss?: string; readonly takeProfit?: string };
  /**
   * Where exits hold nothing until they trigger: what lists those that wait. What they would find is checked here before
   * they are sent; where they are single orders, the one that is left is cancelled here as well.
   */
  waitingExits?(market: Market | undefined): readonly Listing[];
  /** Where positions are the exchange's own and not what the account holds of a coin: long and short, of one market or all. */
  positionsOf?(market?: Market): readonly Listing[];
  readPositions?(data: unknown): readonly VenuePosition[] | undefined;
  /** What is free for further positions, in the account's answer. */
  freeMargin?(account: unknown): string | undefined;
  /** One exit by itself: where there are no pairs, and where the stop-loss goes alone. */
  exit(exits: Exits, leg: 'stopLoss' | 'takeProfit'): Request;
}

/** A net position of a market, where there are such. */
export interface VenuePosition {
  readonly marketId: string;
  /** Below zero: short. */
  readonly size: string;
  readonly entryPrice?: string;
  /** One of two sides that are held apart. */
  readonly isHedged: boolean;
  /** Part of its value that must be there as margin. */
  readonly marginRate?: string;
}

export interface Trades {
  readonly fills: readonly Fill[];
  readonly fees: readonly Fee[];
}
