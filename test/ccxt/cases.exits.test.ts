/** B5, B7, K9, quotes at the four exchanges: exits under their own ids, notations, quotes. */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { decimal } from '../../src/domain/decimal.js';
import { one } from './cases.support.js';
import { EXCHANGES, symbolOf, venue, type World } from './support.js';

const legOf = (now: World, clientOrderId: string | undefined, leg: 'sl' | 'tp'): Promise<OrderReport | 'not_found'> =>
  now.call((broker, signal) =>
    broker.getOrderStatus({ clientOrderId: `${clientOrderId}-${leg}`, symbol: symbolOf(now.exchange) }, signal),
  );

describe.each(EXCHANGES)('exits at %s, asked for by their own ids [B7]', (exchange) => {
  it('work, both', async () => {
    const { now, result } = await one(exchange, {});
    for (const leg of ['sl', 'tp'] as const) {
      expect(await legOf(now, result.clientOrderId, leg)).toMatchObject({
        clientOrderId: `${result.clientOrderId}-${leg}`,
        state: 'working',
        filledSize: '0',
      });
    }
  });

  it('the one that has traded is filled, at its price', async () => {
    const { now, result } = await one(exchange, {});
    now.store.trade('140');
    expect(await legOf(now, result.clientOrderId, 'sl')).toMatchObject({
      state: 'filled',
      filledSize: '1',
      fillPrice: '140',
    });
  });

  it('the engine records how it ended, once, with its price', async () => {
    const { now } = await one(exchange, {});
    now.store.trade('160');
    await now.clock.advance(90_000);
    const filled = now.engine.executionLogs.filter(({ event }) => event === 'exit_filled');
    expect(filled).toHaveLength(1);
    expect(JSON.stringify(filled[0])).toContain('160');
  });

  it('one that ends while the position is held is a case', async () => {
    const { now, result } = await one(exchange, {});
    const stop = now.store.orders.find(({ type }) => type === 'stop');
    now.store.venue.end(stop?.id ?? '', 'cancelled');
    await now.clock.advance(90_000);
    expect(now.engine.cases.open().map(({ kind, advisoryId }) => [kind, advisoryId])).toEqual([
      ['PROTECTION_LOST', result.advisoryId],
    ]);
  });
});

describe.each(EXCHANGES)('exits at %s that somebody changes on its page [B7 M1]', (exchange) => {
  const stopOf = (now: World) => now.store.orders.find(({ type }) => type === 'stop');
  const found = (now: World) =>
    now.engine.cases.open().flatMap(({ kind, mismatches }) => mismatches.map(({ actual }) => [kind, actual]));

  it('the price of the stop-loss: a case', async () => {
    const { now } = await one(exchange, {});
    stopOf(now)?.amend({ price: '100' });
    await now.clock.advance(300_000);
    expect(found(now)).toEqual([['MISMATCH', '100']]);
  });

  it('the size of the stop-loss: a case, PROTECTION_SIZE', async () => {
    const { now } = await one(exchange, {});
    // The orders of a pair at OKX are one.
    for (const exit of now.store.orders.filter(({ type }) => type !== 'market')) {
      if (exchange === 'okx' || exit.type === 'stop') exit.amend({ quantity: decimal('0.5') });
    }
    await now.clock.advance(300_000);
    expect(found(now)[0]).toEqual(['PROTECTION_SIZE', '0.5']);
  });

  it('as they were placed they are no case', async () => {
    const { now } = await one(exchange, {});
    await now.clock.advance(600_000);
    expect(found(now)).toEqual([]);
  });
});

describe('OKX: a pair that fails at its trigger', () => {
  it('is refused, not filled: the coins are gone', async () => {
    const { now, result } = await one('okx', {});
    now.store.base = '0.5';
    now.store.trade('140');
    expect(await legOf(now, result.clientOrderId, 'sl')).toMatchObject({ state: 'rejected', filledSize: '0' });
  });
});

describe.each(EXCHANGES)('other notations at %s [K9]', (exchange) => {
  const other = { binance: 'BTCUSDT', bybit: 'BTCUSDT', okx: 'BTC-USDT', kraken: 'XBT/USD' }[exchange];

  it('lead to the symbol, and a strange one leads nowhere', async () => {
    const now = await venue(exchange);
    expect(now.broker.aliases?.(other)).toEqual(expect.arrayContaining([other, symbolOf(exchange)]));
    expect(now.broker.aliases?.(symbolOf(exchange))).toContain(other);
    expect(now.broker.aliases?.('DOGE/EUR')).toEqual([]);
  });

  it('the quote has what the exchange tells', async () => {
    const now = await venue(exchange);
    const quote = await now.call(async (broker, signal) => broker.quote?.(symbolOf(exchange), signal));
    expect(quote).toEqual({ bid: '151', ask: '151', last: '151' });
  });
});
