/** C6 to C10 and C12: fees, what exits must keep to, a take-profit that is passed. */
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import { one, standing } from './cases.support.js';
import { advisory, EXCHANGES, execute, exits, ref, type Setting, venue, world } from './support.js';

const IN_COIN = ['binance', 'bybit', 'okx'] as const;
const FEE = { base: '0', feeInBase: '0.001' } as const;

/** Size, lot and least order of a market, and what is left to protect of a buy with a fee of 0.1 % in the coin. */
const SIZES = [
  ['0.0005', { lot: '0.00001', last: '60000', reference: '60000' }, '0.00049'],
  ['0.001', { lot: '0.00001', last: '60000', reference: '60000' }, '0.00099'],
  ['1', { lot: '0.00001', last: '60000', reference: '60000' }, '0.999'],
  ['67', { lot: '1', last: '150', reference: '150' }, '66'],
] as const;

describe.each(IN_COIN)('C6 C7 C8 C9 B6 at %s: the fee is taken in the coin', (exchange: CcxtExchange) => {
  it.each(SIZES)('a buy of %s: protected in one try, matched, the symbol stays open', async (size, market, left) => {
    const { reference, ...setting } = market;
    const now = await world(exchange, { ...FEE, ...setting });
    const trade = { ...advisory(exchange), referencePrice: reference, positionSize: size };
    const result = await execute(now, trade);
    expect([result.status, result.reconciliationReport?.status, result.reconciliationReport?.mismatches]).toEqual([
      'FILLED',
      'MATCHED',
      [],
    ]);
    expect(new Set(now.store.open().map(({ quantity }) => quantity))).toEqual(new Set([left]));
    expect([now.fake.count('protect'), now.warnings]).toEqual([exchange === 'bybit' ? 2 : 1, []]);
    const again = await execute(now, { ...trade, advisoryId: 'ADV-B' });
    expect([again.status, again.reconciliationReport?.status]).toEqual(['FILLED', 'MATCHED']);
  });

  it('when an exit trades it finds what it sells, and nothing but dust is left', async () => {
    const { now } = await one(exchange, { ...FEE, lot: '0.00001', size: '1' });
    now.store.trade('140');
    await now.clock.advance(10_000);
    expect(now.store.orders.find(({ type }) => type === 'stop')?.state).toBe('filled');
    expect(now.store.base).toBe('0');
  });

  it('fees are told with the order, by the names of the symbol', async () => {
    const now = await venue(exchange, FEE);
    const { clientOrderId, symbol } = ref(exchange);
    const request = { clientOrderId, symbol, side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
    await now.call((broker, signal) => broker.submitOrder(request, signal));
    const report = await now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal));
    expect(report).toMatchObject({ state: 'filled', fees: [{ asset: 'BTC', amount: '0.1' }] });
  });

  it('a fee in another coin changes nothing', async () => {
    const { now, result } = await one(exchange, { profile: { fee: { rate: '0.001', in: 'quote' } } });
    expect([result.reconciliationReport?.status, standing(now)[0]?.split(' ')[1]]).toEqual(['MATCHED', '1']);
  });

  it('V9 V10: what is left of the least order after the fee is no order: refused before anything is bought', async () => {
    const { now, result } = await one(exchange, { ...FEE, lot: '1', size: '1' });
    expect([result.status, result.reason]).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE']);
    expect([now.fake.count('submit'), now.store.orders]).toEqual([0, []]);
  });
});

describe('fills that lag their order', () => {
  it('C6 B6: a list of fills that is not whole yet tells no fee: it is asked for again, and the exits are for what is there', async () => {
    const now = await world('binance', { ...FEE, lot: '0.00001' });
    now.fake.fault({ on: 'submit', answer: 'cut', live: true });
    now.fake.fault({ on: 'fills', answer: { status: 200, body: [] }, times: 2 });
    const result = await execute(now, { ...advisory('binance'), positionSize: '1' });
    expect([result.status, result.reconciliationReport?.status, now.fake.count('protect')]).toEqual([
      'FILLED',
      'MATCHED',
      1,
    ]);
    expect(standing(now)[0]?.split(' ')[1]).toBe('0.999');
  });
});

describe('C9 at Kraken', () => {
  it('the fee is asked for in the quote currency, told, and matched', async () => {
    const { now, result } = await one('kraken', { profile: { fee: { rate: '0.0026', in: 'quote' } } });
    expect([result.status, result.reconciliationReport?.status]).toEqual(['FILLED', 'MATCHED']);
    const report = await now.call((broker, signal) =>
      broker.getOrderStatus({ clientOrderId: result.clientOrderId ?? '', symbol: 'BTC/USD' }, signal),
    );
    expect(report).toMatchObject({ fees: [{ asset: 'USD', amount: '0.3926' }] });
  });
});

