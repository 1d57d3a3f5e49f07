/** What an account may ask, and how many whole lives that carries. */
import type { Clock } from 'fillchart';
import { describe, expect, it } from 'vitest';
import {
  type BudgetRules,
  minuteRules,
  type Purpose,
  requestBudget,
} from '../../src/adapters/brokers/request-budget.js';

const never = new AbortController().signal;
const headers = (fields: Record<string, string> = {}) => new Headers(fields);

function clockAt(ms = 0) {
  const due: { at: number; fn: () => void }[] = [];
  const clock: Clock & { ms: number; to(at: number): Promise<void> } = {
    ms,
    now: () => clock.ms,
    monotonic: () => clock.ms,
    setTimeout: (fn, wait) => due.push({ at: clock.ms + wait, fn }),
    clearTimeout: () => undefined,
    async to(at) {
      clock.ms = at;
      for (const timer of due.splice(0)) {
        if (timer.at <= at) timer.fn();
        else due.push(timer);
      }
      await Promise.resolve();
    },
  };
  return clock;
}

const minute = (perMinute: number, reserved: number, life = 10): BudgetRules => minuteRules(perMinute, reserved, life);

describe('what may go out', () => {
  it('C3 K3: reads leave the reserve, entries half of it, polls and looks may use all, safety is never held back', async () => {
    const budget = requestBudget(clockAt(), minute(200, 40));
    const sent = (purpose: Purpose, tries: number) =>
      Array.from({ length: tries }, () => budget.take(purpose)).filter(({ held }) => held === undefined).length;
    const counts = [sent('background', 300), sent('read', 300), sent('submit', 300), sent('watch', 300)];
    expect([...counts, sent('safety', 300)]).toEqual([80, 80, 20, 20, 300]);
  });

  it('C3: a look that does not fit waits a moment, and goes all the same', async () => {
    const clock = clockAt();
    const budget = requestBudget(clock, minute(20, 4));
    while (budget.take('watch').held === undefined);
    const look = budget.admit('look', never);
    await clock.to(1_499);
    await clock.to(1_500);
    expect((await look).held).toBeUndefined();
  });

  it('C3: a read before an entry waits for a short window, an entry never waits', async () => {
    const clock = clockAt();
    const rules: BudgetRules = {
      meters: { orders: { kind: 'window', limit: 2, perMs: 1_000 } },
      life: { orders: 1 },
      reserve: 0,
      watchShare: 0,
    };
    const budget = requestBudget(clock, rules);
    for (let n = 0; n < 2; n += 1) budget.take('read', { orders: 1 });
    expect((await budget.admit('submit', never, { orders: 1 })).held).toMatch(
      'rate budget: 2 of 2 orders in the last 1 s',
    );
    const read = budget.admit('read', never, { orders: 1 });
    await clock.to(1_000);
    expect((await read).held).toBeUndefined();
  });

  it('a window comes back when it is over', () => {
    const clock = clockAt();
    const budget = requestBudget(clock, minute(50, 10));
    while (budget.take('read').held === undefined);
    clock.ms = 59_999;
    expect(budget.take('read').held).toContain('rate budget');
    clock.ms = 60_000;
    expect(budget.take('read').held).toBeUndefined();
  });

  it('a bucket leaks', () => {
    const clock = clockAt();
    const rules: BudgetRules = {
      meters: { calls: { kind: 'bucket', limit: 15, perMs: 45_000 } },
      life: { calls: 6 },
      reserve: 0.2,
      watchShare: 0,
    };
    const budget = requestBudget(clock, rules);
    const take = () => budget.take('watch', { calls: 1 }).held;
    for (let n = 0; n < 15; n += 1) expect(take()).toBeUndefined();
    expect(take()).toContain('rate budget');
    clock.ms = 2_999;
    expect(take()).toContain('rate budget');
    clock.ms = 3_000;
    expect(take()).toBeUndefined();
  });
});

