/**
 * Quotes, and what they cost to trade at.
 *
 * 1. A buyer pays the ask and a seller gets the bid; without them both are the price, half the spread away.
 * 2. Whoever takes pays the slippage, and the result is rounded to the tick against the taker: up for a buy, down for a sell.
 */
import {
  add,
  type Decimal,
  decimal,
  divide,
  isPositive,
  lessThan,
  maximum,
  multiply,
  ONE,
  parseDecimal,
  roundToStep,
  subtract,
} from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';

/**
 * A price of a symbol as callers and feeds give it: decimals greater than zero, `bid` not above `ask`.
 * @public @since 0.1.0
 */
export interface PaperQuote {
  /** Last price, or the middle. */
  readonly price: string;
  readonly bid?: string;
  readonly ask?: string;
}

/** A quote of a feed. @public @since 0.1.0 */
export interface PaperTick extends PaperQuote {
  readonly symbol: string;
}

export interface Quote {
  readonly price: Decimal;
  readonly bid?: Decimal;
  readonly ask?: Decimal;
}

/** Reads a quote from a decimal or from its parts; `undefined` when any part cannot be a price. */
export function readQuote(input: unknown): Quote | undefined {
  if (typeof input !== 'object' || input === null) return readQuote({ price: input });
  const { price, bid, ask } = input as Partial<Record<keyof PaperQuote, unknown>>;
  const read = { price: readPrice(price), bid: readPrice(bid), ask: readPrice(ask) };
  if (read.price === undefined) return undefined;
  if ((bid !== undefined && read.bid === undefined) || (ask !== undefined && read.ask === undefined)) return undefined;
  if (read.bid !== undefined && read.ask !== undefined && lessThan(read.ask, read.bid)) return undefined;
  return {
    price: read.price,
    ...(read.bid !== undefined && { bid: read.bid }),
    ...(read.ask !== undefined && { ask: read.ask }),
  };
}

export function readPrice(value: unknown): Decimal | undefined {
  const price = parseDecimal(value);
  return price !== undefined && isPositive(price) ? price : undefined;
}

const TWENTY_THOUSAND = decimal('20000');
const TEN_THOUSAND = decimal('10000');

/** The price at which `side` can trade: the ask for a buy, the bid for a sell. Not rounded. */
export function marketPrice(quote: Quote, side: Side, spreadBps: Decimal): Decimal {
  const halfSpread = divide(spreadBps, TWENTY_THOUSAND);
  if (side === 'buy') return quote.ask ?? multiply(quote.price, add(ONE, halfSpread));
  return quote.bid ?? multiply(quote.price, subtract(ONE, halfSpread));
}

/** What a market order of `side` is filled at, given the {@link marketPrice}; at least one tick. */
export function takerPrice(market: Decimal, side: Side, slippageBps: Decimal, tickSize: Decimal): Decimal {
  const slippage = divide(slippageBps, TEN_THOUSAND);
  const paid = multiply(market, side === 'buy' ? add(ONE, slippage) : subtract(ONE, slippage));
  return maximum(roundToStep(paid, tickSize, side === 'buy' ? 'up' : 'down'), tickSize);
}

/** What a limit order of `side` is filled at once the market has reached it: its limit, or better by whole ticks. */
export function limitFillPrice(market: Decimal, side: Side, limit: Decimal, tickSize: Decimal): Decimal {
  if (side === 'sell') return maximum(limit, roundToStep(market, tickSize, 'down'));
  const paid = roundToStep(market, tickSize, 'up');
  return lessThan(paid, limit) ? paid : limit;
}
