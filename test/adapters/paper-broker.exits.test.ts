/**
 * The paper broker holds native exit pairs: a stop-loss and a take-profit, of which at most one is ever filled.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PaperBroker, paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import { compare, decimal, isZero } from '../../src/domain/decimal.js';
import { virtualClock } from '../../src/testing/virtual-clock.js';
import { AAPL, benches, legs, never, order, protection } from './paper-broker.support.js';

const bench = benches();

/** Bought 100 AAPL at 151, protected at 147.98 and 155.53. */
async function protectedBench(options: Parameters<typeof bench>[0] = {}) {
  const made = bench(options);
  await made.submit();
  const outcome = await made.protect();
  return { ...made, outcome };
}

describe('a pair', () => {
  test('is two linked legs, whose ids follow from the entry', async () => {
    const { outcome, broker, signal } = await protectedBench();
    expect(outcome).toEqual({
      stopLoss: { kind: 'accepted', brokerOrderId: 'paper-2' },
      takeProfit: { kind: 'accepted', brokerOrderId: 'paper-3' },
    });
    const pair = { clientOrderId: 'A', quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };
    expect(await broker.getPositions(['AAPL'], signal)).toEqual([
      { symbol: 'AAPL', size: '100', entryPrice: '151', sl: '147.98', tp: '155.53', protections: [pair] },
    ]);
    expect(broker.orders().slice(1)).toMatchObject([
      { clientOrderId: 'A-sl', type: 'STOP', side: 'sell', price: '147.98', state: 'pending' },
      { clientOrderId: 'A-tp', type: 'LIMIT', side: 'sell', price: '155.53', state: 'pending' },
    ]);
  });

  test('is placed once: the same ids again are duplicates, whatever else they say', async () => {
    const { protect, broker } = await protectedBench();
    expect(legs(await protect())).toBe('duplicate duplicate');
    expect(legs(await protect({ stopLoss: '140', quantity: '50' }))).toBe('duplicate duplicate');
    expect(broker.orders()).toHaveLength(3);
    expect(broker.positions()[0]?.sl).toBe('147.98');
  });

  test('stays a duplicate when it is over', async () => {
    const { protect, broker } = await protectedBench();
    broker.setQuote('AAPL', '140');
    expect(legs(await protect())).toBe('duplicate duplicate');
  });

  test('of several in one symbol, each is listed, and none is shown as that of the position', async () => {
    const { submit, protect, broker } = await protectedBench();
    await submit({ clientOrderId: 'B', quantity: '40' });
    await protect({ clientOrderId: 'B', quantity: '40', stopLoss: '149', takeProfit: '160' });
    const [position] = broker.positions();
    expect(position?.protections?.map(({ clientOrderId }) => clientOrderId)).toEqual(['A', 'B']);
    expect([position?.sl, position?.tp]).toEqual([undefined, undefined]);
    broker.setQuote('AAPL', '148.50');
    expect(broker.positions()).toMatchObject([{ size: '100', sl: '147.98', tp: '155.53' }]);
  });

  test('can be cancelled by either leg, and then is over', async () => {
    const { cancel, broker } = await protectedBench();
    expect(await cancel('A-tp')).toBe('requested');
    expect(broker.positions()).toEqual([{ symbol: 'AAPL', size: '100', entryPrice: '151', protections: [] }]);
    expect(await cancel('A-sl')).toBe('already_closed');
  });

  test('is among the open orders until it is over', async () => {
    const { broker, signal } = await protectedBench();
    const open = async () => (await broker.getOpenOrders(signal)).map(({ clientOrderId }) => clientOrderId);
    expect(await open()).toEqual(['A-sl', 'A-tp']);
    broker.setQuote('AAPL', '160');
    expect(await open()).toEqual([]);
  });
});

