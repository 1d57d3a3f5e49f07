/**
 * Arithmetic on few digits takes a short way: it must come to what decimal.js comes to, to the last digit.
 */
import { Decimal as DecimalJs } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absolute,
  add,
  compare,
  type Decimal,
  decimal,
  divideHalfEven,
  isMultipleOf,
  multiply,
  negate,
  parseDecimal,
  parseVenueDecimal,
  roundToStep,
  subtract,
} from '../../src/domain/decimal.js';

const Exact = DecimalJs.clone({ precision: 130, toExpNeg: -1000, toExpPos: 1000 });
const textOf = (value: DecimalJs): string => (value.isZero() ? '0' : value.toFixed());

const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most });
/** Short and long, whole and not, of either sign: on both sides of every bound of the short way. */
const numbers = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(digits(4), digits(9), digits(28)),
    fc.option(fc.oneof(digits(4), digits(24))),
  )
  .map(([sign, whole, part]) => decimal(`${sign}${whole}${part === null ? '' : `.${part}`}`));
const steps = numbers.map(absolute).filter((step) => step !== '0');
const RUNS = { numRuns: 2_000 };

describe('arithmetic of decimals [R1.1 R2.1]', () => {
  it('adds, subtracts, multiplies and compares as decimal.js does', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const [x, y] = [new Exact(a), new Exact(b)];
        expect(add(a, b)).toBe(textOf(x.plus(y)));
        expect(subtract(a, b)).toBe(textOf(x.minus(y)));
        expect(multiply(a, b)).toBe(textOf(x.times(y)));
        expect(compare(a, b)).toBe(x.comparedTo(y));
        expect(negate(a)).toBe(textOf(x.negated()));
        expect(absolute(a)).toBe(textOf(x.abs()));
      }),
      RUNS,
    );
  });

  it('divides and rounds half-even as decimal.js does', () => {
    fc.assert(
      fc.property(numbers, steps, fc.integer({ min: 0, max: 6 }), fc.boolean(), (a, b, places, isNegated) => {
        const by = isNegated ? negate(b) : b;
        const exact = new Exact(a).div(by).toDecimalPlaces(places, DecimalJs.ROUND_HALF_EVEN);
        expect(divideHalfEven(a, by, places)).toBe(textOf(exact));
      }),
      RUNS,
    );
    expect(divideHalfEven(decimal('0.5'), decimal('1'), 0)).toBe('0');
    expect(divideHalfEven(decimal('1.5'), decimal('1'), 0)).toBe('2');
    expect(divideHalfEven(decimal('-2.5'), decimal('1'), 0)).toBe('-2');
    expect(divideHalfEven(decimal('-5'), decimal('-2'), 0)).toBe('2');
  });

  it('rounds to a step, and knows a multiple of it, as decimal.js does', () => {
    fc.assert(
      fc.property(numbers, steps, fc.constantFrom('down' as const, 'up' as const), (value, step, direction) => {
        const [x, by] = [new Exact(value), new Exact(step)];
        const mode = direction === 'down' ? DecimalJs.ROUND_FLOOR : DecimalJs.ROUND_CEIL;
        expect(roundToStep(value, step, direction)).toBe(textOf(x.div(by).toDecimalPlaces(0, mode).times(by)));
        expect(isMultipleOf(value, step)).toBe(x.mod(by).isZero());
        expect(isMultipleOf(roundToStep(value, step, direction), step)).toBe(true);
      }),
      RUNS,
    );
  });

  it('R1.1: what has two points is no decimal, also when the second one stands before zeros', () => {
    for (const text of ['1.234.00', '152.5.0', '-0.5.000', '1.5.00', '0.1.0', '1..00']) {
      expect([text, parseDecimal(text), parseVenueDecimal(text)]).toEqual([text, undefined, undefined]);
    }
    expect(['151.00', '-151.50', '0.00', '100.0'].map(parseDecimal)).toEqual(['151', '-151.5', '0', '100']);
  });

  it('reads what is canonical already as it stands, and everything else as decimal.js does', () => {
    const priced = numbers.map((text) => (text.includes('.') ? `${text}00` : `${text}.00`));
    const ends = fc.constantFrom('.0', '.00', '0', 'e0', '.0.0', '-0', '+0', ' 0', '.');
    const almost = fc.tuple(numbers, ends).map(([text, end]) => `${text}${end}`);
    const texts = fc.oneof(
      numbers,
      priced,
      almost,
      fc.string({ unit: fc.constantFrom(...'0123456789.-+e'), maxLength: 12 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const read = parseDecimal(text);
        expect(parseVenueDecimal(text) === undefined).toBe(read === undefined && !isRoundable(text));
        if (read !== undefined) expect(read).toBe(textOf(new Exact(text)));
      }),
      RUNS,
    );
  });

  it.each(['1.5.0', '1.5.00', '150.02.00', '0.10.0', '1..0', '1.-0', '1e5.0', '.0.0'])(
    'P3 R1.3: %s is no number, of ours or of a venue: a price that cannot be read is not made up',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
      expect(parseVenueDecimal(text)).toBeUndefined();
    },
  );

  it.each([undefined, null, '', 'abc', {}])(
    'throws where %j stands for a number: nothing is taken for zero',
    (value) => {
      const none = value as unknown as Decimal;
      for (const both of [add, subtract, multiply, compare]) {
        expect(() => both(none, decimal('1'))).toThrow();
        expect(() => both(none, none)).toThrow();
      }
    },
  );
});

/** A venue's number of more digits than ours may have. */
const isRoundable = (text: string): boolean =>
  parseVenueDecimal(text) !== undefined && parseDecimal(text) === undefined;
