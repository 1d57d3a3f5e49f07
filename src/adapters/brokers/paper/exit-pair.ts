/**
 * An exit pair: a stop-loss and a take-profit of which at most one is ever filled. Pure.
 *
 * 1. A leg is working while its price is there; a pair without a working leg is over.
 * 2. The stop goes off when the market reaches or crosses it, and is then a market order: what it gets is the market's to say.
 * 3. The take-profit is filled at its limit or better.
 */
import { type Decimal, lessThan } from '../../../domain/decimal.js';
import type { Side } from '../../../domain/ports.js';

export type ExitLeg = 'stopLoss' | 'takeProfit';

export const EXIT_LEGS: readonly ExitLeg[] = ['stopLoss', 'takeProfit'];

export interface ExitPair {
  /** The entry that it protects. */
  readonly clientOrderId: string;
  readonly symbol: string;
  /** Side of the exit. */
  readonly side: Side;
  readonly quantity: Decimal;
  readonly stopLoss?: Decimal;
  readonly takeProfit?: Decimal;
}

/** Leg ids follow from the entry's, so that a repeat cannot double them. */
export const legIdOf = (clientOrderId: string, leg: ExitLeg): string =>
  `${clientOrderId}${leg === 'stopLoss' ? '-sl' : '-tp'}`;

export const isWorking = (pair: ExitPair): boolean => pair.stopLoss !== undefined || pair.takeProfit !== undefined;

export const withoutLegs = ({ stopLoss: _stop, takeProfit: _limit, ...pair }: ExitPair): ExitPair => pair;

/** The leg that the market price (bid for a sell, ask for a buy) sets off, if any. */
export function triggeredLeg(pair: ExitPair, market: Decimal): ExitLeg | undefined {
  if (pair.stopLoss !== undefined && stopIsThrough(pair.side, pair.stopLoss, market)) return 'stopLoss';
  if (pair.takeProfit !== undefined && limitIsReached(pair.side, pair.takeProfit, market)) return 'takeProfit';
  return undefined;
}

/** Whether a stop at this price would go off at once. */
export const stopIsThrough = (side: Side, stop: Decimal, market: Decimal): boolean =>
  side === 'sell' ? !lessThan(stop, market) : !lessThan(market, stop);

const limitIsReached = (side: Side, limit: Decimal, market: Decimal): boolean =>
  side === 'sell' ? !lessThan(market, limit) : !lessThan(limit, market);
