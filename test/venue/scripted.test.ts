/** The scripted front: what its script says of fills, exits and the venue is what the port shows. */
import { faultBroker, type OrderScript, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { OrderReport } from '../../src/domain/ports.js';

const signal = new AbortController().signal;
const order = { clientOrderId: 'e', symbol: 'BTC/USDT', side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
const ref = { clientOrderId: 'e', symbol: 'BTC/USDT' };
const request = {
  ...ref,
  side: 'sell' as const,
  quantity: '100',
  stopLoss: '98',
  takeProfit: '103',
};
const whole = [{ at: 1, quantity: '100', price: '100', id: 'A' }];

async function entered(script: OrderScript, options: Partial<Parameters<typeof faultBroker>[0]> = {}) {
  const clock = virtualClock();
  const broker = faultBroker({ clock, script, ...options });
  await broker.submitOrder(order, signal);
  const status = (clientOrderId = 'e') => broker.getOrderStatus({ ...ref, clientOrderId }, signal);
  return { clock, broker, status };
}

describe('the scripted front', () => {
  it('a fill is changed, then taken back: the report says what stands', async () => {
    const { clock, status } = await entered({
      fills: whole,
      corrections: [
        { at: 10, kind: 'correct', fill: 'A', price: '90' },
        { at: 20, kind: 'bust', fill: 0 },
      ],
    });
    await clock.advance(10);
    expect(await status()).toMatchObject({
      state: 'filled',
      fillPrice: '90',
      correction: { kind: 'correct', fillId: 'A' },
      fills: [{ id: 'A', quantity: '100', price: '90' }],
    });
    await clock.advance(10);
    expect(await status()).toMatchObject({
      state: 'pending',
      filledSize: '0',
      correction: { kind: 'bust', fillId: 'A' },
      fills: [],
    });
  });

  it('a stop that is taken as pending and refused 40 ms later; its sibling stays', async () => {
    const { clock, broker, status } = await entered({
      fills: whole,
      exits: { sl: { worksFrom: 80, ends: { at: 40, state: 'rejected', reason: 'no' }, leavesSibling: true } },
    });
    await clock.advance(1);
    expect(await broker.placeProtection(request, signal)).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: 'B-1-sl', state: 'pending' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'B-1-tp' },
    });
    expect(await status('e-sl')).toMatchObject({ state: 'pending' });
    await clock.advance(40);
    expect(await status('e-sl')).toMatchObject({ state: 'rejected', reason: 'no' });
    expect(await status('e-tp')).toMatchObject({ state: 'working' });
    expect(await broker.getPositions(['BTC/USDT'], signal)).toEqual([{ symbol: 'BTC/USDT', size: '100', tp: '103' }]);
  });

  it('an exit fills in part, or whole and takes its sibling with it, or both fill', async () => {
    const closed = await entered({ fills: whole, exits: { tp: { hitAt: 30 } } });
    const both = await entered({
      fills: whole,
      exits: { sl: { hitAt: 40, leavesSibling: true }, tp: { hitAt: 30, leavesSibling: true } },
    });
    const part = await entered({
      fills: whole,
      exits: { tp: { fills: [{ at: 30, quantity: '40', price: '103' }], leavesSibling: true } },
    });
    const shown: unknown[] = [];
    for (const { clock, broker, status } of [closed, both, part]) {
      await clock.advance(1);
      await broker.placeProtection(request, signal);
      await clock.advance(100);
      const legs = [await status('e-sl'), await status('e-tp')] as OrderReport[];
      const [position] = await broker.getPositions(['BTC/USDT'], signal);
      shown.push([...legs.map(({ state, filledSize }) => `${state} ${filledSize}`), position?.size]);
    }
    expect(shown).toEqual([
      ['cancelled 0', 'filled 100', '0'],
      ['filled 100', 'filled 100', '-100'],
      ['working 0', 'partially_filled 40', '60'],
    ]);
  });

  it('restated, done for day, an odd word, a fee in the coin', async () => {
    const restated = await entered({
      fills: [{ at: 1, quantity: '60', price: '1' }],
      restated: [{ at: 5, quantity: '60' }],
    });
    const done = await entered({ fills: [], ends: { at: 5, state: 'done_for_day' } });
    const odd = await entered({ fills: whole, words: [{ at: 1, word: 'calculated' }] });
    const fee = await entered({ fills: whole }, { feeRate: '0.001' });
    for (const { clock } of [restated, done, odd, fee]) await clock.advance(10);
    expect(await restated.status()).toMatchObject({ state: 'filled', filledSize: '60', quantity: '60' });
    expect(await done.status()).toMatchObject({ state: 'done_for_day', filledSize: '0' });
    expect(await odd.status()).toMatchObject({ state: 'calculated', filledSize: '100' });
    expect(await fee.status()).toMatchObject({ filledSize: '100', fees: [{ asset: 'BTC', amount: '0.1' }] });
    expect(await fee.broker.getPositions(['BTC/USDT'], signal)).toMatchObject([{ size: '99.9' }]);
  });

  it('an order that is pending has a placeholder for an id, the same as every other', async () => {
    const { clock, status } = await entered({ worksFrom: 50, fills: [] }, { placeholderId: 'NONE' });
    expect(await status()).toMatchObject({ state: 'submitted', brokerOrderId: 'NONE' });
    await clock.advance(50);
    expect(await status()).toMatchObject({ state: 'pending', brokerOrderId: 'B-1' });
  });

  it('pushes every event where it tells, exits under their own ids; a cancel can carry what it learned', async () => {
    const { clock, broker } = await entered(
      { fills: whole, cancelTells: true, exits: { tp: { hitAt: 5 } } },
      { tells: true },
    );
    const heard: string[] = [];
    broker.reports$?.subscribe((report) => {
      if ('clientOrderId' in report) heard.push(`${report.clientOrderId} ${report.state}`);
    });
    await clock.advance(1);
    expect(await broker.cancelOrder(ref, signal)).toMatchObject({
      kind: 'already_closed',
      report: { state: 'filled', filledSize: '100' },
    });
    await broker.placeProtection(request, signal);
    await clock.advance(10);
    expect(heard).toEqual(['e filled', 'e-sl working', 'e-tp working', 'e-tp filled', 'e-sl cancelled']);
  });

  it('offers the list of open orders, a look at the exits, quotes and capacity on demand', async () => {
    const plain = await entered({ fills: [] });
    expect(plain.broker.getOpenOrders ?? plain.broker.checkProtection ?? plain.broker.quote).toBeUndefined();
    const { broker } = await entered(
      { fills: [] },
      {
        openOrders: true,
        exitsAllowed: { refused: 'PDT' },
        quotes: { 'BTC/USDT': { last: '7' } },
        capacity: (inFlight) => 3 - inFlight,
      },
    );
    expect(await broker.getOpenOrders?.(signal)).toMatchObject([{ clientOrderId: 'e', symbol: 'BTC/USDT' }]);
    expect(await broker.checkProtection?.(request, signal)).toEqual({ refused: 'PDT' });
    expect(await broker.quote?.('BTC/USDT', signal)).toEqual({ last: '7' });
    expect(broker.capacity?.(2)).toBe(1);
  });

  it('a misspelt fault is refused by name: it would be no fault at all', () => {
    const faults = { getOrderStatus: { kind: 'throw' } } as never;
    expect(() => faultBroker({ clock: virtualClock(), faults })).toThrow(
      /^faults\.getOrderStatus is .*accepted is 'hang'/,
    );
    expect(() => faultBroker({ clock: virtualClock(), faults: { getOrderStatus: 'throw' } })).not.toThrow();
  });
});
