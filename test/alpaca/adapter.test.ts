/** The adapter, method by method, against the simulator. */
import { inspect } from 'node:util';
import { FillchartError } from 'fillchart';
import { alpacaBroker } from 'fillchart/alpaca';
import { afterEach, describe, expect, it } from 'vitest';
import { acceptedPrice } from '../../src/adapters/brokers/alpaca/exits.js';
import { rules } from '../../src/adapters/brokers/alpaca/instrument.js';
import { readSettings } from '../../src/adapters/brokers/alpaca/options.js';
import { sdkLoader } from '../../src/adapters/brokers/alpaca/sdk.js';
import { execute, exits, KEYS, order, ref, type Setting, type Venue, venue, world } from './support.js';

const never = new AbortController().signal;
const filled = async (setting: Setting = {}): Promise<Venue> => {
  const now = await venue(setting);
  await now.call((broker, signal) => broker.submitOrder(order, signal));
  await now.clock.advance(1);
  return now;
};
const open: Setting = { scripts: [{ fills: [] }] };

describe('entry orders', () => {
  it('go out as day market orders under our id, and come back with an id', async () => {
    const now = await venue();
    expect(await now.call((broker, signal) => broker.submitOrder(order, signal))).toEqual({
      kind: 'accepted',
      brokerOrderId: expect.stringMatching(/./),
    });
    expect(now.simulator.orders()).toMatchObject([
      { client_order_id: 'fc-1', type: 'market', time_in_force: 'day', qty: '100', side: 'buy' },
    ]);
  });

  it('a repeat of the id is a duplicate, even after the first is over [S3]', async () => {
    const now = await filled();
    expect(await now.call((broker, signal) => broker.submitOrder(order, signal))).toEqual({ kind: 'duplicate' });
    expect(now.simulator.orders()).toHaveLength(1);
  });

  it('a call given up beforehand sends nothing', async () => {
    const now = await venue();
    const outcome = await now.call((broker) => broker.submitOrder(order, AbortSignal.abort()));
    expect(outcome).toMatchObject({ kind: 'not_sent' });
    expect(now.simulator.count('submit')).toBe(0);
  });

  it('a call given up on the way is unknown, and one request [P7]', async () => {
    const now = await venue();
    now.simulator.fault({ on: 'submit', answer: 'silence', live: true });
    const giveUp = new AbortController();
    now.clock.setTimeout(() => giveUp.abort(), 300);
    const outcome = await now.call((broker) => broker.submitOrder(order, giveUp.signal));
    expect([outcome, now.clock.monotonic()]).toEqual([{ kind: 'unknown', cause: 'no whole answer in time' }, 300]);
    expect(now.simulator.count('submit')).toBe(1);
  });

  it("a body that stalls ends at the adapter's own deadline, if nobody gives up before [P7]", async () => {
    const now = await venue({ adapter: { requestTimeoutMs: 700 } });
    now.simulator.fault({ on: 'submit', answer: 'stalled_body', live: true });
    const outcome = await now.call((broker) => broker.submitOrder(order, never));
    expect([outcome.kind, now.clock.monotonic()]).toEqual(['unknown', 700]);
  });
});

describe('reports', () => {
  it("are the same by our id, by the broker's, in a batch and pushed", async () => {
    const now = await venue();
    const pushed: unknown[] = [];
    now.broker.reports$?.subscribe((report) => pushed.push(report));
    const { brokerOrderId = '' } = (await now.call((broker, signal) => broker.submitOrder(order, signal))) as {
      brokerOrderId?: string;
    };
    await now.clock.advance(1);
    const report = { clientOrderId: 'fc-1', brokerOrderId, state: 'filled', filledSize: '100', fillPrice: '151' };
    expect(await now.call((broker, signal) => broker.getOrderStatus(ref, signal))).toMatchObject(report);
    expect(await now.call((broker, signal) => broker.getOrderStatus({ ...ref, brokerOrderId }, signal))).toMatchObject(
      report,
    );
    expect(await now.call(async (broker, signal) => broker.getOrderStatuses?.([ref], signal))).toMatchObject([report]);
    expect(pushed.at(-1)).toMatchObject(report);
  });

  it('"not found" is Alpaca\'s word; a 404 of a proxy is no news', async () => {
    const now = await venue();
    expect(await now.call((broker, signal) => broker.getOrderStatus(ref, signal))).toBe('not_found');
    now.simulator.fault({ on: 'orderByClientId', answer: { status: 404 } });
    await expect(now.call((broker, signal) => broker.getOrderStatus(ref, signal))).rejects.toThrow('HTTP 404');
  });

  it('of an order that somebody replaced say that it is over', async () => {
    const { reportOf } = await import('../../src/adapters/brokers/alpaca/wire-order.js');
    const raw = { id: 'O-1', client_order_id: 'fc-1', filled_qty: '0', status: 'replaced', replaced_by: 'O-2' };
    expect(reportOf(raw)).toMatchObject({ state: 'cancelled', reason: 'replaced by O-2' });
    expect(reportOf({ ...raw, status: 'brand_new_word' })).toMatchObject({ state: 'brand_new_word' });
    expect(reportOf({ status: 'filled' })).toBeUndefined();
  });
});

