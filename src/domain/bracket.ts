/**
 * Stop-loss and take-profit, from the fill (R2).
 *
 * 1. Both are fractions of the *fill* price, never of the reference price (R2.1).
 * 2. Both are rounded to the tick toward the fill: less risk, nearer profit (R2.2).
 * 3. An average of twelve or more decimals is a quotient that was cut off: SL and TP are those of the quotient, which may lie
 *    exactly on a tick that the cut off figure misses by less than its last digit.
 * 4. After rounding they must still lie on either side of the fill; else neither is placed (R2.2).
 */
import {
  absolute,
  add,
  type Decimal,
  decimal,
  divide,
  isPositive,
  lessThan,
  MAX_DECIMAL_DIGITS,
  multiply,
  ONE,
  parseVenueDecimal,
  roundHalfEven,
  roundToStep,
  subtract,
} from './decimal.js';
import type { Instrument, Side } from './ports.js';
import type { FrozenSnapshot } from './snapshot.js';

/**
 * SL and TP of a position. When `valid` is false an order at these prices would trade at once: it must not be placed.
 * @public @since 0.1.0
 */
export interface Protection {
  readonly stopLoss: Decimal;
  readonly takeProfit: Decimal;
  readonly valid: boolean;
}

type Offsets = Pick<FrozenSnapshot, 'side' | 'slOffsetPct' | 'tpOffsetPct'>;

/**
 * SL and TP for a fill at `fillPrice` (R2.1, R2.2).
 *
 * @param fillPrice average price of the fill, a decimal greater than zero
 * @throws {RangeError} when the price or the tick is not a decimal greater than zero
 * @public @since 0.1.0
 */
export function protectionFor(
  fillPrice: string | number,
  snapshot: Offsets,
  instrument: Pick<Instrument, 'tickSize'> & Partial<Instrument>,
): Protection {
  const { side, slOffsetPct, tpOffsetPct } = snapshot;
  const { tickSize } = instrument;
  for (const { of, protection } of kept) {
    const isSame = of.fillPrice === fillPrice && of.tickSize === tickSize && of.side === side;
    if (isSame && of.slOffsetPct === slOffsetPct && of.tpOffsetPct === tpOffsetPct) return protection;
  }
  const of = { fillPrice, side, slOffsetPct, tpOffsetPct, tickSize };
  const protection = bracketOf(of);
  kept.unshift({ of, protection });
  kept.length = Math.min(kept.length, MOST_KEPT);
  return protection;
}

interface Asked extends Offsets {
  readonly fillPrice: string | number;
  readonly tickSize: string;
}

/** The latest answers: one execution asks about its reference price and its fill several times each. */
const kept: { readonly of: Asked; readonly protection: Protection }[] = [];
const MOST_KEPT = 4;

function bracketOf({ fillPrice, side, slOffsetPct, tpOffsetPct, tickSize }: Asked): Protection {
  const fill = positive('fillPrice', fillPrice);
  const tick = positive('tickSize', tickSize);
  const isBuy = side === 'buy';
  const [below, above] = isBuy ? [slOffsetPct, tpOffsetPct] : [tpOffsetPct, slOffsetPct];
  const lower = toTick(fill, add(ONE, below), tick, 'up');
  const upper = toTick(fill, add(ONE, above), tick, 'down');
  const valid = isPositive(lower) && lessThan(lower, fill) && lessThan(fill, upper);
  const [stopLoss, takeProfit] = isBuy ? [lower, upper] : [upper, lower];
  return Object.freeze({ stopLoss, takeProfit, valid });
}

/** Decimals from which on an average is taken for a quotient that was rounded. */
const QUOTIENT_PLACES = 12;
/** Half of the last digit is written with one more. */
const MOST_PLACES = MAX_DECIMAL_DIGITS - 1;

/** `fill × factor` on the tick; the tick within what the last digit of the fill leaves open, where there is one. */
function toTick(fill: Decimal, factor: Decimal, tick: Decimal, direction: 'up' | 'down'): Decimal {
  const price = multiply(fill, factor);
  const places = fill.includes('.') ? fill.length - fill.indexOf('.') - 1 : 0;
  if (places < QUOTIENT_PLACES) return roundToStep(price, tick, direction);
  const nearest = multiply(roundHalfEven(divide(price, tick), 0), tick);
  const open = multiply(decimal(`0.${'0'.repeat(Math.min(places, MOST_PLACES))}5`), factor);
  return lessThan(open, absolute(subtract(price, nearest))) ? roundToStep(price, tick, direction) : nearest;
}

/** The side of an exit order. */
export const exitSide = (entry: Side): Side => (entry === 'buy' ? 'sell' : 'buy');

/** What is at stake between a price and its bracket, in money (R2.3). */
interface RiskAndReward {
  readonly risk: Decimal;
  readonly reward: Decimal;
}

export const riskAndReward = (
  price: Decimal,
  bracket: Omit<Protection, 'valid'>,
  quantity: Decimal,
): RiskAndReward => ({
  risk: multiply(absolute(subtract(price, bracket.stopLoss)), quantity),
  reward: multiply(absolute(subtract(bracket.takeProfit, price)), quantity),
});

function positive(name: string, value: string | number): Decimal {
  const parsed = parseVenueDecimal(value);
  if (parsed === undefined || !isPositive(parsed)) {
    throw new RangeError(`${name} is ${JSON.stringify(value)}; accepted is a decimal greater than zero.`);
  }
  return parsed;
}
