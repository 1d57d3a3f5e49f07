/**
 * The scripted paper broker: protection, and what queries answer.
 */
import { describe, expect, test } from 'vitest';
import type { PaperScript } from '../../src/adapters/brokers/paper/paper-script.js';
import { benches, legs } from './paper-broker.support.js';

const bench = benches();

/** A bench with a script for AAPL that went through JSON, as one from a file has. */
const scripted = (script: PaperScript, options: Parameters<typeof bench>[0] = {}) =>
  bench({ ...options, scripts: JSON.parse(JSON.stringify({ AAPL: script })) });

describe('protection', () => {
  const no = { rejected: { code: 'NO', reason: 'no' } } as const;
  const endings: readonly (readonly [NonNullable<PaperScript['protection']>, string, string])[] = [
    ['accept', 'accepted accepted', '147.98 155.53'],
    ['lose-sl', 'accepted accepted', 'none 155.53'],
    ['lose-tp', 'accepted accepted', '147.98 none'],
    ['lose', 'accepted accepted', 'none none'],
    [no, 'NO NO', 'none none'],
    [{ not_sent: { reason: 'no route' } }, 'not_sent not_sent', 'none none'],
    ['unknown-but-live', 'unknown unknown', '147.98 155.53'],
    ['unknown-and-lost', 'unknown unknown', 'none none'],
    [{ takeProfit: no }, 'accepted NO', '147.98 none'],
    [{ stopLoss: 'unknown-and-lost', takeProfit: 'lose' }, 'unknown accepted', 'none none'],
  ];

  test.each(endings)('%j', async (script, said, shown) => {
    const { submit, protect, broker, signal } = scripted({ protection: script });
    await submit();
    expect(legs(await protect())).toBe(said);
    const [position] = await broker.getPositions(['AAPL'], signal);
    expect(`${position?.sl ?? 'none'} ${position?.tp ?? 'none'}`).toBe(shown);
  });

  test('a repeat places what is missing and doubles nothing', async () => {
    const { submit, protect, broker } = scripted({ protection: [{ takeProfit: no }, 'accept'] });
    await submit();
    expect(legs(await protect())).toBe('accepted NO');
    expect(legs(await protect())).toBe('duplicate accepted');
    expect(broker.positions()).toMatchObject([{ sl: '147.98', tp: '155.53' }]);
    broker.setQuote('AAPL', '160');
    expect(broker.positions()).toEqual([]);
  });

  test('a leg cannot join a pair that is over', async () => {
    const { submit, protect, broker } = scripted({ protection: [{ takeProfit: no }, 'accept'] });
    await submit();
    await protect();
    broker.setQuote('AAPL', '147');
    broker.setQuote('AAPL', '150');
    expect(legs(await protect())).toBe('duplicate PAIR_CLOSED');
  });

  test('hang: placed and never answered', async () => {
    const { submit, protect, broker, clock } = scripted({ protection: 'hang' });
    await submit();
    let answered = false;
    void protect().then(() => {
      answered = true;
    });
    await clock.advance(60_000);
    expect([answered, broker.positions()[0]?.sl]).toEqual([false, '147.98']);
  });
});

describe('what position queries show', () => {
  const overrides: readonly (readonly [NonNullable<PaperScript['positionOverride']>, object | undefined])[] = [
    ['none', undefined],
    [{ size: '50' }, { size: '50', sl: '147.98', tp: '155.53' }],
    [{ size: '0', sl: null, tp: null }, undefined],
    [
      { sl: null },
      { size: '100', tp: '155.53', protections: [{ clientOrderId: 'A', quantity: '100', takeProfit: '155.53' }] },
    ],
    [{ sl: '147.90' }, { size: '100', sl: '147.9', tp: '155.53' }],
    [
      { sl: null, tp: null },
      { size: '100', protections: [] },
    ],
  ];

  test.each(overrides)('%j', async (positionOverride, shown) => {
    const { submit, protect, broker, signal } = scripted({ positionOverride });
    expect(await broker.getPositions(['AAPL'], signal)).toEqual([]);
    await submit();
    await protect();
    const [position] = await broker.getPositions(['AAPL'], signal);
    if (shown === undefined) expect(position).toBeUndefined();
    else expect(position).toMatchObject(shown);
    expect(broker.positions()).toMatchObject([{ size: '100', sl: '147.98', tp: '155.53' }]);
  });

  test('a position out of nowhere, once the order has arrived', async () => {
    const { submit, broker, signal } = scripted({ fills: [], positionOverride: { size: '100' } });
    expect(await broker.getPositions(['AAPL'], signal)).toEqual([]);
    await submit();
    expect(await broker.getPositions(['AAPL'], signal)).toEqual([{ symbol: 'AAPL', size: '100', protections: [] }]);
  });
});

describe('queries', () => {
  test('of the status can fail, for a while or for ever; a batch then says nothing of the order', async () => {
    const { submit, line, broker, signal, clock } = scripted({ statusQuery: { failForMs: 300 } });
    await submit();
    await expect(line()).rejects.toThrow('paper broker: the query of A failed');
    expect(await broker.getOrderStatuses([{ clientOrderId: 'A', symbol: 'AAPL' }], signal)).toEqual([]);
    await clock.advance(300);
    expect(await line()).toBe('filled 100@151');
    const always = scripted({ statusQuery: 'fail' });
    await always.submit();
    await always.clock.advance(60_000);
    await expect(always.line()).rejects.toThrow('failed');
  });

  test('of positions can fail once the order has arrived', async () => {
    const { submit, broker, signal } = scripted({ positionQuery: 'fail' });
    expect(await broker.getPositions(['AAPL'], signal)).toEqual([]);
    await submit();
    await expect(broker.getPositions(['AAPL'], signal)).rejects.toThrow('positions in AAPL');
    expect(await broker.getPositions(['MSFT'], signal)).toEqual([]);
    await expect(broker.getPositions([], signal)).rejects.toThrow('positions in AAPL');
  });

  test('of the instrument can fail', async () => {
    const { broker, signal, clock } = scripted({ instrumentQuery: { failForMs: 1000 } });
    await expect(broker.instrument('AAPL', signal)).rejects.toThrow('instrument AAPL');
    await clock.advance(1000);
    expect(await broker.instrument('AAPL', signal)).toMatchObject({ symbol: 'AAPL' });
  });

  test('can hang', async () => {
    const script = { statusQuery: 'hang', positionQuery: 'hang', instrumentQuery: 'hang' } as const;
    const { submit, status, broker, signal, clock } = scripted(script);
    await submit();
    const settled: string[] = [];
    const calls = [status(), broker.getPositions(['AAPL'], signal), broker.instrument('AAPL', signal)];
    const all = calls.map((call) => call.catch((error: Error) => settled.push(error.message)));
    await clock.advance(60_000);
    expect(settled).toEqual([]);
    await broker.close();
    await Promise.all(all);
    expect(settled).toHaveLength(3);
  });

  test('margin can be refused', async () => {
    const { broker, signal } = scripted({ margin: { refused: 'not today' } });
    const request = { clientOrderId: 'A', symbol: 'AAPL', side: 'buy', quantity: '1', orderType: 'MARKET' } as const;
    expect(await broker.checkMargin(request, signal)).toEqual({ refused: 'not today' });
  });
});