describe('cancels', () => {
  const cancel = (now: Venue) => now.call((broker, signal) => broker.cancelOrder(ref, signal));

  it('are requested, by our id if need be', async () => {
    const now = await filled(open);
    expect(await cancel(now)).toBe('requested');
    expect(now.simulator.count('cancel', 'fc-1')).toBe(1);
  });

  it('of a filled order: 422, the order is read, it is closed', async () => {
    const now = await filled();
    expect(await cancel(now)).toMatchObject({ kind: 'already_closed', report: { state: 'filled', filledSize: '100' } });
  });

  it('asked for twice: the first is under way', async () => {
    const now = await filled({ scripts: [{ fills: [], cancel: 'ignore' }] });
    expect([await cancel(now), await cancel(now)]).toMatchObject(['requested', { kind: 'requested' }]);
  });

  it('of an order that is not there', async () => expect(await cancel(await venue())).toBe('not_found'));

  it('without an answer are unknown, after one request', async () => {
    const now = await filled(open);
    now.simulator.fault({ on: 'cancel', answer: 'cut', live: true });
    expect(await cancel(now)).toBe('unknown');
    expect(now.simulator.count('cancel')).toBe(1);
  });
});

describe('exits [B1]', () => {
  const protect = (now: Venue, differs: object = {}) =>
    now.call((broker, signal) => broker.placeProtection({ ...exits, ...differs }, signal));

  it('are one OCO, its parent the take-profit under our id, its leg the stop', async () => {
    const now = await filled();
    const legs = await protect(now);
    const [, parent] = now.simulator.orders();
    const [leg] = (parent?.['legs'] ?? []) as Record<string, unknown>[];
    expect(parent).toMatchObject({
      client_order_id: 'fc-1-tp',
      order_class: 'oco',
      time_in_force: 'gtc',
      limit_price: '155.53',
    });
    expect(leg).toMatchObject({ type: 'stop', stop_price: '147.98', qty: '100' });
    expect(legs).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: leg?.['id'] },
      takeProfit: { kind: 'accepted', brokerOrderId: parent?.['id'] },
    });
  });

  it('a repeat is a duplicate of both, and nothing is doubled', async () => {
    const now = await filled();
    await protect(now);
    expect(await protect(now)).toEqual({ stopLoss: { kind: 'duplicate' }, takeProfit: { kind: 'duplicate' } });
    expect(now.simulator.orders()).toHaveLength(3);
  });

  it('a second full-size pair for the same shares is refused', async () => {
    const now = await filled();
    await protect(now);
    const { stopLoss } = await protect(now, { clientOrderId: 'fc-2' });
    expect(stopLoss).toMatchObject({ kind: 'rejected', code: '40310000', transient: true });
  });

  it('both legs are found by the ids that the engine gives them', async () => {
    const now = await filled();
    await protect(now);
    const find = (leg: string) =>
      now.call((broker, signal) => broker.getOrderStatus({ ...ref, clientOrderId: `fc-1-${leg}` }, signal));
    expect(await find('sl')).toMatchObject({ clientOrderId: 'fc-1-sl', state: 'working', filledSize: '0' });
    expect(await find('tp')).toMatchObject({ clientOrderId: 'fc-1-tp', state: 'working' });
    const [open] = [await now.call(async (broker, signal) => broker.getOpenOrders?.(signal))];
    expect(open?.map(({ clientOrderId }) => clientOrderId)).toEqual(['fc-1-tp', 'fc-1-sl']);
  });

  it('a pair that is accepted without a working stop is not called protected', async () => {
    const now = await filled();
    now.simulator.fault({ on: 'protect', answer: { status: 200, code: 1, message: '' }, live: true });
    expect((await protect(now)).stopLoss.kind).toBe('unknown');
  });

  it('prices from $1 on are rounded to the cent, toward the fill; below it they have four decimals', () => {
    expect(acceptedPrice('1.0034', 'down')).toBe('1');
    expect(acceptedPrice('1.0034', 'up')).toBe('1.01');
    expect(acceptedPrice('0.9834', 'up')).toBe('0.9834');
  });
});

