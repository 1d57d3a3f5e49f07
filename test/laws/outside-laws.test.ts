/**
 * Negative controls of the outside laws: what a lawful run left behind is forged in one place, and the law of that place
 * says so.
 */
import { createEngine, type ExecutionResult, type JournalRecord } from 'fillchart';
import { faultBroker, venueTruths, virtualClock } from 'fillchart/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/adapters/journals/memory.js';
import { decimal } from '../../src/domain/decimal.js';
import {
  brokenOutsideLaws,
  OUTSIDE_LAWS,
  type OutsideLawId,
  type OutsideView,
  type SeenOrder,
} from '../../src/testing/laws/outside-laws.js';

/** What one execution that filled, and one that timed out, left behind. */
async function lawfulView(script: 'filled' | 'timed out'): Promise<OutsideView> {
  const clock = virtualClock();
  const inner = memoryJournal();
  const records: JournalRecord[] = [];
  const journal = {
    ...inner,
    append: (batch: readonly JournalRecord[]) => {
      records.push(...batch);
      return inner.append(batch);
    },
  };
  const fills = script === 'filled' ? [{ at: 1_000, quantity: '100', price: '151' }] : [];
  const broker = faultBroker({ clock, script: { fills } });
  const engine = await createEngine({ broker, clock, journal, logger: false });
  const result = await clock.runUntil(
    engine.execute({
      advisoryId: 'LAW-1',
      symbol: 'AAPL',
      referencePrice: '150',
      slOffsetPct: '-0.02',
      tpOffsetPct: '0.03',
      positionSize: '100',
      expirationTimestamp: new Date(clock.now() + 3_600_000),
    }),
  );
  const orders = venueTruths(broker.venue).map((order) => ({
    ...order,
    received: { submits: 1, resent: 0, cancels: broker.count('cancelOrder') },
  }));
  return { orders, records, results: [result], cases: engine.cases.all() };
}

let filled: OutsideView;
let timedOut: OutsideView;
beforeAll(async () => {
  filled = await lawfulView('filled');
  timedOut = await lawfulView('timed out');
});

const lawsBroken = (view: OutsideView): OutsideLawId[] => [...new Set(brokenOutsideLaws(view).map(({ law }) => law))];

type Forge = (order: SeenOrder) => Partial<SeenOrder>;
const withOrder = (view: OutsideView, forge: Forge): OutsideView => ({
  ...view,
  orders: view.orders.map((order) => ({ ...order, ...forge(order) })),
});
const withResult = (view: OutsideView, forged: object): OutsideView => ({
  ...view,
  results: view.results.map((result): ExecutionResult => ({ ...result, ...forged }) as ExecutionResult),
});
const counts = { submits: 1, resent: 0, cancels: 1 };

