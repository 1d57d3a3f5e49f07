/** C1, C2, C5, C13, C14, C17: identity, time, what calls learn, lists, words. */
import { describe, expect, it } from 'vitest';
import { one, standing } from './cases.support.js';
import { advisory, ENTRY_ID, EXCHANGES, execute, exits, KEYS, order, ref, symbolOf, venue, world } from './support.js';

const TIMED = ['binance', 'bybit', 'okx'] as const;

describe('C1 P11: ids', () => {
  const HUGE = '8389766145050669871';

  it('an id beyond 2^53 comes back digit for digit, and looks and cancels name the order', async () => {
    const now = await venue('binance', { scripts: [{ fills: [] }] });
    const outcome = await now.call((broker, signal) => broker.submitOrder(order('binance'), signal));
    expect(outcome).toEqual({ kind: 'accepted', brokerOrderId: HUGE });
    const own = { ...ref('binance'), brokerOrderId: HUGE };
    const report = await now.call((broker, signal) => broker.getOrderStatus(own, signal));
    expect(report).toMatchObject({ brokerOrderId: HUGE, state: 'submitted' });
    expect(await now.call((broker, signal) => broker.cancelOrder(own, signal))).toBe('requested');
    const asked = now.fake.requests.map(({ asked: { params } }) => params['orderId']).filter((id) => id !== undefined);
    expect(new Set(asked)).toEqual(new Set([HUGE]));
  });

  it('a trade whose ids are all beyond 2^53 is filled, protected and matched', async () => {
    const { result } = await one('binance', {});
    expect([result.status, result.reconciliationReport?.status, result.finalOrderId]).toEqual([
      'FILLED',
      'MATCHED',
      HUGE,
    ]);
  });

  it.each(EXCHANGES)(
    '%s: an id that is not known there is followed by our name, for looks and for cancels',
    async (exchange) => {
      const now = await venue(exchange, { scripts: [{ fills: [] }] });
      await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
      const wrong = {
        ...ref(exchange),
        brokerOrderId: exchange === 'kraken' ? 'OWRONG-WRONG-WRONG1' : '8389766145050669000',
      };
      const report = await now.call((broker, signal) => broker.getOrderStatus(wrong, signal));
      expect(report).toMatchObject({ clientOrderId: ENTRY_ID, state: 'submitted' });
      expect(await now.call((broker, signal) => broker.cancelOrder(wrong, signal))).toMatchObject({
        kind: 'requested',
      });
      expect(now.store.orders[0]?.state).toBe('cancelled');
    },
  );
});

describe('C1: ids and numbers are never taken for a secret', () => {
  it('an id that ends as the key begins comes back whole', async () => {
    const hex = Buffer.from(KEYS.apiKey).toString('hex');
    const now = await venue('okx');
    const brokerOrderId = `99${hex.slice(0, 8)}`;
    now.fake.fault({
      on: 'submit',
      answer: { status: 200, body: { code: '0', msg: '', data: [{ ordId: brokerOrderId, sCode: '0' }] } },
    });
    const outcome = await now.call((broker, signal) => broker.submitOrder(order('okx'), signal));
    expect(outcome).toEqual({ kind: 'accepted', brokerOrderId });
  });
});

describe('C2: time', () => {
  it.each(TIMED)('%s: a wall clock that steps by ten seconds after the connect changes nothing', async (exchange) => {
    const now = await world(exchange);
    now.clock.wallStepMs = 10_000;
    const result = await execute(now);
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FILLED', 'MATCHED']);
    expect([now.fake.count('submit'), standing(now).length]).toEqual([1, 2]);
  });

  it.each(TIMED)(
    "%s: the exchange's own clock steps before the exits: read again, and the exits stand",
    async (exchange) => {
      const now = await venue(exchange);
      await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
      now.store.venue.setClockOffset(-60_000);
      const outcome = await now.call((broker, signal) => broker.placeProtection(exits(exchange), signal));
      expect([outcome.stopLoss.kind, outcome.takeProfit.kind]).toEqual(['accepted', 'accepted']);
      expect(now.fake.count('time')).toBe(2);
    },
  );

  it.each(TIMED)(
    '%s: an entry that bore the wrong time was not carried out: sent once more, and once only',
    async (exchange) => {
      const now = await venue(exchange);
      now.fake.fault({ on: 'submit', answer: 'time', times: 9 });
      const outcome = await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
      expect(outcome).toMatchObject({ kind: 'rejected', transient: true });
      expect([now.fake.count('submit'), now.store.orders]).toEqual([2, []]);
    },
  );

  it.each(TIMED)('%s: where the time cannot be read again, nothing is sent again', async (exchange) => {
    const now = await venue(exchange);
    now.fake.fault({ on: 'submit', answer: 'time' });
    now.fake.fault({ on: 'time', answer: { status: 502 } });
    const outcome = await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
    expect(outcome).toMatchObject({ kind: 'rejected', transient: true });
    expect(now.fake.count('submit')).toBe(1);
  });

  it.each(TIMED)(
    '%s: an exchange that answers the question for its time with the same words holds nobody',
    async (exchange) => {
      const now = await venue(exchange);
      now.fake.fault({ on: 'submit', answer: 'time', times: 2 });
      now.fake.fault({ on: 'time', answer: 'time', times: 2 });
      for (const clientOrderId of [ENTRY_ID, ENTRY_ID]) {
        const request = { ...order(exchange), clientOrderId };
        const outcome = await now.call((broker, signal) => broker.submitOrder(request, signal));
        expect(outcome).toMatchObject({ kind: 'rejected', transient: true });
      }
      const last = await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
      expect(last.kind).toBe('accepted');
    },
  );

  it.each(TIMED)('%s: a cancel and a look that bore the wrong time are sent again', async (exchange) => {
    const now = await venue(exchange, { scripts: [{ fills: [] }] });
    await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
    now.fake.fault({ on: 'order', answer: 'time' });
    now.fake.fault({ on: 'cancel', answer: 'time' });
    expect(await now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal))).toMatchObject({
      state: 'submitted',
    });
    expect(await now.call((broker, signal) => broker.cancelOrder(ref(exchange), signal))).toBe('requested');
  });

  it.each(TIMED)('%s: the time is read again every few minutes', async (exchange) => {
    const now = await venue(exchange, { scripts: [{ fills: [] }] });
    await now.clock.advance(179_000);
    const look = () => now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal));
    await look();
    expect(now.fake.count('time')).toBe(1);
    await now.clock.advance(2_000);
    await look();
    await look();
    expect(now.fake.count('time')).toBe(2);
  });
});

