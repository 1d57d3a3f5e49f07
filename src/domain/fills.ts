/**
 * What fills say: the average price, and how far it lies from the plan (R2.3, R2.4).
 */
import {
  absolute,
  compare,
  type Decimal,
  decimal,
  divide,
  divideHalfEven,
  isPositive,
  lessThan,
  multiply,
  roundHalfEven,
  subtract,
  sum,
} from './decimal.js';

export interface FillFact {
  /** The venue's id of the fill, where it has one. */
  readonly id?: string;
  readonly quantity: Decimal;
  readonly price: Decimal;
}

/**
 * Volume-weighted average price of the fills, or `undefined` unless they make up exactly `cumQty` (R2.4):
 * an average over some of the fills would be a guess.
 */
export function volumeWeightedAverage(fills: readonly FillFact[], cumQty: Decimal): Decimal | undefined {
  const quantity = sum(fills.map((fill) => fill.quantity));
  if (!isPositive(quantity) || compare(quantity, cumQty) !== 0) return undefined;
  const value = sum(fills.map((fill) => multiply(fill.quantity, fill.price)));
  return roundHalfEven(divide(value, quantity), AVERAGE_PRICE_PLACES);
}

/** Digits after the point that an average of fills is kept to. */
const AVERAGE_PRICE_PLACES = 12;

/** < 0.5 % normal, ≤ 2 % elevated, above high; by amount, whatever the sign (R2.3). */
type SlippageClass = 'normal' | 'elevated' | 'high';

/** The fill price against the reference price (R2.3). @public @since 0.1.0 */
export interface Slippage {
  /** Percent of the reference price, two decimals, half-even; positive means a higher price. */
  readonly slippagePct: Decimal;
  /** Basis points of the reference price, four decimals, half-even. */
  readonly slippageBps: Decimal;
  readonly slippageClass: SlippageClass;
}

const HUNDRED = decimal('100');
const TEN_THOUSAND = decimal('10000');
/** Fractions of the reference price. */
const NORMAL_BELOW = decimal('0.005');
const ELEVATED_UP_TO = decimal('0.02');

/** Slippage of a fill against the reference price (R2.3). It never stops an execution. @public @since 0.1.0 */
export function slippageOf(fillPrice: Decimal, referencePrice: Decimal): Slippage {
  const difference = subtract(fillPrice, referencePrice);
  return {
    slippagePct: divideHalfEven(multiply(difference, HUNDRED), referencePrice, 2),
    slippageBps: divideHalfEven(multiply(difference, TEN_THOUSAND), referencePrice, 4),
    slippageClass: classOf(absolute(difference), referencePrice),
  };
}

/** By the amount itself, which no rounding has touched. */
function classOf(difference: Decimal, referencePrice: Decimal): SlippageClass {
  if (lessThan(difference, multiply(NORMAL_BELOW, referencePrice))) return 'normal';
  return lessThan(multiply(ELEVATED_UP_TO, referencePrice), difference) ? 'high' : 'elevated';
}
