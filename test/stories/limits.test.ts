/**
 * The operator's limits before the order (G1–G3, V11): each at its bound and just above it.
 *
 * The negative control stands beside each: without limits the same order fills.
 */
import type { EngineOptions, Limits, SnapshotInput } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { advisory, execute, fill, fills, type Setting, type World, world } from './support.js';

const FILLED = fills(fill(1, 100, 151));
const limited = (limits: EngineOptions['limits'], setting: Setting = {}): Promise<World> =>
  world({ script: FILLED, ...setting, engine: { limits, ...setting.engine } });
const quoted = (ask: string, bid = ask): Setting => ({ quotes: { AAPL: { bid, ask } } });
const detailsOf = ({ engine }: World, event: string) =>
  engine.executionLogs.findLast((record) => record.event === event)?.details;
const submits = ({ broker }: World): number => broker.count('submitOrder');
const risk = ({ engine }: World) => engine.killSwitch.switches.filter(({ type }) => type === 'RISK_LIMIT');
const release = ({ engine }: World, target?: string) =>
  engine.killSwitch.release({ type: 'RISK_LIMIT', target, by: 'alice', reason: 'looked at', force: true });

/** Limit, the bound that is kept, the one just below it, and what the order comes to. */
const ONE_ORDER: readonly (readonly [
  limit: keyof Limits,
  bound: string,
  below: string,
  value: string,
  setting: Setting,
])[] = [
  ['maxPositionSize', '100', '99.999999999999999999', '100', {}],
  ['maxNotional', '15000', '14999.99', '15000', {}],
  ['maxNotional', '15100', '15099.99', '15100', quoted('151')],
  // The reference price is the higher one.
  ['maxNotional', '15000', '14999.99', '15000', quoted('149')],
  ['maxReferenceDeviationPct', '2', '1.999999999', '2', quoted('153')],
  ['maxReferenceDeviationPct', '2', '1.999999999', '2', quoted('147')],
  ['maxOpenNotional', '15000', '14999.99', '15000', {}],
];

describe('one order and its limits (G1 V11)', () => {
  it.each(ONE_ORDER)('G1 G2 V11: %s is kept at %s', async (limit, bound, _below, _value, setting) => {
    expect((await execute(await limited({ [limit]: bound }, setting))).status).toBe('FILLED');
  });

  it.each(ONE_ORDER)(
    'G1 G2 V11: %s refuses just above its bound (%s), and names limit, value and bound',
    async (limit, _bound, below, value, setting) => {
      const now = await limited({ [limit]: below }, setting);
      const result = await execute(now);
      expect(result).toMatchObject({ status: 'REJECTED', reason: 'LIMIT_EXCEEDED', attempts: [] });
      expect(result.refusedBy).toEqual({ kind: 'limit', limit, value, bound: below });
      for (const part of [limit, value, below]) expect(result.errorMessage).toContain(part);
      expect(submits(now)).toBe(0);
      expect(detailsOf(now, 'validation_failed')).toMatchObject({ refusedBy: { kind: 'limit', limit, value } });
    },
  );

  it('A22 G1 V11: reference 150, market 1,510, size 1,000,000: refused, 0 writes', async () => {
    const much = advisory('A22', { positionSize: '1000000' });
    const limits = { maxReferenceDeviationPct: '5', maxNotional: '1000000000' };
    const deviating = await execute(await limited({ maxReferenceDeviationPct: '5' }, quoted('1510')), much);
    expect(deviating.refusedBy).toMatchObject({ limit: 'maxReferenceDeviationPct', value: '906.666667' });
    const now = await limited(limits, quoted('1510'));
    expect((await execute(now, much)).refusedBy).toMatchObject({ limit: 'maxNotional', value: '1510000000' });
    expect(submits(now)).toBe(0);
  });

  it('A22 G1: a control: without limits the same order fills, far from its reference', async () => {
    const script = fills(fill(1, 1_000_000, 1_510));
    const result = await execute(
      await world({ script, ...quoted('1510') }),
      advisory('A22', { positionSize: '1000000' }),
    );
    expect(result).toMatchObject({ status: 'FILLED', slippagePct: '906.67' });
  });

  it('G1: a buy is held against the ask, a sell against the bid', async () => {
    const setting = quoted('150', '100');
    const limits = { maxReferenceDeviationPct: '1' };
    expect((await execute(await limited(limits, setting))).status).toBe('FILLED');
    const short = advisory('S', { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' });
    expect((await execute(await limited(limits, setting), short)).reason).toBe('LIMIT_EXCEEDED');
  });

  it('G2: the first that fails is named, in the order of the limits', async () => {
    const limits = { maxOpenNotional: '1', maxNotional: '1', maxPositionSize: '1' };
    expect((await execute(await limited(limits))).refusedBy).toMatchObject({ limit: 'maxPositionSize' });
  });

  it('V11 V8: a switch refuses before a limit does', async () => {
    const now = await limited({ maxPositionSize: '1' });
    await now.engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'a drill' });
    expect((await execute(now)).reason).toBe('KILL_SWITCH_ACTIVE');
  });

  it.each([
    ['does not come', { quote: 'hang' }],
    ['fails', { quote: 'throw' }],
  ] as const)('G1 V9: a quote that %s means a broker that could not be asked', async (_how, faults) => {
    const now = await limited({ maxNotional: '1000000' }, { ...quoted('150'), faults });
    expect((await execute(now)).reason).toBe('BROKER_UNAVAILABLE');
  });

  it('G1 V9: a quote without a usable price is a broker that could not be asked', async () => {
    const now = await limited({ maxReferenceDeviationPct: '5' }, { quotes: { AAPL: { ask: '0', last: 'none' } } });
    expect((await execute(now)).reason).toBe('BROKER_UNAVAILABLE');
  });

  it('G1: no quote is asked for where no limit hangs on it', async () => {
    const now = await limited({ maxPositionSize: '100' }, quoted('150'));
    await execute(now);
    expect(now.broker.calls.filter(({ method }) => method === 'quote')).toEqual([]);
  });
});

