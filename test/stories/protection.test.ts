/**
 * Protection (B1–B4) and its prices (R2): from the fill, at the tick, never one that would trade at once.
 */

import fc from 'fast-check';
import { protectionFor, type SnapshotInput } from 'fillchart';
import { describe, expect, it } from 'vitest';
import {
  add,
  decimal,
  divide,
  isMultipleOf,
  lessThan,
  multiply,
  ONE,
  roundHalfEven,
  subtract,
} from '../../src/domain/decimal.js';
import { slippageOf } from '../../src/domain/fills.js';
import type { LegOutcome } from '../../src/domain/ports.js';
import { expectSafe } from './safety.js';
import { ADVISORY, fill, fills, mismatchKinds, type Setting, SHORT, set, told, type World } from './support.js';

const at151 = fills(fill(1, 100, 151));
const refused: LegOutcome = { kind: 'rejected', code: 'NO', reason: 'no stops today' };
const busy: LegOutcome = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
const lost: LegOutcome = { kind: 'unknown', cause: 'cut' };
const protections = ({ broker }: World) => broker.calls.filter(({ method }) => method === 'placeProtection');

describe('the prices (R2)', () => {
  const scaled = (most: number, places: number, least = 1) =>
    fc.integer({ min: least, max: most }).map((n) => roundHalfEven(divide(decimal(n), decimal(10 ** places)), places));
  const price = scaled(10_000_000, 4);
  const tick = fc.constantFrom('0.0001', '0.01', '0.05', '0.125', '0.25', '1', '2.5').map(decimal);
  const down = scaled(999, 3).map((x) => subtract(decimal(0), x));
  const up = scaled(3_000, 3);
  const side = fc.constantFrom('buy' as const, 'sell' as const);

  const drawn = fc.record({ price, tick, down, up, side });
  const bracketOf = (d: {
    price: ReturnType<typeof decimal>;
    tick: ReturnType<typeof decimal>;
    down: ReturnType<typeof decimal>;
    up: ReturnType<typeof decimal>;
    side: 'buy' | 'sell';
  }) => {
    const offsets =
      d.side === 'buy' ? { slOffsetPct: d.down, tpOffsetPct: d.up } : { slOffsetPct: d.up, tpOffsetPct: d.down };
    const { stopLoss, takeProfit, valid } = protectionFor(d.price, { side: d.side, ...offsets }, { tickSize: d.tick });
    const [lower, upper] = d.side === 'buy' ? [stopLoss, takeProfit] : [takeProfit, stopLoss];
    return { lower, upper, valid };
  };

  it('R2.1 R2.4: an average that is a rounded quotient: SL and TP are those of the quotient, which lies on a tick', () => {
    const sell = { side: 'sell', slOffsetPct: decimal('0.01'), tpOffsetPct: decimal('-0.07') } as const;
    const tick = { tickSize: '0.01' };
    // 13,875 / 93 × 0.93 is 138.75; the twelfth decimal of the quotient is rounded up, and would cost a tick.
    for (const average of ['149.193548387097', '149.1935483870968', '149.193548387096774193548387096774']) {
      expect(protectionFor(average, sell, tick).takeProfit, average).toBe('138.75');
    }
    const buy = { side: 'buy', slOffsetPct: decimal('-0.07'), tpOffsetPct: decimal('0.03') } as const;
    expect(protectionFor('149.193548387097', buy, tick).stopLoss).toBe('138.75');
    // 14,200 / 103 × 1.03 is 142; the quotient is rounded down.
    expect(protectionFor('137.864077669903', buy, tick).takeProfit).toBe('142');
  });

  it('R2.1 R2.2: a price that a venue tells is exact, however near a tick it comes', () => {
    const buy = { side: 'buy', slOffsetPct: decimal('-0.02'), tpOffsetPct: decimal('0.03') } as const;
    expect(protectionFor('150.00000000001', buy, { tickSize: '0.01' })).toMatchObject({ stopLoss: '147.01' });
    expect(protectionFor('149.99999999999', buy, { tickSize: '0.01' })).toMatchObject({ takeProfit: '154.49' });
  });

  it("both lie on the tick, on the fill's side of the exact price, less than a tick from it [R2.1 R2.2]", () => {
    fc.assert(
      fc.property(drawn, (d) => {
        const { lower, upper } = bracketOf(d);
        const exactLower = multiply(d.price, add(ONE, d.down));
        const exactUpper = multiply(d.price, add(ONE, d.up));
        expect([isMultipleOf(lower, d.tick), isMultipleOf(upper, d.tick)]).toEqual([true, true]);
        expect(lessThan(lower, exactLower) || !lessThan(lower, add(exactLower, d.tick))).toBe(false);
        expect(lessThan(exactUpper, upper) || !lessThan(subtract(exactUpper, d.tick), upper)).toBe(false);
      }),
    );
  });

  it('they are valid exactly when the fill lies between them, and both are prices [R2.2]', () => {
    fc.assert(
      fc.property(drawn, (d) => {
        const { lower, upper, valid } = bracketOf(d);
        expect(valid).toBe(lessThan(decimal(0), lower) && lessThan(lower, d.price) && lessThan(d.price, upper));
      }),
    );
  });

  it('a sell mirrors a buy: what protects the one is what pays the other [R2.1]', () => {
    fc.assert(
      fc.property(drawn, (d) => {
        expect(bracketOf({ ...d, side: 'sell' })).toEqual(bracketOf({ ...d, side: 'buy' }));
      }),
    );
  });

  it.each([
    ['151', '147.98', '155.53', '0.67', '66.6667', 'elevated'],
    ['152', '148.96', '156.56', '1.33', '133.3333', 'elevated'],
    ['150', '147', '154.5', '0', '0', 'normal'],
    ['149.25', '146.27', '153.72', '-0.5', '-50', 'elevated'],
    ['150.74', '147.73', '155.26', '0.49', '49.3333', 'normal'],
    ['153', '149.94', '157.59', '2', '200', 'elevated'],
    ['153.01', '149.95', '157.6', '2.01', '200.6667', 'high'],
    ['100.005', '98.01', '103', '-33.33', '-3333', 'high'],
  ])(
    'filled at %s: SL %s, TP %s, slippage %s %% (%s bps), %s [R2.1 R2.2 R2.3]',
    async (at, sl, tp, slippagePct, slippageBps, slippageClass) => {
      const { now, result } = await told({ script: fills(fill(1, 100, at)) });
      expect(result).toMatchObject({ finalSl: sl, finalTp: tp, slippagePct, slippageBps, finalFillPrice: at });
      const { details } = now.engine.executionLogs.find(({ event }) => event === 'order_filled') ?? {};
      expect(details).toMatchObject({ slippageClass, slippagePct });
      expect(slippageOf(decimal(at), decimal('150')).slippageClass).toBe(slippageClass);
    },
  );

  it('half-even, both ways [R2.3]', () => {
    const percent = (price: string) => slippageOf(decimal(price), decimal('10000')).slippagePct;
    expect(['10000.5', '10001.5', '9999.5', '9998.5'].map(percent)).toEqual(['0', '0.02', '0', '-0.02']);
  });

  it('the audit record carries planned and actual risk and reward [R2.3]', async () => {
    const { now } = await told({ script: at151 });
    const { details } = now.engine.executionLogs.find(({ event }) => event === 'order_filled') ?? {};
    expect(details).toMatchObject({ planned: { risk: '300', reward: '450' }, actual: { risk: '302', reward: '453' } });
  });

  it('several fills: SL and TP come from their average [R2.1 R2.4]', async () => {
    const { result } = await told({ script: fills(fill(1, 30, '150.00'), fill(2, 70, '151.50')) });
    expect(result).toMatchObject({ finalFillPrice: '151.05', finalSl: '148.03', finalTp: '155.58' });
  });
});

