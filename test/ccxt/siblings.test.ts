/**
 * Two exits at Bybit, of which one must go when the other has filled: what is cancelled, what is not, what is asked.
 */
import { type BrokerAdapter, createEngine } from 'fillchart';
import { ccxtBroker } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import { advisory, ENTRY_ID, execute, exits, KEYS, order, type Setting, type Venue, venue, world } from './support.js';

const SL = `${ENTRY_ID}-sl`;
const TP = `${ENTRY_ID}-tp`;
const LEGS = [
  ['the stop-loss', '140', SL, TP],
  ['the take-profit', '160', TP, SL],
] as const;

/** A position on a flat account, and its two exits. */
async function protectedVenue(setting: Setting = {}): Promise<Venue> {
  const now = await venue('bybit', setting);
  await now.call((broker, signal) => broker.submitOrder(order('bybit'), signal));
  await now.call((broker, signal) => broker.placeProtection(exits('bybit'), signal));
  expect(now.store.open()).toHaveLength(2);
  // The look around of the connect is over.
  await now.clock.advance(1);
  return now;
}

const leg = (now: Venue, name: string) => now.store.orders.findLast((one) => one.name === name);
const states = (now: Venue) => [SL, TP].map((name) => leg(now, name)?.state);
const cancels = (now: Venue) => now.fake.requests.filter(({ route }) => route === 'cancel').map(({ name }) => name);
const reads = (now: Venue): number => now.fake.count('orders') + now.fake.count('order');
const drop = (now: Venue, name: string): void => {
  const one = leg(now, name);
  if (one !== undefined) one.state = 'cancelled';
};

/** Another process, on the same clock and account. */
async function another(now: Venue): Promise<{ readonly broker: BrokerAdapter; readonly warnings: string[] }> {
  const warnings: string[] = [];
  const { clock, fake } = now;
  const warn = (message: string): void => void warnings.push(message);
  const broker = ccxtBroker({ exchange: 'bybit', ...KEYS, baseUrl: fake.url, clock, fetch: clock.fetch, warn });
  await clock.runUntil(broker.connect?.(new AbortController().signal) ?? Promise.resolve());
  return { broker, warnings };
}