describe('by symbol (G1)', () => {
  it.each([
    [
      'its own bound stands in place of the one for all',
      { maxPositionSize: '10', bySymbol: { AAPL: { maxPositionSize: '100' } } },
      'FILLED',
    ],
    ['another symbol has a bound of its own', { bySymbol: { MSFT: { maxPositionSize: '1' } } }, 'FILLED'],
    ['case and blanks do not matter', { bySymbol: { ' aapl': { maxPositionSize: '99' } } }, 'REJECTED'],
    ['a notation of the adapter counts', { bySymbol: { 'AAPL.US': { maxPositionSize: '99' } } }, 'REJECTED'],
    [
      'what adds up is held against both',
      { maxOpenNotional: '1', bySymbol: { AAPL: { maxOpenNotional: '99999' } } },
      'REJECTED',
    ],
  ] as const)('G1: %s', async (_what, limits, status) => {
    const now = await limited(limits, { aliases: { AAPL: ['AAPL', 'AAPL.US'] } });
    expect((await execute(now)).status).toBe(status);
  });
});

describe('what adds up (G1)', () => {
  const other = (advisoryId: string, symbol = 'AAPL'): SnapshotInput => advisory(advisoryId, { symbol });

  it('G1 V11: maxLiveExecutions counts those of the symbol between submit call and result', async () => {
    const now = await limited({ maxLiveExecutions: 2 });
    const all = ['A', 'B', 'C'].map((name) => now.engine.execute(other(name)));
    const msft = now.engine.execute(other('M', 'MSFT'));
    const results = await now.clock.runUntil(Promise.all([...all, msft]));
    expect(results.map(({ status }) => status)).toEqual(['FILLED', 'FILLED', 'REJECTED', 'FILLED']);
    expect(results[2]?.refusedBy).toEqual({ kind: 'limit', limit: 'maxLiveExecutions', value: '3', bound: '2' });
    // They are over: there is room again.
    expect((await execute(now, other('D'))).status).toBe('FILLED');
  });

  it('G1 V11: maxOpenNotional counts what is live, then what is held, until it is known to be closed (B7)', async () => {
    const now = await limited({ maxOpenNotional: '30100' });
    const both = [now.engine.execute(other('A')), now.engine.execute(other('B', 'MSFT'))];
    const [first] = await now.clock.runUntil(Promise.all(both));
    expect(first?.status).toBe('FILLED');
    // Held at 151 each: 30,200, and 15,000 more.
    const third = await execute(now, other('C'));
    expect(third.refusedBy).toMatchObject({ limit: 'maxOpenNotional', value: '45200', bound: '30100' });
    closeAtLoss(now, 'A');
    await now.clock.advance(31_000);
    expect((await execute(now, other('D'))).status).toBe('FILLED');
  });

  it('G1: a part that is held by the symbol has a bound of its own', async () => {
    const now = await limited({ bySymbol: { AAPL: { maxOpenNotional: '15100' } } });
    expect((await execute(now, other('M', 'MSFT'))).status).toBe('FILLED');
    expect((await execute(now, other('A'))).status).toBe('FILLED');
    const refused = await execute(now, other('B'));
    expect(refused.refusedBy).toMatchObject({ limit: 'maxOpenNotional', value: '30100', symbol: 'AAPL' });
  });

  it('G1 V11: two at once do not see the same free room', async () => {
    const now = await limited({ maxOpenNotional: '15000' });
    const results = await now.clock.runUntil(
      Promise.all([now.engine.execute(other('A')), now.engine.execute(other('B'))]),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['FILLED', 'REJECTED']);
  });
});

