/**
 * Chance that repeats exactly.
 *
 * 1. A draw is a pure function of the seed and of what it is drawn for; there is no state that one draw leaves to the next.
 *    So a poll more or less, or another order in between, changes no fill.
 * 2. Good enough to play a broker; not for secrets.
 */
import { add, type Decimal, decimal, divide, multiply, subtract } from '../../../domain/decimal.js';

/** Any text or number. */
export type Seed = string | number;

/** What is drawn for, such as `['slippage', clientOrderId, 0]`. */
export type DrawKey = readonly (string | number)[];

/** A fixed value, or one drawn evenly between two bounds, both included. */
export type Spread = number | { readonly min: number; readonly max: number };

const TWO_TO_32 = 2 ** 32;

/** An even draw from 0 to 2^32 − 1: FNV-1a over the key, its bits then mixed as murmur3 does. */
function draw(seed: Seed, key: DrawKey): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([seed, ...key])) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return mix(mix(hash) ^ 0x9e3779b9);
}

function mix(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** True with the given probability: never at 0, always at 1. */
export const happens = (probability: number, seed: Seed, key: DrawKey): boolean =>
  draw(seed, key) < probability * TWO_TO_32;

/** A whole number of milliseconds within the spread. */
export function drawMs(spread: Spread, seed: Seed, key: DrawKey): number {
  if (typeof spread === 'number') return spread;
  return spread.min + (draw(seed, key) % (Math.floor(spread.max - spread.min) + 1));
}

/** A decimal within the spread. */
export function drawDecimal(spread: Spread, seed: Seed, key: DrawKey): Decimal {
  if (typeof spread === 'number') return decimal(spread);
  const least = decimal(spread.min);
  const share = divide(decimal(draw(seed, key)), decimal(TWO_TO_32 - 1));
  return add(least, multiply(subtract(decimal(spread.max), least), share));
}
