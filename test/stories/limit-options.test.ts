/**
 * The options `limits` and `preTrade`: what is broken, or not known at all, is refused by name (E8, G1).
 */
import { createEngine } from 'fillchart';
import { paperBroker } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, world } from './support.js';

const instruments = [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }];

describe('the options (E8 G1)', () => {
  const opened = (given: object) => {
    const clock = virtualClock();
    return createEngine({ broker: paperBroker({ instruments, clock }), clock, logger: false, ...given });
  };

  it.each([
    [{ limits: { maxPositonSize: '1' } }, 'limits.maxPositonSize; did you mean "limits.maxPositionSize"?'],
    [{ limits: { bySymbol: { AAPL: { maxNotinal: '1' } } } }, 'did you mean "limits.bySymbol.AAPL.maxNotional"?'],
    [{ limits: { bySymbol: { AAPL: { bySymbol: {} } } } }, 'limits.bySymbol.AAPL.bySymbol'],
    [{ limits: { maxNotional: '0' } }, 'limits.maxNotional is "0"; accepted is a decimal greater than zero'],
    [{ limits: { maxDailyLoss: '-5' } }, 'limits.maxDailyLoss is "-5"'],
    [{ limits: { maxNotional: 'much' } }, 'limits.maxNotional is "much"'],
    [{ limits: { maxLiveExecutions: 1.5 } }, 'maxLiveExecutions is 1.5; accepted is a whole number of at least 1'],
    [{ limits: { maxSubmitsPerMinute: '5' } }, 'limits.maxSubmitsPerMinute is "5"'],
    [{ limits: { bySymbol: { AAPL: {}, aapl: {} } } }, 'each symbol once'],
    [{ limits: { bySymbol: { ' ': {} } } }, 'a symbol as the name'],
    [{ limits: { bySymbol: { AAPL: null } } }, 'accepted is an object'],
    [{ limits: { bySymbol: [] } }, 'limits.bySymbol is'],
    [{ limits: 5 }, 'accepted is an object'],
    [{ preTrade: 'never' }, 'preTrade is "never"; accepted is a function'],
    [{ limit: {} }, 'did you mean "limits"?'],
  ])('E8 G1: %j is refused', async (given, words) => {
    await expect(opened(given)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(opened(given)).rejects.toThrow(words);
  });

  it('G1: maxReferenceDeviationPct needs an adapter that tells quotes', async () => {
    const limits = { bySymbol: { AAPL: { maxReferenceDeviationPct: '5' } } };
    await expect(world({ engine: { limits } })).rejects.toThrow('has no quote');
  });

  it('A22 G1: the paper broker tells its quotes', async () => {
    const clock = virtualClock();
    const broker = paperBroker({ instruments, quotes: { AAPL: '1510' }, clock });
    const limits = { maxReferenceDeviationPct: '10' };
    const engine = await clock.runUntil(createEngine({ broker, clock, logger: false, limits }));
    const result = await clock.runUntil(engine.execute(ADVISORY));
    expect(result.refusedBy).toMatchObject({ limit: 'maxReferenceDeviationPct', value: '906.666667' });
    expect(broker.calls.submits).toBe(0);
  });
});
