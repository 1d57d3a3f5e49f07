/** The adapter, method by method, at four fake exchanges. */
import { inspect } from 'node:util';
import { type CcxtBrokerOptions, type CcxtExchange, ccxtBroker } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import {
  ENTRY_ID,
  EXCHANGES,
  execute,
  exits,
  KEYS,
  order,
  ref,
  type Setting,
  symbolOf,
  type Venue,
  venue,
  world,
} from './support.js';

const never = new AbortController().signal;
const submit = (now: Venue, exchange: CcxtExchange, differs: object = {}) =>
  now.call((broker, signal) => broker.submitOrder({ ...order(exchange), ...differs }, signal));
const protect = (now: Venue, exchange: CcxtExchange, differs: object = {}) =>
  now.call((broker, signal) => broker.placeProtection({ ...exits(exchange), ...differs }, signal));
const status = (now: Venue, exchange: CcxtExchange, id = ENTRY_ID) =>
  now.call((broker, signal) => broker.getOrderStatus(ref(exchange, id), signal));
const filled = async (exchange: CcxtExchange, setting: Setting = {}): Promise<Venue> => {
  const now = await venue(exchange, setting);
  await submit(now, exchange);
  return now;
};
const accepted = { kind: 'accepted', brokerOrderId: expect.stringMatching(/./) };
const isPaired = (exchange: CcxtExchange): boolean => exchange === 'binance' || exchange === 'okx';
const holdsNothing = (exchange: CcxtExchange): boolean => exchange === 'bybit' || exchange === 'okx';

describe.each(EXCHANGES)('entry orders at %s', (exchange) => {
  it('go out once, at market, with a size in the base currency', async () => {
    const now = await venue(exchange);
    expect(await submit(now, exchange)).toEqual(accepted);
    expect(now.fake.count('submit')).toBe(1);
    expect(now.store.orders).toMatchObject([{ type: 'market', side: 'buy', quantity: '100' }]);
  });

  it('a repeat of the id sends nothing, though the exchange would take it again [S1]', async () => {
    const now = await filled(exchange);
    expect(await submit(now, exchange)).toEqual({ kind: 'duplicate' });
    expect(now.fake.count('submit')).toBe(1);
  });

  it('an id whose fate is unknown is not sent again, whoever asks [S4]', async () => {
    const now = await venue(exchange);
    now.fake.fault({ on: 'submit', answer: { status: 502 } });
    expect(await submit(now, exchange)).toMatchObject({ kind: 'unknown' });
    expect(await submit(now, exchange)).toMatchObject({ kind: 'unknown' });
    expect(now.fake.count('submit')).toBe(1);
  });

  it('a call given up beforehand sends nothing; one given up on the way is unknown, and one request [P7]', async () => {
    const now = await venue(exchange);
    expect(await now.call((broker) => broker.submitOrder(order(exchange), AbortSignal.abort()))).toMatchObject({
      kind: 'not_sent',
    });
    now.fake.fault({ on: 'submit', answer: 'silence' });
    const giveUp = new AbortController();
    now.clock.setTimeout(() => giveUp.abort(), 300);
    expect(await now.call((broker) => broker.submitOrder(order(exchange), giveUp.signal))).toMatchObject({
      kind: 'unknown',
    });
    expect([now.fake.count('submit'), now.clock.monotonic()]).toEqual([1, 300]);
  });

  it("a body that stalls ends at the adapter's own deadline [P7]", async () => {
    const now = await venue(exchange, { adapter: { requestTimeoutMs: 700 } });
    now.fake.fault({ on: 'submit', answer: 'stalled_body', live: true });
    const outcome = await now.call((broker) => broker.submitOrder(order(exchange), never));
    expect([outcome.kind, now.clock.monotonic()]).toEqual(['unknown', 700]);
  });

  it('before a connect and after a close nothing is sent; after a reconnect it works again', async () => {
    const now = await venue(exchange);
    await now.broker.close?.();
    expect(await submit(now, exchange)).toMatchObject({ kind: 'not_sent' });
    await now.call(async (broker, signal) => broker.connect?.(signal));
    expect(await submit(now, exchange)).toEqual(accepted);
  });
});

