/**
 * The fence of a worker: one order per advisory, whoever sends it, and none past a gate that may have closed (S1, S4, V8).
 */
import { describe, expect, it } from 'vitest';
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

async function submit(worker: Bench, intent: Intent) {
  const context = readyContext(worker.clock.now());
  return worker.clock.runUntil(submitFenced(worker, startOf(worker), context, intent, 'mine'));
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

  it('S1: sends nothing when its lease is over', async () => {
    const worker = bench();
    expect(await submit(worker, intentOf(worker, 'mine', 2_001))).toBeUndefined();
    expect(sends(worker)).toBe(0);
  });

  it('K5 V8: sends nothing with a reading of the gate that is too old, however long it waits for one', async () => {
    const worker = bench({ readingAgeMs: 301 });
    expect(await submit(worker, intentOf(worker, 'mine'))).toBeUndefined();
    expect([sends(worker), worker.metrics.fenced]).toEqual([0, 1]);
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

describe('a successor, who finds the intent of another', () => {
  it('S1 A6: waits until the lease and what was on its way are over before it asks', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('pending') } });
    const context = readyContext(worker.clock.now());
    const pending = submitFenced(worker, startOf(worker), context, intentOf(worker, 'another'), 'mine');
    await worker.clock.advance(2_999);
    expect(worker.called).toEqual([]);
    const news = await worker.clock.runUntil(pending);
    expect(news?.facts).toMatchObject([{ type: 'RECOVERED' }, { type: 'ORDER_REPORT' }]);
    expect([sends(worker), worker.metrics.takeovers]).toEqual([0, 1]);
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
