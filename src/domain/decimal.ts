/**
 * Exact decimal numbers as canonical strings.
 *
 * 1. A `Decimal` is a plain-notation string: no exponent, no leading `+`, no superfluous zeros, never `-0`.
 *    Two decimals are equal if and only if their strings are equal, so they compare, hash and survive JSON as they are.
 * 2. No value ever passes through a binary float on its way in or out.
 * 3. Numbers of few digits, which are nearly all there are, are added, compared and rounded as whole units; each result is exact,
 *    or is left to decimal.js. This is the only file that knows decimal.js.
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

/** Canonical already but for zeros at its end, as venues write prices, and well within the bounds: there is nothing to read. */
function plain(text: string): Decimal | undefined {
  if (text.length > MAX_DECIMAL_DIGITS) return undefined;
  const point = text.endsWith('0') ? text.indexOf('.') : -1;
  // Of two points the second one would go with the zeros: `1.234.00` is no number.
  const bare = point >= 0 && point === text.lastIndexOf('.') ? text.replace(LAST_ZEROS, '') : text;
  return CANONICAL.test(bare) ? (bare as Decimal) : undefined;
}
const LAST_ZEROS = /\.?0+$/;
const CANONICAL = /^(?:0|-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.\d*[1-9]))$/;

/**
 * Reads a decimal from a string, a number (by its shortest printed form, so `0.1` is `"0.1"`), or a bigint.
 * Returns `undefined` for everything else: `NaN`, infinities, empty text, hexadecimal, more than
 * {@link MAX_DECIMAL_DIGITS} digits on either side of the point.
 * @public @since 0.1.0
 */
