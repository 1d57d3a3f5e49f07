/** The stream with its gaps, and the two hundred requests a minute. */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
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
  it('C4: a cancel and a look at a live order go out when polls have used the budget up', async () => {
    const now = await venue({
      scripts: [{ fills: [] }],
      requestsPerMinute: 0,
      adapter: { requestsPerMinute: 50, reservedPerMinute: 10 },
    });
    await now.call((broker, signal) => broker.submitOrder(order, signal));
    const { signal: never } = new AbortController();
    const polls = Array.from({ length: 60 }, async () => now.broker.getOrderStatuses?.([ref], never));
    const outcomes = await now.clock.runUntil(Promise.allSettled(polls));
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThan(50);
    expect(now.broker.capacity?.(1)).toBe(0);
    const found = await now.call((broker, signal) => broker.getOrderStatus(ref, signal));
    expect(found).toMatchObject({ clientOrderId: 'fc-1' });
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
