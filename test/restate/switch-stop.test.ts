/**
 * A switch that stops orders: each worker cancels what it has at the broker in the turn in which it hears of it (K3, K5).
 */

import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { BrokerCalls } from '../../src/actors/broker-calls.js';
import { type SwitchChange, withChange } from '../../src/domain/kill-switch.js';
import type { OrderRef } from '../../src/domain/ports.js';
import { submitFenced } from '../../src/restate/submit-fence.js';
import type { FedChange } from '../../src/restate/switch-feed.js';
import { madeCancel, switchStop } from '../../src/restate/switch-stop.js';
import { bench, INPUT, readyContext } from './support.js';

const changeOf = (part: Partial<SwitchChange>): SwitchChange => ({
  ...{
    time: '2026-01-01T00:00:00.000Z',
    type: 'GLOBAL',
    state: 'ACTIVE',
    previous: 'OFF',
    reason: 'stop',
    durationMs: 0,
  },
  ...part,
});

/** A feed that tells what it is given. */
function feed() {
  const changes: FedChange[] = [];
  const listeners = new Set<() => void>();
  return {
    since: (epoch: number) => changes.slice(epoch),
    onChange(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell(part: Partial<SwitchChange>) {
      const change = changeOf(part);
      const switches = withChange(changes.at(-1)?.switches ?? [], change);
      changes.push({ epoch: changes.length + 1, change, switches });
      for (const listener of listeners) listener();
    },
  };
}

const order = (clientOrderId: string, symbol = 'AAPL'): OrderRef => ({ clientOrderId, symbol });

function worker(placed: readonly OrderRef[]) {
  const news = feed();
  const cancelled: string[] = [];
  const stop = switchStop({
    feed: news,
    calls: {
      async cancel({ clientOrderId }) {
        cancelled.push(clientOrderId);
        return 'requested';
      },
    },
    clock: virtualClock(),
    aliases: (symbol) => (symbol === 'BTC/USDT' ? ['BTCUSDT'] : []),
    placed: () => placed,
  });
  return { ...news, stop, cancelled };
}

describe('a switch that stops orders', () => {
  it('K3 K5: all that this worker has at the broker is cancelled in the very turn', () => {
    const { tell, cancelled } = worker([order('a'), order('b', 'MSFT')]);
    tell({});
    expect(cancelled).toEqual(['a', 'b']);
  });

  it('K5: of several each waits until all cancels have left and are answered, or for a moment', async () => {
    const clock = virtualClock();
    const answers: (() => void)[] = [];
    const news = feed();
    const placed = [order('a'), order('b')];
    const cancel = () => new Promise<'requested'>((resolve) => answers.push(() => resolve('requested')));
    const stop = switchStop({ feed: news, calls: { cancel }, clock, aliases: () => [], placed: () => placed });
    news.tell({});
    let isDone = false;
    void stop.cancel(order('a')).then(() => {
      isDone = true;
    });
    answers[0]?.();
    await clock.advance(200);
    expect([answers.length, isDone]).toEqual([2, false]);
    await clock.advance(60);
    expect(isDone).toBe(true);
  });

  it('C5 P11: what the call learns of the order is kept with its outcome', async () => {
    const report = { clientOrderId: 'a', brokerOrderId: 'B-1', state: 'filled', filledSize: '100', fillPrice: '151' };
    const cancel: BrokerCalls['cancel'] = async (_ref, learn) => {
      learn(report);
      learn({ clientOrderId: 'another', state: 'filled', filledSize: '7' });
      return 'already_closed';
    };
    const made = await madeCancel({ cancel }, virtualClock(), order('a'));
    expect(made).toMatchObject({ outcome: 'already_closed', learnt: [{ status: 'filled', cumQty: '100' }] });
  });

  it('K1 K9: those of its symbol alone, whatever the broker calls it', () => {
    const { tell, cancelled } = worker([order('a'), order('b', 'BTC/USDT')]);
    tell({ type: 'SYMBOL_LEVEL', target: 'btcusdt' });
    expect(cancelled).toEqual(['b']);
  });

  it.each([{ type: 'RISK_LIMIT' }, { state: 'WARNING' }, { state: 'OFF', previous: 'ACTIVE' }] as const)(
    'K1 K3: nothing is cancelled by %j',
    (part) => {
      const { tell, cancelled } = worker([order('a')]);
      tell(part);
      expect(cancelled).toEqual([]);
    },
  );

  it('K3: the step that brings the switch tells of that cancel, and sends no second one', async () => {
    const { tell, stop, cancelled } = worker([order('a')]);
    tell({});
    expect(await stop.cancel(order('a'))).toMatchObject({ outcome: 'requested' });
    expect(await stop.cancel(order('elsewhere'))).toMatchObject({ outcome: 'requested' });
    expect(cancelled).toEqual(['a', 'elsewhere']);
  });

  it('K3: the next such switch cancels again what is still there', () => {
    const { tell, cancelled } = worker([order('a')]);
    tell({});
    tell({ state: 'OFF', previous: 'ACTIVE' });
    tell({ type: 'MANUAL' });
    expect(cancelled).toEqual(['a', 'a']);
  });

  it('after the end of the worker nothing is cancelled', () => {
    const { tell, stop, cancelled } = worker([order('a')]);
    stop.close();
    tell({});
    expect(cancelled).toEqual([]);
  });
});

describe('a switch that comes while the submit call is under way', () => {
  const submitUnder = async (part: Partial<SwitchChange>, outcome: 'accepted' | 'rejected') => {
    const news = feed();
    const answers = {
      accepted: { kind: 'accepted', brokerOrderId: 'B-1' },
      rejected: { kind: 'rejected', code: 'NO', reason: 'no' },
    } as const;
    const broker = {
      async submitOrder() {
        news.tell(part);
        return answers[outcome];
      },
    };
    const bare = bench({ broker });
    const { clock, calls } = bare;
    const stop = switchStop({ feed: news, calls, clock, aliases: () => [], placed: () => [] });
    const parts = { ...bare, feed: { ...bare.feed, ...news }, stop };
    const context = readyContext(clock.now());
    const start = { clientOrderId: INPUT.clientOrderId, symbol: 'AAPL', lastAt: clock.now(), epoch: 0 };
    const intent = { attempt: 'mine', at: clock.now(), madeAt: clock.monotonic() };
    const told = await clock.runUntil(submitFenced(parts, start, context, { intent, attempt: 'mine' }));
    return { told, cancels: bare.called.filter((name) => name === 'cancelOrder').length };
  };

  it('K3 K5: the order is cancelled before anything is written', async () => {
    const { told, cancels } = await submitUnder({}, 'accepted');
    expect(cancels).toBe(1);
    expect(told).toMatchObject({
      facts: [{ type: 'SUBMIT_STARTED' }, { type: 'SUBMIT_OUTCOME' }],
      switches: [{ epoch: 1 }],
      cancelled: { outcome: 'requested' },
    });
  });

  it.each([
    [{}, 'rejected'],
    [{ type: 'RISK_LIMIT' }, 'accepted'],
  ] as const)('K3: nothing is cancelled after %j and an order that is %s', async (part, outcome) => {
    const { told, cancels } = await submitUnder(part, outcome);
    expect(cancels).toBe(0);
    expect(told).not.toHaveProperty('cancelled');
  });
});
