/**
 * The exits across restarts (A6, B7): killed between each fact and the next, and many trades that closed overnight (A5).
 */
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import { ADVISORY, type Earth, earth, executed, type Life, type Setting } from '../recovery/support.js';

const exitCalls = (now: Earth): number =>
  now.calls.filter(({ method, argument }) => {
    const id = (argument as { clientOrderId?: string } | undefined)?.clientOrderId ?? '';
    return method === 'getOrderStatus' && /-(?:sl|tp)$/.test(id);
  }).length;

/** One execution; killed at a step that comes after its result, or 200 s later; the next process. */
async function restartedAfterStep(now: Earth, nth: number): Promise<Life> {
  let isDone = false;
  let steps = 0;
  const first = await now.start(() => {
    if (!isDone) return false;
    steps += 1;
    return steps === nth;
  });
  await executed(now, first);
  isDone = true;
  await now.clock.advance(200_000);
  if (first.process.isAlive) first.process.kill();
  return now.start();
}

const eventsOf = ({ engine }: Life, event: string): readonly object[] =>
  engine.executionLogs.filter((line) => line.event === event);

describe('A6 B7: watching goes on after a restart', () => {
  const closing: Setting = { plan: { exit: { leg: 'tp', afterMs: 120_000 } } };

  it('what closed while nobody looked is recorded once; what is over is not asked again', async () => {
    const now = earth(closing);
    const first = await now.start();
    await executed(now, first);
    first.process.kill();
    await now.clock.advance(300_000);
    const second = await now.start();
    await now.clock.advance(1_000);
    expect(second.engine.positions()).toMatchObject([{ state: 'closedByTakeProfit', isOpen: false }]);
    expect([eventsOf(second, 'exit_filled').length, second.engine.cases.all()]).toEqual([1, []]);
    second.process.kill();
    const before = exitCalls(now);
    const third = await now.start();
    await now.clock.advance(600_000);
    expect(exitCalls(now) - before).toBe(0);
    expect(third.engine.positions()).toMatchObject([{ state: 'closedByTakeProfit' }]);
    expect(eventsOf(third, 'exit_filled').length).toBe(1);
  });

  it.each(Array.from({ length: 60 }, (_, index) => index + 1))(
    'killed at step %i of the exits: closed once, told once, no case',
    async (nth) => {
      const now = earth(closing);
      const second = await restartedAfterStep(now, nth);
      await now.clock.advance(40_000);
      expect(second.engine.positions()).toMatchObject([{ state: 'closedByTakeProfit' }]);
      expect([eventsOf(second, 'exit_filled').length, second.engine.cases.all()]).toEqual([1, []]);
    },
  );

  const losing: Setting = {
    broker: (world, clock) => ({
      getOrderStatus: async ({ clientOrderId }) => {
        const told = world.status(clientOrderId);
        const isExpired = clientOrderId.endsWith('-tp') && clock.monotonic() >= 60_000 && told !== 'not_found';
        return isExpired ? { ...told, state: 'expired' } : told;
      },
      getOpenOrders: async () => world.openOrders().filter(({ clientOrderId }) => !clientOrderId.endsWith('-tp')),
    }),
  };

  it.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'M1: an exit expires, and the process is killed at step %i: there is one case, PROTECTION_LOST',
    async (nth) => {
      const now = earth(losing);
      const second = await restartedAfterStep(now, nth);
      await now.clock.advance(60_000);
      expect(second.engine.cases.all()).toMatchObject([{ kind: 'PROTECTION_LOST', advisoryId: 'ADV-A' }]);
      expect(eventsOf(second, 'case_opened')).toHaveLength(1);
    },
  );

  it('killed between the result and the first fact of its exits: they are found', async () => {
    const now = earth({});
    let starts = 0;
    const isExecuted = () => {
      starts += 1;
      return starts === 2;
    };
    const first = await now.start(({ kind, what }) => kind === 'append' && what === 'START' && isExecuted());
    await executed(now, first);
    if (first.process.isAlive) first.process.kill();
    const second = await now.start();
    await now.clock.settle();
    expect(second.engine.positions()).toMatchObject([{ state: 'working', isOpen: true, openQuantity: '100' }]);
  });
});

describe('A5: 120 trades of one symbol, closed by take-profit overnight, 200 requests a minute', () => {
  const TRADES = 120;
  const LIMIT = 200;

  async function overnight(more: Partial<BrokerAdapter> = {}) {
    const limited = { isOn: false, left: LIMIT };
    const now = earth({
      plan: { exit: { leg: 'tp', afterMs: 60_000 } },
      broker: (world, clock) => {
        const metered = <T>(answer: () => T): Promise<T> => {
          if (limited.isOn && limited.left <= 0) return Promise.reject(new Error('429 Too Many Requests'));
          limited.left -= 1;
          return Promise.resolve(answer());
        };
        const refill = () => {
          limited.left = LIMIT;
          clock.setTimeout(refill, 60_000);
        };
        clock.setTimeout(refill, 60_000);
        return {
          getOrderStatus: ({ clientOrderId }) => metered(() => world.status(clientOrderId)),
          getOpenOrders: () => metered(() => world.openOrders()),
          getPositions: (symbols) => metered(() => world.positions(symbols)),
          ...more,
        };
      },
    });
    const first = await now.start();
    const all = Array.from({ length: TRADES }, (_, index) =>
      first.engine.execute({ ...ADVISORY, advisoryId: `ADV-${index}` }),
    );
    await now.clock.runUntil(Promise.all(all));
    first.process.kill();
    await now.clock.advance(600_000);
    limited.isOn = true;
    limited.left = LIMIT;
    return now;
  }

  it('A5 M4: no case at the start, nor when all is known; each exit is asked once in its life', async () => {
    const now = await overnight();
    expect(now.world.venue.position('AAPL')).toBe('0');
    const before = exitCalls(now);
    const second = await now.start();
    await now.clock.advance(600_000);
    expect(second.engine.cases.all()).toEqual([]);
    expect(second.engine.positions().filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(eventsOf(second, 'exit_filled')).toHaveLength(TRADES);
    // Each exit is told once; a few were refused for the rate, and asked again.
    expect(exitCalls(now) - before).toBeLessThan(TRADES * 2 + 40);
    const known = now.calls.length;
    const report = await now.clock.runUntil(second.engine.sweep());
    expect([report.cases, report.failures, now.calls.length - known]).toEqual([[], [], 2]);
  });

  it('A5: a new advisory of another symbol does not wait for it', async () => {
    const now = await overnight();
    const second = await now.start();
    const result = await executed(now, second, {
      ...ADVISORY,
      advisoryId: 'ADV-X',
      symbol: 'MSFT',
      expirationTimestamp: new Date(now.clock.now() + 3_600_000),
    });
    expect(result?.reason).not.toBe('BROKER_UNAVAILABLE');
  });
});
