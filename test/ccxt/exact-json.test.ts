/** P11: a number of a venue never passes through a double that cannot hold it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExact } from '../../src/adapters/brokers/exact-json.js';

describe('P11: JSON of a venue', () => {
  it.each([
    ['8389766145050669870', '8389766145050669870'],
    ['9007199254740993', '9007199254740993'],
    ['9007199254740991', 9007199254740991],
    ['-9223372036854775808', '-9223372036854775808'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['0.00010000000000000000', 0.0001],
    ['1e400', '1e400'],
    ['42', 42],
  ])('keeps the digits of %s', (text, expected) => {
    expect(parseExact(`{"id":${text}}`)).toEqual({ id: expected });
  });

  it('what is no JSON is nothing, and of a name that is there twice the last counts', () => {
    expect([parseExact('<html>'), parseExact(''), parseExact('{"id":12345678901234567890')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(parseExact('{"id":1,"id":8389766145050669870}')).toEqual({ id: '8389766145050669870' });
  });

  it('every whole number comes back digit for digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 90n), max: 2n ** 90n }), (id) => {
        expect(String((parseExact(`[{"id":${id}}]`) as { id: unknown }[])[0]?.id)).toBe(String(id));
      }),
    );
  });

  it('what a double holds reads as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseExact(text)).toEqual(JSON.parse(text));
      }),
    );
  });
});
