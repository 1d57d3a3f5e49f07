/**
 * Chance that repeats exactly: a small generator whose every draw follows from its seed.
 *
 * 1. The same seed gives the same draws, on every machine; there is no other source of chance in a simulation.
 * 2. A branch draws by itself: what is drawn from it moves nothing in the generator that it came from.
 */
import { invalidOption } from '../../domain/option-values.js';

/** Random numbers that a seed repeats. @beta @since 0.1.0 */
export interface Random {
  /** From 0 up to 1, which is never reached. */
  next(): number;
  /** A whole number, both bounds included. */
  int(least: number, most: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<T>(items: readonly [T, ...T[]]): T;
  /** One of the names, each as likely as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name;
  /** A generator of its own, from this one's seed and a name. */
  branch(name: string): Random;
}

const TWO_TO_32 = 2 ** 32;

/**
 * Makes random numbers that a seed repeats.
 *
 * @param seed any text or number
 * @beta @since 0.1.0
 */
export function seededRandom(seed: string | number): Random {
  if (typeof seed !== 'string' && !Number.isFinite(seed))
    throw invalidOption('seed of seededRandom', seed, 'a text or a number');
  let state = hashOf(String(seed));

  /** mulberry32: 32 bits of state, a full period, and no patterns that a broker's faults could follow. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_32;
  }

  function weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as [Name, number][];
    let left = next() * entries.reduce((total, [, weight]) => total + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new RangeError('nothing to draw from');
  }

  return {
    next,
    int: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
    weighted,
    branch: (name) => seededRandom(`${seed}/${name}`),
  };
}

/** FNV-1a, its bits then mixed, so that neighbouring seeds have nothing in common. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
