/**
 * What becomes of the entry after its result at a broker that pushes nothing: it is asked for along with its exits, as one more
 * line of a batch that leaves anyhow (P8, T5, B7).
 */
import type { OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter, BrokerCapabilities, OrderRef } from '../../src/domain/ports.js';
import { type Earth, earth, executed } from '../recovery/support.js';

const CAPABILITIES: BrokerCapabilities = {
  push: false,
  batchStatus: true,
  lookupByClientId: true,
  nativeOco: true,
  positions: 'netting',
  fractional: false,
  minPollMs: 0,
};

const isExit = (id: string): boolean => /-(sl|tp)$/.test(id);

/** Bought 100 at 151, both exits working; from then on the entry is told with these differences. */
async function held(options: { batchStatus?: boolean; hitAfterMs?: number } = {}) {
  const told: { entry?: Partial<OrderReport>; isGone?: boolean } = {};
  const { batchStatus = true, hitAfterMs } = options;
  const now: Earth = earth({
    ...(hitAfterMs !== undefined && { plan: { exit: { leg: 'tp', afterMs: hitAfterMs } } }),
    broker: (world) => {
      const status = (id: string): OrderReport | 'not_found' => {
        const truth = world.status(id);
        if (isExit(id) || truth === 'not_found') return truth;
        return told.isGone === true ? 'not_found' : { ...truth, ...told.entry };
      };
      const broker: Partial<BrokerAdapter> = {
        capabilities: { ...CAPABILITIES, batchStatus },
        getOrderStatus: async ({ clientOrderId }) => status(clientOrderId),
        getOrderStatuses: async (refs) =>
          refs.map(({ clientOrderId }) => status(clientOrderId)).filter((row) => row !== 'not_found'),
      };
      return broker;
    },
  });
  const life = await now.start();
  expect((await executed(now, life))?.status).toBe('FILLED');
  const before = now.calls.length;
  return {
    now,
    told,
    engine: life.engine,
    wait: (seconds: number) => now.clock.advance(seconds * 1_000),
    /** Questions since the result, each with the ids that it asked for. */
    asked: () =>
      now.calls
        .slice(before)
        .filter(({ method }) => method.startsWith('getOrderStatus'))
        .map(({ argument }) => (Array.isArray(argument) ? argument : [argument]) as readonly OrderRef[])
        .map((refs) => refs.map(({ clientOrderId: id }) => (isExit(id) ? id.slice(-2) : 'entry'))),
  };
}

describe('the entry goes along with its exits', () => {
  it('P8 B7: a fill that is taken back after the result is a case within one interval of the exits’ polls', async () => {
    const { told, wait, engine } = await held();
    await wait(10);
    told.entry = { filledSize: '0', correction: { kind: 'bust' } };
    await wait(31);
    expect(engine.cases.open().map(({ kind }) => kind)).toEqual(['FILL_BUSTED']);
    await wait(120);
    expect(engine.cases.open()).toHaveLength(1);
  });

  it('M5 T5: a case that is withdrawn is as if it had not been: what is still told is told again', async () => {
    const { told, wait, engine } = await held();
    told.entry = { filledSize: '140' };
    await wait(31);
    await engine.cases.resolve('case-1', { by: 'ann', reason: '40 were sold by hand' });
    await wait(61);
    expect(engine.cases.open()).toEqual([]);
    await engine.cases.resolve('case-1', { by: 'ann', reason: 'it was another account', withdraw: true });
    await wait(31);
    expect(engine.cases.open().map(({ caseId, kind }) => [caseId, kind])).toEqual([['case-2', 'STRAY_FILL']]);
    await engine.cases.resolve('case-2', { by: 'ann', reason: 'read wrongly', withdraw: true });
    told.entry = {};
    await wait(61);
    expect(engine.cases.open()).toEqual([]);
  });

  it('P8 B7: so is one whose price is changed', async () => {
    const { told, wait, engine } = await held();
    told.entry = { fillPrice: '151.50', correction: { kind: 'correct' } };
    await wait(31);
    expect(engine.cases.open().map(({ kind }) => kind)).toEqual(['FILL_CORRECTED']);
  });

  it('T5: so is a fill beyond what the execution ended with', async () => {
    const { told, wait, engine } = await held();
    told.entry = { filledSize: '140' };
    await wait(31);
    expect(engine.cases.open().map(({ kind }) => kind)).toEqual(['STRAY_FILL']);
  });

  it('P2: less that is not said to be a bust changes nothing', async () => {
    const { told, wait, engine } = await held();
    told.entry = { filledSize: '60' };
    await wait(61);
    expect(engine.cases.all()).toEqual([]);
  });

  it('B7: what it costs is a line of the batch: ten rounds are ten calls, of three instead of two orders', async () => {
    const { wait, asked } = await held();
    await wait(301);
    expect(asked()).toEqual(Array.from({ length: 10 }, () => ['sl', 'tp', 'entry']));
  });

  it('B7: without batches it is not asked for, as it would cost a call', async () => {
    const { wait, asked } = await held({ batchStatus: false });
    await wait(61);
    expect(asked().flat()).toEqual(['sl', 'tp', 'sl', 'tp']);
  });

  it('M4: an entry that the broker no longer knows costs no question of its own, and proves nothing', async () => {
    const { told, wait, asked, engine } = await held();
    told.isGone = true;
    await wait(61);
    expect(asked()).toEqual([
      ['sl', 'tp', 'entry'],
      ['sl', 'tp', 'entry'],
    ]);
    expect(engine.cases.all()).toEqual([]);
    expect(engine.positions()[0]).toMatchObject({ state: 'working' });
  });

  it('B7: once its position is over it is asked for no more', async () => {
    const { wait, asked, engine } = await held({ hitAfterMs: 5_000 });
    await wait(61);
    const before = asked().length;
    await wait(120);
    expect(engine.positions()[0]).toMatchObject({ state: 'closedByTakeProfit' });
    expect(asked()).toHaveLength(before);
  });
});