describe('protection on a flat account [B1]', () => {
  it('both exits stand, hold nothing, and the position is MATCHED', async () => {
    const now = await world('bybit', { base: '0' });
    expect(await execute(now)).toMatchObject({ status: 'FILLED', reconciliationReport: { status: 'MATCHED' } });
    expect(now.store.open().map(({ type }) => type)).toEqual(['stop', 'profit']);
    expect([now.store.held('base'), now.fake.count('protect'), now.lines.join().includes('ALARM')]).toEqual([
      '0',
      2,
      false,
    ]);
  });

  it('they are conditional orders at market, with the size in the base currency', async () => {
    const now = await protectedVenue();
    const posted = now.fake.requests.filter(({ route }) => route === 'protect').map(({ asked }) => asked.params);
    const terms = { orderFilter: 'StopOrder', orderType: 'Market', marketUnit: 'baseCoin', side: 'Sell', qty: '100' };
    expect(posted).toEqual([
      expect.objectContaining({ ...terms, orderLinkId: SL, triggerPrice: '147.98' }),
      expect.objectContaining({ ...terms, orderLinkId: TP, triggerPrice: '155.53' }),
    ]);
  });

  it.each([
    ['stop-loss', '147.98', ['profit']],
    ['take-profit', '155.53', ['stop']],
  ] as const)('a %s that the market has reached is refused before it is sent', async (which, last, standing) => {
    const now = await venue('bybit');
    await now.call((broker, signal) => broker.submitOrder(order('bybit'), signal));
    now.store.last = last;
    const outcome = await now.call((broker, signal) => broker.placeProtection(exits('bybit'), signal));
    const refused = which === 'stop-loss' ? outcome.stopLoss : outcome.takeProfit;
    const code = which === 'stop-loss' ? 'TRIGGER_PASSED' : 'TAKE_PROFIT_PASSED';
    expect(refused).toMatchObject({ kind: 'rejected', code });
    expect(refused).not.toHaveProperty('transient');
    expect(now.store.open().map(({ type }) => type)).toEqual(standing);
  });

  it('an exit that waits for the wrong side of the market is not shown as one', async () => {
    const now = await venue('bybit');
    await now.call((broker, signal) => broker.submitOrder(order('bybit'), signal));
    // The price could not be read, and the market is below the stop: Bybit takes it for an order that waits for a rise.
    now.store.last = '140';
    now.fake.fault({ on: 'price', answer: { status: 500 } });
    await now.call((broker, signal) => broker.placeProtection(exits('bybit'), signal));
    const [position] = await now.call((broker, signal) => broker.getPositions(['BTC/USDT'], signal));
    expect(position).not.toHaveProperty('sl');
    expect(position).toMatchObject({ tp: '155.53' });
  });

  it('reads that hang hold the exits back for a second at most', async () => {
    const now = await venue('bybit');
    await now.call((broker, signal) => broker.submitOrder(order('bybit'), signal));
    for (const on of ['price', 'account', 'orders'] as const) now.fake.fault({ on, answer: 'silence', times: 9 });
    const before = now.clock.monotonic();
    const end = await now.call(async (broker, signal) => {
      await broker.placeProtection(exits('bybit'), signal);
      return now.clock.monotonic();
    });
    expect([now.store.open().length, end - before]).toEqual([2, 1_000]);
  });

  it('a second position of the same coin: what the first exits are to sell is not there for it', async () => {
    const now = await venue('bybit', { feeInBase: '0.001' });
    const second = 'fc-99999999999999999999999999999';
    for (const clientOrderId of [ENTRY_ID, second]) {
      await now.call((broker, signal) => broker.submitOrder({ ...order('bybit'), clientOrderId }, signal));
      for (let tries = 0; tries < 2; tries += 1) {
        const request = { ...exits('bybit'), quantity: '99.9', clientOrderId };
        await now.call((broker, signal) => broker.placeProtection(request, signal));
      }
    }
    expect(now.store.open().map(({ quantity }) => quantity)).toEqual(['99.9', '99.9', '99.9', '99.9']);
    now.store.trade('140');
    expect([now.store.base, leg(now, `${second}-sl`)?.state]).toEqual(['0', 'filled']);
  });
});

describe('an exit has filled in full', () => {
  it.each(LEGS)('%s: its sibling is cancelled, once, and then nothing is asked', async (_, price, filled, left) => {
    const now = await protectedVenue();
    now.store.trade(price);
    await now.clock.advance(30_000);
    expect([leg(now, filled)?.state, leg(now, left)?.state, cancels(now)]).toEqual(['filled', 'cancelled', [left]]);
    const before = reads(now);
    await now.clock.advance(600_000);
    expect([reads(now), now.warnings]).toEqual([before, []]);
    expect(
      now.store.orders.filter(({ type }) => type === 'market'),
      'nothing but the entry',
    ).toHaveLength(1);
  });

  it.each(LEGS)(
    '%s, while no process runs: cancelled at the next connect, with a warning',
    async (_, price, filled, left) => {
      const now = await protectedVenue();
      await now.broker.close?.();
      now.store.trade(price);
      await now.clock.advance(600_000);
      expect(leg(now, left)?.state).toBe('waiting');
      const { broker, warnings } = await another(now);
      await now.clock.advance(20_000);
      expect([leg(now, filled)?.state, leg(now, left)?.state, cancels(now)]).toEqual(['filled', 'cancelled', [left]]);
      expect(warnings).toEqual([expect.stringContaining(`its sibling ${left} is cancelled now`)]);
      await broker.close?.();
    },
  );

  it('both open at a restart: watched as before, and cancelled without a warning', async () => {
    const now = await protectedVenue();
    await now.broker.close?.();
    const { broker, warnings } = await another(now);
    await now.clock.advance(20_000);
    now.store.trade('140');
    await now.clock.advance(20_000);
    expect([states(now), cancels(now), warnings]).toEqual([['filled', 'cancelled'], [TP], []]);
    await broker.close?.();
  });

  it('the connection that was closed and opened again goes on watching', async () => {
    const now = await protectedVenue();
    await now.broker.close?.();
    await now.call(async (broker, signal) => broker.connect?.(signal));
    now.store.trade('160');
    await now.clock.advance(20_000);
    expect([states(now), cancels(now)]).toEqual([['cancelled', 'filled'], [SL]]);
  });

  it('the list at the connect fails: asked again until it is there', async () => {
    const now = await protectedVenue();
    await now.broker.close?.();
    now.store.trade('140');
    now.fake.fault({ on: 'orders', answer: { status: 503 }, times: 3 });
    const { broker } = await another(now);
    await now.clock.advance(40_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'cancelled'], [TP]]);
    await broker.close?.();
  });

  it('more exits are open than a page lists: all of them are found', async () => {
    const now = await protectedVenue();
    await now.broker.close?.();
    now.store.trade('140');
    for (let n = 0; n < 70; n += 1) now.store.conditional('stop', `x-${n}`, 'sell', '1', '1');
    const { broker } = await another(now);
    await now.clock.advance(20_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'cancelled'], [TP]]);
    await broker.close?.();
  });
});

