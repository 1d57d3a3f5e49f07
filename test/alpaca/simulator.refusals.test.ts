/** C16: the simulator refuses what Alpaca refuses. */
import { type AlpacaSimulator, type AlpacaSimulatorOptions, alpacaSimulator, virtualClock } from 'fillchart/testing';
import { afterEach, describe, expect, it } from 'vitest';

const open: AlpacaSimulator[] = [];
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator.close();
});

async function simulated(options: AlpacaSimulatorOptions = {}) {
  const clock = virtualClock();
  const simulator = await alpacaSimulator({ clock, quotes: { AAPL: '100' }, requestsPerMinute: 0, ...options });
  open.push(simulator);
  const headers = { 'apca-api-key-id': simulator.keyId, 'apca-api-secret-key': simulator.secretKey };
  async function ask(method: string, path: string, body?: object) {
    const response = await fetch(`${simulator.url}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  return {
    simulator,
    ask,
    filled: () => clock.advance(1),
    send: (body: object) => ask('POST', '/v2/orders', { ...MARKET, ...body }),
  };
}

const MARKET = { symbol: 'AAPL', side: 'buy', qty: '10', type: 'market', time_in_force: 'day' };
const OCO = {
  ...{ side: 'sell', type: 'limit', order_class: 'oco', time_in_force: 'gtc' },
  ...{ take_profit: { limit_price: '103' }, stop_loss: { stop_price: '98' } },
};

describe('C16: malformed orders', () => {
  it.each<[string, object, number]>([
    ['no type', { type: undefined }, 422],
    ['a type that does not exist', { type: 'markt' }, 422],
    ['no time_in_force', { time_in_force: undefined }, 422],
    ['a nonsense time_in_force', { time_in_force: 'xyz' }, 422],
    ['a client_order_id of 200 characters', { client_order_id: 'x'.repeat(200) }, 422],
    ['a quantity of 12 decimals', { qty: '1.000000000001' }, 422],
    ['a nonsense order_class', { order_class: 'ocoo' }, 422],
    ['extended hours for a market order', { extended_hours: true }, 422],
    ['a fraction sold short', { side: 'sell', qty: '0.5' }, 422],
  ])('%s: refused', async (_, change, status) => {
    const { send, simulator } = await simulated();
    expect((await send(change)).status).toBe(status);
    expect(simulator.orders()).toEqual([]);
  });

  it.each<[string, object]>([
    ['ioc', { time_in_force: 'ioc' }],
    ['extended hours', { extended_hours: true }],
    ['a market order', { type: 'market' }],
  ])('an OCO with %s: refused; without: taken', async (_, change) => {
    const { send, filled } = await simulated();
    await send({});
    await filled();
    expect((await send({ ...OCO, ...change })).status).toBe(422);
    expect((await send(OCO)).status).toBe(200);
  });

  it('a list of 1,000: refused; of 500: listed', async () => {
    const { ask } = await simulated();
    expect((await ask('GET', '/v2/orders?limit=1000')).status).toBe(422);
    expect((await ask('GET', '/v2/orders?limit=500')).status).toBe(200);
  });
});

describe('C16: rules of the account', () => {
  it('a market order against standing exits is a wash trade', async () => {
    const { send, filled } = await simulated();
    await send({});
    await filled();
    await send(OCO);
    expect(await send({})).toMatchObject({ status: 403, body: { message: expect.stringContaining('wash trade') } });
  });

  it('the day-trade rule refuses exits on the day of the entry', async () => {
    const { send, filled } = await simulated({ equity: '24999', dayTrades: 3 });
    await send({});
    await filled();
    expect(await send(OCO)).toMatchObject({ status: 403, body: { code: 40310100 } });
  });

  it('open orders and positions reserve buying power, and a close gives it back', async () => {
    const { send, ask, simulator, filled } = await simulated({ buyingPower: '2000' });
    const power = async () => (await ask('GET', '/v2/account')).body['buying_power'];
    simulator.script({ fills: [] });
    await send({});
    expect(await power()).toBe('1000');
    await send({ qty: '8' });
    await filled();
    expect(await power()).toBe('200');
    expect((await send({ qty: '3' })).status).toBe(403);
    await ask('DELETE', `/v2/orders/${String(simulator.orders()[0]?.['id'])}`).catch(() => undefined);
    await filled();
    expect(await power()).toBe('1200');
  });

  it('a leg that is held is listed under its parent alone', async () => {
    const { send, ask, filled } = await simulated();
    await send({});
    await filled();
    await send(OCO);
    const count = async (query: string) =>
      ((await ask('GET', `/v2/orders?status=open${query}`)).body as unknown as readonly unknown[]).length;
    expect([await count(''), await count('&nested=true')]).toEqual([1, 1]);
  });

  it('wrong keys get a body without a code', async () => {
    const { simulator } = await simulated();
    const response = await fetch(`${simulator.url}/v2/account`);
    expect([response.status, await response.json()]).toEqual([401, { message: 'unauthorized.' }]);
  });
});
