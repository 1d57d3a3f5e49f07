/**
 * Damaged answers of Alpaca: no crash, nothing invented, memory bounded.
 *
 * `npm run fuzz -- --only alpaca --count 100000 --seed 7` feeds so many.
 */
import { getEventListeners } from 'node:events';
import type { BrokerAdapter, Clock } from 'fillchart';
import { alpacaBroker } from 'fillchart/alpaca';
import { alpacaSimulator, VIRTUAL_EPOCH_MS } from 'fillchart/testing';
import { expect, it, onTestFinished } from 'vitest';
import { parseVenueDecimal } from '../../src/domain/decimal.js';
import { type Chance, chance, mutated, mutatedStatus } from '../ccxt/mutations.js';
import { liveHeap } from '../live-heap.js';
import { exits, KEYS, order, ref } from './support.js';

const BODIES = Number(process.env['FUZZ_BODIES'] ?? 1_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** What may be kept more in the second half than after the first, in bytes. */
const MOST_GROWTH = 64 * 2 ** 20;
const never = new AbortController().signal;

/** Short waits are over at once, long deadlines never come. */
function instantClock(): Clock & { ms: number } {
  const clock = {
    ms: 0,
    now: () => VIRTUAL_EPOCH_MS + clock.ms,
    monotonic: () => clock.ms,
    setTimeout(fn: () => void, ms: number) {
      if (ms > 4_000) return undefined;
      return setImmediate(() => {
        clock.ms += ms;
        fn();
      });
    },
    clearTimeout(id: unknown) {
      if (id !== undefined) clearImmediate(id as NodeJS.Immediate);
    },
  };
  return clock;
}

const leg = { ...ref, clientOrderId: `${ref.clientOrderId}-sl` };
const CALLS: readonly (readonly [string, (broker: BrokerAdapter, id: string) => Promise<unknown> | undefined])[] = [
  ['submit', (broker, id) => broker.submitOrder({ ...order, clientOrderId: id }, never)],
  ['status', (broker) => broker.getOrderStatus(ref, never)],
  ['statuses', (broker) => broker.getOrderStatuses?.([ref, leg], never)],
  ['leg', (broker) => broker.getOrderStatus(leg, never)],
  ['cancel', (broker) => broker.cancelOrder(ref, never)],
  ['protect', (broker, id) => broker.placeProtection({ ...exits, clientOrderId: id }, never)],
  ['positions', (broker) => broker.getPositions(['AAPL'], never)],
  ['all positions', (broker) => broker.getPositions([], never)],
  ['open', (broker) => broker.getOpenOrders?.(never)],
  ['instrument', (broker) => broker.instrument('AAPL', never)],
  ['margin', (broker) => broker.checkMargin?.(order, never)],
  ['exits', (broker) => broker.checkProtection?.(exits, never)],
  ['quote', (broker) => broker.quote?.('AAPL', never)],
];

/** Every id, and every digit of a size and a price, of an outcome stands in what was sent. */
function invented(outcome: unknown, sent: string): readonly string[] {
  if (Array.isArray(outcome)) return outcome.flatMap((one) => invented(one, sent));
  if (typeof outcome !== 'object' || outcome === null) return [];
  const { brokerOrderId, filledSize, fillPrice, price, report, stopLoss, takeProfit } = outcome as Record<
    string,
    unknown
  >;
  const isThere = (value: unknown): boolean =>
    sent.includes(String(value)) || (String(value).match(/\d+/g) ?? []).every((digits) => sent.includes(digits));
  const told = [brokerOrderId, fillPrice, price, ...(filledSize === '0' ? [] : [filledSize])];
  const isSize = filledSize === undefined || parseVenueDecimal(filledSize) !== undefined;
  return [
    ...told.filter((value) => value !== undefined && !isThere(value)).map(String),
    ...(isSize ? [] : [`size ${String(filledSize)}`]),
    ...[report, stopLoss, takeProfit].flatMap((part) => (typeof part === 'object' ? invented(part, sent) : [])),
  ];
}

it(`${BODIES} damaged answers: no crash, no invented order, fill, price or id, bounded memory`, {
  timeout: 3_600_000,
}, async () => {
  const dice: Chance = chance(SEED);
  const clock = instantClock();
  const simulator = await alpacaSimulator({
    clock,
    quotes: { AAPL: '151.00' },
    ...KEYS,
    requestsPerMinute: 0,
    buyingPower: '1000000000000',
  });
  onTestFinished(() => simulator.close());
  simulator.script({ fills: [] });
  let isDamaged = false;
  let bodies = 0;
  let sent = '';
  const damaging = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const sound = await globalThis.fetch(input, init);
    const text = await sound.text();
    if (!isDamaged) return new Response(sound.status === 204 ? null : text, { status: sound.status });
    bodies += 1;
    const damaged = mutated(text, dice);
    sent += damaged;
    const status = mutatedStatus(sound.status, dice);
    return new Response(status === 204 ? null : damaged, { status });
  };
  const urls = { tradingUrl: simulator.url, dataUrl: simulator.url, stream: false } as const;
  const broker = alpacaBroker({
    ...KEYS,
    ...urls,
    clock,
    fetch: damaging,
    requestsPerMinute: 100_000,
    warn: () => undefined,
  });
  await broker.connect?.(never);
  await broker.submitOrder(order, never);
  isDamaged = true;
  const unhandled: unknown[] = [];
  const listener = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', listener);
  let heapAtHalf = 0;
  const problems: string[] = [];
  for (let n = 0; bodies < BODIES && problems.length < 5; n += 1) {
    const [what, call] = CALLS[n % CALLS.length] ?? ['', () => undefined];
    sent = '';
    clock.ms += 2_000;
    try {
      const outcome = await call(broker, `fc-${n.toString(16).padStart(29, '0')}`);
      for (const problem of invented(outcome, sent))
        problems.push(`${what}: ${problem} was never sent: ${sent.slice(0, 300)}`);
    } catch (error) {
      // A read that has no news says so in words; a fault of the program has other ones.
      if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
        problems.push(`${what}: ${String(error)}`);
    }
    if (heapAtHalf === 0 && bodies > BODIES / 2) heapAtHalf = liveHeap();
  }
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  await broker.close?.();
  expect([problems, unhandled, getEventListeners(never, 'abort').length]).toEqual([[], [], 0]);
  expect(liveHeap() - heapAtHalf).toBeLessThan(MOST_GROWTH);
});
