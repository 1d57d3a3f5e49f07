/**
 * Scripts: plain JSON that tells the paper broker what to do with an order, so that every ending can be shown at will.
 */
import { describe, expect, test } from 'vitest';
import { paperBroker } from '../../src/adapters/brokers/paper/paper-broker.js';
import type { PaperScript } from '../../src/adapters/brokers/paper/paper-script.js';
import { AAPL, benches } from './paper-broker.support.js';

const bench = benches();

/** A bench with a script for AAPL that went through JSON, as one from a file has. */
const scripted = (script: PaperScript, options: Parameters<typeof bench>[0] = {}) =>
  bench({ ...options, scripts: JSON.parse(JSON.stringify({ AAPL: script })) });

describe('whom a script is for', () => {
  test('the clientOrderId comes before the symbol; others trade as usual', async () => {
    const { submit, line } = bench({
      quotes: { AAPL: '151', MSFT: '10' },
      scripts: { AAPL: { fills: [{ afterMs: 0, price: '150' }] }, B: { fills: [] } },
    });
    await submit();
    await submit({ clientOrderId: 'B' });
    await submit({ clientOrderId: 'C', symbol: 'MSFT' });
    expect([await line(), await line('B'), await line('C')]).toEqual(['filled 100@150', 'pending 0', 'filled 100@10']);
  });

  test('a function is asked once for each order', async () => {
    const asked: string[] = [];
    const { submit, line } = bench({
      scripts: ({ clientOrderId, side }) => {
        asked.push(clientOrderId);
        return side === 'sell' ? { submit: { rejected: { code: 'NO_SHORTS', reason: 'no' } } } : undefined;
      },
    });
    expect(await submit({ side: 'sell' })).toMatchObject({ code: 'NO_SHORTS' });
    await submit({ side: 'sell' });
    await submit({ clientOrderId: 'B' });
    expect([asked, await line('B')]).toEqual([['A', 'B'], 'filled 100@151']);
  });

  test('a name that every object has is no script', async () => {
    const { submit } = bench({
      scripts: {},
      instruments: [{ ...AAPL, symbol: 'constructor' }],
      quotes: { constructor: '1' },
    });
    expect((await submit({ symbol: 'constructor' })).kind).toBe('accepted');
  });
});

