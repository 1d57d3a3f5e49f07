/** The stream with its gaps, and the two hundred requests a minute. */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { requestBudget } from '../../src/adapters/brokers/request-budget.js';
import { ADVISORY, entryId, eventually, execute, order, ref, venue, world } from './support.js';

const isGap = (report: OrderReport | { type: 'gap' }): boolean => 'type' in report;

describe('the stream', () => {
  it('tells a gap after each connect and reconnect, once Alpaca listens', async () => {
    const now = await venue({ connects: false });
    const told: (OrderReport | { type: 'gap' })[] = [];
    now.broker.reports$?.subscribe((report) => told.push(report as OrderReport));
    await now.broker.connect?.(new AbortController().signal);
    expect(told.filter(isGap)).toHaveLength(1);
    now.simulator.cutStreams();
    await eventually(() => now.simulator.streams.listening === 1 && told.filter(isGap).length === 2);
    expect(now.warnings).toEqual(['The trade-updates stream of Alpaca is down: orders are polled until it is back.']);
  });

  it('a fill that fell into a gap is found at once when the stream is back [P1]', async () => {
    const now = await world({ scripts: [{ fills: [] }] });
    const running = now.engine.start(ADVISORY);
    await now.clock.advance(200);
    now.simulator.cutStreams(true);
    await eventually(() => now.warnings.length === 1);
    now.simulator.fill(entryId(now), '100', '151');
    now.simulator.allowStreams();
    await eventually(() => now.simulator.streams.listening === 1);
    const result = await now.clock.runUntil(running.result);
    expect([result.status, now.simulator.count('submit')]).toEqual(['FILLED', 1]);
    expect(result.totalDurationSeconds).toBeLessThan(1);
  });

  it('while it stays down orders are polled every second, not every three', async () => {
    const now = await world({ scripts: [{ fills: [{ at: 3_500, quantity: '100' }] }] });
    const running = now.engine.start(ADVISORY);
    await now.clock.advance(100);
    now.simulator.cutStreams(true);
    await eventually(() => now.warnings.length === 1);
    const result = await now.clock.runUntil(running.result);
    expect(result.status).toBe('FILLED');
    expect(result.totalDurationSeconds).toBeLessThan(4.6);
  });

  it('garbage on it is nothing, and it goes on', async () => {
    const now = await world({ scripts: [{ fills: [{ at: 1_000, quantity: '100' }] }] });
    const running = now.engine.start(ADVISORY);
    await now.clock.advance(100);
    for (const text of [
      'not json',
      '[]',
      '{"stream":"trade_updates","data":{}}',
      '{"stream":"trade_updates","data":{"order":{"id":7}}}',
    ]) {
      now.simulator.sendRaw(text);
    }
    expect((await now.clock.runUntil(running.result)).totalDurationSeconds).toBe(1);
  });

  it('without it the adapter offers no pushes, and polls', async () => {
    const now = await world({ adapter: { stream: false }, scripts: [{ fills: [{ at: 500, quantity: '100' }] }] });
    expect([now.broker.capabilities.push, now.broker.reports$, now.broker.capabilities.minPollMs]).toEqual([
      false,
      undefined,
      1_000,
    ]);
    expect((await execute(now)).status).toBe('FILLED');
    expect(now.simulator.streams.connections).toBe(0);
  });

  it('a venue without a stream does not keep an advisory waiting for long', async () => {
    const now = await world({ connects: false });
    now.simulator.cutStreams(true);
    await import('@alpacahq/alpaca-trade-api');
    expect((await execute(now)).status).toBe('FILLED');
    expect(now.warnings[0]).toContain('not up yet');
  });
});

