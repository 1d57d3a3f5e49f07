/**
 * The market of the paper account that is served without a config.
 */
import { createEngine, freezeSnapshot } from 'fillchart';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { openMarket } from '../../src/cli/serve/open-market.js';
import { advisory } from '../stories/support.js';

describe('the open market', () => {
  it('S3: an id of the broker names one order, whatever its symbol', async () => {
    const clock = virtualClock();
    const { broker, learn } = openMarket(clock);
    const ids: unknown[] = [];
    for (const [symbol, clientOrderId] of [
      ['AAPL', 'fc-1'],
      ['MSFT', 'fc-2'],
      ['AAPL', 'fc-3'],
    ] as const) {
      learn(freezeSnapshot(advisory(clientOrderId, { symbol })));
      const order = { clientOrderId, symbol, side: 'buy' as const, quantity: '1', orderType: 'MARKET' as const };
      ids.push(await clock.runUntil(broker.submitOrder(order, new AbortController().signal)));
    }
    expect(ids).toEqual(
      ['paper-1', 'paper-2', 'paper-3'].map((brokerOrderId) => ({ kind: 'accepted', brokerOrderId })),
    );
    await broker.close?.();
  });

  it('M3: a sweep counts an exit once, though the broker lists it and the exits are asked for', async () => {
    const clock = virtualClock();
    const { broker, learn } = openMarket(clock);
    const engine = await createEngine({ broker, clock, logger: false });
    const snapshot = freezeSnapshot(advisory('ADV-1'));
    learn(snapshot);
    const { status } = await clock.runUntil(engine.execute(snapshot));
    const { orders, positions, cases } = await clock.runUntil(engine.sweep());
    expect({ status, orders, positions, cases }).toEqual({ status: 'FILLED', orders: 2, positions: 1, cases: [] });
    await clock.runUntil(engine.close());
  });
});
