/** What Alpaca does to a trade beyond the good day, by the ids of the cases. */
import { describe, expect, it } from 'vitest';
import { ADVISORY, execute, exits, order, type Setting, venue, world } from './support.js';

const kinds = (result: Awaited<ReturnType<typeof execute>>): readonly string[] =>
  result.reconciliationReport?.mismatches.map(({ kind }) => kind) ?? [];

const bought = async (setting: Setting = {}) => {
  const now = await venue(setting);
  await now.call((broker, signal) => broker.submitOrder(order, signal));
  await now.clock.advance(1);
  return now;
};

describe('C11 V10: pattern day trading', () => {
  const poor: Setting = { buyingPower: '40000', equity: '20000', dayTrades: 3 };

  it('equity of $20,000 and three day trades: refused before the order, in words that say why', async () => {
    const now = await world(poor);
    const result = await execute(now);
    expect([result.status, result.reason]).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE']);
    expect(result.errorMessage).toMatch(/pattern day trading.*20000.*3 day trades/);
    expect(now.simulator.count('submit')).toBe(0);
  });

  it.each<[string, Setting]>([
    ['two day trades', { ...poor, dayTrades: 2 }],
    ['equity of $25,000', { ...poor, equity: '25000' }],
  ])('%s: traded', async (_, setting) => {
    expect((await execute(await world(setting))).status).toBe('FILLED');
  });

  it('the venue refuses the exits where nobody looks before (control)', async () => {
    const now = await bought(poor);
    const { stopLoss } = await now.call((broker, signal) => broker.placeProtection(exits, signal));
    expect(stopLoss).toMatchObject({ kind: 'rejected', code: '40310100' });
  });

  it('dayTradeRule: false leaves the rule to Alpaca', async () => {
    const now = await world({ ...poor, adapter: { dayTradeRule: false } });
    expect(await execute(now)).toMatchObject({ status: 'FILLED' });
    expect(now.engine.cases.open()[0]?.kind).toBe('UNPROTECTED_POSITION');
  });
});

describe('C11 V10: wash trades', () => {
  it('an entry against standing exits is refused before the order', async () => {
    const now = await world();
    expect((await execute(now)).status).toBe('FILLED');
    const second = await execute(now, { ...ADVISORY, advisoryId: 'ADV-B' });
    expect([second.status, second.reason]).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE']);
    expect(second.errorMessage).toMatch(/wash trade.*sell AAPL/);
    expect(now.simulator.count('submit')).toBe(1);
  });

  it('and by the venue where nobody looks before (control)', async () => {
    const now = await bought();
    await now.call((broker, signal) => broker.placeProtection(exits, signal));
    const again = await now.call((broker, signal) => broker.submitOrder({ ...order, clientOrderId: 'fc-2' }, signal));
    expect(again).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('wash trade') });
  });
});

describe('C12 B5: the market has passed the take-profit', () => {
  it('the pair is refused under the code of the port', async () => {
    const now = await bought();
    now.simulator.setQuote('AAPL', '156.00');
    const { stopLoss, takeProfit } = await now.call((broker, signal) => broker.placeProtection(exits, signal));
    expect([stopLoss, takeProfit]).toMatchObject([{ code: 'TAKE_PROFIT_PASSED' }, { code: 'TAKE_PROFIT_PASSED' }]);
  });

  it('the stop alone is taken, found under its id, and shown with the position', async () => {
    const now = await bought();
    now.simulator.setQuote('AAPL', '156.00');
    const { stopLoss, takeProfit } = await now.call((broker, signal) =>
      broker.placeProtection({ ...exits, legs: 'stopLoss' }, signal),
    );
    expect([stopLoss.kind, takeProfit.kind]).toEqual(['accepted', 'rejected']);
    const found = await now.call((broker, signal) =>
      broker.getOrderStatus({ clientOrderId: 'fc-1-sl', symbol: 'AAPL' }, signal),
    );
    expect(found).toMatchObject({ clientOrderId: 'fc-1-sl', state: 'working' });
    const [position] = await now.call((broker, signal) => broker.getPositions(['AAPL'], signal));
    expect(position?.sl).toBe('147.98');
    expect(position).not.toHaveProperty('tp');
  });
});

describe('C15: keys that Alpaca does not know', () => {
  it('{"message":"unauthorized."} without a code: connect says that it is the keys', async () => {
    const now = await venue({ adapter: { secretKey: 'another' }, connects: false });
    const connect = now.call(async (broker, signal) => broker.connect?.(signal));
    await expect(connect).rejects.toThrow(/API keys are refused \(unauthorized\.\).*APCA_API_SECRET_KEY/);
    await expect(connect).rejects.toMatchObject({ name: 'BrokerRefusal' });
  });

  it.each([
    ['401', { status: 401, message: 'unauthorized' }, 'rejected'],
    ['403', { status: 403, message: 'forbidden.' }, 'unknown'],
  ])('%s to a submit call is %s, and names the keys', async (_, answer, kind) => {
    const now = await venue();
    now.simulator.fault({ on: 'submit', answer });
    const outcome = await now.call((broker, signal) => broker.submitOrder(order, signal));
    expect(outcome.kind).toBe(kind);
  });
});

describe('C5: what a cancel learns of the order', () => {
  it('a cancel that comes too late brings the fill along', async () => {
    const now = await bought();
    const outcome = await now.call((broker, signal) => broker.cancelOrder({ ...order }, signal));
    expect(outcome).toMatchObject({
      kind: 'already_closed',
      report: { state: 'filled', filledSize: '100', fillPrice: '151' },
    });
  });
});

describe('C13 M4: more open orders than one page lists', () => {
  it('510 resting orders of a stranger are read page by page, each once', async () => {
    const now = await venue({
      buyingPower: '1000000000',
      requestsPerMinute: 0,
      adapter: { requestsPerMinute: 100_000 },
    });
    const { keyId, secretKey, url } = now.simulator;
    for (let number = 1; number <= 510; number += 1) {
      const body = { symbol: 'MSFT', side: 'buy', qty: '1', type: 'limit', limit_price: '1', time_in_force: 'gtc' };
      const headers = { 'apca-api-key-id': keyId, 'apca-api-secret-key': secretKey };
      await fetch(`${url}/v2/orders`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (number % 100 === 0) await now.clock.advance(1_000);
    }
    const open = await now.call(async (broker, signal) => broker.getOpenOrders?.(signal));
    expect(new Set(open?.map(({ brokerOrderId }) => brokerOrderId)).size).toBe(510);
    expect(open).toHaveLength(510);
  });
});

describe('C9 B6: fees', () => {
  it('a good trade is MATCHED: Alpaca takes its fees in dollars', async () => {
    const result = await execute(await world());
    expect([result.status, result.reconciliationReport?.status, kinds(result)]).toEqual(['FILLED', 'MATCHED', []]);
  });
});