describe.each(EXCHANGES)('reports at %s', (exchange) => {
  it("are the same by our id and by the exchange's", async () => {
    const now = await venue(exchange, {
      scripts: [
        {
          fills: [
            [0, '40', '150'],
            [0, '60', '152'],
          ],
        },
      ],
    });
    const { brokerOrderId = '' } = (await submit(now, exchange)) as { brokerOrderId?: string };
    const report = { clientOrderId: ENTRY_ID, brokerOrderId, state: 'filled', filledSize: '100', fillPrice: '151.2' };
    expect(await status(now, exchange)).toMatchObject(report);
    expect(
      await now.call((broker, signal) => broker.getOrderStatus({ ...ref(exchange), brokerOrderId }, signal)),
    ).toMatchObject(report);
  });

  it('"not found" is the exchange\'s word; a 404 of a proxy, {} or a cut body is no news', async () => {
    const now = await venue(exchange);
    expect(await status(now, exchange)).toBe('not_found');
    for (const answer of [{ status: 404 }, 'empty_object', 'html', 'cut_body', { status: 500 }] as const) {
      now.fake.fault({ on: 'order', answer });
      await expect(status(now, exchange)).rejects.toThrow(exchange);
    }
  });
});

describe.each(EXCHANGES)('cancels at %s', (exchange) => {
  const cancel = (now: Venue, brokerOrderId?: string) =>
    now.call((broker, signal) =>
      broker.cancelOrder({ ...ref(exchange), ...(brokerOrderId && { brokerOrderId }) }, signal),
    );
  const open: Setting = { scripts: [{ fills: [], cancel: 'ignore' }] };

  it("are one request, by our id or the exchange's", async () => {
    const now = await filled(exchange, open);
    expect([await cancel(now), await cancel(now, now.store.orders[0]?.id)]).toEqual(['requested', 'requested']);
    expect(now.fake.count('cancel')).toBe(2);
  });

  it('C5: of a filled order, and of one that is not there: the order is looked at, and what it is is told', async () => {
    const closed = { kind: 'already_closed', report: { clientOrderId: ENTRY_ID, state: 'filled', filledSize: '100' } };
    expect(await cancel(await filled(exchange))).toMatchObject(closed);
    expect(await cancel(await venue(exchange))).toBe('not_found');
  });

  it('without a readable answer are unknown, after one request', async () => {
    for (const answer of ['cut', 'empty_object', { status: 503 }] as const) {
      const now = await filled(exchange, open);
      now.fake.fault({ on: 'cancel', answer, live: true });
      expect([await cancel(now), now.fake.count('cancel')], JSON.stringify(answer)).toEqual(['unknown', 1]);
    }
  });

  it('go out though the budget is spent [K3]', async () => {
    const now = await venue(exchange, { ...open, adapter: { requestsPerMinute: 20, reservedPerMinute: 10 } });
    await submit(now, exchange);
    for (let n = 0; n < 30; n += 1) await status(now, exchange).catch(() => undefined);
    await expect(status(now, exchange)).rejects.toThrow('rate budget');
    expect(await cancel(now)).toBe('requested');
  });
});

