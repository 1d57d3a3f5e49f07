/**
 * What fills say: the average price, and how far it lies from the plan (R2.3, R2.4).
 */
import {
  absolute,
  compare,
  type Decimal,
  decimal,
  divide,
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
export type SlippageClass = 'normal' | 'elevated' | 'high';

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
const NORMAL_BELOW_PCT = decimal('0.5');
const ELEVATED_UP_TO_PCT = decimal('2');

/** Slippage of a fill against the reference price (R2.3). It never stops an execution. @public @since 0.1.0 */
export function slippageOf(fillPrice: Decimal, referencePrice: Decimal): Slippage {
  const fraction = divide(subtract(fillPrice, referencePrice), referencePrice);
  const percent = multiply(fraction, HUNDRED);
  return {
    slippagePct: roundHalfEven(percent, 2),
    slippageBps: roundHalfEven(multiply(fraction, TEN_THOUSAND), 4),
    slippageClass: classOf(absolute(percent)),
  };
}

function classOf(percent: Decimal): SlippageClass {
  if (lessThan(percent, NORMAL_BELOW_PCT)) return 'normal';
  return lessThan(ELEVATED_UP_TO_PCT, percent) ? 'high' : 'elevated';
}
