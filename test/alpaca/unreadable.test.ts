/**
 * Orders of which Alpaca says something that is no number: no news, and never a list that is shorter than it is.
 */
import { describe, expect, it } from 'vitest';
import { readOpenOrders, readPositions } from '../../src/adapters/brokers/alpaca/holdings.js';
import { orderStatus } from '../../src/adapters/brokers/alpaca/orders.js';
import type { Wire } from '../../src/adapters/brokers/alpaca/wire.js';

const sound = {
  ...{ id: 'o-1', client_order_id: 'fc-1', symbol: 'AAPL', status: 'accepted', qty: '100', filled_qty: '0' },
  submitted_at: '2026-01-01T00:00:00Z',
};
const answering = (body: unknown): Wire => ({ get: async () => body }) as unknown as Wire;
const signal = new AbortController().signal;
const ref = { clientOrderId: 'fc-1', symbol: 'AAPL' };

describe.each(['NaN', '1e400', '<html>', 'Infinity', '0x10', '--1'])('filled_qty is %s', (filled_qty) => {
  it('M4: it is no report', async () => {
    await expect(orderStatus(answering({ ...sound, filled_qty }), ref, signal)).rejects.toThrow('unreadable order');
  });

  it('M4: the list of open orders is not taken for one without it', async () => {
    await expect(readOpenOrders(answering([sound, { ...sound, id: 'o-2', filled_qty }]), signal)).rejects.toThrow(
      'unreadable order among those that are open',
    );
    const pair = { ...sound, client_order_id: 'fc-1-tp', legs: [{ ...sound, id: 'o-3', stop_price: '1', filled_qty }] };
    await expect(readOpenOrders(answering([pair]), signal)).rejects.toThrow('unreadable order');
  });
});

it('M4: a list that can be read is told whole, legs included', async () => {
  const pair = { ...sound, client_order_id: 'fc-1-tp', legs: [{ ...sound, id: 'o-3', stop_price: '147.98' }] };
  const open = await readOpenOrders(answering([sound, { ...pair, id: 'o-2' }]), signal);
  expect(open.map(({ clientOrderId, price }) => [clientOrderId, price])).toEqual([
    ['fc-1', undefined],
    ['fc-1-tp', undefined],
    ['fc-1-sl', '147.98'],
  ]);
});

describe.each([
  ['an object that no text comes of', { toString: 1, valueOf: 1 }],
  ['a list', ['filled']],
  ['nothing', null],
])('the status of an exit is %s', (_what, status) => {
  it('P2 M4: that says no end: the exit stands, and the position is told with it', async () => {
    const exit = { ...sound, side: 'sell', stop_price: '147.98', status };
    const [position] = await readPositions(answering([exit]), ['AAPL'], signal);
    expect(position?.sl).toBe('147.98');
  });
});
