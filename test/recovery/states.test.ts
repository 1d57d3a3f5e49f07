/**
 * Each state in which a process can die, and how the next one goes on from it (A6, T4).
 */
import type { Engine } from 'fillchart';
import { venueTruths } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, at, earth, executed, fill, recoveredAs, retold, type Setting } from './support.js';

const never = { plan: { fills: [] } };
const submits = (calls: readonly { method: string }[]) => calls.filter(({ method }) => method === 'submitOrder').length;

describe('not yet submitted', () => {
  it('A6: the broker is asked again, and the order is sent', async () => {
    const { result, now, engine } = await retold({}, at('answer', 'instrument'));
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(submits(now.calls)).toBe(1);
    expect(recoveredAs(engine)).toEqual([
      { from: 'validating', to: 'validating', actions: ['askBroker', 'scheduleDeadline'] },
    ]);
  });

  it('A6: still valid after a long time down, it is sent', async () => {
    const unhurried: Setting = {
      broker: (_, clock) => ({
        instrument: (symbol) =>
          new Promise((resolve) => clock.setTimeout(() => resolve({ symbol, tickSize: '0.01', lotSize: '1' }), 300)),
      }),
    };
    const { result } = await retold(unhurried, at('answer', 'instrument'), 60);
    expect(result.status).toBe('FILLED');
  });

  it('V1: expired meanwhile, it is refused and never sent', async () => {
    const { result, now } = await retold({}, at('answer', 'instrument'), 3_700);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'ADVISORY_EXPIRED' });
    expect(submits(now.calls)).toBe(0);
  });

  it('A6: an advisory whose start was not durable is unknown, and starts anew when it is sent again', async () => {
    const { result, now, engine } = await retold({}, at('commit', 'START'));
    expect(result.status).toBe('FILLED');
    expect(submits(now.calls)).toBe(1);
    expect(recoveredAs(engine)).toEqual([]);
  });
});

describe('an intent without an answer is unknown (S4)', () => {
  it.each([
    ['the call was never made', at('call', 'submitOrder'), 0],
    ['the call went out', at('called', 'submitOrder'), 1],
    ['the answer was on its way', at('answer', 'submitOrder'), 1],
    ['the start of the call was not durable', at('commit', 'SUBMIT_STARTED'), 1],
    ['the answer was handed to the journal', at('commit', 'SUBMIT_OUTCOME'), 1],
    ['the intent was durable, and nobody knew', at('committed', 'BROKER_ASKED'), 0],
  ])('S4: %s: looked up by clientOrderId, never sent again', async (_, dies, sent) => {
    const { result, now } = await retold({}, dies);
    expect(submits(now.calls)).toBe(sent);
    expect(now.calls.some(({ method }) => method === 'getOrderStatus')).toBe(true);
    expect(result.status).toBe(sent === 1 ? 'FILLED' : 'FAILED_TIMEOUT');
    if (sent === 0) expect(result.reconciliationReport).toMatchObject({ requiresManualResolution: true });
  });

  it('S5 T4: a proof that nothing is live is on record: the same order is tried again, and T runs on', async () => {
    let tries = 0;
    const busyOnce: Setting = {
      broker: (world) => ({
        submitOrder: (order) => {
          tries += 1;
          if (tries === 1)
            return Promise.resolve({ kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const);
          return Promise.resolve(world.submit(order));
        },
      }),
    };
    const { result } = await retold(busyOnce, at('committed', 'SUBMIT_OUTCOME'));
    expect(result.status).toBe('FILLED');
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['rejected', 'accepted']);
  });
});

describe('pending', () => {
  it('A6: watched again; filled while nobody looked, within T = 30 s', async () => {
    const { result, now, engine } = await retold({ plan: { fills: [fill(8)] } }, at('call', 'getOrderStatus', 5), 10);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(submits(now.calls)).toBe(1);
    expect(recoveredAs(engine)).toMatchObject([{ from: 'pending', to: 'pending' }]);
  });

  it('T4: the deadline is the original one: cancelled at T = 30 s, not thirty seconds after the restart', async () => {
    const { now, result } = await retold(never, at('call', 'getOrderStatus', 5), 20);
    expect(result.status).toBe('FAILED_TIMEOUT');
    expect(now.calls.find(({ method }) => method === 'cancelOrder')?.at).toBe(30_000);
  });

  it('T4: the late window is past: acts as if it fires now', async () => {
    const { now, result } = await retold(never, at('call', 'getOrderStatus', 5), 60);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT' });
    expect(now.count('cancelOrder')).toBeGreaterThan(0);
    expect(result.totalDurationSeconds).toBeLessThan(61);
  });

  it('T2 T4 B1: a fill found after the window is protected, and a human looks; it is no success', async () => {
    const { now, result, engine } = await retold({ plan: { fills: [fill(25)] } }, at('call', 'getOrderStatus', 5), 60);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '100', finalSl: '147.98' });
    expect(venueTruths(now.world.venue)[0]?.stopLoss).toMatchObject({ ordered: '100', isWorking: true });
    expect(engine.executions()).toHaveLength(1);
  });

  it('P4 B1: what was partly filled stays known; exactly that is protected', async () => {
    const { result } = await retold({ plan: { fills: [fill(1, 40, 150)] } }, at('committed', 'ORDER_REPORT'), 5);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '40', finalSl: '147' });
  });
});