describe('positions', () => {
  const positions = (now: Venue, symbols: readonly string[] = ['AAPL']) =>
    now.call((broker, signal) => broker.getPositions(symbols, signal));

  it('are signed, with the working exits and whose they are', async () => {
    const now = await filled();
    await now.call((broker, signal) => broker.placeProtection(exits, signal));
    expect(await positions(now)).toEqual([
      {
        symbol: 'AAPL',
        size: '100',
        entryPrice: '151',
        sl: '147.98',
        tp: '155.53',
        protections: [{ clientOrderId: 'fc-1', quantity: '100', stopLoss: '147.98', takeProfit: '155.53' }],
      },
    ]);
  });

  it('a short is negative, and flat is none', async () => {
    const now = await venue();
    expect(await positions(now)).toEqual([]);
    now.simulator.setPosition('AAPL', '-30');
    now.simulator.setPosition('MSFT', '5');
    expect(await positions(now)).toMatchObject([{ symbol: 'AAPL', size: '-30' }]);
    expect(await positions(now, [])).toHaveLength(2);
  });

  it('an exit that is gone is not shown', async () => {
    const now = await filled();
    now.simulator.loseExit('stopLoss');
    await now.call((broker, signal) => broker.placeProtection(exits, signal));
    expect((await positions(now))[0]).not.toHaveProperty('sl');
  });
});

describe('instruments [V9]', () => {
  const asset = { class: 'us_equity', tradable: true, fractionable: false };
  const hours = { is_open: true };

  it.each([
    ['151.00', '0.01'],
    ['1.00', '0.01'],
    ['0.90', '0.01'],
    ['0.50', '0.0001'],
  ])('last trade %s: tick %s', (price, tick) => expect(rules('X', asset, hours, price, true).tickSize).toBe(tick));

  it('a fraction may be bought and not protected: only whole sizes pass', async () => {
    const now = await world();
    const result = await execute(now, { ...(await import('./support.js')).ADVISORY, positionSize: '100.5' });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'INSTRUMENT_RULES' });
    expect(now.simulator.count('submit')).toBe(0);
  });

  it('below $1 nothing is bought unless it is asked for', () => {
    expect(rules('X', asset, hours, '0.50', false)).toMatchObject({ protectable: false });
    expect(rules('X', asset, hours, '0.50', true)).not.toHaveProperty('protectable');
  });

  it('crypto cannot be protected, a halted symbol not traded', () => {
    expect(rules('BTC/USD', { ...asset, class: 'crypto' }, hours, '1', false)).toMatchObject({ protectable: false });
    expect(rules('X', { ...asset, tradable: false }, hours, '1', false)).toMatchObject({ tradable: false });
  });

  it('market closed: refused before any order, and it says when it opens', async () => {
    const now = await world({ isOpen: false });
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'INSTRUMENT_RULES' });
    expect(result.errorMessage).toContain('the market is closed; it opens at 2026-');
    expect(now.simulator.count('submit')).toBe(0);
  });

  it('a symbol that Alpaca does not know, and one that it cannot be asked about', async () => {
    const now = await venue();
    expect(await now.call((broker, signal) => broker.instrument('NOPE', signal))).toBe('unknown_symbol');
    now.simulator.fault({ on: 'lastTrade', answer: { status: 500 } });
    await expect(now.call((broker, signal) => broker.instrument('AAPL', signal))).rejects.toThrow('HTTP 500');
  });
});

