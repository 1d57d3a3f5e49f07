/**
 * The fence of a worker: one order per advisory, whoever sends it, and none past a gate that may have closed (S1, S4, V8).
 */
import { describe, expect, it } from 'vitest';
import type { Room } from '../../src/restate/risk-book.js';
import { type Intent, submitFenced } from '../../src/restate/submit-fence.js';
import { type Bench, bench, INPUT, readyContext, report } from './support.js';

const startOf = ({ clock }: Bench) => ({
  clientOrderId: INPUT.clientOrderId,
  symbol: 'AAPL',
  lastAt: clock.now(),
  epoch: 0,
});

const intentOf = ({ clock }: Bench, attempt: string, ageMs = 0): Intent => ({
  attempt,
  at: clock.now() - ageMs,
  madeAt: clock.monotonic() - ageMs,
});

const sends = ({ called }: Bench): number => called.filter((name) => name === 'submitOrder').length;

async function submit(worker: Bench, intent: Intent, room?: Room) {
  const context = readyContext(worker.clock.now());
  return worker.clock.runUntil(submitFenced(worker, startOf(worker), context, { intent, attempt: 'mine', room }));
}

describe('whoever made the intent', () => {
  it('S1: sends once, and T begins with the call', async () => {
    const worker = bench();
    const news = await submit(worker, intentOf(worker, 'mine'));
    expect(news?.facts).toMatchObject([
      { type: 'SUBMIT_STARTED' },
      { type: 'SUBMIT_OUTCOME', outcome: { kind: 'accepted', brokerOrderId: 'B-1' } },
    ]);
    expect(sends(worker)).toBe(1);
  });

  it.each([2_001, 1_501])(
    'S1: sends nothing %i ms after its intent, when its lease is over or nearly so',
    async (ageMs) => {
      const worker = bench();
      expect(await submit(worker, intentOf(worker, 'mine', ageMs))).toBeUndefined();
      expect(sends(worker)).toBe(0);
    },
  );

  it('S1: the order leaves within what is left of the lease, or not at all', async () => {
    const limits: unknown[] = [];
    const worker = bench({
      broker: {
        async submitOrder(_order, _signal, limit) {
          limits.push(limit);
          return { kind: 'not_sent', reason: 'held back' };
        },
      },
    });
    const news = await submit(worker, intentOf(worker, 'mine', 1_500));
    expect(limits).toEqual([{ withinMs: 500 }]);
    expect(news?.facts).toMatchObject([{ type: 'SUBMIT_STARTED' }, { outcome: { kind: 'not_sent' } }]);
  });

  it('K5 V8: sends nothing with a reading of the gate that is too old, however long it waits for one', async () => {
    const worker = bench({ readingAgeMs: 301 });
    expect(await submit(worker, intentOf(worker, 'mine'))).toBeUndefined();
    expect([sends(worker), worker.metrics.fenced]).toEqual([0, 1]);
  });

  it('K2 K8: a switch that was ACTIVE when the gate was read last refuses, though nobody can read it now', async () => {
    const since = '2026-01-01T00:00:00.000Z';
    const switches = [{ type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', since }] as const;
    const worker = bench({ readingAgeMs: 301, gate: { switches } });
    const news = await submit(worker, intentOf(worker, 'mine'));
    expect(news?.facts).toMatchObject([{ type: 'SUBMIT_BLOCKED', refusal: { code: 'KILL_SWITCH_ACTIVE' } }]);
    expect(sends(worker)).toBe(0);
  });

  it('K2 K8: sends nothing past an ACTIVE switch, and names it', async () => {
    const since = '2026-01-01T00:00:00.000Z';
    const worker = bench({ gate: { switches: [{ type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', since }] } });
    const news = await submit(worker, intentOf(worker, 'mine'));
    expect(news?.facts).toMatchObject([
      { type: 'SUBMIT_BLOCKED', refusal: { code: 'KILL_SWITCH_ACTIVE', refusedBy: { reason: 'stop' } } },
    ]);
    expect(sends(worker)).toBe(0);
  });

  it('V7: sends nothing while a case of the symbol is open', async () => {
    const open = { caseId: 'case-1', kind: 'MISMATCH', symbol: 'AAPL', openedAt: 'then', mismatches: [] } as const;
    const worker = bench({ gate: { openCases: [open] } });
    const news = await submit(worker, intentOf(worker, 'mine'));
    expect(news?.facts).toMatchObject([{ type: 'SUBMIT_BLOCKED', refusal: { code: 'UNRESOLVED_MISMATCH' } }]);
    expect(sends(worker)).toBe(0);
  });
});

const COUNTED = { liveExecutions: 1, submitsLastMinute: 2, dailyLoss: '0' };
const TOO_MUCH: Room = {
  counted: COUNTED,
  refusal: { rule: 'V11', code: 'LIMIT_EXCEEDED', message: 'Limit maxNotional', field: 'positionSize' },
};

describe('limits and the veto, at the last look of a worker', () => {
  it('V11 G2: nothing is sent where there is no room, in the words of the limit', async () => {
    const worker = bench({ risk: { limits: { maxNotional: '1' } } });
    const news = await submit(worker, intentOf(worker, 'mine'), TOO_MUCH);
    expect(news?.facts).toMatchObject([
      { type: 'SUBMIT_BLOCKED', refusal: { code: 'LIMIT_EXCEEDED', message: 'Limit maxNotional' } },
    ]);
    expect(sends(worker)).toBe(0);
  });

  it('V11 V8: a switch refuses before a limit does', async () => {
    const since = '2026-01-01T00:00:00.000Z';
    const gate = { switches: [{ type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', since } as const] };
    const worker = bench({ gate, risk: { limits: { maxNotional: '1' } } });
    const news = await submit(worker, intentOf(worker, 'mine'), TOO_MUCH);
    expect(news?.facts).toMatchObject([{ refusal: { code: 'KILL_SWITCH_ACTIVE' } }]);
  });

  it.each([
    ['gives a reason', () => 'not today', 'preTrade refuses: not today'],
    [
      'throws',
      () => {
        throw new Error('broken');
      },
      'preTrade threw: broken',
    ],
  ])('G2: a veto that %s sends nothing', async (_how, preTrade, message) => {
    const worker = bench({ risk: { preTrade } });
    const news = await submit(worker, intentOf(worker, 'mine'), { counted: COUNTED });
    expect(news?.facts).toMatchObject([{ type: 'SUBMIT_BLOCKED', refusal: { code: 'PRE_TRADE_VETO', message } }]);
    expect(sends(worker)).toBe(0);
  });

  it('G2: a veto is told what is counted over all workers; one that agrees lets the order go', async () => {
    const asked: unknown[] = [];
    const worker = bench({ risk: { preTrade: (_snapshot, told) => void asked.push(told) } });
    await submit(worker, intentOf(worker, 'mine'), { counted: COUNTED });
    expect(asked).toEqual([{ attempt: 1, ...COUNTED }]);
    expect(sends(worker)).toBe(1);
  });
});

describe('a successor, who finds the intent of another', () => {
  const takeOver = (worker: Bench) =>
    submitFenced(worker, startOf(worker), readyContext(worker.clock.now()), {
      intent: intentOf(worker, 'another'),
      attempt: 'mine',
    });

  it('A6: adopts at once what the broker has, and sends nothing', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('pending') } });
    const news = await Promise.race([takeOver(worker), worker.clock.advance(0)]);
    expect(news?.facts).toMatchObject([{ type: 'RECOVERED' }, { type: 'ORDER_REPORT' }]);
    expect([sends(worker), worker.metrics.takeovers]).toEqual([0, 1]);
  });

  it('A6: adopts what comes to the broker while it waits', async () => {
    let isThere = false;
    const worker = bench({ broker: { getOrderStatus: async () => (isThere ? report('pending') : 'not_found') } });
    const pending = takeOver(worker);
    await worker.clock.advance(1_500);
    isThere = true;
    await worker.clock.advance(500);
    expect((await pending)?.facts).toMatchObject([{ type: 'RECOVERED' }, { type: 'ORDER_REPORT' }]);
  });

  it('S1: believes that nothing was sent only when the lease and what was on its way are over', async () => {
    const worker = bench();
    let isTold = false;
    const pending = takeOver(worker).finally(() => {
      isTold = true;
    });
    await worker.clock.advance(2_999);
    expect(isTold).toBe(false);
    await worker.clock.advance(1);
    expect((await pending)?.facts).toMatchObject([
      { type: 'SUBMIT_STARTED' },
      { type: 'SUBMIT_OUTCOME', outcome: { kind: 'not_sent' } },
    ]);
    expect(worker.called.filter((name) => name === 'getOrderStatus')).toHaveLength(4);
  });

  it('S5: tells that nothing was sent when the broker does not know the order; T counts from the intent', async () => {
    const worker = bench();
    const intent = intentOf(worker, 'another', 500);
    const news = await submit(worker, intent);
    expect(news?.facts).toMatchObject([
      { type: 'SUBMIT_STARTED', at: intent.at },
      { type: 'SUBMIT_OUTCOME', outcome: { kind: 'not_sent' } },
    ]);
    expect(sends(worker)).toBe(0);
  });

  it('S4: a broker that cannot be asked proves nothing', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => Promise.reject(new Error('away')) } });
    const news = await submit(worker, intentOf(worker, 'another'));
    expect(news?.facts).toMatchObject([{ type: 'RECOVERED' }]);
  });

  it('S4: in the mode `never` it counts as sent, and nobody is asked', async () => {
    const worker = bench({ settings: { submitMode: 'never' } });
    const intent = intentOf(worker, 'another');
    const news = await submit(worker, intent);
    expect(news?.facts).toMatchObject([{ type: 'RECOVERED', intentAt: intent.at }]);
    expect(worker.called).toEqual([]);
  });

  it('negative control: an intent that looks like its own is sent again', async () => {
    const worker = bench();
    await submit(worker, intentOf(worker, 'mine'));
    await submit(worker, intentOf(worker, 'mine'));
    expect(sends(worker)).toBe(2);
  });
});