describe('a cancel that fails', () => {
  it('answer lost, the order still open: cancelled again after a read, and warned of', async () => {
    const now = await protectedVenue();
    now.fake.fault({ on: 'cancel', answer: { status: 502 } });
    now.store.trade('140');
    await now.clock.advance(30_000);
    expect([states(now), cancels(now)]).toEqual([
      ['filled', 'cancelled'],
      [TP, TP],
    ]);
    expect(now.warnings).toEqual([`An exit has filled, and its sibling ${TP} may still be working (unknown).`]);
    const between = now.fake.requests.filter(({ route }) => route === 'orders' || route === 'cancel');
    const routes = between.map(({ route }) => route);
    expect(routes.slice(routes.indexOf('cancel'), routes.lastIndexOf('cancel') + 1)).toEqual([
      'cancel',
      'orders',
      'cancel',
    ]);
  });

  it('answer lost, and it was carried out: not sent again', async () => {
    const now = await protectedVenue();
    now.fake.fault({ on: 'cancel', answer: 'cut', live: true });
    now.store.trade('140');
    await now.clock.advance(60_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'cancelled'], [TP]]);
  });

  it('accepted, and carried out twelve seconds later: one cancel', async () => {
    const now = await protectedVenue();
    const late = leg(now, TP);
    Object.assign(late ?? {}, { script: { cancelMs: 12_000 } });
    now.store.trade('140');
    await now.clock.advance(60_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'cancelled'], [TP]]);
  });

  it('accepted, and never carried out: now and then again, each after reads, with warnings', async () => {
    const now = await protectedVenue();
    now.store.exitScript = { cancel: 'ignore' };
    now.store.trade('140');
    await now.clock.advance(60_000);
    expect(cancels(now)).toEqual([TP, TP, TP]);
    expect(now.warnings).toEqual([expect.stringContaining('may still be working (requested)')]);
  });

  it('the lists fail: nothing is cancelled on a guess', async () => {
    const now = await protectedVenue();
    now.store.trade('140');
    now.fake.fault({ on: 'orders', answer: 'html', times: 4 });
    await now.clock.advance(20_000);
    expect(cancels(now)).toEqual([]);
    await now.clock.advance(20_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'cancelled'], [TP]]);
  });
});