describe('margin', () => {
  const check = (now: Venue, differs: object = {}) =>
    now.call(async (broker, signal) => broker.checkMargin?.({ ...order, ...differs }, signal));

  it('buying power is compared at the last price', async () => {
    expect(await check(await venue({ buyingPower: '15100' }))).toBe('ok');
    expect(await check(await venue({ buyingPower: '15099' }))).toEqual({
      refused: 'buying power 15099, about 15100 needed',
    });
  });

  it('a sale that closes needs none, one that turns the position is refused, a short needs a loan', async () => {
    const now = await venue({ buyingPower: '0', assets: [{ symbol: 'AAPL', shortable: false }] });
    expect(await check(now, { side: 'sell' })).toEqual({ refused: 'AAPL cannot be sold short' });
    now.simulator.setPosition('AAPL', '100');
    expect(await check(now, { side: 'sell' })).toBe('ok');
    expect(await check(now, { side: 'sell', quantity: '101' })).toMatchObject({
      refused: expect.stringContaining('turn'),
    });
  });
});

describe('paper and live', () => {
  afterEach(() => {
    delete process.env['APCA_API_KEY_ID'];
    delete process.env['APCA_API_SECRET_KEY'];
  });

  it('paper is the default; live is a choice', () => {
    expect(readSettings(KEYS)).toMatchObject({ live: false, tradingUrl: 'https://paper-api.alpaca.markets' });
    expect(readSettings({ ...KEYS, live: true }).tradingUrl).toBe('https://api.alpaca.markets');
    expect(alpacaBroker(KEYS).name).toBe('alpaca-paper');
    expect(alpacaBroker({ ...KEYS, live: true }).name).toBe('alpaca-live');
  });

  it('the live address without live: true is refused, and so is the reverse', () => {
    expect(() => alpacaBroker({ ...KEYS, tradingUrl: 'https://api.alpaca.markets' })).toThrow(FillchartError);
    expect(() => alpacaBroker({ ...KEYS, live: true, tradingUrl: 'https://paper-api.alpaca.markets' })).toThrow('live');
    expect(() => alpacaBroker({ ...KEYS, tradingUrl: 'http://example.com' })).toThrow('https');
  });

  it('live is said loudly on connect', async () => {
    const now = await venue({ adapter: { live: true } });
    expect(now.warnings.filter((warning) => warning.includes('REAL MONEY'))).toHaveLength(1);
    expect((await venue()).warnings).toEqual([]);
  });

  it('keys come from the environment too; without them it says what is missing', () => {
    expect(() => alpacaBroker({})).toThrow('keyId is missing; set it, or APCA_API_KEY_ID in the environment.');
    process.env['APCA_API_KEY_ID'] = KEYS.keyId;
    process.env['APCA_API_SECRET_KEY'] = KEYS.secretKey;
    expect(alpacaBroker({}).name).toBe('alpaca-paper');
  });

  it('a missing library says what to install', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(sdkLoader(() => Promise.reject(missing))()).rejects.toThrow(
      'npm install @alpacahq/alpaca-trade-api@4.0.2',
    );
  });

  it('wrong keys end the connect, and the advisory, before any order', async () => {
    const now = await world({ connects: false, adapter: { keyId: 'PKWRONG' } });
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(now.simulator.count('submit')).toBe(0);
  });
});

describe('secrets [A2]', () => {
  it('are in no error, outcome, log, warning or print-out, even when Alpaca quotes them', async () => {
    const now = await world();
    const message = `refused for ${KEYS.keyId} with ${KEYS.secretKey}`;
    for (const on of ['submit', 'order', 'positions', 'asset'] as const) {
      now.simulator.fault({ on, answer: { status: 422, code: 42210000, message }, times: 3 });
    }
    const told: string[] = [];
    const tell = (value: unknown): number => told.push(inspect(value, { depth: 12, showHidden: true }));
    tell(await now.call((broker, signal) => broker.submitOrder(order, signal)));
    const reads = [
      now.call((broker, signal) => broker.getPositions(['AAPL'], signal)),
      now.call((broker, signal) => broker.getOrderStatus({ ...ref, brokerOrderId: 'x' }, signal)),
    ];
    for (const outcome of await Promise.allSettled(reads)) {
      expect(outcome.status).toBe('rejected');
      tell(outcome);
    }
    tell(await execute(now));
    tell(now.broker);
    tell(now.lines);
    tell(now.warnings);
    expect(told.join('\n')).toContain('[secret]');
    for (const secret of Object.values(KEYS)) expect(told.join('\n')).not.toContain(secret);
  });
});