describe.each(EXCHANGES)('exits at %s [B1]', (exchange) => {
  const both = { stopLoss: accepted, takeProfit: accepted };

  it('stand both, for exactly what was filled; a repeat sends nothing', async () => {
    const now = await filled(exchange);
    expect(await protect(now, exchange)).toEqual(both);
    expect(now.store.open()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'stop', price: '147.98', quantity: '100', side: 'sell' }),
        expect.objectContaining({ type: 'profit', price: '155.53', quantity: '100', side: 'sell' }),
      ]),
    );
    expect(await protect(now, exchange)).toEqual({
      stopLoss: { kind: 'duplicate' },
      takeProfit: { kind: 'duplicate' },
    });
    expect(now.fake.count('protect')).toBe(isPaired(exchange) ? 1 : 2);
  });

  it('are found by the names that the engine gives them, and shown with the position', async () => {
    const now = await filled(exchange);
    await protect(now, exchange);
    for (const leg of ['-sl', '-tp']) {
      expect(await status(now, exchange, `${ENTRY_ID}${leg}`)).toMatchObject({
        clientOrderId: `${ENTRY_ID}${leg}`,
        filledSize: '0',
      });
    }
    const open = await now.call(async (broker, signal) => broker.getOpenOrders?.(signal));
    expect(open?.map(({ clientOrderId }) => clientOrderId).sort()).toEqual([`${ENTRY_ID}-sl`, `${ENTRY_ID}-tp`]);
    expect(open?.every(({ symbol }) => symbol === symbolOf(exchange))).toBe(true);
    const [row] = await now.call((broker, signal) => broker.getPositions([symbolOf(exchange)], signal));
    const pair = { clientOrderId: ENTRY_ID, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };
    expect(row).toMatchObject({ sl: '147.98', tp: '155.53', protections: [pair] });
  });

  it('of an entry that another process sent are looked for first [A6]', async () => {
    const now = await filled(exchange);
    await protect(now, exchange);
    const other = ccxtBroker({ ...options(now, exchange) });
    await now.clock.runUntil(other.connect?.(never) ?? Promise.resolve());
    const again = await now.clock.runUntil(other.placeProtection(exits(exchange), never));
    expect(again).toEqual({ stopLoss: { kind: 'duplicate' }, takeProfit: { kind: 'duplicate' } });
    expect(now.fake.count('protect')).toBe(isPaired(exchange) ? 1 : 2);
  });

  it('that cannot be looked for are not sent again', async () => {
    const now = await filled(exchange);
    now.fake.fault({ on: 'protect', answer: 'cut', live: true });
    now.fake.fault({ on: 'order', answer: { status: 500 }, times: 9 });
    await protect(now, exchange);
    const { stopLoss } = await protect(now, exchange);
    expect([stopLoss.kind, now.fake.count('protect')]).toEqual(['unknown', 1]);
  });

  it('a stop through the market is refused, and not tried again', async () => {
    const now = await filled(exchange);
    now.store.last = '140';
    expect((await protect(now, exchange)).stopLoss).toMatchObject({ kind: 'rejected' });
    const before = now.fake.count('protect');
    expect((await protect(now, exchange)).stopLoss).toMatchObject({ kind: 'rejected' });
    expect(now.fake.count('protect')).toBe(before);
  });

  it('that lack something are never cut: what a fee has taken is known from the order [B6]', async () => {
    const now = await filled(exchange, { base: '0', feeInBase: '0.02' });
    await protect(now, exchange);
    const { stopLoss } = await protect(now, exchange);
    // Where exits hold nothing they stand in full, and it is said that they lack something.
    expect(stopLoss.kind).toBe(holdsNothing(exchange) ? 'duplicate' : 'rejected');
    expect(now.store.open().map(({ quantity }) => quantity)).toEqual(holdsNothing(exchange) ? ['100', '100'] : []);
    expect(now.warnings.join().includes('of 100 that the exits sell, 98 is there')).toBe(holdsNothing(exchange));
  });

  it('each leg that is missing from the answer is unknown, and looked for', async () => {
    if (!isPaired(exchange)) return;
    const now = await filled(exchange);
    const body =
      exchange === 'binance' ? { orderListId: 7, orders: [] } : { code: '0', msg: '', data: [{ sCode: '0' }] };
    now.fake.fault({ on: 'protect', answer: { status: 200, body }, live: true });
    expect((await protect(now, exchange)).stopLoss.kind).toBe('unknown');
    expect((await protect(now, exchange)).stopLoss.kind).toBe('duplicate');
    expect(now.fake.count('protect')).toBe(1);
  });
});

const options = (now: Venue, exchange: CcxtExchange): CcxtBrokerOptions => ({
  exchange,
  ...KEYS,
  baseUrl: now.fake.url,
  clock: now.clock,
  fetch: now.clock.fetch,
});

