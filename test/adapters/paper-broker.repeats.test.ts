/**
 * Law: the same seed and the same calls give the same results, to the last report.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import { virtualClock } from '../../src/testing/virtual-clock.js';
import { AAPL, MSFT, never, order } from './paper-broker.support.js';

const step = fc.oneof(
  fc.record({
    do: fc.constant('submit' as const),
    symbol: fc.constantFrom('AAPL', 'MSFT'),
    lots: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({ do: fc.constant('cancel' as const), entry: fc.nat({ max: 20 }) }),
  fc.record({ do: fc.constant('quote' as const), cents: fc.integer({ min: 1_000, max: 20_000 }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Everything that a caller can see of a day's trading. `pollsEveryStep` adds reads that must change nothing. */
async function day(seed: number, steps: readonly Step[], pollsEveryStep = false): Promise<unknown> {
  const clock = virtualClock();
  const broker = paperBroker({
    instruments: [AAPL, MSFT],
    quotes: { AAPL: '151', MSFT: '30' },
    clock,
    seed,
    latencyMs: { min: 5, max: 300 },
    fillDelayMs: { min: 0, max: 900 },
    cancelLatencyMs: { min: 0, max: 900 },
    slippageBps: { min: 0, max: 50 },
    partialFills: { pieces: 3, delayMs: 200 },
    rejectProbability: 0.2,
    spreadBps: 3,
  });
  const seen: unknown[] = [];
  broker.reports$?.subscribe((report) => seen.push(report));
  let entries = 0;
  for (const one of steps) {
    if (one.do === 'submit') {
      const quantity = String(one.lots * (one.symbol === 'MSFT' ? 10 : 1));
      const request = order({ clientOrderId: `E-${entries}`, symbol: one.symbol, quantity });
      void broker.submitOrder(request, never()).then((outcome) => seen.push(outcome));
      entries += 1;
    } else if (one.do === 'cancel') {
      const ref = { clientOrderId: `E-${one.entry}`, symbol: 'AAPL' };
      void broker.cancelOrder(ref, never()).then((outcome) => seen.push(outcome));
    } else if (one.do === 'quote') broker.setQuote('AAPL', (one.cents / 100).toFixed(2));
    else await clock.advance(one.ms);
    if (pollsEveryStep) void broker.getOrderStatuses([{ clientOrderId: 'E-0', symbol: 'AAPL' }], never());
  }
  await clock.advance(10_000);
  expect(clock.pendingTimers, 'timers left when idle').toBe(0);
  const end = { orders: broker.orders(), positions: broker.positions(), seen };
  await broker.close();
  return end;
}

test('a day repeats exactly under its seed, and reading more changes nothing', async () => {
  const law = fc.asyncProperty(fc.integer(), fc.array(step, { maxLength: 30 }), async (seed, steps) => {
    const first = await day(seed, steps);
    expect(await day(seed, steps)).toEqual(first);
    expect(await day(seed, steps, true)).toEqual(first);
  });
  await fc.assert(law, { numRuns: 60 });
});

test('another seed gives another day', async () => {
  const steps: Step[] = Array.from({ length: 10 }, () => ({ do: 'submit', symbol: 'AAPL', lots: 10 }));
  expect(await day(1, steps)).not.toEqual(await day(2, steps));
});