describe('placing it (B1, B3)', () => {
  it('the exit is on the other side, for what is filled, named after the entry [B1]', async () => {
    const { now, result } = await told({ script: at151 });
    expect(protections(now).map(({ argument }) => argument)).toEqual([
      {
        clientOrderId: result.clientOrderId,
        brokerOrderId: 'B-1',
        symbol: 'AAPL',
        side: 'sell',
        quantity: '100',
        stopLoss: '147.98',
        takeProfit: '155.53',
      },
    ]);
  });

  it('a short is bought back [B1]', async () => {
    const { now, result } = await told({ script: at151 }, [], SHORT);
    expect(protections(now)[0]?.argument).toMatchObject({ side: 'buy', stopLoss: '154.02', takeProfit: '146.47' });
    expect(result.reconciliationReport).toMatchObject({
      status: 'MATCHED',
      internalPositionSize: '-100',
      brokerPositionSize: '-100',
    });
    expectSafe(now, result);
  });

  it('a kill switch never holds it back, nor its repeats [B3]', async () => {
    const { now, result } = await told(
      { script: { ...at151, protection: [{ stopLoss: busy, takeProfit: busy }, {}] } },
      [[1.1, set('GLOBAL')]],
    );
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', killSwitchPostFill: true });
    expect(protections(now)).toHaveLength(2);
  });

  it('nothing is ever closed, cancelled or moved after a fill [B3 R4]', async () => {
    const { now } = await told({ script: { ...at151, positionShown: '250', hides: ['sl', 'tp'] } }, [
      [1.5, set('GLOBAL')],
    ]);
    await now.clock.advance(120_000);
    expect(
      now.broker.calls
        .filter(({ method }) => ['submitOrder', 'cancelOrder', 'placeProtection'].includes(method))
        .map(({ method }) => method),
    ).toEqual(['submitOrder', 'placeProtection']);
  });
});

