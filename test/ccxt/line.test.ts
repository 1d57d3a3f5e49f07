/** The wire: order of arrival, budget, clock, and exits of which one leg goes wrong. */
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import type { Fault } from './fake-exchange.js';
import { exits, order, ref, symbolOf, type Venue, venue } from './support.js';

const status = (now: Venue, exchange: CcxtExchange) =>
  now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal));
const submit = (now: Venue, exchange: CcxtExchange) =>
  now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
const protect = (now: Venue, exchange: CcxtExchange) =>
  now.call((broker, signal) => broker.placeProtection(exits(exchange), signal));

describe("kraken's nonces", () => {
  it('rise with every request, and reads wait for one another', async () => {
    const now = await venue('kraken');
    await now.call((broker, signal) => {
      const [symbol, one] = [symbolOf('kraken'), ref('kraken')];
      return Promise.all([
        broker.getPositions([symbol], signal),
        broker.getOrderStatus(one, signal),
        broker.getPositions([symbol], signal),
      ]);
    });
    const nonces = now.fake.requests
      .flatMap(({ asked }) => Number(asked.params['nonce'] ?? Number.NaN))
      .filter(Number.isFinite);
    expect(nonces.length).toBeGreaterThan(5);
    expect(nonces, 'in the order of arrival').toEqual([...new Set(nonces)].sort((a, b) => a - b));
  });

  it('a cancel waits for no read that hangs [K3]', async () => {
    const now = await venue('kraken', { scripts: [{ fills: [] }] });
    await submit(now, 'kraken');
    now.fake.fault({ on: 'order', answer: 'silence' });
    const hanging = now.broker.getOrderStatus(ref('kraken'), new AbortController().signal).catch(() => 'gave up');
    const cancelled = await now.call((broker, signal) => broker.cancelOrder(ref('kraken'), signal));
    expect([cancelled, now.clock.monotonic()]).toEqual(['requested', 0]);
    expect(await now.clock.runUntil(hanging)).toBe('gave up');
  });

  it('an order that was overtaken was not taken: it may be sent again', async () => {
    const now = await venue('kraken');
    now.fake.fault({ on: 'submit', answer: { status: 200, body: { error: ['EAPI:Invalid nonce'] } } });
    expect(await submit(now, 'kraken')).toMatchObject({ kind: 'rejected', transient: true });
    expect(await submit(now, 'kraken')).toMatchObject({ kind: 'accepted' });
  });
});

describe('rate limits', () => {
  it.each([
    ['binance', { status: 418, headers: { 'retry-after': '30' } }, 30_000],
    ['binance', { status: 429, headers: { 'retry-after': '3' } }, 3_000],
    ['okx', 'rate', 1_000],
    ['bybit', 'rate', 1_000],
    ['kraken', 'rate', 5_000],
  ] as const)('%s says %o: reads and entries wait it out, cancels do not', async (exchange, answer, waitMs) => {
    const now = await venue(exchange);
    now.fake.fault({ on: 'order', answer });
    await expect(status(now, exchange)).rejects.toThrow();
    expect(await submit(now, exchange)).toMatchObject({ kind: 'not_sent' });
    expect(await now.call((broker, signal) => broker.cancelOrder(ref(exchange), signal))).not.toBe('unknown');
    await now.clock.advance(waitMs);
    expect(await submit(now, exchange)).toMatchObject({ kind: 'accepted' });
    expect(now.fake.count('submit')).toBe(1);
  });
});

describe('the clock', () => {
  it('of the exchange signs the requests; one that is off is told', async () => {
    const now = await venue('binance', { connects: false });
    now.store.venue.setClockOffset(90_000);
    await now.broker.connect?.(new AbortController().signal);
    await submit(now, 'binance');
    const sent = now.fake.requests.find(({ route }) => route === 'submit')?.asked.params['timestamp'];
    expect(Number(sent)).toBe(now.clock.now() + 90_000);
    expect(now.warnings.join()).toContain('-90000 ms ahead of binance');
  });
});

describe.each(['bybit', 'kraken'] as const)('two exits at %s: each leg as it is [B1 B2]', (exchange) => {
  const accepted = expect.objectContaining({ kind: 'accepted' });
  const rejected = expect.objectContaining({ kind: 'rejected' });
  const unknown = expect.objectContaining({ kind: 'unknown' });
  const notSent = expect.objectContaining({ kind: 'not_sent' });
  const duplicate = { kind: 'duplicate' };
  const on = 'protect';

  const cases: readonly (readonly [string, readonly Fault[], readonly unknown[], readonly unknown[], number])[] = [
    ['both stand', [], [accepted, accepted], [duplicate, duplicate], 2],
    ['the stop is lost', [{ on, answer: 'cut' }], [unknown, notSent], [accepted, accepted], 3],
    ['the stop is lost and stands', [{ on, answer: 'cut', live: true }], [unknown, notSent], [duplicate, accepted], 2],
    ['the stop is refused', [{ on, answer: 'trigger' }], [rejected, accepted], [rejected, duplicate], 2],
    ['the balance lags', [{ on, answer: 'funds' }], [rejected, notSent], [accepted, accepted], 3],
    ['too many requests', [{ on, answer: 'rate' }], [rejected, notSent], [accepted, accepted], 3],
  ];

  it.each(cases)('%s', async (_, faults, first, again, posts) => {
    const now = await venue(exchange);
    await submit(now, exchange);
    for (const fault of faults) now.fake.fault(fault);
    const legs = async () => Object.values(await protect(now, exchange));
    expect(await legs()).toEqual(first);
    expect(await legs()).toEqual(again);
    expect(now.fake.count('protect')).toBe(posts);
    const kinds = now.store.open().map(({ type }) => type);
    expect(new Set(kinds).size, 'no leg twice').toBe(kinds.length);
  });

  it('the stop comes first, and holds what the profit would need, unless it is conditional', async () => {
    const now = await venue(exchange, { base: '0' });
    await submit(now, exchange);
    if (exchange === 'bybit') {
      expect(await protect(now, exchange)).toEqual({ stopLoss: accepted, takeProfit: accepted });
      return;
    }
    const held = { kind: 'rejected', reason: expect.stringContaining('the stop-loss holds the balance') };
    const { stopLoss, takeProfit } = await protect(now, exchange);
    expect([stopLoss, takeProfit]).toEqual([accepted, expect.objectContaining(held)]);
    expect(takeProfit).not.toHaveProperty('transient');
    await protect(now, exchange);
    expect(now.fake.count('protect')).toBe(2);
  });
});