describe('the budget of requests', () => {
  const headers = (fields: Record<string, string> = {}) => new Headers(fields);
  const clockAt = (at: { ms: number }) => ({
    now: () => at.ms,
    monotonic: () => at.ms,
    setTimeout: () => 0,
    clearTimeout: () => undefined,
  });

  it('reads leave the reserve, submits half of it, safety is never held back [K3]', () => {
    const budget = requestBudget(clockAt({ ms: 0 }), 200, 40);
    const sent = (purpose: 'read' | 'submit' | 'safety', tries: number) =>
      Array.from({ length: tries }, () => budget.take(purpose)).filter((held) => held === undefined).length;
    expect([sent('read', 300), sent('submit', 300), sent('safety', 300)]).toEqual([160, 20, 300]);
  });

  it('comes back after a minute', () => {
    const at = { ms: 0 };
    const budget = requestBudget(clockAt(at), 50, 10);
    while (budget.take('read') === undefined);
    at.ms = 59_999;
    expect(budget.take('read')).toContain('rate budget');
    at.ms = 60_000;
    expect(budget.take('read')).toBeUndefined();
  });

  it.each([
    ['seconds', headers({ 'retry-after': '7' }), 7_000],
    ['a date', headers({ 'retry-after': new Date(5_000).toUTCString() }), 5_000],
    ['nothing', headers(), 1_000],
    ['nonsense', headers({ 'retry-after': 'soon' }), 1_000],
    ['a day', headers({ 'retry-after': '86400' }), 60_000],
  ])('Retry-After with %s is waited out, by all but safety', (_, given, waitMs) => {
    const at = { ms: 0 };
    const budget = requestBudget(clockAt(at), 200, 40);
    budget.note(429, given);
    at.ms = waitMs - 1;
    expect([budget.take('read'), budget.take('submit')].every((held) => held?.startsWith('rate limit'))).toBe(true);
    expect(budget.take('safety')).toBeUndefined();
    at.ms = waitMs;
    expect([budget.take('read'), budget.take('submit')]).toEqual([undefined, undefined]);
  });

  it('reads stop when the venue itself says that little is left', () => {
    const budget = requestBudget(clockAt({ ms: 0 }), 200, 40);
    budget.note(200, headers({ 'x-ratelimit-remaining': '39', 'x-ratelimit-reset': '30' }));
    expect([budget.take('read'), budget.take('submit')]).toEqual(['rate limit: 30000 ms to wait', undefined]);
  });

  it('a cancel goes out when polls have used the budget up', async () => {
    const now = await venue({
      scripts: [{ fills: [] }],
      requestsPerMinute: 0,
      adapter: { requestsPerMinute: 50, reservedPerMinute: 10 },
    });
    await now.call((broker, signal) => broker.submitOrder(order, signal));
    const polls = Array.from({ length: 60 }, () => now.broker.getOrderStatus(ref, new AbortController().signal));
    const outcomes = await now.clock.runUntil(Promise.allSettled(polls));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(40);
    expect(await now.call((broker, signal) => broker.cancelOrder(ref, signal))).toBe('requested');
  });

  it('ten executions side by side stay inside 200 a minute: nothing is refused, each is sent once', async () => {
    const symbols = Array.from({ length: 10 }, (_, n) => `SYM${n}`);
    const now = await world({
      assets: symbols.map((symbol) => ({ symbol })),
      quotes: Object.fromEntries(symbols.map((symbol) => [symbol, '150'])),
      scripts: symbols.map(() => ({ fills: [{ at: 20_000, quantity: '1' }] })),
    });
    const results = await now.clock.runUntil(
      Promise.all(
        symbols.map((symbol) =>
          now.engine.execute({ ...ADVISORY, advisoryId: symbol, symbol, positionSize: '1', referencePrice: '150' }),
        ),
      ),
    );
    expect(
      new Set(results.map(({ status, reconciliationReport }) => `${status} ${reconciliationReport?.status}`)),
    ).toEqual(new Set(['FILLED MATCHED']));
    expect(now.simulator.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(now.simulator.count('submit')).toBe(10);
  });
});
