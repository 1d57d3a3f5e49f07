/**
 * The sweep at start (M3): what the broker holds and the journal does not know opens a case; what it knows does not.
 */
import { describe, expect, it } from 'vitest';
import { ADVISORY, at, earth, executed, fill, type Setting } from './support.js';

/** One execution done, then a restart; `meanwhile` happens while nobody looks. */
async function restarted(setting: Setting, meanwhile: (now: ReturnType<typeof earth>) => unknown = () => undefined) {
  const now = earth(setting);
  const first = await now.start();
  const before = await executed(now, first);
  first.process.kill();
  await meanwhile(now);
  await now.clock.advance(60_000);
  const second = await now.start();
  await now.clock.settle();
  return { now, before, cases: second.engine.cases.all(), engine: second.engine };
}

describe('the sweep at start', () => {
  it('M3: nothing has changed: no case', async () => {
    const { cases } = await restarted({});
    expect(cases).toEqual([]);
  });

  it('M3: an order that nobody here sent opens a case', async () => {
    const { cases, now } = await restarted(
      { plan: ({ clientOrderId }) => (clientOrderId === 'alien' ? { fills: [] } : {}) },
      ({ world }) =>
        world.submit({ clientOrderId: 'alien', symbol: 'MSFT', side: 'buy', quantity: '5', orderType: 'MARKET' }),
    );
    expect(now.world.openOrders().map(({ clientOrderId }) => clientOrderId)).toContain('alien');
    expect(cases).toMatchObject([{ kind: 'STRAY_ORDER', symbol: 'MSFT' }]);
  });

  it('M3: a position that nobody here opened opens a case', async () => {
    const { cases } = await restarted({}, ({ world }) =>
      world.submit({ clientOrderId: 'alien', symbol: 'MSFT', side: 'buy', quantity: '100', orderType: 'MARKET' }),
    );
    expect(cases).toMatchObject([{ kind: 'PHANTOM_POSITION', symbol: 'MSFT' }]);
  });

  it('M3: a position that was there before the first order is known', async () => {
    const { cases } = await restarted({ positions: { AAPL: '30' } });
    expect(cases).toEqual([]);
  });

  it.each(['sl', 'tp'] as const)('M3: the %s that has filled meanwhile is accounted for', async (leg) => {
    const { cases, now, before } = await restarted({ plan: { exit: { leg, afterMs: 20_000 } } });
    expect(before?.reconciliationReport?.status).toBe('MATCHED');
    expect(now.world.venue.position('AAPL')).toBe('0');
    expect(cases).toEqual([]);
  });

  it('M3: an exit that goes on filling between the two questions is accounted for', async () => {
    let answers = 0;
    const { cases, now } = await restarted({
      plan: { exit: { leg: 'sl', afterMs: 20_000 } },
      broker: (world) => ({
        getPositions: async (symbols) => {
          if (symbols.length > 0) return world.positions(symbols);
          answers += 1;
          // The answer left the broker when the stop had closed 40 of 100.
          return answers === 1 ? [{ symbol: 'AAPL', size: '60' }] : world.positions([]);
        },
      }),
    });
    expect([answers, now.world.venue.position('AAPL')]).toEqual([1, '0']);
    expect(cases).toEqual([]);
  });

  it('T5 M3: a fill that came to light after the end opens a case', async () => {
    const { cases, before } = await restarted({
      plan: { fills: [fill(1, 40)], cancelAfterMs: 0, fillsAfterCancelMs: 5_000 },
    });
    expect(before?.status).toBe('FAILED_TIMEOUT');
    expect(cases.map(({ kind }) => kind)).toEqual(['MISMATCH', 'MISMATCH']);
    expect(cases[1]?.mismatches[0]?.message).toBe('Expected position 40, found 100 in broker');
  });

  it('M3: an order that is watched by a recovered execution is known, and so is the symbol that it trades in', async () => {
    const now = earth({ plan: { fills: [fill(10, 60), fill(25, 40)] } });
    const first = await now.start(at('call', 'getOrderStatus', 3));
    await executed(now, first);
    await now.clock.advance(12_000);
    const second = await now.start();
    expect(second.engine.cases.all()).toEqual([]);
    expect(await executed(now, second)).toMatchObject({ status: 'FILLED' });
  });

  it('M3: an execution that ends while the sweep asks for open orders and positions is no stranger', async () => {
    let isSlow = false;
    const slowly: Setting = {
      plan: { fills: [fill(10)] },
      broker: (world, clock) => {
        const later = <T>(value: T) =>
          new Promise<T>((resolve) => clock.setTimeout(() => resolve(value), isSlow ? 3_000 : 0));
        return {
          getOpenOrders: () => later(world.openOrders()),
          getPositions: (symbols) =>
            symbols.length === 0 ? later(world.positions(symbols)) : Promise.resolve(world.positions(symbols)),
        };
      },
    };
    const now = earth(slowly);
    await executed(now, await now.start(at('call', 'getOrderStatus', 3)));
    isSlow = true;
    // The first query sees the order open, 9 s after it was sent; it is filled, protected and done before the answer is in.
    await now.clock.advance(8_700);
    const second = await now.start();
    await now.clock.settle();
    expect(await executed(now, second)).toMatchObject({ status: 'FILLED' });
    expect(second.engine.cases.all()).toEqual([]);
  });

  it('M3: an execution that ends between the two answers is no stranger either', async () => {
    const slowly: Setting = {
      plan: { fills: [fill(10)] },
      broker: (world, clock) => ({
        getPositions: (symbols) =>
          symbols.length > 0
            ? Promise.resolve(world.positions(symbols))
            : new Promise((resolve) => {
                const seen = world.positions(symbols);
                clock.setTimeout(() => resolve(seen), 3_000);
              }),
      }),
    };
    const now = earth(slowly);
    await executed(now, await now.start(at('call', 'getOrderStatus', 3)));
    await now.clock.advance(8_700);
    const second = await now.start();
    expect(await executed(now, second)).toMatchObject({ status: 'FILLED' });
    expect(second.engine.cases.all()).toEqual([]);
  });

  it('M3 V7: the cases of the sweep are there before anything new can start', async () => {
    const { engine } = await restarted({}, ({ world }) =>
      world.submit({ clientOrderId: 'alien', symbol: 'MSFT', side: 'buy', quantity: '100', orderType: 'MARKET' }),
    );
    const refused = await engine.execute({ ...ADVISORY, advisoryId: 'ADV-B', symbol: 'MSFT' });
    expect(refused).toMatchObject({ status: 'REJECTED', reason: 'UNRESOLVED_MISMATCH' });
  });
});

