/**
 * The paper broker takes, fills, rejects and cancels entry orders.
 */
import { describe, expect, test } from 'vitest';
import { paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import { AAPL, benches, never, order } from './paper-broker.support.js';

const bench = benches();

test('with instruments and quotes alone, a market order is filled at once, in full, at the quote', async () => {
  const broker = paperBroker({ instruments: [AAPL], quotes: { AAPL: '151.00' } });
  expect(await broker.submitOrder(order(), never())).toEqual({ kind: 'accepted', brokerOrderId: 'paper-1' });
  const report = await broker.getOrderStatus({ clientOrderId: 'A', symbol: 'AAPL' }, never());
  expect(report).toMatchObject({ state: 'filled', filledSize: '100', fillPrice: '151', brokerOrderId: 'paper-1' });
  const held = { symbol: 'AAPL', size: '100', entryPrice: '151', protections: [] };
  expect(await broker.getPositions(['AAPL'], never())).toEqual([held]);
  await broker.close();
});

test('it says what it can do', () => {
  const { broker } = bench();
  expect(broker.name).toBe('paper');
  expect(broker.capabilities).toEqual({
    push: true,
    batchStatus: true,
    lookupByClientId: true,
    nativeOco: true,
    positions: 'netting',
    fractional: false,
    minPollMs: 0,
  });
  const fractional = bench({
    instruments: [{ symbol: 'BTC', tickSize: '0.1', lotSize: '0.001' }],
    quotes: {},
    push: false,
  });
  expect(fractional.broker.capabilities).toMatchObject({ fractional: true, push: false });
  expect(fractional.broker.reports$).toBeUndefined();
});

test('it gives the rules of an instrument, and owns up to symbols that it does not know', async () => {
  const { broker, signal } = bench();
  expect(await broker.instrument('MSFT', signal)).toMatchObject({ tickSize: '0.05', lotSize: '10', minQty: '20' });
  expect(await broker.instrument('NOPE', signal)).toBe('unknown_symbol');
});

describe('idempotency', () => {
  test('the same clientOrderId again is a duplicate, and no second order', async () => {
    const { submit, broker, size } = bench();
    expect((await submit()).kind).toBe('accepted');
    expect(await submit()).toEqual({ kind: 'duplicate' });
    expect(await submit({ side: 'sell', quantity: '7' })).toEqual({ kind: 'duplicate' });
    expect([broker.orders().length, size(), broker.calls.submits]).toEqual([1, '100', 3]);
  });

  test('two at once, on a slow line: one is taken, one is a duplicate', async () => {
    const { submit, clock, size } = bench({ latencyMs: 40 });
    const both = Promise.all([submit(), submit()]);
    await clock.advance(40);
    expect((await both).map(({ kind }) => kind)).toEqual(['accepted', 'duplicate']);
    expect(size()).toBe('100');
  });

  test('an order that was rejected left no id behind', async () => {
    const { submit } = bench();
    expect(await submit({ quantity: '0.5' })).toMatchObject({ kind: 'rejected', code: 'INVALID_QUANTITY' });
    expect((await submit()).kind).toBe('accepted');
  });
});

describe('definite rejections', () => {
  const rejections = [
    ['a symbol that it does not know', { symbol: 'NOPE' }, 'UNKNOWN_SYMBOL'],
    ['a quantity that is no decimal', { quantity: 'many' }, 'INVALID_QUANTITY'],
    ['a quantity of zero', { quantity: '0' }, 'INVALID_QUANTITY'],
    ['a negative quantity', { quantity: '-100' }, 'INVALID_QUANTITY'],
    ['a quantity off the lot', { symbol: 'MSFT', quantity: '25' }, 'INVALID_QUANTITY'],
    ['a quantity below the least', { symbol: 'MSFT', quantity: '10' }, 'INVALID_QUANTITY'],
    ['a quantity above the greatest', { symbol: 'MSFT', quantity: '1010' }, 'INVALID_QUANTITY'],
    ['an id with other characters', { clientOrderId: 'A B' }, 'INVALID_CLIENT_ORDER_ID'],
    ['an id that is too long', { clientOrderId: 'x'.repeat(37) }, 'INVALID_CLIENT_ORDER_ID'],
    ['an order type that it does not know', { orderType: 'LIMIT' as 'MARKET' }, 'UNSUPPORTED_ORDER'],
  ] as const;

  test.each(rejections)('%s', async (_what, changes, code) => {
    const { submit, broker, signal } = bench();
    const outcome = await submit(changes);
    expect(outcome).toMatchObject({ kind: 'rejected', code });
    expect(await broker.getOpenOrders(signal)).toEqual([]);
    expect(broker.positions()).toEqual([]);
  });

  test('the reason names what was found and what is accepted', async () => {
    const { submit } = bench();
    expect(await submit({ symbol: 'MSFT', quantity: '25' })).toMatchObject({
      reason: expect.stringMatching(/"25"; accepted is a multiple of 10/),
    });
  });

  test('a symbol that cannot be traded', async () => {
    const { submit } = bench({ instruments: [{ ...AAPL, tradable: false, reason: 'halted' }] });
    expect(await submit()).toMatchObject({ code: 'NOT_TRADABLE', reason: expect.stringContaining('halted') });
  });

  test('rules of the options: the first that applies decides', async () => {
    const busy = { symbol: 'AAPL', quantityAbove: '500', code: 'BUSY', reason: 'too large for now', transient: true };
    const { submit } = bench({ rejectRules: [busy, { side: 'sell', code: 'NO_SHORTS', reason: 'no shorts here' }] });
    expect(await submit({ quantity: '501', side: 'sell' })).toMatchObject({ code: 'BUSY', transient: true });
    expect(await submit({ side: 'sell' })).toEqual({ kind: 'rejected', code: 'NO_SHORTS', reason: 'no shorts here' });
    expect((await submit({ quantity: '500' })).kind).toBe('accepted');
  });

  test('by chance: never at 0, always at 1, about as often as asked between', async () => {
    const rejected = async (rejectProbability: number) => {
      const { submit } = bench({ rejectProbability });
      const outcomes = await Promise.all(Array.from({ length: 400 }, (_, n) => submit({ clientOrderId: `R-${n}` })));
      return outcomes.filter(({ kind }) => kind === 'rejected').length;
    };
    expect(await rejected(0)).toBe(0);
    expect(await rejected(1)).toBe(400);
    expect(Math.abs((await rejected(0.25)) - 100)).toBeLessThan(40);
  });
});

describe('the price of a fill', () => {
  const prices = [
    ['the quote', {}, 'buy', '151'],
    ['the ask for a buy', { quotes: { AAPL: { price: '151', bid: '150.98', ask: '151.03' } } }, 'buy', '151.03'],
    ['the bid for a sell', { quotes: { AAPL: { price: '151', bid: '150.98', ask: '151.03' } } }, 'sell', '150.98'],
    ['half the spread above', { spreadBps: 10 }, 'buy', '151.08'],
    ['half the spread below', { spreadBps: 10 }, 'sell', '150.92'],
    ['slippage above', { slippageBps: 20 }, 'buy', '151.31'],
    ['slippage below', { slippageBps: 20 }, 'sell', '150.69'],
    ['rounded up for a buy', { quotes: { AAPL: '151.001' } }, 'buy', '151.01'],
    ['rounded down for a sell', { quotes: { AAPL: '151.009' } }, 'sell', '151'],
  ] as const;

  test.each(prices)('is %s', async (_what, options, side, price) => {
    const { submit, line } = bench(options);
    await submit({ side });
    expect(await line()).toBe(`filled 100@${price}`);
  });

  test('drawn slippage stays within its bounds, on the tick, and differs from order to order', async () => {
    const { submit, broker } = bench({ slippageBps: { min: 0, max: 100 } });
    for (let n = 0; n < 50; n += 1) await submit({ clientOrderId: `S-${n}` });
    const prices = broker.orders().map(({ fillPrice }) => Number(fillPrice));
    expect(Math.min(...prices)).toBeGreaterThanOrEqual(151);
    expect(Math.max(...prices)).toBeLessThanOrEqual(152.51);
    expect(new Set(prices).size).toBeGreaterThan(20);
  });

  test('without a quote the order waits, and is filled when a price comes', async () => {
    const { submit, line, broker, pushed } = bench({ quotes: {} });
    await submit();
    expect(await line()).toBe('pending 0');
    broker.setQuote('AAPL', '149.50');
    expect(await line()).toBe('filled 100@149.5');
    expect(pushed).toEqual(['A pending 0', 'A filled 100@149.5']);
  });
});

describe('time', () => {
  test('a fill delay leaves the order pending until then', async () => {
    const { submit, line, clock } = bench({ fillDelayMs: 250 });
    await submit();
    await clock.advance(249);
    expect(await line()).toBe('pending 0');
    await clock.advance(1);
    expect(await line()).toBe('filled 100@151');
    expect(clock.pendingTimers).toBe(0);
  });

  test('partial fills come in whole lots, one after the other, each at the price of its time', async () => {
    const { submit, line, clock, broker, pushed } = bench({ partialFills: { pieces: 3, delayMs: 100 } });
    await submit();
    expect(await line()).toBe('partially_filled 33@151');
    broker.setQuote('AAPL', '152');
    await clock.advance(100);
    expect(await line()).toBe('partially_filled 66@151.5');
    broker.setQuote('AAPL', '154');
    await clock.advance(100);
    expect(await line()).toBe('filled 100@152.35');
    expect(pushed.map((report) => report.split('@')[0])).toEqual([
      'A pending 0',
      'A partially_filled 33',
      'A partially_filled 66',
      'A filled 100',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('there are never more pieces than lots', async () => {
    const { submit, broker, clock } = bench({ quotes: { MSFT: '10' }, partialFills: { pieces: 5, delayMs: 1 } });
    await submit({ symbol: 'MSFT', quantity: '30' });
    await clock.advance(10);
    expect(broker.orders()[0]?.fills.map(({ quantity }) => quantity)).toEqual(['10', '10', '10']);
  });
});

describe('cancels', () => {
  test('an open order is cancelled at once when cancels take no time', async () => {
    const { submit, cancel, line, clock } = bench({ fillDelayMs: 1000 });
    await submit();
    expect(await cancel()).toBe('requested');
    expect(await line()).toBe('cancelled 0');
    expect(clock.pendingTimers).toBe(0);
  });

  test('what is over cannot be cancelled, and what is not known cannot be found', async () => {
    const { submit, cancel } = bench();
    await submit();
    expect(await cancel()).toBe('already_closed');
    expect(await cancel('B')).toBe('not_found');
  });

  test('an order can be named by the id of the broker alone', async () => {
    const { submit, broker, signal } = bench({ fillDelayMs: 1000 });
    await submit();
    const ref = { clientOrderId: '', brokerOrderId: 'paper-1', symbol: 'AAPL' };
    expect(await broker.getOrderStatus(ref, signal)).toMatchObject({ clientOrderId: 'A', state: 'pending' });
    expect(await broker.cancelOrder(ref, signal)).toBe('requested');
  });

  test('the race: a fill before the queued cancel takes effect wins', async () => {
    const { submit, cancel, line, clock, pushed } = bench({ fillDelayMs: 500, cancelLatencyMs: 600 });
    await submit();
    expect(await cancel()).toBe('requested');
    expect(await line()).toBe('pending_cancel 0');
    await clock.advance(500);
    expect(await line()).toBe('filled 100@151');
    await clock.advance(1000);
    expect(pushed).toEqual(['A pending 0', 'A pending_cancel 0', 'A filled 100@151']);
  });

  test('the race: a cancel that takes effect before the fill wins', async () => {
    const { submit, cancel, line, clock, size } = bench({ fillDelayMs: 700, cancelLatencyMs: 600 });
    await submit();
    await cancel();
    await clock.advance(2000);
    expect([await line(), size(), clock.pendingTimers]).toEqual(['cancelled 0', '0', 0]);
  });

  test('a cancel stops the rest of an order that is partly filled', async () => {
    const { submit, cancel, line, clock, size } = bench({ partialFills: { pieces: 4, delayMs: 100 } });
    await submit();
    await clock.advance(150);
    await cancel();
    await clock.advance(1000);
    expect([await line(), size()]).toEqual(['cancelled 50@151', '50']);
  });

  test('a repeat does not put the cancel off', async () => {
    const { submit, cancel, line, clock } = bench({ fillDelayMs: 9000, cancelLatencyMs: 600 });
    await submit();
    await cancel();
    await clock.advance(500);
    await cancel();
    await clock.advance(100);
    expect(await line()).toBe('cancelled 0');
  });
});

describe('net positions', () => {
  test('add up, are reduced, turn over, and end flat', async () => {
    const { submit, broker, size } = bench();
    const held = () => broker.positions().map((position) => `${position.size}@${position.entryPrice}`);
    await submit({ clientOrderId: '1' });
    broker.setQuote('AAPL', '153');
    await submit({ clientOrderId: '2' });
    expect(held()).toEqual(['200@152']);
    await submit({ clientOrderId: '3', side: 'sell', quantity: '50' });
    expect(held()).toEqual(['150@152']);
    await submit({ clientOrderId: '4', side: 'sell', quantity: '250' });
    expect(held()).toEqual(['-100@153']);
    await submit({ clientOrderId: '5' });
    expect([held(), size()]).toEqual([[], '0']);
  });

  test('those that were there before are part of the net', async () => {
    const initialPositions = [
      { symbol: 'AAPL', size: '-30', entryPrice: '140' },
      { symbol: 'MSFT', size: '40' },
    ];
    const { submit, broker, signal } = bench({ initialPositions });
    await submit();
    expect(await broker.getPositions([], signal)).toEqual([
      { symbol: 'AAPL', size: '70', entryPrice: '151', protections: [] },
      { symbol: 'MSFT', size: '40', protections: [] },
    ]);
    expect(await broker.getPositions(['MSFT', 'NOPE'], signal)).toHaveLength(1);
  });
});

describe('margin', () => {
  test('is ok without a limit', async () => {
    const { broker, signal } = bench();
    expect(await broker.checkMargin(order({ quantity: '1000000' }), signal)).toBe('ok');
  });

  test('counts positions and open orders, and what reduces a position needs none', async () => {
    const { broker, signal, submit, clock } = bench({ buyingPower: '20000', fillDelayMs: 100 });
    const check = (changes = {}) => broker.checkMargin(order({ clientOrderId: 'B', ...changes }), signal);
    expect(await check()).toBe('ok');
    await submit();
    const refused = { refused: 'required 15100, available 4900 of 20000' };
    expect(await check()).toEqual(refused);
    await clock.advance(100);
    expect(await check()).toEqual(refused);
    expect(await check({ quantity: '32' })).toBe('ok');
    expect(await check({ side: 'sell' })).toBe('ok');
    expect(await check({ side: 'sell', quantity: '200' })).toEqual(refused);
  });

  test('is looked at again when the order comes', async () => {
    const { submit } = bench({ buyingPower: '15099' });
    expect(await submit()).toMatchObject({ kind: 'rejected', code: 'INSUFFICIENT_MARGIN' });
    expect((await submit({ quantity: '99' })).kind).toBe('accepted');
  });

  test('an order that cannot be valued is refused', async () => {
    const { broker, signal } = bench({ quotes: {}, buyingPower: '20000' });
    expect(await broker.checkMargin(order(), signal)).toEqual({
      refused: 'there is no price of AAPL to value the order',
    });
  });
});

describe('reads', () => {
  test('a batch answers for the orders that there are', async () => {
    const { submit, broker, signal } = bench();
    await submit();
    await submit({ clientOrderId: 'B', side: 'sell' });
    const refs = ['A', 'nobody', 'B'].map((clientOrderId) => ({ clientOrderId, symbol: 'AAPL' }));
    const reports = await broker.getOrderStatuses(refs, signal);
    expect(reports.map(({ clientOrderId }) => clientOrderId)).toEqual(['A', 'B']);
    expect(broker.calls).toMatchObject({ submits: 2, queries: 1, orderQueries: 1, positionQueries: 0 });
  });

  test('open orders are those that can still be filled', async () => {
    const { submit, broker, signal, clock } = bench({ fillDelayMs: 100 });
    await submit();
    expect(await broker.getOpenOrders(signal)).toMatchObject([{ clientOrderId: 'A', state: 'pending' }]);
    await clock.advance(100);
    expect(await broker.getOpenOrders(signal)).toEqual([]);
  });
});
