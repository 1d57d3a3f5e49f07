/**
 * Exact decimal numbers as canonical strings.
 *
 * 1. A `Decimal` is a plain-notation string: no exponent, no leading `+`, no superfluous zeros, never `-0`.
 *    Two decimals are equal if and only if their strings are equal, so they compare, hash and survive JSON as they are.
 * 2. No value ever passes through a binary float on its way in or out.
 * 3. This is the only file that knows decimal.js.
 */
import { Decimal as DecimalJs } from 'decimal.js';

declare const brand: unique symbol;

/**
 * A canonical decimal string such as `147.98`. Made by {@link parseDecimal} and the arithmetic of this file only.
 * @public @since 0.1.0
 */
export type Decimal = string & { readonly [brand]: 'Decimal' };

/** Most digits accepted before and after the point; also the greatest exponent accepted (R1.1). */
export const MAX_DECIMAL_DIGITS = 30;

// 30 + 30 digits each side, squared by one multiplication, fit without rounding; a division is rounded half-even.
const Big = DecimalJs.clone({ precision: 130, rounding: DecimalJs.ROUND_HALF_EVEN, toExpNeg: -1000, toExpPos: 1000 });

const DECIMAL_LITERAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

/** Longest text that is looked at; anything longer cannot be a decimal within the bounds. */
const MAX_LITERAL_LENGTH = 128;

const canonical = (value: DecimalJs): Decimal => (value.isZero() ? '0' : value.toFixed()) as Decimal;

/** Numbers read lately: parsing text is most of what arithmetic costs, and the same few prices come again and again. */
const read = new Map<Decimal, DecimalJs>();
const MOST_KEPT = 2_048;

function big(value: Decimal): DecimalJs {
  const known = read.get(value);
  if (known !== undefined) return known;
  if (read.size >= MOST_KEPT) read.clear();
  const parsed = new Big(value);
  read.set(value, parsed);
  return parsed;
}

/**
 * Reads a decimal from a string, a number (by its shortest printed form, so `0.1` is `"0.1"`), or a bigint.
 * Returns `undefined` for everything else: `NaN`, infinities, empty text, hexadecimal, more than
 * {@link MAX_DECIMAL_DIGITS} digits on either side of the point.
 * @public @since 0.1.0
 */
export function parseDecimal(value: unknown): Decimal | undefined {
  const text = literalOf(value);
  if (text === undefined || text.length > MAX_LITERAL_LENGTH || !DECIMAL_LITERAL.test(text)) return undefined;
  const parsed = new Big(text);
  if (!parsed.isFinite()) return undefined;
  const tooLarge = !parsed.isZero() && parsed.e >= MAX_DECIMAL_DIGITS + 1;
  const tooFine = parsed.decimalPlaces() > MAX_DECIMAL_DIGITS;
  return tooLarge || tooFine ? undefined : canonical(parsed);
}

/** Longest number of a venue that is looked at; anything longer is no number. */
const MAX_VENUE_LITERAL_LENGTH = 4_096;
/** Magnitude beyond which a venue's number is no price and no quantity. */
const MAX_VENUE_EXPONENT = 60;

/**
 * Reads a number of a venue: as {@link parseDecimal}, but never refused for its length (P11). What has more than
 * {@link MAX_DECIMAL_DIGITS} digits after the point is rounded half-even to so many, and what has more before it to so many
 * significant ones.
 */
export function parseVenueDecimal(value: unknown): Decimal | undefined {
  const text = literalOf(value);
  if (text === undefined || text.length > MAX_VENUE_LITERAL_LENGTH || !DECIMAL_LITERAL.test(text)) return undefined;
  const parsed = new Big(text);
  if (!parsed.isFinite() || parsed.e > MAX_VENUE_EXPONENT) return undefined;
  const rounded =
    parsed.e >= MAX_DECIMAL_DIGITS
      ? parsed.toSignificantDigits(MAX_DECIMAL_DIGITS, DecimalJs.ROUND_HALF_EVEN)
      : parsed.toDecimalPlaces(MAX_DECIMAL_DIGITS, DecimalJs.ROUND_HALF_EVEN);
  return canonical(rounded);
}

function literalOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  return undefined;
}

/** A decimal written in code. Throws `RangeError` when the literal is none. */
export function decimal(literal: string | number): Decimal {
  const parsed = parseDecimal(literal);
  if (parsed === undefined) throw new RangeError(`not a decimal: ${JSON.stringify(literal)}`);
  return parsed;
}

export const ZERO: Decimal = decimal('0');
export const ONE: Decimal = decimal('1');

export const add = (a: Decimal, b: Decimal): Decimal => canonical(big(a).plus(big(b)));
export const subtract = (a: Decimal, b: Decimal): Decimal => canonical(big(a).minus(big(b)));
export const multiply = (a: Decimal, b: Decimal): Decimal => canonical(big(a).times(big(b)));
/** Quotient, rounded half-even to 130 significant digits. The divisor must not be zero. */
export const divide = (a: Decimal, b: Decimal): Decimal => canonical(big(a).div(big(b)));
export const negate = (a: Decimal): Decimal => canonical(big(a).negated());
export const absolute = (a: Decimal): Decimal => canonical(big(a).abs());
export const sum = (values: readonly Decimal[]): Decimal => values.reduce(add, ZERO);

/** -1, 0 or 1. */
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => {
  const order = big(a).comparedTo(big(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
};
export const lessThan = (a: Decimal, b: Decimal): boolean => compare(a, b) < 0;
export const isZero = (a: Decimal): boolean => a === ZERO;
export const isPositive = (a: Decimal): boolean => !isZero(a) && !a.startsWith('-');
export const isNegative = (a: Decimal): boolean => a.startsWith('-');
export const minimum = (a: Decimal, b: Decimal): Decimal => (lessThan(b, a) ? b : a);
export const maximum = (a: Decimal, b: Decimal): Decimal => (lessThan(a, b) ? b : a);

/** True when `value` is a whole multiple of `step`; `step` must be positive. */
export const isMultipleOf = (value: Decimal, step: Decimal): boolean => big(value).mod(big(step)).isZero();

/** The nearest multiple of `step` that is not above (`down`) or not below (`up`) `value`; `step` must be positive. */
export function roundToStep(value: Decimal, step: Decimal, direction: 'down' | 'up'): Decimal {
  const mode = direction === 'down' ? DecimalJs.ROUND_FLOOR : DecimalJs.ROUND_CEIL;
  return canonical(big(value).div(big(step)).toDecimalPlaces(0, mode).times(big(step)));
}

/** Rounds half-even to `places` digits after the point. */
export const roundHalfEven = (value: Decimal, places: number): Decimal =>
  canonical(big(value).toDecimalPlaces(places, DecimalJs.ROUND_HALF_EVEN));
