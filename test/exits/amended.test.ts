/**
 * Exits that somebody changes at the venue after the result: on its web page, or for the venue (B7, M1, M5).
 */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { earth, executed } from '../recovery/support.js';

type Told = Partial<Record<'sl' | 'tp', Partial<OrderReport>>>;

/** Bought 100 at 151, SL 147.98, TP 155.53 working; what the venue tells of an exit is what `told` says besides. */
async function held() {
  const told: Told = {};
  const now = earth({
    broker: (world) => ({
      async getOrderStatus({ clientOrderId }) {
        const truth = world.status(clientOrderId);
        const leg = clientOrderId.endsWith('-sl') ? 'sl' : clientOrderId.endsWith('-tp') ? 'tp' : undefined;
        return truth === 'not_found' || leg === undefined ? truth : { ...truth, ...told[leg] };
      },
      getOpenOrders: async () => [],
    }),
  });
  const life = await now.start();
  expect((await executed(now, life))?.status).toBe('FILLED');
  const { engine } = life;
  const id = engine.execution('ADV-A')?.clientOrderId ?? '';
  const writes = () => now.calls.filter(({ method }) => /cancel|place|submit/i.test(method)).length;
  const before = writes();
  return {
    told,
    id,
    engine,
    written: () => writes() - before,
    cases: () => engine.cases.open().map(({ kind, advisoryId, mismatches }) => ({ kind, advisoryId, mismatches })),
    async after(seconds: number) {
      await now.clock.advance(seconds * 1_000);
      await now.clock.settle();
    },
  };
}

describe('an exit is changed at the venue', () => {
  it('B7 M1: the stop-loss stands at another price: a case says both, once, and nothing is moved', async () => {
    const story = await held();
    story.told.sl = { price: '100' };
    await story.after(300);
    const message = `Expected stop-loss ${story.id}-sl at 147.98, as it was placed, found it at 100 in broker`;
    const mismatches = [{ kind: 'STOP_LOSS_PRICE', expected: '147.98', actual: '100', message }];
    expect(story.cases()).toEqual([{ kind: 'MISMATCH', advisoryId: 'ADV-A', mismatches }]);
    expect(story.written()).toBe(0);
  });

  it('B7 B5: the stop-loss is suspended: PROTECTION_LOST, when it is told so for a while, once; it still counts as open', async () => {
    const story = await held();
    story.told.sl = { state: 'suspended' };
    await story.after(300);
    expect(story.cases()).toMatchObject([
      { kind: 'PROTECTION_LOST', mismatches: [{ expected: 'working', actual: 'suspended' }] },
    ]);
    expect(story.cases()[0]?.mismatches[0]?.message).toContain('stop-loss');
    expect(story.engine.positions()[0]?.state).toBe('working');
    expect(story.written()).toBe(0);
  });

  it('B7: a suspension that is over before it is told again is no case', async () => {
    const story = await held();
    story.told.sl = { state: 'suspended' };
    await story.after(31);
    story.told.sl = {};
    await story.after(300);
    expect(story.cases()).toEqual([]);
  });

  it('B7 B1: the stop-loss is for half of what is held: PROTECTION_SIZE, which says how much is without it', async () => {
    const story = await held();
    story.told.sl = { quantity: '50' };
    await story.after(300);
    expect(story.cases()).toMatchObject([
      { kind: 'PROTECTION_SIZE', mismatches: [{ kind: 'PROTECTION_SIZE', expected: '100', actual: '50' }] },
    ]);
    expect(story.cases()[0]?.mismatches[0]?.message).toContain('50 of AAPL are without it');
    expect(story.engine.positions()[0]?.unprotectedQuantity).toBe('50');
  });

  it('B7: an exit is larger than the position: PROTECTION_SIZE', async () => {
    const story = await held();
    story.told.tp = { quantity: '300' };
    await story.after(300);
    expect(story.cases()).toMatchObject([
      { kind: 'PROTECTION_SIZE', mismatches: [{ expected: '100', actual: '300' }] },
    ]);
  });

  it('B7: the stop-loss has both another price and another size: one case, by the graver of the two', async () => {
    const story = await held();
    story.told.sl = { price: '140', quantity: '60' };
    await story.after(300);
    expect(story.cases()).toMatchObject([
      { kind: 'PROTECTION_SIZE', mismatches: [{ kind: 'STOP_LOSS_PRICE' }, { kind: 'PROTECTION_SIZE' }] },
    ]);
  });

  it('M5: what a person has accepted is not told again; a further change is', async () => {
    const story = await held();
    story.told.sl = { price: '149' };
    await story.after(120);
    const { caseId = '' } = story.engine.cases.open()[0] ?? {};
    await story.engine.cases.resolve(caseId, { by: 'ann', reason: 'moved by hand' });
    await story.after(600);
    expect(story.cases()).toEqual([]);
    story.told.sl = { price: '150' };
    await story.after(120);
    expect(story.cases()).toMatchObject([{ mismatches: [{ kind: 'STOP_LOSS_PRICE', actual: '150' }] }]);
  });

  it('B7 P2: an exit that shrinks before the fill of its sibling is told is no change', async () => {
    const story = await held();
    story.told.sl = { quantity: '60' };
    await story.after(30);
    story.told.tp = { state: 'partially_filled', filledSize: '40', fillPrice: '155.53' };
    await story.after(600);
    expect(story.cases()).toEqual([]);
  });

  it('B7: prices and sizes as they were placed, told with zeros at the end, are no change', async () => {
    const story = await held();
    story.told.sl = { price: '147.9800', quantity: '100.0' };
    story.told.tp = { price: '155.530', quantity: '100' };
    await story.after(600);
    expect(story.cases()).toEqual([]);
  });
});
