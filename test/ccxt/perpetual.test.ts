/** Bybit perpetuals in one-way mode: long and short, exits that only ever reduce the position. */
import { createEngine } from 'fillchart';
import { type CcxtBrokerOptions, ccxtBroker } from 'fillchart/ccxt';
import { VIRTUAL_EPOCH_MS } from 'fillchart/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { venues } from '../../src/testing/venue/profiles.js';
import { loopbackClock } from '../alpaca/loopback.js';
import { bybitLinearSpeech, type LinearAccount } from './bybit-linear.speech.js';
import { FakeExchange } from './fake-exchange.js';
import { KEYS } from './support.js';
import { type Script, type StoreOptions, VenueStore } from './venue-store.js';

const SYMBOL = 'BTC/USDT:USDT';
const EXITS = { ...venues.bybit.profile.exits, waitsBy: 'type' } as const;

async function world(
  scripts: readonly Script[] = [],
  account: LinearAccount = {},
  more: Partial<StoreOptions> = {},
  options: Partial<CcxtBrokerOptions> = {},
) {
  const clock = loopbackClock();
  const profile = { account: 'margin', exits: EXITS, fee: { rate: '0.00055', in: 'quote' } } as const;
  const store = new VenueStore({ clock, exchange: 'bybit', profile, ...more });
  store.scripts.push(...scripts);
  const fake = new FakeExchange(bybitLinearSpeech(account), store, KEYS.apiKey);
  await fake.listen();
  clock.attach(fake);
  const warnings: string[] = [];
  const settings = {
    exchange: 'bybit',
    market: 'linear',
    ...KEYS,
    baseUrl: fake.url,
    clock,
    fetch: clock.fetch,
    ...options,
  } as const;
  const broker = ccxtBroker({ ...settings, warn: (text) => warnings.push(text) });
  // In real time: the library has to be loaded.
  await broker.connect?.(new AbortController().signal);
  const engine = await clock.runUntil(createEngine({ broker, clock, logger: false }));
  onTestFinished(async () => {
    await clock.runUntil(engine.close());
    await fake.close();
    expect(fake.strange).toEqual([]);
  });
  const execute = (input: object = {}) =>
    clock.runUntil(
      engine.execute({
        advisoryId: 'ADV-A',
        symbol: SYMBOL,
        side: 'buy',
        referencePrice: '150',
        slOffsetPct: '-0.02',
        tpOffsetPct: '0.03',
        positionSize: '100',
        expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000),
        ...input,
      }),
    );
  return { clock, store, fake, broker, engine, warnings, execute };
}