describe('the stop-loss', () => {
  test('waits while the market has not reached it', async () => {
    const { broker, size } = await protectedBench();
    broker.setQuote('AAPL', '147.99');
    expect(size()).toBe('100');
  });

  test('goes off when the market reaches it, is filled at the market, and cancels the take-profit', async () => {
    const { broker, line, size, pushed } = await protectedBench();
    broker.setQuote('AAPL', '147.98');
    expect([await line('A-sl'), await line('A-tp'), size()]).toEqual(['filled 100@147.98', 'cancelled 0', '0']);
    expect(pushed.slice(-2)).toEqual(['A-sl filled 100@147.98', 'A-tp cancelled 0']);
  });

  test('gets what the market gives when it gaps, and slips like any market order', async () => {
    const { broker, line } = await protectedBench({ slippageBps: 10 });
    broker.setQuote('AAPL', '140');
    expect(await line('A-sl')).toBe('filled 100@139.86');
  });

  test('of a sell is a buy above', async () => {
    const { submit, protect, broker, line, size } = bench();
    await submit({ side: 'sell' });
    await protect({ side: 'buy', stopLoss: '154.02', takeProfit: '146.47' });
    broker.setQuote('AAPL', '155');
    expect([await line('A-sl'), await line('A-tp'), size()]).toEqual(['filled 100@155', 'cancelled 0', '0']);
  });

  test('looks at the bid for a sell', async () => {
    const { broker, size } = await protectedBench();
    broker.setQuote('AAPL', { price: '148', bid: '147.97', ask: '148.03' });
    expect(size()).toBe('0');
  });
});

describe('the take-profit', () => {
  test('is filled at its limit, and cancels the stop-loss', async () => {
    const { broker, line, size } = await protectedBench();
    broker.setQuote('AAPL', '155.53');
    expect([await line('A-tp'), await line('A-sl'), size()]).toEqual(['filled 100@155.53', 'cancelled 0', '0']);
  });

  test('gets the better price when the market gaps over it, and never slips', async () => {
    const { broker, line } = await protectedBench({ slippageBps: 50 });
    broker.setQuote('AAPL', '158');
    expect(await line('A-tp')).toBe('filled 100@158');
  });

  test('of a sell is a buy below', async () => {
    const { submit, protect, broker, line, size } = bench();
    await submit({ side: 'sell' });
    await protect({ side: 'buy', stopLoss: '154.02', takeProfit: '146.47' });
    broker.setQuote('AAPL', '146.10');
    expect([await line('A-tp'), size()]).toEqual(['filled 100@146.1', '0']);
  });

  test('that the market has reached already is filled as soon as it is placed', async () => {
    const { submit, protect, line, broker } = bench();
    await submit();
    broker.setQuote('AAPL', '156');
    expect(legs(await protect())).toBe('accepted accepted');
    expect(await line('A-tp')).toBe('filled 100@156');
  });
});

test.each([
  ['154.01', '-100'],
  ['154.02', '0'],
  ['146.48', '-100'],
  ['146.47', '0'],
])('exits of a short position go off at their price, and not a tick before: %s', async (price, left) => {
  const { submit, protect, broker, size } = bench();
  await submit({ side: 'sell' });
  await protect({ side: 'buy', stopLoss: '154.02', takeProfit: '146.47' });
  broker.setQuote('AAPL', price);
  expect(size()).toBe(left);
});

describe('refused', () => {
  const refusals = [
    ['an unknown symbol', { symbol: 'NOPE' }, 'UNKNOWN_SYMBOL'],
    ['a quantity off the lot', { quantity: '0.5' }, 'INVALID_QUANTITY'],
    ['a price off the tick', { stopLoss: '147.985' }, 'INVALID_PRICE'],
    ['a price that is none', { takeProfit: 'NaN' }, 'INVALID_PRICE'],
    ['a stop beyond the take-profit', { stopLoss: '160' }, 'INVALID_BRACKET'],
    ['a stop that the market has passed', { stopLoss: '151' }, 'STOP_THROUGH_MARKET'],
    ['more than was filled', { quantity: '101' }, 'REDUCE_ONLY'],
    ['the side of the entry', { side: 'buy', stopLoss: '160', takeProfit: '140' }, 'REDUCE_ONLY'],
    ['more than an unknown entry left to reduce', { clientOrderId: 'Z', quantity: '101' }, 'REDUCE_ONLY'],
  ] as const;

  test.each(refusals)('%s', async (_what, changes, code) => {
    const { submit, protect, broker } = bench();
    await submit();
    expect(legs(await protect(changes))).toBe(`${code} ${code}`);
    expect(broker.positions()[0]?.protections).toEqual([]);
  });

  test('a symbol that cannot be protected, or only in larger steps', async () => {
    const none = bench({ instruments: [{ ...AAPL, protectable: false, reason: 'no exits here' }] });
    await none.submit();
    expect(legs(await none.protect())).toBe('NOT_PROTECTABLE NOT_PROTECTABLE');
    const steps = bench({ instruments: [{ ...AAPL, protectionLotSize: '30' }] });
    await steps.submit();
    expect(legs(await steps.protect())).toBe('INVALID_QUANTITY INVALID_QUANTITY');
    expect(legs(await steps.protect({ quantity: '90' }))).toBe('accepted accepted');
  });
});

