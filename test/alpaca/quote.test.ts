/** The market price for the limits before the order (G1), from Alpaca's market data. */

import { createEngine } from 'fillchart';
import type { AlpacaBrokerOptions } from 'fillchart/alpaca';
import { describe, expect, it } from 'vitest';
import { ADVISORY, venue } from './support.js';

describe('Alpaca market price', () => {
  it('G1 A22: bid, ask and last trade of now', async () => {
    const { call } = await venue();
    expect(await call((broker, signal) => broker.quote?.('AAPL', signal) ?? Promise.reject())).toEqual({
      bid: '151',
      ask: '151',
      last: '151',
    });
  });

  it.each([
    [29_000, undefined],
    [31_000, 30],
    [31_000, undefined, { quoteMaxAgeMs: 60_000 }],
    [61_000, 60, { quoteMaxAgeMs: 60_000 }],
    [900_000, undefined, { dataFeed: 'delayed_sip' as const }],
    [931_000, 930, { dataFeed: 'delayed_sip' as const }],
  ])('G1 prices that are %i ms old', async (ageMs, staleAfter, adapter?: AlpacaBrokerOptions) => {
    const { simulator, call } = await venue(adapter === undefined ? {} : { adapter });
    simulator.setQuoteAge('AAPL', ageMs);
    const asked = call((broker, signal) => broker.quote?.('AAPL', signal) ?? Promise.reject());
    if (staleAfter === undefined) expect(await asked).toMatchObject({ bid: '151' });
    else await expect(asked).rejects.toThrow(`no price of AAPL that is fresh`);
    if (staleAfter !== undefined) await expect(asked).rejects.toThrow(`${staleAfter} s are allowed`);
  });

  it.each([
    ['far from the reference price', 0, '170.00', 'LIMIT_EXCEEDED'],
    ['stale', 60_000, '151.00', 'BROKER_UNAVAILABLE'],
  ])('G1 a market price that is %s refuses the advisory before the order', async (_, ageMs, price, reason) => {
    const { clock, simulator, broker } = await venue();
    simulator.setQuote('AAPL', price);
    simulator.setQuoteAge('AAPL', ageMs);
    const limits = { maxReferenceDeviationPct: '5' };
    const engine = await clock.runUntil(createEngine({ broker, clock, logger: false, limits }));
    const result = await clock.runUntil(engine.execute(ADVISORY));
    expect(result).toMatchObject({ status: 'REJECTED', reason });
    if (ageMs > 0) expect(result.errorMessage).toContain('no price of AAPL that is fresh');
    expect(simulator.count('submit')).toBe(0);
    await clock.runUntil(engine.close());
  });

  it('G1 a market price within the limit lets it trade', async () => {
    const { clock, broker } = await venue();
    const limits = { maxReferenceDeviationPct: '5' };
    const engine = await clock.runUntil(createEngine({ broker, clock, logger: false, limits }));
    expect(await clock.runUntil(engine.execute(ADVISORY))).toMatchObject({ status: 'FILLED' });
    await clock.runUntil(engine.close());
  });
});