describe('filled', () => {
  it.each([
    ['before the call', at('call', 'placeProtection')],
    ['after the call', at('called', 'placeProtection')],
    ['before the answer', at('answer', 'placeProtection')],
    ['before the answer is durable', at('commit', 'PROTECTION_OUTCOME')],
  ])('B1 A6: died %s: protected with the same ids, once', async (_, dies) => {
    const { result, now } = await retold({}, dies, 20);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    const asked = now.calls.filter(({ method }) => method === 'placeProtection').map(({ argument }) => argument);
    expect(new Set(asked.map((request) => JSON.stringify(request))).size).toBe(1);
    expect(venueTruths(now.world.venue).map(({ stopLoss }) => stopLoss?.ordered)).toEqual(['100']);
  });

  it.each([
    ['while SL and TP were being placed', at('call', 'placeProtection'), 1],
    ['between two tries', at('committed', 'PROTECTION_OUTCOME'), 2],
  ])('B2 A6: died %s: the naked position has the whole 5 s once more, with tries in it', async (_, dies, busyTimes) => {
    let tries = 0;
    const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;
    const busyAtFirst: Setting = {
      broker: (world) => ({
        placeProtection: (request) => {
          tries += 1;
          return Promise.resolve(tries <= busyTimes ? { stopLoss: busy, takeProfit: busy } : world.protect(request));
        },
      }),
    };
    const { result, engine } = await retold(busyAtFirst, dies, 20);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(tries).toBe(busyTimes + 1);
    expect(engine.cases.all()).toEqual([]);
  });

  it('T2: filled in time, and it stays so however long the process was down', async () => {
    const { result } = await retold({}, at('committed', 'ORDER_REPORT'), 3_600);
    expect(result.status).toBe('FILLED');
  });
});

describe('reconciling', () => {
  it.each([
    ['the position was asked for', at('called', 'getPositions', 2)],
    ['the answers were in', at('append', 'RECONCILED')],
    ['the verdict was handed over', at('commit', 'RECONCILED')],
  ])('R6.1 A6: died when %s: asked again, one verdict', async (_, dies) => {
    const { result, now } = await retold({}, dies);
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(now.disk.records.filter(({ fact }) => fact.type === 'RECONCILED')).toHaveLength(1);
  });
});

/** The submit call arrives, and is never answered. */
const hung: Setting = {
  plan: { fills: [] },
  broker: (world) => ({
    submitOrder: (order) => {
      world.submit(order);
      return new Promise(() => undefined);
    },
  }),
};

describe('cancelling and timeout', () => {
  const kill = (engine: Engine) => engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });

  it('K3 A6: the cancel never went out: it goes out now', async () => {
    const { now, result } = await retold(never, at('call', 'cancelOrder'), 3, [[5, kill]]);
    expect(result).toMatchObject({ status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.count('cancelOrder')).toBe(1);
  });

  it('K3 A6: the broker took it, and that is on record: not asked again', async () => {
    const slow = { plan: { fills: [], cancelAfterMs: 2_000 } };
    const { now, result } = await retold(slow, at('committed', 'CANCEL_OUTCOME'), 1, [[5, kill]]);
    expect(result.status).toBe('CANCELLED');
    expect(now.count('cancelOrder')).toBe(1);
  });

  it('K3 A6: killed while the submit call was under way: the cancel that waited for its outcome follows', async () => {
    const { now, result } = await retold(hung, at('committed', 'KILL_SWITCH'), 1, [[2, kill]]);
    expect(result).toMatchObject({ status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.calls.find(({ method }) => method === 'cancelOrder')?.at).toBeLessThan(3_100);
  });

  it('K3 A6: such a cancel is not forgotten when the switch was released before the death', async () => {
    const now = earth(hung);
    const first = await now.start(at('committed', 'RELEASED'));
    now.clock.setTimeout(() => kill(first.engine), 1_000);
    now.clock.setTimeout(() => first.engine.killSwitch.release({ type: 'GLOBAL', by: 'ops', reason: 'over' }), 2_000);
    await executed(now, first);
    const second = await now.start();
    expect(await executed(now, second)).toMatchObject({ status: 'CANCELLED' });
  });

  it('T3 T4 A6: died in the late window: cancelled again unless taken, and the window ends when it should', async () => {
    const deaf = { plan: { fills: [], cancel: 'ignore' as const } };
    const { now, result } = await retold(deaf, at('call', 'cancelOrder'), 1);
    expect(result.status).toBe('FAILED_TIMEOUT');
    expect(now.count('cancelOrder')).toBe(1);
    expect(result.totalDurationSeconds).toBe(32);
  });
});

describe('done', () => {
  it('E1 A6: the same advisory gets the same result, and the broker hears nothing of it', async () => {
    const now = earth();
    const before = await executed(now, await now.start());
    await now.clock.advance(5_000);
    const heard = now.count('getOrderStatus');
    const again = await now.start();
    expect(await executed(now, again)).toEqual(before);
    expect(now.count('submitOrder')).toBe(1);
    expect(now.count('getOrderStatus')).toBe(heard);
    expect(again.engine.execution('ADV-A')?.stage).toBe('FILLED');
  });

  it('E1: the same id with another snapshot is refused after the restart as before', async () => {
    const now = earth();
    await executed(now, await now.start());
    const again = await now.start();
    const result = await executed(now, again, { ...ADVISORY, positionSize: '101' });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'ADVISORY_CONFLICT' });
  });

  it('A6: a result that was durable and never told is told', async () => {
    const { result, now } = await retold({}, at('committed', 'RECONCILED'));
    expect(result.status).toBe('FILLED');
    expect(now.count('submitOrder')).toBe(1);
  });
});