export function parseDecimal(value: unknown): Decimal | undefined {
  const text = literalOf(value);
  if (text === undefined) return undefined;
  const known = plain(text);
  if (known !== undefined) return known;
  if (text.length > MAX_LITERAL_LENGTH || !DECIMAL_LITERAL.test(text)) return undefined;
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
  if (text === undefined) return undefined;
  const known = plain(text);
  if (known !== undefined) return known;
  if (text.length > MAX_VENUE_LITERAL_LENGTH || !DECIMAL_LITERAL.test(text)) return undefined;
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

/** A whole number that a float holds exactly, and how many of its digits stand after the point. */
interface Small {
  readonly units: number;
  readonly places: number;
}

/** Numbers of so few digits, sign and point included, are counted in whole units; nothing is rounded on the way. */
const MOST_SMALL = 15;
const POWERS = Array.from({ length: MOST_SMALL + 1 }, (_, exponent) => 10 ** exponent);
const powerOfTen = (exponent: number): number => POWERS[exponent] ?? Number.NaN;

/** Numbers read lately as whole units. */
const smallRead = new Map<Decimal, Small | null>();

function small(value: Decimal): Small | null {
  const known = smallRead.get(value);
  if (known !== undefined) return known;
  if (smallRead.size >= MOST_KEPT) smallRead.clear();
  const point = value.indexOf('.');
  const units = point < 0 ? Number(value) : Number(value.slice(0, point) + value.slice(point + 1));
  // What is no number at all is left to the library, which says so.
  const read =
    value.length > MOST_SMALL || value === '' ? null : { units, places: point < 0 ? 0 : value.length - point - 1 };
  smallRead.set(value, read);
  return read;
}

/** Both in the same unit, or `NaN` where a float would not hold it. */
function unitsIn({ units, places }: Small, most: number): number {
  const scaled = units * powerOfTen(most - places);
  return Number.isSafeInteger(scaled) ? scaled : Number.NaN;
}

/** The number as text; `undefined` when it was not exact. */
function fromUnits(units: number, places: number): Decimal | undefined {
  if (!Number.isSafeInteger(units)) return undefined;
  if (units === 0) return '0' as Decimal;
  let whole = units;
  let left = places;
  while (left > 0 && whole % 10 === 0) {
    whole /= 10;
    left -= 1;
  }
  if (left === 0) return String(whole) as Decimal;
  const digits = String(Math.abs(whole)).padStart(left + 1, '0');
  return `${whole < 0 ? '-' : ''}${digits.slice(0, -left)}.${digits.slice(-left)}` as Decimal;
}

/** `a + sign × b` in whole units, where that is exact. */
function smallSum(a: Decimal, b: Decimal, sign: 1 | -1): Decimal | undefined {
  const x = small(a);
  const y = small(b);
  if (x === null || y === null) return undefined;
  const places = Math.max(x.places, y.places);
  return fromUnits(unitsIn(x, places) + sign * unitsIn(y, places), places);
}

function smallProduct(a: Decimal, b: Decimal): Decimal | undefined {
  const x = small(a);
  const y = small(b);
  return x === null || y === null ? undefined : fromUnits(x.units * y.units, x.places + y.places);
}

export const add = (a: Decimal, b: Decimal): Decimal => smallSum(a, b, 1) ?? canonical(big(a).plus(big(b)));
export const subtract = (a: Decimal, b: Decimal): Decimal => smallSum(a, b, -1) ?? canonical(big(a).minus(big(b)));
export const multiply = (a: Decimal, b: Decimal): Decimal => smallProduct(a, b) ?? canonical(big(a).times(big(b)));
/** Quotient, rounded half-even to 130 significant digits. The divisor must not be zero. */
export const divide = (a: Decimal, b: Decimal): Decimal => canonical(big(a).div(big(b)));
export const negate = (a: Decimal): Decimal => (a === '0' ? a : a.startsWith('-') ? a.slice(1) : `-${a}`) as Decimal;
export const absolute = (a: Decimal): Decimal => (a.startsWith('-') ? a.slice(1) : a) as Decimal;
export const sum = (values: readonly Decimal[]): Decimal => values.reduce(add, ZERO);

/** -1, 0 or 1. */
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => {
  const x = small(a);
  const y = small(b);
  if (x !== null && y !== null) {
    const places = Math.max(x.places, y.places);
    const difference = unitsIn(x, places) - unitsIn(y, places);
    if (!Number.isNaN(difference)) return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }
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
export function isMultipleOf(value: Decimal, step: Decimal): boolean {
  const rest = smallRest(value, step);
  return rest === undefined ? big(value).mod(big(step)).isZero() : rest.rest === 0;
}

/** What is left of the division in whole units, where that is exact. */
function smallRest(value: Decimal, step: Decimal) {
  const x = small(value);
  const y = small(step);
  if (x === null || y === null) return undefined;
  const places = Math.max(x.places, y.places);
  const units = unitsIn(x, places);
  const by = unitsIn(y, places);
  const rest = units % by;
  return Number.isNaN(rest) ? undefined : { units, by, rest, places };
}

/** The nearest multiple of `step` that is not above (`down`) or not below (`up`) `value`; `step` must be positive. */
export function roundToStep(value: Decimal, step: Decimal, direction: 'down' | 'up'): Decimal {
  const exact = smallRest(value, step);
  if (exact !== undefined) {
    const { units, by, rest, places } = exact;
    // The remainder has the sign of the value: towards zero is up for what is negative.
    const away = rest === 0 ? 0 : direction === 'down' ? (rest < 0 ? -by : 0) : rest > 0 ? by : 0;
    const rounded = fromUnits(units - rest + away, places);
    if (rounded !== undefined) return rounded;
  }
  const mode = direction === 'down' ? DecimalJs.ROUND_FLOOR : DecimalJs.ROUND_CEIL;
  return canonical(big(value).div(big(step)).toDecimalPlaces(0, mode).times(big(step)));
}

/** Quotient, rounded half-even to `places` digits after the point, at most 10. The divisor must not be zero. */
export const divideHalfEven = (a: Decimal, b: Decimal, places: number): Decimal =>
  smallQuotient(a, b, places) ?? roundHalfEven(divide(a, b), places);

/** The same in whole units, where that is exact. */
function smallQuotient(a: Decimal, b: Decimal, places: number): Decimal | undefined {
  const x = small(a);
  const y = small(b);
  if (x === null || y === null) return undefined;
  const most = Math.max(x.places, y.places);
  const dividend = unitsIn(x, most) * powerOfTen(places);
  const divisor = unitsIn(y, most);
  // Twice the rest is compared below: it has to be exact as well.
  if (!Number.isSafeInteger(dividend) || !Number.isSafeInteger(2 * divisor) || divisor === 0) return undefined;
  const rest = dividend % divisor;
  const quotient = (dividend - rest) / divisor;
  const twice = 2 * Math.abs(rest) - Math.abs(divisor);
  const isAway = twice > 0 || (twice === 0 && quotient % 2 !== 0);
  return fromUnits(quotient + (isAway ? Math.sign(dividend) * Math.sign(divisor) : 0), places);
}

/** Rounds half-even to `places` digits after the point. */
export const roundHalfEven = (value: Decimal, places: number): Decimal =>
  canonical(big(value).toDecimalPlaces(places, DecimalJs.ROUND_HALF_EVEN));

/** Equal after rounding to the nearest tick (R6.2). */
export function sameAtTick(a: Decimal, b: Decimal | undefined, tick: Decimal): boolean {
  if (b === undefined) return false;
  if (a === b) return true;
  return isPositive(tick) && inTicks(a, tick) === inTicks(b, tick);
}

const inTicks = (price: Decimal, tick: Decimal): Decimal => roundHalfEven(divide(price, tick), 0);
