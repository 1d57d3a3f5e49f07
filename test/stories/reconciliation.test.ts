/**
 * Reconciliation (R6): one order query, one position query, every difference, no correction.
 */
import type { ReconciliationReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { expectSafe } from './safety.js';
import {
  ADVISORY,
  advisory,
  execute,
  fill,
  fills,
  mismatchKinds,
  type Setting,
  SHORT,
  sentences,
  set,
  told,
  type World,
  world,
} from './support.js';

const at151 = fills(fill(1, 100, 151));

/**
 * Queries that came after the order was taken as done: from the last call on that writes, or from the reading that ended it.
 * The exits are watched on (B7): they are other orders.
 */
const queriesAtTheEnd = ({ broker }: World) => {
  const last = broker.calls.map(({ method }) => method).lastIndexOf('placeProtection');
  return broker.calls
    .slice(last + 1)
    .filter(({ clientOrderId = '' }) => !/-(?:sl|tp)$/.test(clientOrderId))
    .map(({ method }) => method)
    .sort();
};

describe('asked once (R6.1)', () => {
  const settings: readonly (readonly [string, Setting])[] = [
    ['matched', { script: at151 }],
    ['mismatched', { script: { ...at151, positionShown: '50', hides: ['sl', 'tp'] } }],
    ['partly filled', { script: fills(fill(2, 40, 150)) }],
    ['late', { script: { ...fills(fill(31, 100, 151)), cancel: 'ignore' } }],
    ['both queries fail', { script: at151, faults: { getPositions: (call) => (call > 1 ? 'throw' : undefined) } }],
  ];
  it.each(settings)('%s: one order query, one position query, nothing after [R6.1 R6.4]', async (_, setting) => {
    const { now } = await told(setting);
    await now.clock.advance(120_000);
    expect(queriesAtTheEnd(now)).toEqual(['getOrderStatus', 'getPositions']);
    expect(now.broker.count('getPositions')).toBe(2); // and the baseline
  });

  it('an execution that cannot have reached the broker is not reconciled [R6.1]', async () => {
    const { now, result } = await told({ script: { submit: { kind: 'rejected', code: 'NO', reason: 'no' } } });
    expect([result.reconciliationReport, now.broker.count('getOrderStatus'), now.broker.count('getPositions')]).toEqual(
      [undefined, 0, 1],
    );
  });

  it('nothing is filled and the cancel is confirmed: two queries, flat, MATCHED [R6.1 R6.3]', async () => {
    const { now, result } = await told({ script: {} }, [[5, set('GLOBAL')]]);
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(now.broker.count('getPositions')).toBe(2);
  });
});

describe('what the report carries (R6.3)', () => {
  it('both sides of each: order, state, price, sizes, SL, TP [R6.3]', async () => {
    const { result } = await told({ script: at151 });
    const report: ReconciliationReport = {
      reconciliationId: `${result.clientOrderId}-rec`,
      advisoryId: 'ADV-A',
      timestamp: '2026-01-01T00:00:01.000Z',
      status: 'MATCHED',
      mismatches: [],
      requiresManualResolution: false,
      brokerOrderId: 'B-1',
      brokerOrderState: 'filled',
      internalOrderId: 'B-1',
      internalOrderState: 'filled',
      ...(Object.fromEntries(
        Object.entries({
          FillPrice: '151',
          FilledSize: '100',
          PositionSize: '100',
          Sl: '147.98',
          Tp: '155.53',
        }).flatMap(([name, value]) => [
          [`broker${name}`, value],
          [`internal${name}`, value],
        ]),
      ) as Pick<ReconciliationReport, 'internalFilledSize' | 'internalPositionSize'>),
    };
    expect(result.reconciliationReport).toEqual(report);
  });

  it('lists all that differs, each with kind, both values and a sentence [R6.3]', async () => {
    const { now, result } = await told({
      script: { ...fills(fill(1, 40, 150)), positionShown: '50', hides: ['sl', 'tp'] },
    });
    expect(result.reconciliationReport?.mismatches).toEqual([
      { kind: 'PARTIAL_FILL', expected: '100', actual: '40', message: 'Approved size 100, filled only 40' },
      { kind: 'POSITION_SIZE', expected: '40', actual: '50', message: 'Expected position 40, found 50 in broker' },
      { kind: 'MISSING_SL', expected: '147', actual: 'none', message: 'Expected stop-loss 147, found none in broker' },
      {
        kind: 'MISSING_TP',
        expected: '154.5',
        actual: 'none',
        message: 'Expected take-profit 154.5, found none in broker',
      },
    ]);
    expect(result.reconciliationReport?.status).toBe('MISSING_SL_TP');
    expectSafe(now, result);
  });

  it('positions are not offered, and the stop-loss was refused: MISSING_SL_TP all the same [R6.3 B2]', async () => {
    const refused = { kind: 'rejected', code: 'NO_STOPS', reason: 'no stops here' } as const;
    const legs = { stopLoss: refused, takeProfit: { kind: 'accepted', brokerOrderId: 'B-2' } } as const;
    const { result } = await told({ script: { ...at151, protection: legs }, capabilities: { positions: 'none' } });
    expect(result.reconciliationReport?.status).toBe('MISSING_SL_TP');
    expect(mismatchKinds(result)).toEqual(['UNPROTECTED_POSITION']);
  });

  it.each([
    ['54', ['PROTECTION_SIZE']],
    ['200', ['PROTECTION_SIZE']],
    ['100', []],
  ])('exits for %s of 100 filled, where the broker lists them: %s [B1 R6.2]', async (quantity, kinds) => {
    const { clientOrderId } = (await told({ script: at151 })).result;
    const pair = { clientOrderId, quantity, stopLoss: '147.98', takeProfit: '155.53' };
    const answer = [{ symbol: 'AAPL', size: '100', protections: [pair] }];
    const { result } = await told({
      script: at151,
      faults: { getPositions: (call) => (call > 1 ? { answer } : undefined) },
    });
    expect(mismatchKinds(result)).toEqual(kinds);
    if (kinds.length > 0)
      expect(sentences(result)).toEqual([`Expected protection for 100, found it for ${quantity} in broker`]);
  });

  const statuses: readonly (readonly [string, Setting, string, readonly string[]])[] = [
    [
      'a position that is gone, and no exits',
      { script: { ...at151, positionShown: '0', hides: ['sl', 'tp'] } },
      'MISSING_POSITION',
      ['MISSING_POSITION', 'MISSING_SL', 'MISSING_TP'],
    ],
    ['a position the wrong way round', { script: { ...at151, positionShown: '-100' } }, 'MISMATCH', ['POSITION_SIZE']],
    [
      'a position where none should be, order open',
      { script: { positionShown: '100', cancel: 'ignore' } },
      'PHANTOM_POSITION',
      ['ORDER_STILL_OPEN', 'PHANTOM_POSITION'],
    ],
    ['one exit is gone', { script: { ...at151, hides: ['tp'] } }, 'MISSING_SL_TP', ['MISSING_TP']],
    [
      'the order query fails',
      { script: at151, faults: { getOrderStatus: (call) => (call > 11 ? 'throw' : undefined) } },
      'MISMATCH',
      ['QUERY_FAILED'],
    ],
    [
      'the position query fails',
      { script: at151, faults: { getPositions: (call) => (call > 1 ? 'hang' : undefined) } },
      'MISMATCH',
      ['QUERY_FAILED'],
    ],
  ];
  for (const [text, setting, status, kinds] of statuses) {
    it(`${text} → ${status} [R6.3 R6.4]`, async () => {
      const { now, result } = await told(setting);
      expect(result.reconciliationReport).toMatchObject({ status, requiresManualResolution: true });
      expect(mismatchKinds(result)).toEqual(kinds);
      expectSafe(now, result);
    });
  }

  it('a mismatch leaves the status of the execution what it was [R6.4]', async () => {
    const { result } = await told({ script: { ...at151, positionShown: '0' } });
    expect(result.status).toBe('FILLED');
  });
});

describe('a netting account: the position is a delta (R6.2)', () => {
  it.each([
    ['there before', '500', ADVISORY],
    ['short before', '-300', ADVISORY],
    ['flat by us', '-100', ADVISORY],
    ['a short on top of a long', '250', SHORT],
  ])('%s (%s): MATCHED [R6.2]', async (_, held, input) => {
    const { now, result } = await told({ script: at151, positions: { AAPL: held, MSFT: '77' } }, [], input);
    expect(result.reconciliationReport).toMatchObject({ status: 'MATCHED' });
    expectSafe(now, result);
  });

  it('the sentence names what the broker shows, and what was there before [R6.2]', async () => {
    const { result } = await told({ script: { ...at151, positionShown: '550' }, positions: { AAPL: '500' } });
    expect(sentences(result)).toEqual([
      'Expected position 100, found 50 in broker (it shows 550; 500 was there before)',
    ]);
  });

  it('other symbols are never asked for [R6.2]', async () => {
    const { now } = await told({ script: at151 });
    expect(now.broker.calls.filter(({ method }) => method === 'getPositions').map(({ argument }) => argument)).toEqual([
      ['AAPL'],
      ['AAPL'],
    ]);
  });

  const side = (name: string, seconds: number, differs = {}) => ({ name, seconds, input: advisory(name, differs) });
  const pairs = [
    ['one after the other', [side('ADV-1', 1), side('ADV-2', 4, { positionSize: 30 })]],
    ['filled in the same instant', [side('ADV-1', 2), side('ADV-2', 2, { positionSize: 30 })]],
    [
      'one buys, one sells',
      [side('ADV-1', 1), side('ADV-2', 1.5, { ...SHORT, advisoryId: 'ADV-2', positionSize: 30 })],
    ],
    ['one never fills', [side('ADV-1', 1), side('ADV-2', 99, { positionSize: 30 })]],
  ] as const;
  for (const [text, pair] of pairs) {
    it(`two side by side in one symbol, ${text}: each finds its own part [R6.2 E2]`, async () => {
      const bySize = new Map(pair.map(({ input, seconds }) => [String(input.positionSize), seconds]));
      const now = await world({
        script: ({ quantity }) => fills(fill(bySize.get(quantity) ?? 1, quantity, 151)),
        positions: { AAPL: '12' },
      });
      const results = await now.clock.runUntil(Promise.all(pair.map(({ input }) => now.engine.execute(input))));
      expect(results.map(sentences)).toEqual([[], []]);
      expect(results.map(({ reconciliationReport: report }) => report?.status)).toEqual(['MATCHED', 'MATCHED']);
    });
  }

  it('a real difference is still found beside another execution that is over [R6.2]', async () => {
    const now = await world({
      script: ({ quantity }) => (quantity === '30' ? { ...fills(fill(4, 30, 151)), positionShown: '120' } : at151),
    });
    const results = await now.clock.runUntil(
      Promise.all([now.engine.execute(advisory('ADV-1')), now.engine.execute(advisory('ADV-2', { positionSize: 30 }))]),
    );
    expect(results[1]?.reconciliationReport).toMatchObject({ status: 'MISMATCH', requiresManualResolution: true });
    expect(sentences(results[1] ?? results[0])).toEqual([
      expect.stringContaining('Expected position 30, found 20 in broker'),
    ]);
  });

  it('a refused conflict under the same id does not hide the fills of the execution that has it [R6.2 E1]', async () => {
    const now = await world({ script: ({ quantity }) => fills(fill(quantity === '100' ? 3 : 5, quantity, 151)) });
    const first = now.engine.execute(advisory('ADV-1'));
    await now.clock.advance(1_000);
    expect(await execute(now, advisory('ADV-1', { positionSize: 50 }))).toMatchObject({ reason: 'ADVISORY_CONFLICT' });
    const second = now.engine.execute(advisory('ADV-2', { positionSize: 30 }));
    for (const result of await now.clock.runUntil(Promise.all([first, second]))) expect(sentences(result)).toEqual([]);
  });
});

describe('other accounts (R6.2)', () => {
  const hedged = (broker: World['broker'], rows: readonly object[]): World['broker'] => ({
    ...broker,
    getPositions: () => Promise.resolve(rows) as ReturnType<World['broker']['getPositions']>,
  });

  it('hedging: the position of this very order counts, and no other [R6.2]', async () => {
    const wrap: NonNullable<Setting['wrap']> = (broker) => ({
      ...broker,
      async getPositions() {
        const own = broker.calls.find(({ method }) => method === 'submitOrder')?.clientOrderId;
        const foreign = { symbol: 'AAPL', size: '900', clientOrderId: 'somebody-else', sl: '1', tp: '2' };
        return own === undefined
          ? [foreign]
          : [foreign, { symbol: 'AAPL', size: '100', clientOrderId: own, sl: '147.98', tp: '155.53' }];
      },
    });
    const { result } = await told({ script: at151, capabilities: { positions: 'hedging' }, wrap });
    expect(result.reconciliationReport).toMatchObject({ status: 'MATCHED', brokerPositionSize: '100' });
  });

  it('hedging: a position that is missing among others is missing [R6.3]', async () => {
    const foreign = { symbol: 'AAPL', size: '100', clientOrderId: 'somebody-else', sl: '147.98', tp: '155.53' };
    const { result } = await told({
      script: at151,
      capabilities: { positions: 'hedging' },
      wrap: (broker) => hedged(broker, [foreign]),
    });
    expect(result.reconciliationReport?.status).toBe('MISSING_POSITION');
  });

  it('a broker that tells no positions is not asked for any [R6.1]', async () => {
    const { now, result } = await told({ script: at151, capabilities: { positions: 'none' } });
    expect(result.reconciliationReport).toMatchObject({ status: 'MATCHED' });
    expect(result.reconciliationReport).not.toHaveProperty('brokerPositionSize');
    expect(now.broker.count('getPositions')).toBe(0);
    expectSafe(now, result);
  });
});