describe('what the venue says is believed', () => {
  it.each([
    ['seconds', headers({ 'retry-after': '7' }), 7_000],
    ['a date', headers({ 'retry-after': new Date(5_000).toUTCString() }), 5_000],
    ['nothing', headers(), 1_000],
    ['nonsense', headers({ 'retry-after': 'soon' }), 1_000],
    ['a day', headers({ 'retry-after': '86400' }), 60_000],
  ])(
    'C5: Retry-After with %s is waited out by reads, entries and polls; looks and safety go on',
    async (_, given, waitMs) => {
      const clock = clockAt();
      const budget = requestBudget(clock, minute(200, 40));
      budget.take('watch').note(429, given);
      clock.ms = waitMs - 1;
      for (const purpose of ['background', 'read', 'submit', 'watch'] as const) {
        expect(budget.take(purpose).held, purpose).toMatch(/^rate limit/);
      }
      expect(budget.capacity(0)).toBe(0);
      expect([budget.take('safety').held, (await budget.admit('look', never)).held]).toEqual([undefined, undefined]);
      clock.ms = waitMs;
      expect([budget.take('read').held, budget.take('submit').held]).toEqual([undefined, undefined]);
      expect(budget.capacity(0)).toBeGreaterThan(0);
    },
  );

  it('a refusal holds back what uses the same limit, and nothing else', () => {
    const rules: BudgetRules = {
      meters: {
        create: { kind: 'window', limit: 20, perMs: 1_000 },
        query: { kind: 'window', limit: 50, perMs: 1_000 },
      },
      life: { create: 3, query: 4 },
      reserve: 0.2,
      watchShare: 0.2,
    };
    const budget = requestBudget(clockAt(), rules);
    budget.take('watch', { query: 1 }).note(429, headers({ 'retry-after': '5' }));
    expect(budget.take('watch', { query: 1 }).held).toMatch(/^rate limit/);
    expect(budget.take('submit', { create: 1 }).held).toBeUndefined();
  });

  it('reads stop when it says that little is left, and the limit is what it says', () => {
    const clock = clockAt();
    const budget = requestBudget(clock, minute(200, 40));
    budget
      .take('read')
      .note(200, headers({ 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '19', 'x-ratelimit-reset': '30' }));
    expect([budget.used(), budget.limit()]).toEqual([81, { limit: 100, perMs: 60_000 }]);
    expect(budget.take('read').held).toMatch(/^rate budget/);
    expect(budget.take('submit').held).toBeUndefined();
  });

  it('a count that is lower than ours is believed too, but for what went out since', () => {
    const budget = requestBudget(clockAt(), minute(200, 40));
    for (let n = 0; n < 99; n += 1) budget.take('read');
    const ticket = budget.take('read');
    for (let n = 0; n < 5; n += 1) budget.take('watch');
    ticket.note(200, headers({ 'x-ratelimit-limit': '200', 'x-ratelimit-remaining': '190' }));
    expect(budget.used()).toBe(15);
  });
});

describe('C3 C4: how many further lives fit', () => {
  it('what the lives in flight have not spent is taken already', () => {
    const budget = requestBudget(clockAt(), minute(200, 40, 12));
    // 200 less the reserve of 40 and the polls' share of 40: 120.
    expect([0, 1, 9, 10, 11].map((inFlight) => budget.capacity(inFlight))).toEqual([10, 9, 1, 0, 0]);
  });

  it('what they have spent is not counted twice', () => {
    const budget = requestBudget(clockAt(), minute(200, 40, 12));
    for (let n = 0; n < 5; n += 1) budget.take('read', undefined, 'AAPL');
    budget.begin('A', 'AAPL');
    budget.take('submit', undefined, 'A');
    expect(budget.capacity(1)).toBe(9);
    for (let n = 0; n < 6; n += 1) budget.take('look', undefined, 'A');
    expect([budget.capacity(1), budget.capacity(0)]).toEqual([9, 9]);
  });

  it('polls use their own share, and lives that rest for long let others in', () => {
    const budget = requestBudget(clockAt(), minute(200, 40, 12));
    for (let n = 0; n < 40; n += 1) budget.take('watch', undefined, 'A');
    expect(budget.capacity(0)).toBe(10);
    for (let n = 0; n < 24; n += 1) budget.take('watch', undefined, 'A');
    expect(budget.capacity(0)).toBe(8);
  });

  it('a limit that is smaller than a life lets one live at a time', () => {
    const budget = requestBudget(clockAt(), minute(20, 4, 30));
    expect([budget.capacity(0), budget.capacity(1)]).toEqual([1, 0]);
  });

  it('where a window is short, lives are let in at its rate', () => {
    const clock = clockAt();
    const rules: BudgetRules = {
      meters: { create: { kind: 'window', limit: 20, perMs: 1_000 } },
      life: { create: 3 },
      reserve: 0.2,
      watchShare: 0,
    };
    const budget = requestBudget(clock, rules);
    let inFlight = 0;
    while (budget.capacity(inFlight) >= 1) inFlight += 1;
    expect(inFlight).toBe(5);
    for (let n = 0; n < 5; n += 1) {
      budget.begin(`life-${n}`);
      budget.take('submit', { create: 1 }, `life-${n}`);
    }
    expect([budget.capacity(5), budget.capacity(4), budget.capacity(5)]).toEqual([0, 0, 0]);
    clock.ms = 1_001;
    expect(budget.capacity(5)).toBe(5);
  });

  it('a life that has ended makes room, and what is asked again and again lets none in that does not fit', () => {
    const budget = requestBudget(clockAt(), minute(200, 40, 12));
    for (let n = 0; n < 9; n += 1) budget.begin(`life-${n}`);
    expect([budget.capacity(9), budget.capacity(8), budget.capacity(9)]).toEqual([1, 2, 1]);
    budget.end('life-0');
    expect(budget.capacity(8)).toBe(2);
  });

  it('polls of one order come farther apart, the more orders are polled', () => {
    const budget = requestBudget(clockAt(), minute(600, 120));
    expect([1, 10, 100].map((orders) => budget.pollGapMs(orders))).toEqual([250, 2_500, 25_000]);
  });
});
