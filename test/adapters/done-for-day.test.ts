/** Exits that are done for the day and work on the next one (B7): P10 is about the entry, which is for the day. */
import { describe, expect, it } from 'vitest';
import { reportOf as alpacaReport } from '../../src/adapters/brokers/alpaca/wire-order.js';
import { reportOf as fixReport, readExecution } from '../../src/adapters/brokers/fix/execution-report.js';
import { orderStore } from '../../src/adapters/brokers/fix/order-store.js';

const atAlpaca = (client_order_id: string, time_in_force: string) =>
  alpacaReport({ id: 'o-1', client_order_id, status: 'done_for_day', filled_qty: '0', time_in_force })?.state;

describe('Alpaca: done_for_day', () => {
  it('B7: an exit that is good until cancelled still works; one for the day, and an entry, is over', () => {
    expect(atAlpaca('fc-1-tp', 'gtc')).toBe('working');
    expect(atAlpaca('fc-1-tp', 'day')).toBe('done_for_day');
    expect(atAlpaca('fc-1', 'gtc')).toBe('done_for_day');
  });
});

describe('FIX: OrdStatus 3', () => {
  const fields = new Map<number, string>([
    [37, 'o-1'],
    [11, 'fc-1-sl'],
    [17, 'e-1'],
    [150, '3'],
    [39, '3'],
    [14, '0'],
  ]);
  const execution = readExecution({ type: '8', field: (tag: number) => fields.get(tag) } as never);

  it('B7: the same, by the role of the order', () => {
    if (execution === undefined) throw new Error('it is a report');
    const states = (['exit', 'exitForDay', 'entry'] as const).map(
      (role) => fixReport(execution, 'fc-1-sl', role).state,
    );
    expect(states).toEqual(['working', 'done_for_day', 'done_for_day']);
  });

  it('B7: the store knows which of its orders are exits, and whether they are for the day', () => {
    const order = {
      clientOrderId: 'fc-1-sl',
      symbol: 'AAPL',
      side: 'sell',
      quantity: '100',
      stopPrice: '147.98',
      exitOf: 'fc-1',
    };
    for (const role of ['exit', 'exitForDay'] as const) {
      const store = orderStore(undefined, role);
      store.write(order as never);
      expect([store.roleOf('fc-1-sl'), store.roleOf('fc-1')]).toEqual([role, 'entry']);
    }
  });
});
