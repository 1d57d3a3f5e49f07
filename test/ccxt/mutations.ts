/** Answers that are damaged, the same ones for the same seed. */

export interface Chance {
  /** A whole number from 0 to below `most`. */
  below(most: number): number;
}

/** Mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (most) => Math.floor(next() * most) };
}

const pick = <T>(dice: Chance, from: readonly [T, ...T[]]): T => from[dice.below(from.length)] ?? from[0];

const VALUES = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '-1',
  '0',
  '1e400',
  '8389766145050669870',
  '"NaN"',
  '"Infinity"',
  '"-0"',
  '[[[[]]]]',
  '"<html>"',
  `"${'9'.repeat(400)}"`,
  '0.1e-40',
  '{"__proto__":{"isOk":true}}',
  '{"toString":1}',
] as const;

/** Puts something else in place of a value, a name, some bytes or the end. */
export function mutated(text: string, dice: Chance): string {
  const at = dice.below(Math.max(1, text.length));
  switch (dice.below(9)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(dice.below(256)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + dice.below(20));
    case 3:
      return text.slice(0, at) + text.slice(at, at + 40).repeat(1 + dice.below(3)) + text.slice(at);
    case 4:
      return replaced(text, /:("[^"]*"|-?[\d.]+|null|true|false)/g, dice, () => `:${pick(dice, VALUES)}`);
    case 5:
      return replaced(text, /"[^"]*":/g, dice, () => '"other":');
    case 6:
      return replaced(text, /\[[^[\]]*\]/g, dice, () => pick(dice, ['null', '{}', '""', '[null]', '[1,"a"]']));
    case 7:
      return pick(dice, [
        '',
        ' ',
        'null',
        '[]',
        '{}',
        '<html></html>',
        '"text"',
        '[{}]',
        '{"code":"0","data":[{}]}',
        '{"retCode":0}',
        '{"error":[]}',
        '['.repeat(5_000),
      ]);
    default:
      return mutated(mutated(text, dice), dice);
  }
}

/** One of the places that match, changed. */
function replaced(text: string, what: RegExp, dice: Chance, by: () => string): string {
  const places = [...text.matchAll(what)];
  const place = places[dice.below(Math.max(1, places.length))];
  return place === undefined ? text : text.slice(0, place.index) + by() + text.slice(place.index + place[0].length);
}

/** Mostly as it was. */
export const mutatedStatus = (status: number, dice: Chance): number =>
  dice.below(5) === 0 ? pick(dice, [200, 201, 302, 400, 401, 403, 404, 418, 429, 500, 502, 503]) : status;