describe('M4: an exit that ends while the sweep asks', () => {
  it('does not hide another difference in the symbol', async () => {
    let isWorse = false;
    const now = earth({
      broker: (world) => ({
        getOrderStatus: async ({ clientOrderId }) => {
          const told = world.status(clientOrderId);
          const isExpired = isWorse && clientOrderId.endsWith('-tp') && told !== 'not_found';
          return isExpired ? { ...told, state: 'expired' } : told;
        },
        getOpenOrders: async () =>
          world.openOrders().filter(({ clientOrderId }) => !(isWorse && clientOrderId.endsWith('-tp'))),
        getPositions: async (symbols) =>
          world.positions(symbols).map((row) => ({ ...row, size: isWorse ? '150' : row.size })),
      }),
    });
    const life = await now.start();
    await executed(now, life);
    await now.clock.advance(75_000);
    isWorse = true;
    const report = await now.clock.runUntil(life.engine.sweep());
    expect(report.failures).toEqual([]);
    expect(report.cases.flatMap(({ mismatches }) => mismatches.map(({ message }) => message))).toContain(
      'Expected position 100, found 150 in broker',
    );
  });
});

describe('what the open case of an execution says already', () => {
  const HALF = { positions: '50' };
  /** A broker that shows half of what was bought, for ever. */
  const halfShown: Setting = {
    broker: (world) => ({
      getPositions: async (symbols) =>
        world.positions(symbols).map((row) => ({ ...row, size: row.size === '100' ? HALF.positions : row.size })),
    }),
  };

  it('M1 M3: is one matter: a sweep adds nothing to say, and opens no second case', async () => {
    const now = earth(halfShown);
    const life = await now.start();
    expect((await executed(now, life))?.reconciliationReport?.status).toBe('MISMATCH');
    const [before] = life.engine.cases.open();
    const report = await now.clock.runUntil(life.engine.sweep());
    expect(life.engine.cases.all()).toHaveLength(1);
    expect(report.cases).toMatchObject([
      { caseId: before?.caseId, advisoryId: ADVISORY.advisoryId, mismatches: before?.mismatches },
    ]);
  });

  it('M2 M5: resolved once, it is accepted: no later sweep, and no restart, tells it again', async () => {
    const now = earth(halfShown);
    const life = await now.start();
    await executed(now, life);
    await now.clock.runUntil(life.engine.sweep());
    await life.engine.cases.resolve('case-1', { by: 'ann', reason: 'sold 50 by hand' });
    expect((await now.clock.runUntil(life.engine.sweep())).cases).toEqual([]);
    life.process.kill();
    const { engine } = await now.start();
    await now.clock.settle();
    expect(engine.cases.open()).toEqual([]);
  });

  it('control: another figure than the case says is another matter', async () => {
    const now = earth(halfShown);
    const life = await now.start();
    await executed(now, life);
    HALF.positions = '70';
    await now.clock.runUntil(life.engine.sweep());
    HALF.positions = '50';
    expect(life.engine.cases.open().map(({ advisoryId }) => advisoryId)).toEqual([ADVISORY.advisoryId, undefined]);
  });

  it('M4: what a sweep could not judge is among the metrics until a later one could', async () => {
    let isSilent = false;
    const now = earth({
      broker: (world) => ({
        getPositions: async (symbols) => {
          if (isSilent) throw new Error('no positions today');
          return world.positions(symbols);
        },
      }),
    });
    const life = await now.start();
    await executed(now, life);
    isSilent = true;
    const { failures } = await now.clock.runUntil(life.engine.sweep());
    expect(failures).toHaveLength(1);
    expect(life.engine.metrics().sweepFailures).toEqual(failures);
    isSilent = false;
    await now.clock.runUntil(life.engine.sweep());
    expect(life.engine.metrics().sweepFailures).toEqual([]);
  });
});
