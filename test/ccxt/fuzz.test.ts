/**
 * Damaged answers: no crash, nothing invented, memory bounded.
 *
 * `npm run fuzz -- --only ccxt --count 100000 --seed 7` feeds so many to each adapter.
 */
import { getEventListeners } from 'node:events';
import type { BrokerAdapter, Clock } from 'fillchart';
import { ccxtBroker } from 'fillchart/ccxt';
import { VIRTUAL_EPOCH_MS } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { venueName } from '../../src/adapters/brokers/ccxt/client-ids.js';
import { parseDecimal } from '../../src/domain/decimal.js';
import { liveHeap } from '../live-heap.js';
import type { Asked } from './fake-exchange.js';
import { type Chance, chance, mutated, mutatedStatus } from './mutations.js';
import { ENTRY_ID, EXCHANGES, exits, KEYS, order, SPEECHES, symbolOf } from './support.js';
import { Refused, VenueStore } from './venue-store.js';

const BODIES = Number(process.env['FUZZ_BODIES'] ?? 3_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** What may be kept more in the second half than after the first, in bytes. */
const MOST_GROWTH = 64 * 2 ** 20;

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

function askedOf(url: string, init: RequestInit): Asked {
  const { pathname, searchParams, search } = new URL(url);
  const text = String(init.body ?? '');
  const body: [string, unknown][] = text.startsWith('{')
    ? Object.entries(JSON.parse(text) as Record<string, unknown>)
    : [...new URLSearchParams(text)];
  const params = Object.fromEntries([...searchParams, ...body].map(([key, value]) => [key, String(value)]));
  const headers = Object.fromEntries(new Headers(init.headers as Record<string, string>));
  return { method: init.method ?? 'GET', path: pathname, params, headers, target: `${pathname}${search}`, text };
}

const CALLS: readonly (readonly [
  string,
  (broker: BrokerAdapter, symbol: string, id: string) => Promise<unknown> | undefined,
])[] = [
  [
    'submit',
    (broker, _, id) => broker.submitOrder({ ...order(broker.name.split('-')[1] as 'okx'), clientOrderId: id }, never),
  ],
  ['status', (broker, symbol) => broker.getOrderStatus({ clientOrderId: ENTRY_ID, symbol }, never)],
  ['leg', (broker, symbol) => broker.getOrderStatus({ clientOrderId: `${ENTRY_ID}-sl`, symbol }, never)],
  ['cancel', (broker, symbol) => broker.cancelOrder({ clientOrderId: ENTRY_ID, symbol }, never)],
  [
    'protect',
    (broker, _, id) =>
      broker.placeProtection({ ...exits(broker.name.split('-')[1] as 'okx'), clientOrderId: id }, never),
  ],
  ['positions', (broker, symbol) => broker.getPositions([symbol], never)],
  ['open', (broker) => broker.getOpenOrders?.(never)],
  ['instrument', (broker, symbol) => broker.instrument(symbol, never)],
  ['margin', (broker) => broker.checkMargin?.(order(broker.name.split('-')[1] as 'okx'), never)],
  ['exits', (broker) => broker.checkProtection?.(exits(broker.name.split('-')[1] as 'okx'), never)],
  ['quote', (broker, symbol) => broker.quote?.(symbol, never)],
];
const never = new AbortController().signal;

/** Every id and every filled size of an outcome stands in what was sent, digit for digit. */
function invented(outcome: unknown, sent: string): readonly string[] {
  if (Array.isArray(outcome)) return outcome.flatMap((one) => invented(one, sent));
  if (typeof outcome !== 'object' || outcome === null) return [];
  const { brokerOrderId, filledSize, price, report, stopLoss, takeProfit } = outcome as Record<string, unknown>;
  const isThere = (value: unknown): boolean => {
    const text = String(value);
    return sent.includes(text) || (text.match(/\d+/g) ?? []).every((digits) => sent.includes(digits));
  };
  const problems = [brokerOrderId, price, ...(filledSize === '0' ? [] : [filledSize])].filter(
    (value) => value !== undefined && !isThere(value),
  );
  const isSize = filledSize === undefined || parseDecimal(filledSize) !== undefined;
  return [
    ...problems.map(String),
    ...(isSize ? [] : [`size ${String(filledSize)}`]),
    ...[report, stopLoss, takeProfit].flatMap((part) => (typeof part === 'object' ? invented(part, sent) : [])),
  ];
}

describe.each(EXCHANGES)('%s', (exchange) => {
  it(`${BODIES} damaged answers: no crash, no invented order, fill or id, bounded memory`, {
    timeout: 3_600_000,
  }, async () => {
    const dice: Chance = chance(SEED);
    const clock = instantClock();
    const name = venueName(exchange, ENTRY_ID);
    /** An exchange with the one entry, which rests. A fresh one now and then: it keeps every order that it ever had. */
    const withEntry = (): VenueStore => {
      const fresh = new VenueStore({ clock, exchange, base: '1000', quote: '1e15' });
      fresh.scripts.push({ fills: [] });
      fresh.market(name, 'buy', '100');
      return fresh;
    };
    let store = withEntry();
    const speech = SPEECHES[exchange];
    let isDamaged = false;
    let bodies = 0;
    let sent = '';
    const answer = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
      const asked = askedOf(String(input), init);
      const sound = (() => {
        try {
          return speech.hear(asked, store).act();
        } catch (error) {
          if (error instanceof Refused) return speech.refuse(error.why);
          throw error;
        }
      })();
      const text = JSON.stringify(sound.body).replace(/"@#(-?\d+)@"/g, '$1');
      if (!isDamaged) return new Response(text, { status: sound.status });
      bodies += 1;
      const damaged = mutated(text, dice);
      sent += damaged;
      return new Response(damaged, { status: mutatedStatus(sound.status, dice) });
    };
    const fetch = answer as typeof globalThis.fetch;
    const settings = { exchange, ...KEYS, baseUrl: 'http://127.0.0.1:9', clock, fetch, requestsPerMinute: 100_000 };
    const broker = ccxtBroker({ ...settings, warn: () => undefined });
    await broker.connect?.(never);
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
      if (n % 500 === 499) store = withEntry();
      const id = `fc-${n.toString(16).padStart(29, '0')}`;
      try {
        const outcome = await call(broker, symbolOf(exchange), id);
        for (const problem of invented(outcome, sent))
          problems.push(`${what}: ${problem} was never sent: ${sent.slice(0, 300)}`);
      } catch (error) {
        // A read that has no news says so in words; a fault of the program has other ones.
        if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError)
          problems.push(`${what}: ${String(error)}`);
      }
      if (what === 'submit')
        for (const one of store.open())
          if (one.name !== name && one.type === 'market') store.venue.end(one.id, 'cancelled');
      if (heapAtHalf === 0 && bodies > BODIES / 2) heapAtHalf = liveHeap();
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', listener);
    await broker.close?.();
    expect([problems, unhandled, getEventListeners(never, 'abort').length]).toEqual([[], [], 0]);
    expect(liveHeap() - heapAtHalf).toBeLessThan(MOST_GROWTH);
  });
});
