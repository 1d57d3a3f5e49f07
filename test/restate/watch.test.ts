/**
 * The watch of a worker's step: it ends with the first news, and leaves nothing watched behind (P1, K3).
 */
import { describe, expect, it } from 'vitest';
import { type StepStart, watchUntilNews } from '../../src/restate/steps.js';
import type { FedChange } from '../../src/restate/switch-feed.js';
import { turnstile } from '../../src/restate/turnstile.js';
import { type Bench, bench, INPUT, readyContext, report } from './support.js';

const REF = { clientOrderId: INPUT.clientOrderId, symbol: 'AAPL' };
const startOf = ({ clock }: Bench): StepStart => ({ ...REF, lastAt: clock.now(), epoch: 0 });
const watchOf = (worker: Bench) => ({ order: { ref: REF, known: readyContext(worker.clock.now()).order } });
const polls = ({ called }: Bench): number => called.filter((name) => name.startsWith('getOrderStatus')).length;

describe('a step that watches an order', () => {
  it('P1: ends with the first report that says something new', async () => {
    let filled = '0';
    const worker = bench({ broker: { getOrderStatus: async () => report('pending', filled) } });
    const { signal } = new AbortController();
    const news = watchUntilNews(worker, startOf(worker), watchOf(worker), signal);
    await worker.clock.advance(250);
    filled = '40';
    const { facts } = await worker.clock.runUntil(news);
    expect(facts.at(-1)).toMatchObject({ type: 'ORDER_REPORT' });
    const asked = polls(worker);
    await worker.clock.advance(5_000);
    expect(polls(worker), 'nothing is watched any more').toBe(asked);
  });

  it('one that takes the place of another keeps the order watched when the first ends', async () => {
    const worker = bench();
    const [first, second] = [new AbortController(), new AbortController()];
    const one = watchUntilNews(worker, startOf(worker), watchOf(worker), first.signal);
    const other = watchUntilNews(worker, startOf(worker), watchOf(worker), second.signal);
    first.abort();
    expect(await worker.clock.runUntil(one)).toEqual({ facts: [], switches: [] });
    const asked = polls(worker);
    await worker.clock.advance(1_000);
    expect(polls(worker)).toBeGreaterThan(asked);
    second.abort();
    await worker.clock.runUntil(other);
  });

  it('K8: an order that somebody else has cancelled: the switch that wanted it is asked for first', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('cancelled') } });
    const time = '2026-01-01T00:00:00.000Z';
    const known = { type: 'GLOBAL', state: 'ACTIVE', reason: 'stop', by: 'ann' } as const;
    const change = { ...known, time, previous: 'OFF', durationMs: 0 } as const;
    const fed: FedChange = { epoch: 1, change, switches: [{ ...known, since: time }] };
    let isHeard = false;
    const feed: Bench['feed'] = {
      ...worker.feed,
      since: () => (isHeard ? [fed] : []),
      async upToDate() {
        isHeard = true;
      },
    };
    const { order } = watchOf(worker);
    const watch = { order: { ...order, cancelAt: worker.clock.now() + 30_000 } };
    const { signal } = new AbortController();
    const news = watchUntilNews({ ...worker, feed }, startOf(worker), watch, signal);
    expect(await worker.clock.runUntil(news)).toMatchObject({
      facts: [{ type: 'ORDER_REPORT', report: { status: 'cancelled' } }],
      switches: [{ epoch: 1, fact: { effective: 'ACTIVE', decidedBy: { reason: 'stop' } } }],
    });
  });

  it('ends without news when its time is over', async () => {
    const worker = bench({ settings: { watchMs: 1_000 } });
    const news = watchUntilNews(worker, startOf(worker), watchOf(worker), new AbortController().signal);
    const begun = worker.clock.now();
    expect(await worker.clock.runUntil(news)).toEqual({ facts: [], switches: [] });
    expect(worker.clock.now() - begun).toBe(1_000);
  });
});

describe('T = 30 s', () => {
  const cancels = ({ called }: Bench): number => called.filter((name) => name === 'cancelOrder').length;
  const watched = (worker: Bench, inMs: number) => {
    const { order } = watchOf(worker);
    const watch = { order: { ...order, cancelAt: worker.clock.now() + inMs } };
    return watchUntilNews(worker, startOf(worker), watch, new AbortController().signal);
  };

  it('T3: the cancel leaves by the clock of the worker, and the deadline has its own time', async () => {
    const worker = bench();
    const at = worker.clock.now() + 1_000;
    const news = watched(worker, 1_000);
    await worker.clock.advance(999);
    expect(cancels(worker)).toBe(0);
    await worker.clock.advance(1);
    expect(cancels(worker)).toBe(1);
    expect(await worker.clock.runUntil(news)).toMatchObject({
      facts: [{ type: 'DEADLINE', at, name: 'hardTimeout' }],
      cancelled: { startedAt: at, outcome: 'requested' },
    });
  });

  it('T2: a fill that was seen before it comes first, and nothing is cancelled', async () => {
    const worker = bench({ broker: { getOrderStatus: async () => report('filled', '100') } });
    const { facts } = await worker.clock.runUntil(watched(worker, 1_000));
    expect([facts[0]?.type, cancels(worker)]).toEqual(['ORDER_REPORT', 0]);
  });

  it('T4: long past, it is left to the execution, which asks what was seen meanwhile', async () => {
    const worker = bench({ settings: { watchMs: 1_000 } });
    expect(await worker.clock.runUntil(watched(worker, -5_000))).toEqual({ facts: [], switches: [] });
    expect(cancels(worker)).toBe(0);
  });
});

describe('a turnstile', () => {
  it('lets so many in, and the others in their order as places are left', async () => {
    const gate = turnstile(2);
    const inside: number[] = [];
    const ways = [1, 2, 3, 4].map((each) =>
      gate.enter().then((leave) => {
        inside.push(each);
        return leave;
      }),
    );
    const leave = await ways[0];
    await ways[1];
    expect(inside).toEqual([1, 2]);
    leave?.();
    leave?.();
    await ways[2];
    await Promise.resolve();
    expect(inside).toEqual([1, 2, 3]);
  });

  it('passes over who has given up', async () => {
    const gate = turnstile(1);
    const leave = await gate.enter();
    const gone = new AbortController();
    const given = gate.enter(gone.signal);
    const next = gate.enter();
    gone.abort(new Error('gone'));
    await expect(given).rejects.toThrow('gone');
    leave();
    await expect(next).resolves.toBeTypeOf('function');
    await expect(gate.enter(AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
  });
});
