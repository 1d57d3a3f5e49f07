/**
 * The line to the paper broker: latency, aborts, cuts, and the end.
 */
import { getEventListeners } from 'node:events';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import type { PaperBrokerOptions } from '../../src/adapters/brokers/paper/paper-options.js';
import type { PaperTick } from '../../src/adapters/brokers/paper/quote.js';
import { AAPL, benches, legs, never, order, protection } from './paper-broker.support.js';

const bench = benches();
const ref = { clientOrderId: 'A', symbol: 'AAPL' } as const;

describe('latency', () => {
  test('the request arrives half-way, and the fill is pushed before the answer is there', async () => {
    const { submit, clock, pushed } = bench({ latencyMs: 100 });
    let answered = false;
    const outcome = submit().finally(() => {
      answered = true;
    });
    await clock.advance(49);
    expect(pushed).toEqual([]);
    await clock.advance(1);
    expect([pushed, answered]).toEqual([['A pending 0', 'A filled 100@151'], false]);
    await clock.advance(50);
    expect([(await outcome).kind, answered, clock.pendingTimers]).toEqual(['accepted', true, 0]);
  });

  test('is drawn within its bounds', async () => {
    const { broker, signal, clock } = bench({ latencyMs: { min: 20, max: 60 } });
    const took: number[] = [];
    for (let n = 0; n < 40; n += 1) {
      const startedAt = clock.monotonic();
      await clock.runUntil(broker.instrument('AAPL', signal));
      took.push(clock.monotonic() - startedAt);
    }
    expect([Math.min(...took) >= 20, Math.max(...took) <= 60, new Set(took).size > 10]).toEqual([true, true, true]);
  });
});

describe('an abort', () => {
  test('before the call proves that nothing was sent', async () => {
    const { broker, size } = bench();
    const gone = AbortSignal.abort();
    expect((await broker.submitOrder(order(), gone)).kind).toBe('not_sent');
    expect(await broker.cancelOrder(ref, gone)).toBe('unknown');
    expect(legs(await broker.placeProtection(protection(), gone))).toBe('not_sent not_sent');
    await expect(broker.getOrderStatus(ref, gone)).rejects.toThrow('aborted');
    expect(size()).toBe('0');
  });

  test('after the call proves nothing: what is on the wire still arrives', async () => {
    const { broker, size, clock } = bench({ latencyMs: 1000 });
    const abort = new AbortController();
    const outcome = broker.submitOrder(order(), abort.signal);
    await clock.advance(100);
    abort.abort();
    expect((await outcome).kind).toBe('unknown');
    expect(size()).toBe('0');
    await clock.advance(400);
    expect([size(), clock.pendingTimers]).toEqual(['100', 0]);
  });

  test('while the answer is on its way leaves no timer behind', async () => {
    const { broker, clock } = bench({ latencyMs: 1000 });
    const abort = new AbortController();
    const outcome = broker.submitOrder(order(), abort.signal);
    await clock.advance(600);
    abort.abort();
    expect([(await outcome).kind, clock.pendingTimers]).toEqual(['unknown', 0]);
  });
});