describe.each(EXCHANGES)('account and market at %s', (exchange) => {
  const margin = (now: Venue, differs: object = {}) =>
    now.call(async (broker, signal) => broker.checkMargin?.({ ...order(exchange), ...differs }, signal));

  it('the balance is the position, for symbols asked for by name only', async () => {
    const now = await venue(exchange, { base: '12.5' });
    const positions = (symbols: readonly string[]) =>
      now.call((broker, signal) => broker.getPositions(symbols, signal));
    expect(await positions([symbolOf(exchange)])).toEqual([{ symbol: symbolOf(exchange), size: '12.5' }]);
    expect([await positions([]), await positions(['NO/SUCH'])]).toEqual([[], []]);
  });

  it('rules are read from the exchange; an unknown symbol is one', async () => {
    const now = await venue(exchange);
    const instrument = (symbol: string) => now.call((broker, signal) => broker.instrument(symbol, signal));
    expect(await instrument(symbolOf(exchange))).toMatchObject({ tickSize: '0.01', lotSize: '0.001', minQty: '0.001' });
    expect(await instrument('NO/SUCH')).toBe('unknown_symbol');
    now.store.tradable = false;
    await now.clock.advance(6_000);
    expect(await instrument(symbolOf(exchange))).toMatchObject({ tradable: false, reason: expect.stringMatching(/./) });
  });

  it('margin: what is free must pay for it, and a sell is a choice', async () => {
    expect(await margin(await venue(exchange, { quote: '15100' }))).toBe('ok');
    expect(await margin(await venue(exchange, { quote: '15099' }))).toMatchObject({
      refused: expect.stringContaining('15099'),
    });
    expect(await margin(await venue(exchange), { side: 'sell' })).toMatchObject({
      refused: expect.stringContaining('sells'),
    });
    const seller = await venue(exchange, { base: '99', adapter: { sells: true } });
    expect(await margin(seller, { side: 'sell' })).toMatchObject({ refused: expect.stringContaining('99') });
    expect(await margin(seller, { side: 'sell', quantity: '99' })).toBe('ok');
  });

  it('an order worth too little for its exits is refused beforehand [V9]', async () => {
    if (exchange === 'okx') return;
    expect(await margin(await venue(exchange), { quantity: '0.001' })).toMatchObject({
      refused: expect.stringContaining('worth'),
    });
  });

  it('describes itself for who checks the connection, and sends no order', async () => {
    const now = await venue(exchange);
    const told = await now.call(async (broker, signal) => broker.describe?.(signal));
    expect(told).toMatchObject({
      about: expect.stringContaining(exchange),
      clock: { aheadMs: 0 },
      rateLimit: { requests: 10_000, perMs: 60_000, remaining: expect.any(Number) },
      facts: { account: 'may trade', sells: 'refused' },
    });
    expect(now.fake.count('submit')).toBe(0);
  });

  it('wrong keys end the connect, and the advisory, before any order', async () => {
    const now = await venue(exchange, { connects: false, adapter: { apiKey: 'AKWRONG' } });
    await expect(now.broker.connect?.(never)).rejects.toThrow(exchange);
    expect(now.fake.count('submit')).toBe(0);
  });

  it('no key is ever shown: not by the adapter, an error, a warning, a log, a result', async () => {
    const now = await world(exchange);
    const quoting = JSON.stringify(KEYS);
    const body = {
      code: exchange === 'okx' ? '51000' : -1013,
      msg: quoting,
      retCode: 170137,
      retMsg: quoting,
      error: [`EOrder:${quoting}`],
    };
    now.fake.fault({ on: 'order', answer: { status: 400, body } });
    const thrown = await now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal)).catch(String);
    now.fake.fault({ on: 'submit', answer: { status: exchange === 'binance' ? 400 : 200, body } });
    const result = await execute(now);
    const shown = [
      inspect(now.broker, { depth: 9, showHidden: true }),
      thrown,
      ...now.warnings,
      ...now.lines,
      JSON.stringify(result),
    ].join('\n');
    expect(result.status).toBe('FAILED');
    expect(shown).toContain('[secret]');
    for (const secret of Object.values(KEYS).slice(0, exchange === 'okx' ? 3 : 2)) expect(shown).not.toContain(secret);
  });
});
