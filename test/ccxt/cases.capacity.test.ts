/** C3, C4: what the exchange lets an account ask never costs a position its protection. */
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import { crowd, ends } from './cases.support.js';
import type { Setting } from './support.js';

/** Exits of every position stand. */
const naked = ({ store }: Awaited<ReturnType<typeof crowd>>['now']): readonly string[] =>
  store.orders
    .filter(({ type, filled }) => type === 'market' && filled !== '0')
    .map(({ symbol }) => symbol)
    .filter((symbol) => store.open(symbol).filter(({ type }) => type !== 'market').length < 2);

describe('C3 C4: many at once, at the limits of the exchange', () => {
  it.each([
    ['kraken', 4],
    ['binance', 60],
    ['bybit', 30],
    ['okx', 30],
  ] as const)(
    '%s: %i advisories are filled, protected and matched; the exchange refuses nothing',
    async (exchange, count) => {
      const { now, results } = await crowd(
        exchange as CcxtExchange,
        count,
        exchange === 'kraken' ? { base: '10' } : {},
      );
      expect(new Set(ends(results))).toEqual(new Set(['FILLED MATCHED']));
      expect([naked(now), now.fake.refused, now.engine.cases.open()]).toEqual([[], 0, []]);
    },
  );

  it('C4: 60 at Binance that rest for ten seconds are filled, protected and matched', async () => {
    const scripts = Array.from({ length: 60 }, () => ({ fills: [[10_000, '1', '151'] as const] }));
    const { now, results } = await crowd('binance', 60, { scripts });
    expect(new Set(ends(results))).toEqual(new Set(['FILLED MATCHED']));
    expect([naked(now), now.fake.refused]).toEqual([[], 0]);
  });

  it.each([
    ['kraken', 4],
    ['binance', 60],
  ] as const)(
    'negative control: %s without the question of capacity, %i at once are not all matched',
    async (exchange, count) => {
      const wrap: Setting['wrap'] = (broker) => ({ ...broker, capacity: () => Number.POSITIVE_INFINITY });
      const { results } = await crowd(exchange, count, { wrap, ...(exchange === 'kraken' && { base: '10' }) });
      expect(new Set(ends(results))).not.toEqual(new Set(['FILLED MATCHED']));
    },
  );
});