describe('what is no reason to cancel', () => {
  it.each([
    ['the stop-loss', SL, TP],
    ['the take-profit', TP, SL],
  ])('a person cancels %s: the other stays, one warning', async (_, gone, left) => {
    const now = await protectedVenue();
    drop(now, gone);
    await now.clock.advance(120_000);
    expect([leg(now, left)?.state, cancels(now)]).toEqual(['waiting', []]);
    expect(now.warnings).toEqual([expect.stringContaining(`${gone} was cancelled or refused`)]);
  });

  it('dropped on its trigger, the coins being gone: the other stays, and it is said', async () => {
    const now = await protectedVenue();
    Object.assign(now.store, { base: '50' });
    now.store.trade('140');
    await now.clock.advance(30_000);
    expect([states(now), cancels(now)]).toEqual([['cancelled', 'waiting'], []]);
    expect(now.warnings.join()).toContain(`${SL} was cancelled or refused, and its sibling ${TP} stays`);
  });

  it('filled in part, the rest cancelled by the exchange: what is left keeps its other exit', async () => {
    const now = await protectedVenue();
    now.store.depth = '40';
    now.store.trade('140');
    await now.clock.advance(30_000);
    expect([leg(now, SL)?.filled, states(now), cancels(now)]).toEqual(['40', ['cancelled', 'waiting'], []]);
    expect(now.warnings).toEqual([expect.stringContaining('has filled in part only')]);
  });

  it('filled in part and still working: waited for', async () => {
    const now = await protectedVenue();
    Object.assign(leg(now, SL) ?? {}, { state: 'open', filled: '40' });
    await now.clock.advance(30_000);
    expect([cancels(now), now.warnings]).toEqual([[], []]);
    Object.assign(leg(now, SL) ?? {}, { state: 'filled', filled: '100' });
    await now.clock.advance(20_000);
    expect(cancels(now)).toEqual([TP]);
  });

  it('not to be found: the other stays, and what is asked gets less', async () => {
    const now = await protectedVenue();
    Object.assign(leg(now, SL) ?? {}, { state: 'filled', filled: '100', hiddenUntil: Number.POSITIVE_INFINITY });
    await now.clock.advance(20_000);
    expect([leg(now, TP)?.state, cancels(now)]).toEqual(['waiting', []]);
    expect(now.warnings).toEqual([expect.stringContaining(`${SL} is not known to bybit`)]);
    const before = now.fake.count('order');
    await now.clock.advance(120_000);
    expect(now.fake.count('order') - before).toBeLessThanOrEqual(6);
  });

  it("strangers' orders, whatever their names", async () => {
    const now = await venue('bybit', { base: '10', connects: false });
    now.store.conditional('profit', 'my-own-tp', 'sell', '1', '155');
    now.store.market('my-own-sl', 'sell', '1');
    await now.clock.runUntil(now.broker.connect?.(new AbortController().signal) ?? Promise.resolve());
    await now.clock.advance(60_000);
    expect([cancels(now), now.store.open().length]).toEqual([[], 1]);
  });

  it('both have traded between two looks: said, and nothing is bought back', async () => {
    const now = await protectedVenue({ base: '1000' });
    now.store.trade('140');
    now.store.trade('160');
    await now.clock.advance(30_000);
    expect([states(now), cancels(now)]).toEqual([['filled', 'filled'], []]);
    expect(now.warnings).toEqual([expect.stringContaining('both exits')]);
  });
});

describe('what is asked', () => {
  it('one list at the connect, and no other while no pair is open', async () => {
    const now = await venue('bybit');
    await now.clock.advance(600_000);
    expect([now.fake.count('orders'), now.fake.count('order')]).toEqual([1, 0]);
  });

  it('one list every five seconds while a pair is open, whatever the number of pairs', async () => {
    const now = await protectedVenue();
    const before = reads(now);
    await now.clock.advance(60_000);
    expect(reads(now) - before).toBe(12);
  });

  it('a tenth of what the account may ask, at the most', async () => {
    const now = await protectedVenue({ adapter: { requestsPerMinute: 20 } });
    const before = reads(now);
    await now.clock.advance(600_000);
    expect(reads(now) - before).toBe(20);
  });

  it.each(['binance', 'okx', 'kraken'] as const)('nothing at %s', async (exchange) => {
    const now = await venue(exchange);
    await now.clock.advance(600_000);
    expect([now.fake.count('orders'), now.fake.count('order')]).toEqual([0, 0]);
  });

  it('nothing after the close, and no timer is left', async () => {
    const now = await protectedVenue();
    await now.broker.close?.();
    now.store.trade('140');
    const before = reads(now);
    await now.clock.advance(600_000);
    expect([reads(now), cancels(now)]).toEqual([before, []]);
  });

  it('an engine that is closed ends the watch with it', async () => {
    const now = await venue('bybit');
    const silent = (): void => undefined;
    const logger = { debug: silent, info: silent, warn: silent, error: silent };
    const engine = await now.clock.runUntil(createEngine({ broker: now.broker, clock: now.clock, logger }));
    await now.clock.runUntil(engine.execute(advisory('bybit')));
    await now.clock.runUntil(engine.close());
    const before = reads(now);
    await now.clock.advance(600_000);
    expect(reads(now)).toBe(before);
  });
});