describe('the outside laws', () => {
  it('a lawful life breaks none', () => {
    expect([lawsBroken(filled), lawsBroken(timedOut)]).toEqual([[], []]);
  });

  const controls: readonly (readonly [law: OutsideLawId, what: string, forged: () => OutsideView])[] = [
    ['S1', 'an order that was sent again', () => withOrder(filled, () => ({ received: { ...counts, resent: 1 } }))],
    [
      'S2',
      'an order without an intent',
      () => ({ ...filled, records: filled.records.filter(({ fact }) => fact.type !== 'BROKER_ASKED') }),
    ],
    [
      'S4',
      'a second submit call without a refusal',
      () => withOrder(filled, () => ({ received: { ...counts, submits: 2 } })),
    ],
    [
      'A4',
      'a cancel that was never received',
      () => withOrder(timedOut, () => ({ isOpen: true, received: { ...counts, cancels: 0 } })),
    ],
    [
      'T4',
      'an open order that nobody asked to cancel',
      () => withOrder(filled, () => ({ isOpen: true, received: { ...counts, cancels: 0 } })),
    ],
    ['V', 'REJECTED, and the venue has it', () => withResult(filled, { status: 'REJECTED' })],
    ['P5', 'more told than was filled', () => withResult(filled, { finalPositionSize: '120' })],
    ['P5', 'FILLED, and less was filled', () => withOrder(filled, () => ({ mostFilled: decimal('60') }))],
    [
      'P6',
      'FAILED without a report, and the venue has it',
      () => withResult(filled, { status: 'FAILED', reconciliationReport: undefined }),
    ],
    [
      'P8',
      'a price that was changed under the exits',
      () => withOrder(filled, ({ exitsAtMs = 0 }) => ({ corrected: { kind: 'correct', atMs: exitsAtMs + 1 } })),
    ],
    [
      'B1',
      'a stop that was refused late',
      () =>
        withOrder(filled, ({ stopLoss }) =>
          stopLoss ? { stopLoss: { ...stopLoss, isWorking: false, state: 'rejected' } } : {},
        ),
    ],
    ['B1', 'exits for more than is held', () => withOrder(filled, () => ({ held: decimal('99') }))],
    ['B1', 'a stop at another price than told', () => withResult(filled, { finalSl: '1' })],
    ['B7', 'both exits filled', () => withOrder(filled, () => ({ held: decimal('-100') }))],
    [
      'B7',
      'a sibling left behind',
      () =>
        withOrder(filled, ({ takeProfit }) =>
          takeProfit ? { held: decimal('0'), takeProfit: { ...takeProfit, isWorking: false, state: 'filled' } } : {},
        ),
    ],
    ['M1', 'an order that is open in the end', () => withOrder(timedOut, () => ({ isOpen: true, received: counts }))],
    ['R6.3', 'MATCHED, and the order is open', () => withOrder(timedOut, () => ({ isOpen: true, received: counts }))],
  ];

  it.each(controls)('%s: %s', (law, _, forged) => {
    expect(lawsBroken(forged())).toContain(law);
  });

  it('every law has its control', () => {
    expect([...new Set(controls.map(([law]) => law))].sort()).toEqual(Object.keys(OUTSIDE_LAWS).sort());
  });

  it('a case excuses what it tells of, and nothing else', () => {
    const cases = [{ advisoryId: 'LAW-1', symbol: 'AAPL' }] as unknown as OutsideView['cases'];
    const naked = withOrder(filled, ({ stopLoss }) =>
      stopLoss ? { stopLoss: { ...stopLoss, isWorking: false } } : {},
    );
    expect(lawsBroken({ ...naked, cases })).toEqual([]);
    expect(lawsBroken({ ...withOrder(filled, () => ({ received: { ...counts, resent: 1 } })), cases })).toEqual(['S1']);
  });

  it('B7 M3: the case of another execution excuses only what a sweep found in its symbol, by side and size', () => {
    const over = { isWorking: false, state: 'filled' } as const;
    const overdone = withOrder(filled, ({ stopLoss, takeProfit }) => ({
      held: decimal('-100'),
      ...(stopLoss && { stopLoss: { ...stopLoss, ...over } }),
      ...(takeProfit && { takeProfit: { ...takeProfit, ...over } }),
    }));
    const broken = (compared?: object, symbol = 'AAPL') =>
      lawsBroken({
        ...overdone,
        cases: [{ advisoryId: 'LAW-2', symbol, compared }] as unknown as OutsideView['cases'],
      });
    const found = (actual: string) => ({ expected: '50', actual, held: {} });
    expect(broken(found('-50'))).toEqual([]);
    for (const other of [broken(), broken(found('-49')), broken(found('150')), broken(found('-50'), 'MSFT')])
      expect(other).toEqual(['B7']);
  });

  describe('a fill long after the cancel was confirmed, in the case of another execution of the symbol', () => {
    type Compared = { readonly expected: string; readonly actual: string; readonly held: Record<string, string> };
    const hundred = decimal('100');
    const forged = { state: 'filled', filled: hundred, mostFilled: hundred, net: hundred, held: hundred } as const;
    const broken = (compared: Compared | undefined, order: Partial<SeenOrder> = {}, symbol = 'AAPL') => {
      const cases = [{ advisoryId: 'LAW-2', symbol, compared }] as unknown as OutsideView['cases'];
      return lawsBroken({ ...withOrder(timedOut, () => ({ ...forged, ...order })), cases }).sort();
    };
    const all: readonly OutsideLawId[] = ['B1', 'P5', 'R6.3'];

    it('M1 M3: is told of when a sweep found so much more on its side, and did not know of it', () => {
      expect(broken({ expected: '0', actual: '100', held: {} })).toEqual([]);
      expect(broken({ expected: '133', actual: '33', held: { other: '133' } }, { side: 'sell' })).toEqual([]);
    });

    it.each<readonly [what: string, broken: () => readonly OutsideLawId[]]>([
      ['no sweep has found it', () => broken(undefined)],
      ['the sweep found less', () => broken({ expected: '0', actual: '99', held: {} })],
      ['the sweep found it on the other side', () => broken({ expected: '0', actual: '-100', held: {} })],
      ['the sweep found it in another symbol', () => broken({ expected: '0', actual: '100', held: {} }, {}, 'MSFT')],
      [
        'the sweep knew of the order',
        () => broken({ expected: '0', actual: '100', held: { [timedOut.orders[0]?.clientOrderId ?? '']: '1' } }),
      ],
    ])('B1 P5 R6.3: is not told of when %s', (_, found) => {
      expect(found()).toEqual(all);
    });

    it('M1: says nothing of an order that is still open', () => {
      expect(broken({ expected: '0', actual: '100', held: {} }, { isOpen: true })).toEqual(['M1', 'R6.3']);
    });
  });
});
