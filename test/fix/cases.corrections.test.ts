/**
 * Corrections at FIX: busts and changed fills.
 */
import { describe, expect, it } from 'vitest';
import { fill, reportsOf, sent } from './cases.orders.support.js';
import { order, ref, setting, soon } from './fix.support.js';

describe('FIX corrections', () => {
  it('B1 P8: a bust of the whole fill (150=H) is a report of its own that says what stands', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, fill('e1', 100, '151.00', 100, '151.00'));
      acceptor.report(message, { 17: 'e2', 19: 'e1', 150: 'H', 39: 0, 14: 0, 6: 0, 32: 100, 31: '151.00' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'correction' in push);
    expect(reportsOf(pushes).at(-1)).toMatchObject({
      filledSize: '0',
      correction: { kind: 'bust', fillId: 'e1' },
      fills: [],
    });
  });

  it('B1 P8: a correction to another price and to less (150=G)', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, fill('e1', 100, '151.00', 100, '151.00'));
      acceptor.report(message, { ...fill('e2', 90, '150.00', 90, '150.00'), 19: 'e1', 150: 'G' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'correction' in push);
    expect(reportsOf(pushes).at(-1)).toMatchObject({
      filledSize: '90',
      fillPrice: '150',
      correction: { kind: 'correct', fillId: 'e1' },
      fills: [{ id: 'e1', quantity: '90', price: '150' }],
    });
  });

  it.each([
    ['1', 'bust', { 32: 40, 31: '150.00', 14: 60, 6: '150.00' }, '60', '150'],
    ['2', 'correct', { 32: 40, 31: '152.50', 14: 100, 6: '151.00' }, '100', '151'],
  ] as const)('B1 P8 FIX 4.2: ExecTransType %s is a %s', async (transType, kind, told, filledSize, fillPrice) => {
    const { acceptor, broker, pushes, pushed } = await setting({ version: 'FIX.4.2' });
    acceptor.script = (message) => {
      acceptor.report(message, { ...fill('e1', 60, '150.00', 60, '150.00'), 150: 1 });
      acceptor.report(message, { ...fill('e2', 40, '150.00', 100, '150.00'), 150: 2 });
      acceptor.report(message, { 17: 'e3', 19: 'e2', 20: transType, 150: 2, 39: 2, ...told });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'correction' in push);
    expect(reportsOf(pushes).at(-1)).toMatchObject({ filledSize, fillPrice, correction: { kind, fillId: 'e2' } });
  });

  it('B2 P8: 60 filled, taken back, cancelled: the last report says that nothing is filled', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      if (message.type === 'D') {
        acceptor.report(message, fill('e1', 60, '150.00', 60, '150.00'));
        acceptor.report(message, { 17: 'e2', 19: 'e1', 150: 'H', 39: 0, 14: 0, 6: 0 });
      }
      if (message.type === 'F')
        acceptor.report(sent(acceptor, 'fc-1'), { 17: 'e3', 150: 4, 39: 4, 11: message.tag(11), 41: 'fc-1' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'correction' in push);
    expect(await broker.cancelOrder(ref(), soon())).toBe('requested');
    await pushed((push) => 'state' in push && push.state === 'cancelled');
    expect(reportsOf(pushes).map(({ filledSize, state }) => [state, filledSize])).toEqual([
      ['partially_filled', '60'],
      ['submitted', '0'],
      ['cancelled', '0'],
    ]);
  });

  it('B2 P8: a bust that arrives before the fill that it takes back leaves nothing behind when both are told again', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, { 17: 'e2', 19: 'e1', 150: 'H', 39: 0, 14: 0, 6: 0 });
      acceptor.report(message, { ...fill('e1', 60, '150.00', 60, 0), 43: 'Y', 122: '20261128-10:00:00' });
      acceptor.report(message, fill('e3', 100, '151.00', 100, 0));
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(reportsOf(pushes).map(({ filledSize }) => filledSize)).toEqual(['0', '100']);
    expect(reportsOf(pushes).at(-1)).toMatchObject({ fills: [{ id: 'e3', quantity: '100', price: '151' }] });
  });

  it('B13 P8: AvgPx 0, one of two fills corrected: the fills tell the average, the corrected one once', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, fill('e1', 50, '140.00', 50, 0));
      acceptor.report(message, { ...fill('e2', 50, '150.00', 50, 0), 19: 'e1', 150: 'G' });
      acceptor.report(message, fill('e3', 50, '150.00', 100, 0));
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(reportsOf(pushes).at(-1)?.fills).toEqual([
      { id: 'e1', quantity: '50', price: '150' },
      { id: 'e3', quantity: '50', price: '150' },
    ]);
  });

  it('B13 P8: a correction of a correction, named by either id', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, fill('e1', 100, '140.00', 100, 0));
      acceptor.report(message, { ...fill('e2', 100, '150.00', 100, 0), 19: 'e1', 150: 'G' });
      acceptor.report(message, { ...fill('e3', 100, '151.00', 100, 0), 19: 'e2', 150: 'G' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed(() => reportsOf(pushes).length === 3);
    expect(reportsOf(pushes).at(-1)?.fills).toEqual([{ id: 'e1', quantity: '100', price: '151' }]);
  });

  it('B14 P2: the same ExecID told again with a new status counts once', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, { ...fill('e1', 50, '140.00', 50, 0), 39: 1 });
      acceptor.report(message, { ...fill('e1', 50, '140.00', 50, 0), 39: 'B' });
      acceptor.report(message, fill('e2', 50, '150.00', 100, 0));
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'state' in push && push.state === 'filled');
    expect(
      reportsOf(pushes)
        .at(-1)
        ?.fills?.map(({ id }) => id),
    ).toEqual(['e1', 'e2']);
  });

  it('B15 P10: restated to 60 with 60 filled: the report says that 60 is all', async () => {
    const { acceptor, broker, pushes, pushed } = await setting();
    acceptor.script = (message) => {
      acceptor.report(message, fill('e1', 60, '150.00', 60, '150.00'));
      acceptor.report(message, { 17: 'e2', 150: 'D', 378: 5, 39: 1, 38: 60, 14: 60, 151: 0, 6: '150.00' });
    };
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await pushed((push) => 'quantity' in push);
    expect(reportsOf(pushes).at(-1)).toMatchObject({ quantity: '60', filledSize: '60', fillPrice: '150' });
  });
});
