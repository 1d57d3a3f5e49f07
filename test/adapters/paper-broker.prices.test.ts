/**
 * Price files: read by their header, and replayed on the clock.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import { parsePriceFile } from '../../src/adapters/brokers/paper/price-file.js';
import { AAPL, benches } from './paper-broker.support.js';

const bench = benches();
const shipped = (name: string): string => fileURLToPath(new URL(`../../examples/prices/${name}`, import.meta.url));

/** Frames in short: `time: step | step`, a step being `symbol price`. */
const inShort = (csv: string, symbols: readonly string[], symbol?: string): readonly string[] =>
  parsePriceFile(csv, symbols, symbol).map(({ time, steps }) => {
    const texts = steps.map((step) => step.map((one) => `${one.symbol} ${one.quote.price}`).join(', '));
    return `${time}: ${texts.join(' | ')}`;
  });

describe('a price file', () => {
  test('of ticks', () => {
    const csv = 'time,symbol,price\n2026-01-02T10:00:00Z,AAPL,150\n2026-01-02T10:00:01Z,AAPL,150.5\n';
    expect(inShort(csv, ['AAPL'])).toEqual(['2026-01-02T10:00:00Z: AAPL 150', '2026-01-02T10:00:01Z: AAPL 150.5']);
  });

  test('of closes without a symbol', () => {
    expect(inShort('date,price\nJan 1 2000,39.81\nFeb 1 2000,36.35', ['X'], 'X')).toEqual([
      'Jan 1 2000: X 39.81',
      'Feb 1 2000: X 36.35',
    ]);
  });

  test('of bars: four prices each, both extremes among them, the one away from the close first', () => {
    const csv = 'date,open,high,low,close,volume\n2026-01-02,10,12,9,11,7\n2026-01-05,11,13,8,9,7';
    expect(inShort(csv, ['X'], 'X')).toEqual([
      '2026-01-02: X 10 | X 9 | X 12 | X 11',
      '2026-01-05: X 11 | X 13 | X 8 | X 9',
    ]);
  });

  test('with columns in any order and case, bid and ask, windows line ends and a byte order mark', () => {
    const csv =
      '\uFEFFAsk,Symbol,Bid,Price,Timestamp\r\n151.02,AAPL,150.98,151,1767348000000\r\n,AAPL,,152,1767348001000\r\n';
    expect(parsePriceFile(csv, ['AAPL'])).toEqual([
      { time: '1767348000000', steps: [[{ symbol: 'AAPL', quote: { price: '151', bid: '150.98', ask: '151.02' } }]] },
      { time: '1767348001000', steps: [[{ symbol: 'AAPL', quote: { price: '152' } }]] },
    ]);
  });

  test('sorted by symbol is put in the order of time; symbols that are not traded are passed over', () => {
    const csv = 'symbol,date,price\nB,2026-01-01,1\nB,2026-01-02,2\nNOPE,2026-01-01,9\nA,2026-01-01,3\nA,2026-01-02,4';
    expect(inShort(csv, ['A', 'B'])).toEqual(['2026-01-01: B 1, A 3', '2026-01-02: B 2, A 4']);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['open,close\n1,2', 'accepted is a header'],
    ['time,volume\n2026-01-01,2', 'accepted is a header'],
    ['time,price\n2026-01-01,1\nyesterday,2', 'line 3, cannot be read: "yesterday,2"'],
    ['time,price\n2026-02-30,1', 'line 2'],
    ['time,price\n2026-01-01,null', 'line 2'],
    ['time,price\n2026-01-01', 'line 2'],
    ['time,open,high,low,close\n2026-01-01,10,9,8,9', 'line 2'],
    ['time,open,high,low,close\n2026-01-01,,11,8,9', 'line 2'],
    ['time,price\n', 'no row of X'],
  ];

  test.each(wrong)('that cannot be read is refused: %j', (csv, message) => {
    expect(() => parsePriceFile(csv, ['X'], 'X')).toThrow(message);
  });
});

describe('the option', () => {
  const make = (priceFile: NonNullable<Parameters<typeof paperBroker>[0]['priceFile']>) => () =>
    bench({ instruments: [AAPL, { ...AAPL, symbol: 'B' }], priceFile });

  test('wants one source, a symbol where there are several, and a file that is there', () => {
    expect(make({})).toThrow('one of path and text');
    expect(make({ path: 'a', text: 'b' })).toThrow('one of path and text');
    expect(make('time,price\n2026-01-01,1')).toThrow('name priceFile.symbol');
    expect(make({ path: 'no-such-file.csv' })).toThrow('cannot be read');
    expect(make({ text: 'time,price\n2026-01-01,1', symbol: 'B', stepMs: 0 })).toThrow('options.priceFile.stepMs is 0');
  });
});

describe('the replay', () => {
  const text = 'time,price\n2026-01-01,100\n2026-01-02,101\n2026-01-03,102';

  test('has the first price at once, then one each step, and leaves no timer after the last', async () => {
    const { broker, submit, line, clock } = bench({ instruments: [AAPL], quotes: {}, priceFile: text });
    const bought = async (id: string) => {
      await submit({ clientOrderId: id });
      return line(id);
    };
    expect(await bought('1')).toBe('filled 100@100');
    await clock.advance(999);
    expect(await bought('2')).toBe('filled 100@100');
    await clock.advance(1);
    expect(await bought('3')).toBe('filled 100@101');
    await clock.advance(1000);
    expect(await bought('4')).toBe('filled 100@102');
    expect(clock.pendingTimers).toBe(0);
    await broker.close();
  });

  test('plays a bar within one step', async () => {
    const csv = 'date,open,high,low,close\n2026-01-02,10,12,9,11\n2026-01-05,11,13,8,9';
    const { clock, submit, line } = bench({ instruments: [AAPL], quotes: {}, priceFile: { text: csv, stepMs: 400 } });
    const prices: string[] = [];
    for (let n = 0; n < 8; n += 1) {
      await submit({ clientOrderId: `${n}` });
      prices.push((await line(`${n}`)).split('@')[1] ?? '');
      await clock.advance(100);
    }
    expect(prices).toEqual(['10', '9', '12', '11', '11', '13', '8', '9']);
  });

  test('can go round, and ends with the broker', async () => {
    const { broker, submit, line, clock } = bench({
      instruments: [AAPL],
      quotes: {},
      priceFile: { text, stepMs: 10, loop: true },
    });
    await clock.advance(10 * 3 * 1000);
    const prices: string[] = [];
    for (const id of ['1', '2', '3', '4']) {
      await submit({ clientOrderId: id });
      prices.push(await line(id));
      await clock.advance(9);
    }
    expect(prices).toEqual(['filled 100@100', 'filled 100@100', 'filled 100@101', 'filled 100@102']);
    expect(clock.pendingTimers).toBe(1);
    await broker.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the shipped files', () => {
  test('the index in the spring of 2020: a protected buy is stopped out on the day of the fall, the same every time', async () => {
    const SPX = { symbol: 'SPX', tickSize: '0.01', lotSize: '1' };
    const play = async () => {
      const made = bench({
        instruments: [SPX],
        quotes: {},
        priceFile: { path: shipped('sp500-daily-2020.csv'), stepMs: 1000 },
        slippageBps: { min: 0, max: 5 },
      });
      await made.submit({ symbol: 'SPX', quantity: '10' });
      const pair = { symbol: 'SPX', quantity: '10', stopLoss: '3100.00', takeProfit: '3500.00' };
      await made.protect(pair);
      let stoppedOnDay = 0;
      while (made.size('SPX') !== '0') {
        await made.clock.advance(1000);
        stoppedOnDay += 1;
      }
      await made.clock.advance(120_000);
      return { stoppedOnDay, orders: made.broker.orders(), timers: made.clock.pendingTimers };
    };
    const first = await play();
    expect(first.orders.map(({ clientOrderId, state }) => `${clientOrderId} ${state}`)).toEqual([
      'A filled',
      'A-sl filled',
      'A-tp cancelled',
    ]);
    expect(Number(first.orders[0]?.fillPrice)).toBeGreaterThanOrEqual(3244.67);
    expect(Number(first.orders[1]?.fillPrice)).toBeLessThanOrEqual(3100);
    expect([first.stoppedOnDay, first.timers]).toEqual([38, 0]);
    expect(await play()).toEqual(first);
  });

  test('five stocks by month: all are traded side by side', async () => {
    const symbols = ['AAPL', 'AMZN', 'GOOG', 'IBM', 'MSFT'];
    const { broker, submit, clock } = bench({
      instruments: symbols.map((symbol) => ({ ...AAPL, symbol })),
      quotes: {},
      priceFile: { path: shipped('stocks-monthly-2008-2010.csv'), stepMs: 100 },
    });
    for (const symbol of symbols) await submit({ clientOrderId: symbol, symbol, quantity: '1' });
    await clock.advance(26 * 100);
    expect(clock.pendingTimers).toBe(0);
    for (const symbol of symbols) await submit({ clientOrderId: `${symbol}-2`, symbol, side: 'sell', quantity: '1' });
    const prices = broker.orders().map(({ clientOrderId, fillPrice }) => `${clientOrderId} ${fillPrice}`);
    expect(prices.slice(0, 2)).toEqual(['AAPL 135.36', 'AMZN 77.7']);
    expect(prices.slice(5, 7)).toEqual(['AAPL-2 223.02', 'AMZN-2 128.82']);
    expect(broker.positions()).toEqual([]);
  });
});
