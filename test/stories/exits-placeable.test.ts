/**
 * The exits can be placed, or nothing is bought (V10).
 */
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter, ProtectionRequest } from '../../src/domain/ports.js';
import type { FaultBroker } from '../../src/testing/fault-broker.js';
import { ADVISORY, fill, fills, SHORT, told } from './support.js';

const script = fills(fill(1, 100, 151));

describe('at the reference price (V10)', () => {
  it.each([
    ['a long', { ...ADVISORY, referencePrice: '0.0000003' }],
    ['a short', { ...SHORT, referencePrice: '0.0000003' }],
  ])('A25 V10: the tick is coarser than the stop of %s: refused, 0 writes', async (_, input) => {
    const instruments = { AAPL: { symbol: 'AAPL', tickSize: '0.00000001', lotSize: '1' } };
    const { now, result } = await told({ script, instruments }, [], input);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'EXITS_NOT_PLACEABLE' });
    expect(result.errorMessage).toMatch(/tick 0.00000001/);
    expect(now.broker.count('writes')).toBe(0);
  });

  it('V10: a control: one tick finer, it is executed', async () => {
    const instruments = { AAPL: { symbol: 'AAPL', tickSize: '0.000000001', lotSize: '1' } };
    const { result } = await told({ script: fills(fill(1, 100, '0.0000003')), instruments }, [], {
      ...ADVISORY,
      referencePrice: '0.0000003',
    });
    expect(result.status).toBe('FILLED');
  });
});

describe('what the venue says of exits (V10)', () => {
  const asked: ProtectionRequest[] = [];
  const answering =
    (answer: () => Promise<unknown>) =>
    (broker: FaultBroker): BrokerAdapter => ({
      ...broker,
      checkProtection: (request) => {
        asked.push(request);
        return answer() as Promise<'ok'>;
      },
    });

  it('C10 C11 V10: refused in its own words, 0 writes; asked for the bracket of the reference price', async () => {
    asked.length = 0;
    const wrap = answering(() => Promise.resolve({ refused: 'MAX_NUM_ALGO_ORDERS is 5, 5 are working' }));
    const { now, result } = await told({ script, wrap });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'EXITS_NOT_PLACEABLE' });
    expect(result.errorMessage).toContain('MAX_NUM_ALGO_ORDERS is 5, 5 are working');
    expect(asked).toMatchObject([{ side: 'sell', quantity: '100', stopLoss: '147', takeProfit: '154.5' }]);
    expect(now.broker.count('writes')).toBe(0);
  });

  it('V10: agreed: executed', async () => {
    const { result } = await told({ script, wrap: answering(() => Promise.resolve('ok')) });
    expect(result.status).toBe('FILLED');
  });

  it.each([
    ['no answer', () => new Promise(() => undefined)],
    ['an error', () => Promise.reject(new Error('503'))],
    ['an answer that cannot be read', () => Promise.resolve({ maybe: true })],
  ])('V10 V9: %s is a broker that could not be asked', async (_, answer) => {
    const { now, result } = await told({ script, wrap: answering(answer) });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(result.totalDurationSeconds).toBeLessThanOrEqual(10);
    expect(now.broker.count('writes')).toBe(0);
  });

  it('V9 V10: what V9 refuses is not asked about', async () => {
    asked.length = 0;
    const instruments = { AAPL: { symbol: 'AAPL', tickSize: '0.01', lotSize: '7' } };
    const { result } = await told({ script, instruments, wrap: answering(() => Promise.resolve('ok')) });
    expect(result.reason).toBe('INSTRUMENT_RULES');
    expect(asked).toEqual([]);
  });
});