describe('PROTECTION_INVALID (R2.2)', () => {
  // Fine at the reference price of 150, so that the entry goes out (V10); not at the price of the fill.
  const coarse: NonNullable<Setting['instruments']> = { AAPL: { symbol: 'AAPL', tickSize: '3', lotSize: '1' } };
  const cases: readonly (readonly [string, string, SnapshotInput])[] = [
    ['the stop would lie on the fill', '147', ADVISORY],
    ['the stop of a short would lie on the fill', '147', SHORT],
    ['the tick is wider than the whole bracket', '20', ADVISORY],
  ];
  it.each(cases)('%s: neither is placed, and a human looks [R2.2 M1]', async (_, price, input) => {
    const { now, result } = await told({ script: fills(fill(1, 100, price)), instruments: coarse }, [], input);
    expect(result.status).toBe('FILLED');
    expect(mismatchKinds(result)).toEqual(expect.arrayContaining(['PROTECTION_INVALID', 'UNPROTECTED_POSITION']));
    expect(result).not.toHaveProperty('finalSl');
    expect(protections(now)).toEqual([]);
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'UNPROTECTED_POSITION' }]);
    expectSafe(now, result);
  });
});

describe('one leg, both legs, later (B2)', () => {
  const placed = { finalSl: '147.98', finalTp: '155.53' };

  it('a leg that is refused is said by name; the other stands [B2]', async () => {
    const { now, result } = await told({ script: { ...at151, protection: { takeProfit: refused } } });
    expect(result).toMatchObject({
      status: 'FILLED',
      finalSl: '147.98',
      reconciliationReport: { status: 'MISSING_SL_TP', requiresManualResolution: true },
    });
    expect(result).not.toHaveProperty('finalTp');
    expect(protections(now)).toHaveLength(1);
    expect(result.reconciliationReport?.mismatches[0]?.message).toContain('stop-loss placed, take-profit refused');
    expectSafe(now, result);
  });

  for (const [text, leg] of [
    ['busy', busy],
    ['unknown', lost],
    ['not sent', { kind: 'not_sent', reason: 'no route' } as const],
  ] as const) {
    it(`${text}, then accepted: the same request again, and all is well [B2]`, async () => {
      const { now, result } = await told({
        script: { ...at151, protection: [{ stopLoss: leg, takeProfit: leg }, { takeProfit: leg }, {}] },
      });
      expect(result).toMatchObject({ status: 'FILLED', ...placed, reconciliationReport: { status: 'MATCHED' } });
      expect(new Set(protections(now).map(({ argument }) => JSON.stringify(argument))).size).toBe(1);
      expect(protections(now).map(({ at }) => at)).toEqual([1_000, 1_200, 1_600]);
    });
  }

  it('a duplicate leg is an acknowledged one [B2]', async () => {
    const { result } = await told({
      script: { ...at151, protection: { stopLoss: { kind: 'duplicate' }, takeProfit: { kind: 'duplicate' } } },
    });
    expect(result).toMatchObject({ ...placed, reconciliationReport: { status: 'MATCHED' } });
  });

  it('a leg once placed stays placed: a repeat for the other proves nothing against it [B2]', async () => {
    const { result } = await told({ script: { ...at151, protection: [{ takeProfit: busy }, { stopLoss: refused }] } });
    expect(result).toMatchObject({ ...placed, reconciliationReport: { status: 'MATCHED' } });
  });

  it('no longer than 5 s: then it is alarmed, and found by the reconciliation [B2 E3]', async () => {
    const { now, result } = await told({ script: { ...at151, protection: { stopLoss: busy, takeProfit: busy } } });
    expect(result).toMatchObject({
      status: 'FILLED',
      totalDurationSeconds: 6,
      reconciliationReport: { status: 'MISSING_SL_TP' },
    });
    expect(Math.max(...protections(now).map(({ at }) => at))).toBeLessThan(6_000);
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'UNPROTECTED_POSITION' }]);
  });

  it('a late answer counts while there is time [B2 P7]', async () => {
    const { result } = await told({ script: { ...at151, protection: { delayMs: 1_900 } } });
    expect(result).toMatchObject({ ...placed, nakedWindowMs: 1_900 });
  });
});

describe('the naked window (B4)', () => {
  it('runs from the first fill to the acknowledged stop-loss [B4]', async () => {
    const { now, result } = await told({
      script: {
        ...fills(fill(1, 40, 151), fill(3, 60, 151)),
        protection: [{ stopLoss: busy }, { takeProfit: busy }, {}],
      },
    });
    expect(result.nakedWindowMs).toBe(2_200); // 2 s for the rest, 200 ms for the second try
    expect(now.engine.metrics().nakedWindowMs).toEqual({ count: 1, mean: 2_200, max: 2_200 });
  });

  it('is not claimed when there is no stop-loss [B4]', async () => {
    const { now, result } = await told({ script: { ...at151, protection: { stopLoss: refused } } });
    expect(result).not.toHaveProperty('nakedWindowMs');
    expect(now.engine.metrics().nakedWindowMs.count).toBe(0);
  });
});