test('no call leaves a listener on the signal of its caller, however it ends', async () => {
  const { broker, submit, clock, signal } = bench({ latencyMs: 10, scripts: { B: { submit: 'hang' } } });
  const answered = submit();
  const hung = submit({ clientOrderId: 'B' });
  await clock.advance(10);
  await answered;
  const cut = submit({ clientOrderId: 'C' });
  await broker.close();
  await Promise.all([hung, cut]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

describe('a cut connection', () => {
  test('lets nothing through, and tells of a gap when it is back; the broker trades on', async () => {
    const { broker, submit, line, pushed, clock } = bench({ fillDelayMs: 500 });
    await submit();
    broker.setConnected(false);
    await expect(line()).rejects.toThrow('the connection is cut');
    expect(await submit({ clientOrderId: 'B' })).toMatchObject({ kind: 'not_sent' });
    await clock.advance(500);
    expect(pushed).toEqual(['A pending 0']);
    broker.setConnected(true);
    expect(pushed).toEqual(['A pending 0', 'gap']);
    expect(await line()).toBe('filled 100@151');
  });

  test('makes calls that are under way unknown', async () => {
    const { broker, submit, cancel, protect, line, clock } = bench({ latencyMs: 100 });
    const calls = [submit(), cancel(), protect().then(legs), line().catch((error: Error) => error.message)];
    broker.setConnected(false);
    expect(await Promise.all(calls)).toEqual([
      { kind: 'unknown', cause: 'paper broker: the connection was cut' },
      'unknown',
      'unknown unknown',
      'paper broker: the connection was cut',
    ]);
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('close', () => {
  test('a closed broker answers like a cut connection', async () => {
    const { broker, submit, cancel, protect, line, signal } = bench();
    await broker.close();
    await broker.close();
    expect([(await submit()).kind, await cancel(), legs(await protect())]).toEqual([
      'not_sent',
      'unknown',
      'not_sent not_sent',
    ]);
    const reads = [
      line(),
      broker.instrument('AAPL', signal),
      broker.getPositions([], signal),
      broker.getOpenOrders(signal),
      broker.getOrderStatuses([ref], signal),
      broker.checkMargin(order(), signal),
      broker.connect?.(signal),
    ];
    for (const read of reads) await expect(read).rejects.toThrow('the connection is closed');
    broker.setConnected(true);
    broker.setQuote('AAPL', '1');
    expect((await submit()).kind).toBe('not_sent');
  });

  test('ends every timer and call, and the pushes', async () => {
    const made = bench({ fillDelayMs: 500, latencyMs: 50 });
    const outcome = made.submit();
    await made.clock.advance(30);
    let completed = false;
    made.broker.reports$?.subscribe({ complete: () => (completed = true) });
    await made.broker.close();
    expect([(await outcome).kind, completed, made.clock.pendingTimers]).toEqual(['unknown', true, 0]);
  });

  test('leaves a working order as it was: the books can still be read', async () => {
    const { submit, broker, clock } = bench({ fillDelayMs: 500 });
    await submit();
    await broker.close();
    await clock.advance(1000);
    expect(broker.orders()).toMatchObject([{ clientOrderId: 'A', state: 'pending' }]);
  });
});

describe('pushes', () => {
  test('a listener may call the broker, and sees every change in its order', async () => {
    const { broker, submit, pushed, signal } = bench();
    broker.reports$?.subscribe((report) => {
      if (!('type' in report) && report.state === 'filled' && report.clientOrderId === 'A') {
        void broker.placeProtection(protection(), signal);
        broker.setQuote('AAPL', '147');
      }
    });
    await submit();
    expect(pushed).toEqual([
      'A pending 0',
      'A filled 100@151',
      'A-sl pending 0',
      'A-tp pending 0',
      'A-sl filled 100@147',
      'A-tp cancelled 0',
    ]);
  });
});

describe('a feed', () => {
  test('moves prices until close; what is no price of a known symbol is passed over', async () => {
    const feed = new Subject<PaperTick>();
    const { broker, submit, line } = bench({ quotes: {}, feed });
    const nonsense = [
      null,
      7,
      {},
      { symbol: 'NOPE', price: '1' },
      { symbol: 'AAPL', price: 'x' },
      { symbol: 'AAPL', price: '-1' },
    ];
    for (const tick of nonsense) feed.next(tick as PaperTick);
    await submit();
    expect(await line()).toBe('pending 0');
    feed.next({ symbol: 'AAPL', price: '150', bid: '149.99', ask: '150.02' });
    expect(await line()).toBe('filled 100@150.02');
    await broker.close();
    expect(feed.observed).toBe(false);
  });

  test('that fails leaves the last price standing', async () => {
    const feed = new Subject<PaperTick>();
    const { submit, line } = bench({ quotes: {}, feed });
    feed.next({ symbol: 'AAPL', price: '150' });
    feed.error(new Error('gone'));
    await submit();
    expect(await line()).toBe('filled 100@150');
  });
});

test('on the system clock a delayed fill comes by itself, and the process may end', async () => {
  const broker = paperBroker({ instruments: [AAPL], quotes: { AAPL: '151' }, fillDelayMs: 1 });
  const filled = new Promise<void>((resolve) => {
    broker.reports$?.subscribe((report) => {
      if (!('type' in report) && report.state === 'filled') resolve();
    });
  });
  await broker.submitOrder(order(), never());
  await filled;
  await broker.close();
});

describe('options that are wrong are refused, with what is wrong with them', () => {
  const wrong: readonly (readonly [object, string])[] = [
    [{ instruments: [] }, 'options.instruments is []'],
    [{ instruments: [{ ...AAPL, tickSize: '0' }] }, 'options.instruments[0].tickSize is "0"'],
    [{ instruments: [AAPL, AAPL] }, 'names AAPL twice'],
    [{ quotes: { NOPE: '1' } }, 'options.quotes.NOPE is NOPE'],
    [{ quotes: { AAPL: '0' } }, 'options.quotes.AAPL is "0"'],
    [{ quotes: { AAPL: { price: '1', bid: '2', ask: '1' } } }, 'bid ≤ ask'],
    [{ latencyMs: -1 }, 'options.latencyMs is -1'],
    [{ latencyMs: { min: 5, max: 1 } }, 'with min ≤ max'],
    [{ latencyMs: { min: 5 } }, 'options.latencyMs.max'],
    [{ slippageBps: 20_000 }, 'options.slippageBps is 20000'],
    [{ rejectProbability: 2 }, 'options.rejectProbability is 2'],
    [{ partialFills: { pieces: 0, delayMs: 1 } }, 'options.partialFills.pieces is 0'],
    [{ buyingPower: '-1' }, 'options.buyingPower is "-1"'],
    [{ initialPositions: [{ symbol: 'NOPE', size: '1' }] }, 'options.initialPositions[0].symbol is NOPE'],
    [{ latency: 5 }, 'options.latency is not known'],
  ];

  test.each(wrong)('%j', (changes, message) => {
    const make = () => paperBroker({ instruments: [AAPL], ...changes } as PaperBrokerOptions);
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });

  test('and so are quotes that are set by hand', () => {
    const { broker } = bench();
    expect(() => broker.setQuote('NOPE', '1')).toThrow('NOPE is not known');
    expect(() => broker.setQuote('AAPL', 'x')).toThrow('accepted is a price');
  });
});