describe('reduce-only', () => {
  test('an exit is cut to what is left of the position', async () => {
    const { submit, broker, size, line } = await protectedBench();
    await submit({ clientOrderId: 'B', side: 'sell', quantity: '60' });
    broker.setQuote('AAPL', '147');
    expect([await line('A-sl'), size()]).toEqual(['cancelled 40@147', '0']);
  });

  test('with nothing to reduce the pair is cancelled', async () => {
    const { submit, broker, size, line } = await protectedBench();
    await submit({ clientOrderId: 'B', side: 'sell' });
    broker.setQuote('AAPL', '147');
    expect([await line('A-sl'), await line('A-tp'), size()]).toEqual(['cancelled 0', 'cancelled 0', '0']);
  });
});

describe('the law of the pair', () => {
  const price = fc.integer({ min: 13_000, max: 17_000 }).map((cents) => (cents / 100).toFixed(2));
  const step = fc.oneof(
    fc.record({ do: fc.constant('quote' as const), price }),
    fc.record({
      do: fc.constant('enter' as const),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      lots: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({
      do: fc.constant('protect' as const),
      entry: fc.nat({ max: 9 }),
      sl: fc.integer({ min: 1, max: 900 }),
      tp: fc.integer({ min: 1, max: 900 }),
    }),
  );

  /** Fails when an exit was filled with more than the position had, on either side. */
  function watchExits(broker: PaperBroker): () => void {
    let before = decimal(0);
    return () => {
      const after = decimal(broker.positions()[0]?.size ?? '0');
      const turned = !isZero(before) && !isZero(after) && compare(before, decimal(0)) !== compare(after, decimal(0));
      before = after;
      expect(turned, 'an exit turned the position over').toBe(false);
    };
  }

  test('never are both legs filled, and no quote turns a position over', async () => {
    const law = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const broker = paperBroker({ instruments: [AAPL], quotes: { AAPL: '150' }, clock: virtualClock(), spreadBps: 4 });
      let entries = 0;
      let last = 150;
      for (const one of steps) {
        if (one.do === 'enter') {
          await broker.submitOrder(
            order({ clientOrderId: `E-${entries}`, side: one.side, quantity: String(one.lots) }),
            never(),
          );
          entries += 1;
        } else if (one.do === 'protect') {
          const entry = broker.orders().find(({ clientOrderId }) => clientOrderId === `E-${one.entry}`);
          if (entry === undefined) continue;
          const sign = entry.side === 'buy' ? 1 : -1;
          const request = {
            clientOrderId: entry.clientOrderId,
            side: entry.side === 'buy' ? ('sell' as const) : ('buy' as const),
            quantity: entry.quantity,
            stopLoss: (last - (sign * one.sl) / 100).toFixed(2),
            takeProfit: (last + (sign * one.tp) / 100).toFixed(2),
          };
          await broker.placeProtection(protection(request), never());
        } else {
          const look = watchExits(broker);
          look();
          broker.setQuote('AAPL', one.price);
          last = Number(one.price);
          look();
        }
      }
      const filled = (id: string) => broker.orders().some((leg) => leg.clientOrderId === id && leg.filledSize !== '0');
      for (let n = 0; n < entries; n += 1) expect(filled(`E-${n}-sl`) && filled(`E-${n}-tp`)).toBe(false);
      for (const position of broker.positions()) {
        for (const pair of position.protections ?? [])
          expect([pair.stopLoss, pair.takeProfit]).not.toContain(undefined);
      }
      await broker.close();
    });
    await fc.assert(law, { numRuns: 300 });
  });
});