describe.each(EXCHANGES)('C5 at %s: what a call learns of the order reaches the engine', (exchange) => {
  it('the first poll is refused for 45 s, the order fills at 5 s: the look after the refused cancel tells it', async () => {
    const now = await world(exchange, { scripts: [{ fills: [[5_000, '100', '151']] }] });
    const words = {
      binance: { code: -1003, msg: 'Too many requests' },
      okx: { code: '50011', msg: 'Too Many Requests', data: [] },
    };
    const bybit = { retCode: 10006, retMsg: 'Too many visits!', result: {}, retExtInfo: {}, time: 0 };
    const body = { ...words, bybit, kraken: { error: ['EAPI:Rate limit exceeded'] } }[exchange];
    now.fake.fault({ on: 'order', answer: { status: 429, body, headers: { 'retry-after': '45' } } });
    const result = await execute(now);
    expect(result.status).toBeOneOf(['FILLED', 'EXECUTED_FULL_LATE']);
    expect([result.finalPositionSize, result.reconciliationReport?.status]).toEqual(['100', 'MATCHED']);
    expect(standing(now)).toHaveLength(2);
  });

  it('a cancel of a filled order comes with the report of it', async () => {
    const now = await venue(exchange);
    await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
    expect(await now.call((broker, signal) => broker.cancelOrder(ref(exchange), signal))).toMatchObject({
      kind: 'already_closed',
      report: { clientOrderId: ENTRY_ID, state: 'filled', filledSize: '100', fillPrice: '151' },
    });
  });
});

describe('C13: lists are read to their end', () => {
  it.each([
    ['bybit', 50],
    ['bybit', 120],
    ['okx', 100],
    ['okx', 230],
  ] as const)('%s: %i open orders', async (exchange, count) => {
    const now = await venue(exchange, { base: '1000' });
    for (let n = 0; n < count; n += 1) {
      if (exchange === 'bybit') now.store.conditional('stop', `x-${n}`, 'sell', '1', '100');
      else now.store.exits('sell', '1', [{ type: 'stop', name: `x${n}`, price: '100' }]);
    }
    const open = await now.call(async (broker, signal) => broker.getOpenOrders?.(signal));
    expect(new Set(open?.map(({ brokerOrderId }) => brokerOrderId)).size).toBe(count);
  });

  it.each([
    ['binance', 250],
    ['bybit', 120],
    ['okx', 230],
    ['kraken', 120],
  ] as const)('%s: %i entries that rest', async (exchange, count) => {
    const scripts = Array.from({ length: count }, () => ({ fills: [] }));
    const now = await venue(exchange, { scripts, quote: '1000000000' });
    for (let n = 0; n < count; n += 1) now.store.market(`e${n}`, 'buy', '1');
    const open = await now.call(async (broker, signal) => broker.getOpenOrders?.(signal));
    expect(new Set(open?.map(({ brokerOrderId }) => brokerOrderId)).size).toBe(count);
  });

  it('a sweep over 50 open orders at Bybit asks all there is', async () => {
    const now = await world('bybit', { base: '1000' });
    for (let n = 0; n < 50; n += 1) now.store.conditional('stop', `x-${n}`, 'sell', '1', '100');
    const report = await now.clock.runUntil(now.engine.sweep());
    expect(report.failures).toEqual([]);
  });
});

describe('C14: words that are not the last', () => {
  it('Kraken: a lockout at the stop is tried again, and both exits stand', async () => {
    const now = await world('kraken');
    now.fake.fault({ on: 'protect', answer: 'lockout' });
    const result = await execute(now);
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FILLED', 'MATCHED']);
    expect(standing(now)).toHaveLength(2);
  });
});

describe.each(EXCHANGES)('C17 at %s', (exchange) => {
  it('a market that is gone is an unknown symbol', async () => {
    const now = await venue(exchange);
    now.store.delisted = true;
    const symbol = symbolOf(exchange);
    const instrument = await now.call((broker, signal) => broker.instrument(symbol, signal));
    expect(instrument).toBe('unknown_symbol');
  });

  it('and an advisory for it is refused in these words', async () => {
    const now = await world(exchange);
    now.store.delisted = true;
    const result = await execute(now, advisory(exchange));
    expect([result.status, result.reason]).toEqual(['REJECTED', 'INSTRUMENT_RULES']);
  });
});