describe('C10 V10: exits that could not be placed are found out before the entry', () => {
  const refused = async (
    exchange: CcxtExchange,
    setting: Setting,
    input: object,
    before: (now: Awaited<ReturnType<typeof world>>) => void = () => undefined,
  ) => {
    const now = await world(exchange, setting);
    before(now);
    const result = await execute(now, { ...advisory(exchange), positionSize: '1', ...input });
    expect(now.fake.count('submit')).toBe(0);
    return [result.status, result.reason, result.errorMessage];
  };

  it('Binance: the sixth stop of a symbol that takes five', async () => {
    const before = ({ store }: { store: { exits: (...all: never[]) => unknown } }) => {
      for (let n = 0; n < 5; n += 1) {
        const legs = [
          { type: 'stop', name: `s${n}`, price: '100' },
          { type: 'limit', name: `p${n}`, price: '200' },
        ];
        (store.exits as (...all: unknown[]) => unknown)('sell', '1', legs, `l${n}`);
      }
    };
    const came = await refused('binance', { base: '5', rules: { mostStops: 5 } }, {}, before as never);
    expect(came).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE', expect.stringContaining('takes 5')]);
  });

  it('Binance: five at once where four are open: one is let in', async () => {
    const now = await world('binance', { rules: { mostStops: 2 } });
    const trades = ['A', 'B', 'C'].map((advisoryId) => ({ ...advisory('binance'), advisoryId, positionSize: '1' }));
    const results = [];
    for (const trade of trades) results.push(await execute(now, trade));
    expect(results.map(({ status }) => status)).toEqual(['FILLED', 'FILLED', 'REJECTED']);
  });

  it('Binance: a take-profit above the price band', async () => {
    const came = await refused('binance', { rules: { priceBand: { least: '0.5', most: '1.02' } } }, {});
    expect(came).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE', expect.stringContaining('take-profit')]);
  });

  it('Binance: orders of a symbol', async () => {
    const came = await refused('binance', { rules: { mostOrders: 1 } }, {});
    expect(came).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE', expect.stringContaining('orders')]);
  });

  it('Bybit: the sixteenth position of a symbol, with thirty conditional orders open', async () => {
    const came = await refused('bybit', { base: '50' }, {}, ({ store }) => {
      for (let n = 0; n < 30; n += 1) store.conditional('stop', `x-${n}`, 'sell', '1', '100');
    });
    expect(came).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE', expect.stringContaining('takes 30')]);
  });

  it('OKX: the hundred-and-first exit that waits', async () => {
    const came = await refused('okx', { base: '200' }, {}, ({ store }) => {
      for (let n = 0; n < 100; n += 1) store.exits('sell', '1', [{ type: 'stop', name: `x${n}`, price: '100' }]);
    });
    expect(came).toEqual(['REJECTED', 'EXITS_NOT_PLACEABLE', expect.stringContaining('takes 100')]);
  });

  it.each(EXCHANGES)('%s: exits that fit are not refused', async (exchange) => {
    const now = await venue(exchange);
    const check = await now.call(async (broker, signal) => broker.checkProtection?.(exits(exchange), signal));
    expect(check).toBe('ok');
  });

  it.each(EXCHANGES)('%s: what cannot be read is an error, and no leave', async (exchange) => {
    const now = await venue(exchange);
    now.fake.fault({ on: 'rules', answer: { status: 502 } });
    await expect(now.call(async (broker, signal) => broker.checkProtection?.(exits(exchange), signal))).rejects.toThrow(
      exchange,
    );
  });
});

describe.each(EXCHANGES)('C12 B5 at %s', (exchange) => {
  it('the market has passed the take-profit before the exits: the stop-loss goes alone, and the report says so', async () => {
    // The fill itself is at 151; by the time of the exits the market is beyond 155.53.
    const now = await world(exchange, { scripts: [{ fills: [[1_000, '100', '151']] }] });
    now.clock.setTimeout(() => {
      now.store.last = '160';
    }, 900);
    const result = await execute(now);
    expect(result.status).toBe('FILLED');
    expect(standing(now)).toEqual(['stop 100']);
    expect([result.finalSl, result.reconciliationReport?.status]).toEqual(['147.98', 'MISSING_SL_TP']);
  });

  it('asked for alone, the stop-loss is sent alone, under its own name, once', async () => {
    const now = await venue(exchange);
    const { clientOrderId, symbol } = ref(exchange);
    const request = { clientOrderId, symbol, side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
    await now.call((broker, signal) => broker.submitOrder(request, signal));
    now.store.last = '160';
    const both = await now.call((broker, signal) => broker.placeProtection(exits(exchange), signal));
    expect(both.takeProfit).toMatchObject({ kind: 'rejected', code: 'TAKE_PROFIT_PASSED' });
    const alone = { ...exits(exchange), legs: 'stopLoss' } as const;
    const [first, second] = [
      await now.call((broker, signal) => broker.placeProtection(alone, signal)),
      await now.call((broker, signal) => broker.placeProtection(alone, signal)),
    ];
    const isThere = exchange === 'binance' || exchange === 'okx' ? 'accepted' : 'duplicate';
    expect([first.stopLoss.kind, second.stopLoss.kind]).toEqual([isThere, 'duplicate']);
    expect(standing(now as never)).toEqual(['stop 100']);
    const leg = { ...ref(exchange, `${clientOrderId}-sl`) };
    expect(await now.call((broker, signal) => broker.getOrderStatus(leg, signal))).toMatchObject({ state: 'working' });
  });

  it('a market that has passed the stop-loss is no such case: nothing is placed, and nothing is closed', async () => {
    const now = await venue(exchange);
    const { clientOrderId, symbol } = ref(exchange);
    const request = { clientOrderId, symbol, side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
    await now.call((broker, signal) => broker.submitOrder(request, signal));
    now.store.last = '140';
    const { stopLoss } = await now.call((broker, signal) => broker.placeProtection(exits(exchange), signal));
    expect(stopLoss).toMatchObject({ kind: 'rejected' });
    expect(stopLoss).not.toMatchObject({ code: 'TAKE_PROFIT_PASSED' });
  });
});