describe('submit', () => {
  test('refused for good: nothing is there, and each try hears the same', async () => {
    const { submit, line } = scripted({ submit: { rejected: { code: 'NO_MARGIN', reason: 'no margin' } } });
    expect(await submit()).toEqual({ kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' });
    expect(await submit()).toMatchObject({ code: 'NO_MARGIN' });
    expect(await line()).toBe('not_found');
  });

  test('a list gives each try its own ending, and repeats the last', async () => {
    const busy = { rejected: { code: 'BUSY', reason: 'busy', transient: true } };
    const { submit } = scripted({ submit: [{ not_sent: { reason: 'no route' } }, busy, 'accept'] });
    expect(await submit()).toEqual({ kind: 'not_sent', reason: 'no route' });
    expect(await submit()).toMatchObject({ kind: 'rejected', code: 'BUSY', transient: true });
    expect((await submit()).kind).toBe('accepted');
    expect((await submit()).kind).toBe('duplicate');
    const refused = scripted({ submit: [{ not_sent: { reason: 'no route' } }, busy] });
    const outcomes = [await refused.submit(), await refused.submit(), await refused.submit()];
    expect(outcomes.map(({ kind }) => kind)).toEqual(['not_sent', 'rejected', 'rejected']);
  });

  test('unknown but live: the order is there and is filled', async () => {
    const { submit, line, clock } = scripted({ submit: 'unknown-but-live', fills: [{ afterMs: 3000 }] });
    expect((await submit()).kind).toBe('unknown');
    expect(await line()).toBe('pending 0');
    await clock.advance(3000);
    expect(await line()).toBe('filled 100@151');
    expect((await submit()).kind).toBe('duplicate');
  });

  test('unknown and lost: the order never comes up', async () => {
    const { submit, line, cancel, clock } = scripted({ submit: 'unknown-and-lost' });
    expect((await submit()).kind).toBe('unknown');
    await clock.advance(60_000);
    expect([await line(), await cancel()]).toEqual(['not_found', 'not_found']);
  });

  test.each([
    ['hang', 'filled 100@151'],
    ['hang-and-lost', 'not_found'],
  ] as const)('%s: never answers, not even to an abort', async (submit, line) => {
    const made = scripted({ submit });
    const abort = new AbortController();
    let answered = false;
    const request = { clientOrderId: 'A', symbol: 'AAPL', side: 'buy', quantity: '100', orderType: 'MARKET' } as const;
    const call = made.broker.submitOrder(request, abort.signal).then((outcome) => {
      answered = true;
      return outcome;
    });
    await made.clock.advance(5000);
    abort.abort();
    await made.clock.advance(60_000);
    expect([answered, await made.line(), made.clock.pendingTimers]).toEqual([false, line, 0]);
    await made.broker.close();
    expect((await call).kind).toBe('unknown');
  });

  test('the answer can be late, and the fill come before it', async () => {
    const { submit, line, clock } = scripted({ submitAnswerAfterMs: 400 });
    const outcome = submit();
    await clock.advance(399);
    expect(await line()).toBe('filled 100@151');
    await clock.advance(1);
    expect((await outcome).kind).toBe('accepted');
  });

  test('the order can be hidden for a while: nobody is told, and then it is there', async () => {
    const { submit, line, cancel, broker, signal, clock, pushed } = scripted({
      submit: 'unknown-but-live',
      visibleAfterMs: 800,
      fills: [{ afterMs: 500 }],
    });
    await submit();
    await clock.advance(799);
    expect([await line(), await cancel()]).toEqual(['not_found', 'not_found']);
    const refs = [{ clientOrderId: 'A', symbol: 'AAPL' }];
    expect([await broker.getOrderStatuses(refs, signal), await broker.getOpenOrders(signal)]).toEqual([[], []]);
    await clock.advance(1);
    expect([await line(), pushed]).toEqual(['filled 100@151', []]);
  });

  test('a script is no way around the rules of the instrument', async () => {
    const { submit, line } = scripted({ submit: 'accept' });
    expect(await submit({ quantity: '0.5' })).toMatchObject({ code: 'INVALID_QUANTITY' });
    expect(await line()).toBe('not_found');
  });
});

describe('fills', () => {
  test('come when, at what price and in what quantity the script says', async () => {
    const { submit, line, clock } = scripted({
      fills: [
        { afterMs: 1000, quantity: '40', price: '150' },
        { afterMs: 2000, price: '152.005' },
      ],
    });
    await submit();
    await clock.advance(1000);
    expect(await line()).toBe('partially_filled 40@150');
    await clock.advance(1000);
    expect(await line()).toBe('filled 100@151.203');
    expect(clock.pendingTimers).toBe(0);
  });

  test('a scripted price is a trade: it moves the market, and sets off exits of others', async () => {
    const { submit, protect, size, broker } = bench({ scripts: { B: { fills: [{ afterMs: 0, price: '147' }] } } });
    await submit();
    await protect();
    await submit({ clientOrderId: 'B', quantity: '10' });
    expect([size(), broker.orders().find(({ clientOrderId }) => clientOrderId === 'A-sl')?.fillPrice]).toEqual([
      '10',
      '147',
    ]);
  });

  test('more than the order: a fact like any other', async () => {
    const { submit, line, size } = scripted({ fills: [{ afterMs: 0, quantity: '150' }] });
    await submit();
    expect([await line(), size()]).toEqual(['filled 150@151', '150']);
  });

  test('none at all leaves the order open', async () => {
    const { submit, line, clock } = scripted({ fills: [] });
    await submit();
    await clock.advance(120_000);
    expect([await line(), clock.pendingTimers]).toEqual(['pending 0', 0]);
  });

  test('one may come after the order is closed', async () => {
    const { submit, cancel, line, size, clock } = scripted({
      fills: [{ afterMs: 900, afterClose: true }, { afterMs: 950 }],
    });
    await submit();
    await cancel();
    expect(await line()).toBe('cancelled 0');
    await clock.advance(1000);
    expect([await line(), size()]).toEqual(['filled 100@151', '100']);
  });

  test('the price can be hidden, for a while or for ever', async () => {
    const brief = scripted({ hidePriceForMs: 700 });
    await brief.submit();
    expect(await brief.line()).toBe('filled 100');
    await brief.clock.advance(700);
    expect(await brief.line()).toBe('filled 100@151');
    const always = scripted({ hidePriceForMs: 'always' });
    await always.submit();
    await always.clock.advance(60_000);
    expect([await always.line(), always.pushed]).toEqual(['filled 100', ['A pending 0', 'A filled 100']]);
  });

  test('nothing need be pushed', async () => {
    const { submit, line, pushed } = scripted({ push: false });
    await submit();
    expect([await line(), pushed]).toEqual(['filled 100@151', []]);
  });
});

describe('the broker ends the order by itself', () => {
  test.each([
    ['thenCancelledAfterMs', 'cancelled 40@151'],
    ['thenRejectedAfterMs', 'rejected 40@151'],
    ['expireAfterMs', 'expired 40@151'],
  ] as const)('%s', async (ending, line) => {
    const made = scripted({ fills: [{ afterMs: 100, quantity: '40' }, { afterMs: 9000 }], [ending]: 500 });
    await made.submit();
    await made.clock.advance(500);
    expect([await made.line(), await made.cancel(), made.clock.pendingTimers]).toEqual([line, 'already_closed', 0]);
    expect(await made.status()).toMatchObject({ reason: expect.any(String) });
  });

  test('not when it is filled first', async () => {
    const { submit, line, clock } = scripted({ fills: [{ afterMs: 100 }], thenCancelledAfterMs: 500 });
    await submit();
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(1000);
    expect(await line()).toBe('filled 100@151');
  });
});

describe('cancel', () => {
  const endings = [
    ['confirm', 'requested', 'cancelled 0'],
    ['ignore', 'requested', 'pending_cancel 0'],
    ['already_closed', 'already_closed', 'pending 0'],
    ['not_found', 'not_found', 'pending 0'],
    ['unknown', 'unknown', 'pending 0'],
    ['unknown-but-live', 'unknown', 'cancelled 0'],
  ] as const;

  test.each(endings)('%s', async (script, said, line) => {
    const made = scripted({ fills: [], cancel: script });
    await made.submit();
    expect([await made.cancel(), await made.line()]).toEqual([said, line]);
  });

  test('confirmAfterMs: a fill in between wins', async () => {
    const { submit, cancel, line, clock } = scripted({ fills: [{ afterMs: 500 }], cancel: { confirmAfterMs: 501 } });
    await submit();
    expect(await cancel()).toBe('requested');
    await clock.advance(2000);
    expect(await line()).toBe('filled 100@151');
  });

  test('a list: the first is ignored, the second works', async () => {
    const { submit, cancel, line, clock } = scripted({ fills: [], cancel: ['ignore', { confirmAfterMs: 100 }] });
    await submit();
    expect([await cancel(), await cancel()]).toEqual(['requested', 'requested']);
    await clock.advance(100);
    expect(await line()).toBe('cancelled 0');
  });

  test('hang: done and never answered', async () => {
    const { submit, cancel, line, clock } = scripted({ fills: [], cancel: 'hang' });
    await submit();
    let answered = false;
    void cancel().then(() => {
      answered = true;
    });
    await clock.advance(60_000);
    expect([answered, await line()]).toEqual([false, 'cancelled 0']);
  });
});

describe('a script that is wrong is refused, with what is wrong with it', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ AAPL: { cancle: 'ignore' } }, 'scripts.AAPL.cancle is not known'],
    [{ AAPL: { cancel: 'confrim' } }, `scripts.AAPL.cancel is "confrim"; accepted is 'confirm'`],
    [
      { AAPL: { fills: [{ quantity: '1' }] } },
      'scripts.AAPL.fills[0].afterMs is undefined; accepted is a number of milliseconds',
    ],
    [
      { AAPL: { fills: [{ afterMs: 0, price: 150 }] } },
      'scripts.AAPL.fills[0].price is 150; accepted is a decimal greater than zero, in a string',
    ],
    [{ AAPL: { submit: { rejected: { code: 'X' } } } }, 'scripts.AAPL.submit.rejected.reason'],
    [{ AAPL: { submit: [] } }, 'scripts.AAPL.submit is []'],
    [{ AAPL: { submit: ['accept', 'maybe'] } }, 'scripts.AAPL.submit[1] is "maybe"'],
    [{ AAPL: { positionOverride: { size: 'half' } } }, 'scripts.AAPL.positionOverride.size is "half"'],
    [{ AAPL: { expireAfterMs: -1 } }, 'scripts.AAPL.expireAfterMs is -1'],
    [{ AAPL: null }, 'scripts.AAPL is null'],
    [[], 'scripts must be an object'],
  ];

  test.each(wrong)('%j', (scripts, message) => {
    const make = () => paperBroker({ instruments: [AAPL], scripts: scripts as Record<string, PaperScript> });
    expect(make).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(message) }),
    );
  });
});