const SHORT = { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' } as const;

describe('Bybit perpetuals, one-way mode', () => {
  it.each([
    ['long', {}, '100', '147.98', '155.53'],
    ['short', SHORT, '-100', '154.02', '146.47'],
  ] as const)(
    '%s: filled, protected by exits that only reduce, matched with the fee in the margin',
    async (_, input, size, sl, tp) => {
      const now = await world();
      const result = await now.execute(input);
      expect([result.status, result.reconciliationReport?.status, result.finalSl, result.finalTp]).toEqual([
        'FILLED',
        'MATCHED',
        sl,
        tp,
      ]);
      expect(now.store.venue.position(now.store.symbol)).toBe(size);
      const posted = now.fake.requests
        .filter(({ route }) => route === 'protect')
        .map(({ asked: { params } }) => params);
      expect(posted.map(({ reduceOnly, triggerDirection }) => [reduceOnly, triggerDirection])).toEqual(
        size === '100'
          ? [
              ['true', '2'],
              ['true', '1'],
            ]
          : [
              ['true', '1'],
              ['true', '2'],
            ],
      );
      expect(now.warnings).toEqual([]);
    },
  );

  it.each([
    ['long', {}, '140'],
    ['long', {}, '160'],
    ['short', SHORT, '160'],
    ['short', SHORT, '140'],
  ] as const)('%s: one exit trades, the position is flat, and the other exit goes', async (_, input, price) => {
    const now = await world();
    await now.execute(input);
    now.store.trade(price);
    await now.clock.advance(15_000);
    expect(now.store.venue.position(now.store.symbol)).toBe('0');
    expect(now.store.open()).toEqual([]);
    expect(now.engine.cases.open()).toEqual([]);
  });

  it('never fills: cancelled at 30 s, flat, matched', async () => {
    const now = await world([{ fills: [] }]);
    const result = await now.execute();
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FAILED_TIMEOUT', 'MATCHED']);
  });

  it('a part fills: that part is protected', async () => {
    const now = await world([{ fills: [[1_000, '40', '151']] }]);
    const result = await now.execute(SHORT);
    expect([result.status, result.finalPositionSize]).toEqual(['FAILED_TIMEOUT', '40']);
    expect(now.store.open().map(({ quantity, side }) => `${side} ${quantity}`)).toEqual(['buy 40', 'buy 40']);
  });

  it('the market has passed the take-profit of a short: the stop-loss stands alone', async () => {
    const now = await world([{ fills: [[1_000, '100', '151']] }]);
    now.clock.setTimeout(() => {
      now.store.last = '140';
    }, 900);
    const result = await now.execute(SHORT);
    expect(result.status).toBe('FILLED');
    expect(now.store.open().map(({ type, side }) => `${type} ${side}`)).toEqual(['stop buy']);
  });

  it('margin: a tenth of the value at leverage 10; less is refused before anything is sent', async () => {
    expect((await (await world([], {}, { quote: '20000' })).execute()).status).toBe('FILLED');
    const short = await world([], {}, { quote: '1000' });
    const result = await short.execute();
    expect([result.status, result.reason]).toEqual(['REJECTED', 'INSUFFICIENT_MARGIN']);
    expect(short.fake.count('submit')).toBe(0);
  });

  it('the sixth position of a market, with ten conditional orders: refused before the entry (V10)', async () => {
    const now = await world();
    for (let n = 0; n < 10; n += 1) now.store.conditional('stop', `x-${n}`, 'sell', '1', '100');
    const result = await now.execute();
    expect([result.status, result.reason]).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE']);
  });

  it('hedge mode is refused with a sentence, and nothing is sent', async () => {
    const now = await world([], { isHedged: true });
    const result = await now.execute();
    expect([result.status, now.fake.count('submit')]).toEqual(['REJECTED', 0]);
    expect(result.errorMessage).toContain('hedge mode');
  });

  it('all positions are told by their symbols; notations lead to the contract (K9)', async () => {
    const now = await world();
    await now.execute(SHORT);
    const all = await now.clock.runUntil(now.broker.getPositions([], new AbortController().signal));
    expect(all).toMatchObject([{ symbol: SYMBOL, size: '-100', sl: '154.02', tp: '146.47' }]);
    expect(now.broker.aliases?.('BTCUSDT')).toContain(SYMBOL);
  });

  it('C13 M4: with 450 positions of other markets, all pages are read', async () => {
    const now = await world([], { strangers: 450 });
    await now.execute(SHORT);
    const all = await now.clock.runUntil(now.broker.getPositions([], new AbortController().signal));
    expect(all).toMatchObject([{ symbol: SYMBOL, size: '-100' }]);
  });

  it('M4: a position whose size cannot be read is no answer, and not flat', async () => {
    const account: LinearAccount = {};
    const now = await world([], account);
    await now.execute(SHORT);
    account.sizes = null;
    const asked = now.broker.getPositions([SYMBOL], new AbortController().signal);
    await expect(now.clock.runUntil(asked)).rejects.toThrow('unreadable positions');
  });

  it('other exchanges have none', () => {
    expect(() => ccxtBroker({ exchange: 'okx', market: 'linear', ...KEYS })).toThrow('spot at okx');
  });
});