/** The stop-loss fills 100 at 147 (the fill was 151): a loss of 400. */
function closeAtLoss(now: World, advisoryId: string, filledSize = '100'): void {
  const id = now.engine.execution(advisoryId)?.clientOrderId ?? '';
  const exit = (leg: string, differs: object) => ({
    clientOrderId: `${id}-${leg}`,
    brokerOrderId: `B-${leg}`,
    ...differs,
  });
  now.broker.push(exit('sl', { state: 'filled', filledSize, fillPrice: '147' }));
  now.broker.push(exit('tp', { state: 'cancelled', filledSize: '0' }));
}

describe('submit calls within a minute (G1, G3)', () => {
  it('G3 G1: the call that reaches the bound goes out, sets RISK_LIMIT ACTIVE with the figure, and cancels nothing', async () => {
    const now = await limited({ maxSubmitsPerMinute: 2 });
    expect((await execute(now, advisory('A'))).status).toBe('FILLED');
    expect(risk(now)).toEqual([]);
    expect((await execute(now, advisory('B'))).status).toBe('FILLED');
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE', by: 'fillchart' }]);
    expect(risk(now)[0]?.reason).toBe('maxSubmitsPerMinute is reached: 2 submit calls within 60 s, the bound is 2.');
    const refused = await execute(now, advisory('C'));
    expect(refused.refusedBy).toMatchObject({ kind: 'kill-switch', type: 'RISK_LIMIT', by: 'fillchart' });
  });

  it('G1 G3: released within the minute the limit itself refuses; after it there is room', async () => {
    const now = await limited({ maxSubmitsPerMinute: 1 });
    await execute(now, advisory('A'));
    await release(now);
    expect((await execute(now, advisory('B'))).refusedBy).toEqual({
      kind: 'limit',
      limit: 'maxSubmitsPerMinute',
      value: '2',
      bound: '1',
    });
    await now.clock.advance(60_000);
    expect((await execute(now, advisory('C'))).status).toBe('FILLED');
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE' }]);
  });

  it('G3: of one symbol: the switch covers that symbol', async () => {
    const now = await limited({ bySymbol: { AAPL: { maxSubmitsPerMinute: 1 } } });
    await execute(now, advisory('A'));
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE', target: 'AAPL' }]);
    expect((await execute(now, advisory('M', { symbol: 'MSFT' }))).status).toBe('FILLED');
    expect((await execute(now, advisory('B'))).reason).toBe('KILL_SWITCH_ACTIVE');
  });

  it('G3 K9: of one symbol, in another notation: the switch covers both', async () => {
    const aliases = { AAPL: ['AAPL', 'AAPL.US'], 'AAPL.US': ['AAPL', 'AAPL.US'] };
    const now = await limited({ bySymbol: { 'AAPL.US': { maxSubmitsPerMinute: 1 } } }, { aliases });
    await execute(now, advisory('A'));
    expect((await execute(now, advisory('B', { symbol: 'AAPL.US' }))).reason).toBe('KILL_SWITCH_ACTIVE');
  });

  it('G1 S5: a repeat counts as well, and the one above the bound is not made', async () => {
    const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;
    const now = await limited({ bySymbol: { AAPL: { maxSubmitsPerMinute: 3 } } }, { script: { submit: busy } });
    const result = await execute(now);
    expect(result).toMatchObject({ status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(result.attempts).toHaveLength(3);
  });

  it('G1 A6: calls of the process before count', async () => {
    const journal = memoryJournal();
    const clock = virtualClock();
    const first = await limited({ maxSubmitsPerMinute: 9 }, { clock, engine: { journal } });
    await execute(first, advisory('A'));
    await clock.runUntil(first.engine.close());
    const next = await limited({ maxSubmitsPerMinute: 1 }, { clock, engine: { journal } });
    expect((await execute(next, advisory('B'))).refusedBy).toMatchObject({ limit: 'maxSubmitsPerMinute', value: '2' });
  });
});

describe('the loss of the day (G3)', () => {
  const lose = async (now: World, advisoryId: string): Promise<void> => {
    await execute(now, advisory(advisoryId));
    closeAtLoss(now, advisoryId);
    await now.clock.advance(100);
  };

  it('G3: a loss at its bound sets RISK_LIMIT ACTIVE, with the figure; the next advisory is refused', async () => {
    const now = await limited({ maxDailyLoss: '400' });
    await lose(now, 'A');
    expect(detailsOf(now, 'exit_filled')).toMatchObject({ realisedPnl: '-400' });
    const day = new Date(now.clock.now()).toISOString().slice(0, 10);
    const reason = `maxDailyLoss is reached: the realised loss of ${day} (UTC) is 400, the bound is 400.`;
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE', by: 'fillchart', reason }]);
    expect((await execute(now, advisory('B'))).reason).toBe('KILL_SWITCH_ACTIVE');
  });

  it('G3: a loss just below its bound sets nothing; the next one adds up', async () => {
    const now = await limited({ maxDailyLoss: '400.01' });
    await lose(now, 'A');
    expect(risk(now)).toEqual([]);
    await lose(now, 'B');
    expect(risk(now)[0]?.reason).toContain('is 800');
  });

  it('G3 A26 P11: a loss of more than thirty digits counts as well', async () => {
    const now = await limited(
      { maxDailyLoss: '48' },
      {
        instruments: { AAPL: { symbol: 'AAPL', tickSize: '0.01', lotSize: '0.1' } },
        wrap: (broker) => ({
          ...broker,
          getOrderStatus: async (ref, signal) => {
            const report = await broker.getOrderStatus(ref, signal);
            const isFilled =
              report !== 'not_found' && report.fillPrice !== undefined && !/-(?:sl|tp)$/.test(ref.clientOrderId);
            return isFilled ? { ...report, fillPrice: `151.${'3'.repeat(30)}` } : report;
          },
        }),
        script: { fills: [{ at: 0, quantity: '12.5', price: '151' }] },
      },
    );
    await execute(now, advisory('A', { positionSize: '12.5' }));
    closeAtLoss(now, 'A', '12.5');
    await now.clock.advance(100);
    expect(String(detailsOf(now, 'exit_filled')?.['realisedPnl']).length).toBeGreaterThan(32);
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE', by: 'fillchart' }]);
  });

  it('G3: a person releases it; the next loss sets it again', async () => {
    const now = await limited({ maxDailyLoss: '400' });
    await lose(now, 'A');
    await release(now);
    expect((await execute(now, advisory('B'))).status).toBe('FILLED');
    closeAtLoss(now, 'B');
    await now.clock.advance(100);
    expect(risk(now)[0]?.reason).toContain('is 800');
    expect(risk(now)).toMatchObject([{ state: 'ACTIVE' }]);
  });

  it('G3: the next day (UTC) begins at nothing, and the switch stays until it is released', async () => {
    const now = await limited({ maxDailyLoss: '800', bySymbol: { AAPL: { maxDailyLoss: '400' } } });
    await lose(now, 'A');
    expect(risk(now)).toMatchObject([{ target: 'AAPL', state: 'ACTIVE' }]);
    await now.clock.advance(24 * 3_600_000);
    expect(risk(now)).toMatchObject([{ target: 'AAPL', state: 'ACTIVE' }]);
    await release(now, 'AAPL');
    const expirationTimestamp = new Date(now.clock.now() + 3_600_000);
    expect((await execute(now, advisory('B', { expirationTimestamp }))).status).toBe('FILLED');
    closeAtLoss(now, 'B');
    await now.clock.advance(100);
    // 800 over both days; of this one, 400.
    expect(risk(now)).toMatchObject([{ target: 'AAPL', state: 'ACTIVE' }]);
    expect(risk(now)[0]?.reason).toContain('is 400');
  });

  it('G3 A6: the loss of the process before counts, and is not told a second time after a release', async () => {
    const journal = memoryJournal();
    const clock = virtualClock();
    const first = await world({ clock, script: FILLED, engine: { journal } });
    await lose(first, 'A');
    await clock.runUntil(first.engine.close());
    // The bound is new: it is reached already.
    const next = await limited({ maxDailyLoss: '400' }, { clock, engine: { journal } });
    expect(risk(next)).toMatchObject([{ state: 'ACTIVE', by: 'fillchart' }]);
    await release(next);
    await clock.runUntil(next.engine.close());
    expect(risk(await limited({ maxDailyLoss: '400' }, { clock, engine: { journal } }))).toMatchObject([
      { state: 'OFF' },
    ]);
  });

  it('G3: what a person has set is not covered by what follows', async () => {
    const now = await limited({ maxDailyLoss: '400' });
    await execute(now, advisory('A'));
    await now.engine.killSwitch.set({ type: 'RISK_LIMIT', state: 'ACTIVE', reason: 'a drill', by: 'alice' });
    closeAtLoss(now, 'A');
    await now.clock.advance(100);
    expect(risk(now)[0]?.reason).toMatch(/^a drill Then: maxDailyLoss is reached/);
  });

  it('G3: a control: without a bound a loss sets nothing', async () => {
    const now = await limited({ maxPositionSize: '100' });
    await lose(now, 'A');
    expect(risk(now)).toEqual([]);
  });
});
