/**
 * An exit is placed when it works (B5): taken is not placed, refused late is refused, and a stop may stand alone.
 */
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter, LegOutcome, OrderReport, ProtectionRequest } from '../../src/domain/ports.js';
import type { FaultBroker } from '../../src/testing/fault-broker.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';
import { auditEvents, fill, fills, mismatchKinds, sentences, told, type World } from './support.js';

const script = fills(fill(1, 100, 151));
const taken = (leg: 'sl' | 'tp'): LegOutcome => ({ kind: 'accepted', brokerOrderId: `B-1-${leg}`, state: 'pending' });
const passed: LegOutcome = { kind: 'rejected', code: 'TAKE_PROFIT_PASSED', reason: 'would trade at once' };
const refused: LegOutcome = { kind: 'rejected', code: 'NO', reason: 'no stops today' };

interface ExitPlan {
  /** States of the legs, by ms since the exits were placed; the last one that is due counts. */
  readonly sl?: readonly (readonly [ms: number, state: string])[];
  readonly tp?: readonly (readonly [ms: number, state: string])[];
  /** Told by push, or only when asked. */
  readonly isPushed?: boolean;
  /** The legs are answered as placed, not as taken. */
  readonly saysPlaced?: boolean;
}

/** A venue that takes exits first and says later what became of them. */
const slowVenue =
  ({ sl = [[0, 'working']], tp = [[0, 'working']], isPushed = true, saysPlaced = false }: ExitPlan) =>
  (broker: FaultBroker, clock: VirtualClock): BrokerAdapter => {
    let placedAt: number | undefined;
    const plans = { sl, tp };
    const report = (clientOrderId: string, leg: 'sl' | 'tp', state: string): OrderReport => ({
      clientOrderId,
      brokerOrderId: `B-1-${leg}`,
      state,
      filledSize: '0',
      reason: `the venue says ${state}`,
    });
    const stateOf = (leg: 'sl' | 'tp') =>
      plans[leg].findLast(([ms]) => placedAt !== undefined && clock.monotonic() >= placedAt + ms)?.[1] ?? 'pending';
    const lost = (leg: 'sl' | 'tp') => ['rejected', 'cancelled', 'expired'].includes(stateOf(leg));
    return {
      ...broker,
      getOrderStatus: async (ref, signal) => {
        const leg = /-(sl|tp)$/.exec(ref.clientOrderId)?.[1] as 'sl' | 'tp' | undefined;
        if (leg === undefined) return broker.getOrderStatus(ref, signal);
        return isPushed ? 'not_found' : report(ref.clientOrderId, leg, stateOf(leg));
      },
      placeProtection: async (request, signal) => {
        await broker.placeProtection(request, signal);
        placedAt = clock.monotonic();
        for (const leg of ['sl', 'tp'] as const) {
          for (const [ms, state] of plans[leg]) {
            const told = report(`${request.clientOrderId}-${leg}`, leg, state);
            if (isPushed) clock.setTimeout(() => broker.push(told), ms);
          }
        }
        const outcome = (leg: 'sl' | 'tp'): LegOutcome =>
          saysPlaced ? { kind: 'accepted', brokerOrderId: `B-1-${leg}` } : taken(leg);
        return { stopLoss: outcome('sl'), takeProfit: outcome('tp') };
      },
      getPositions: async (symbols, signal) => {
        await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 600));
        const [{ sl: stop, tp: target, ...held } = { symbol: 'AAPL', size: '0' }] = await broker.getPositions(
          symbols,
          signal,
        );
        const shown = { ...(stop !== undefined && !lost('sl') && { sl: stop }) };
        return [{ ...held, ...shown, ...(target !== undefined && !lost('tp') && { tp: target }) }];
      },
    };
  };

const cases = ({ engine }: World) => engine.cases.open().map(({ kind }) => kind);

describe('taken is not placed (B5)', () => {
  it.each([
    ['pushed', true],
    ['asked for', false],
  ])(
    'B5 B4: the exits work after 300 ms, %s: placed then, and the naked window lasts until then',
    async (_, isPushed) => {
      const working = [[300, 'working']] as const;
      const { now, result } = await told({ script, wrap: slowVenue({ sl: working, tp: working, isPushed }) });
      expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
      expect(result.nakedWindowMs).toBeGreaterThanOrEqual(300);
      expect(result.nakedWindowMs).toBeLessThan(600);
      expect(result.reconciliationReport?.status).toBe('MATCHED');
      expect(cases(now)).toEqual([]);
    },
  );

  it.each([
    ['40 ms', 40, true],
    ['300 ms', 300, true],
    ['300 ms, only when asked', 300, false],
    ['4.8 s', 4_800, false],
  ])('B3 B5: the stop is taken, and rejected %s later: a failed placement', async (_, ms, isPushed) => {
    const { now, result } = await told({ script, wrap: slowVenue({ sl: [[ms, 'rejected']], isPushed }) });
    expect(result.status).toBe('FILLED');
    expect(result).not.toHaveProperty('finalSl');
    expect(result).not.toHaveProperty('nakedWindowMs');
    expect(result.finalTp).toBe('155.53');
    expect(mismatchKinds(result)).toEqual(expect.arrayContaining(['UNPROTECTED_POSITION', 'MISSING_SL']));
    expect(result.reconciliationReport?.status).toBe('MISSING_SL_TP');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
  });

  it.each(['cancelled', 'expired'])('B5: the take-profit is taken, and %s at once: the same', async (state) => {
    const { now, result } = await told({ script, wrap: slowVenue({ tp: [[40, state]] }) });
    expect(result.finalSl).toBe('147.98');
    expect(result).not.toHaveProperty('finalTp');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
  });

  it('B3 B5: placed, it was said, and rejected while the broker is being asked: it does not stand', async () => {
    const plan = { sl: [[300, 'rejected']], saysPlaced: true } as const;
    const { now, result } = await told({ script, wrap: slowVenue(plan) });
    expect(result).not.toHaveProperty('finalSl');
    expect(mismatchKinds(result)).toContain('UNPROTECTED_POSITION');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
  });

  it('B5 B2: never said to work: alarmed after five seconds', async () => {
    const { now, result } = await told({ script, wrap: slowVenue({ sl: [[60_000, 'working']] }) });
    expect(result).not.toHaveProperty('finalSl');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
    expect(result.totalDurationSeconds).toBeCloseTo(0.6 + 1 + 5 + 0.6, 1);
  });

  it('B5: a control: an exit that fills while its sibling ends is no failed placement', async () => {
    const plan = {
      sl: [
        [0, 'working'],
        [100, 'cancelled'],
      ],
      tp: [
        [0, 'working'],
        [50, 'filled'],
      ],
    } as const;
    const { result } = await told({ script, wrap: slowVenue(plan) });
    expect(mismatchKinds(result)).not.toContain('UNPROTECTED_POSITION');
  });
});

describe('the market has passed the take-profit (B5)', () => {
  /** Refuses the pair, and answers the stop alone as it is told. */
  const pairRefused =
    (stopLoss: LegOutcome, alone: LegOutcome) =>
    (broker: FaultBroker): BrokerAdapter => {
      let isAlone = false;
      return {
        ...broker,
        placeProtection: async (request, signal) => {
          await broker.placeProtection(request, signal);
          isAlone = request.legs === 'stopLoss';
          return isAlone ? { stopLoss: alone, takeProfit: refused } : { stopLoss, takeProfit: passed };
        },
        getPositions: async (symbols, signal) => {
          const [{ tp: _tp, ...held } = { symbol: 'AAPL', size: '0' }] = await broker.getPositions(symbols, signal);
          return [held];
        },
      };
    };
  const placed: LegOutcome = { kind: 'accepted', brokerOrderId: 'B-1-sl' };
  const requests = ({ broker }: World) =>
    broker.calls
      .filter(({ method }) => method === 'placeProtection')
      .map(({ argument }) => (argument as ProtectionRequest).legs ?? 'both');

  it('C12 B5: the pair is refused whole: the stop goes alone at once, and the report says so', async () => {
    const { now, result } = await told({ script, wrap: pairRefused(passed, placed) });
    expect(requests(now)).toEqual(['both', 'stopLoss']);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(result).not.toHaveProperty('finalTp');
    expect(result.nakedWindowMs).toBeLessThan(200);
    expect(mismatchKinds(result)).toEqual(['MISSING_TP']);
    expect(sentences(result)[0]).toMatch(/had passed the take-profit 155.53 .* stop-loss 147.98 stands alone/);
    expect(result.reconciliationReport?.status).toBe('MISSING_SL_TP');
    expect(cases(now)).toEqual(['MISSING_SL_TP']);
  });

  it('C12 B5: the stop stands, the take-profit alone is refused for it: nothing is asked again', async () => {
    const { now, result } = await told({ script, wrap: pairRefused(placed, placed) });
    expect(requests(now)).toEqual(['both']);
    expect(result.finalSl).toBe('147.98');
    expect(mismatchKinds(result)).toEqual(['MISSING_TP']);
  });

  it.each([
    ['at T = 31 s', fills(fill(31, 100, 151)), 'EXECUTED_FULL_LATE'],
    ['for a partial fill', fills(fill(1, 40, 151)), 'FAILED_TIMEOUT'],
  ])('C12 B5: %s as well', async (_, late, status) => {
    const { now, result } = await told({ script: { ...late, cancel: 'ignore' }, wrap: pairRefused(passed, placed) });
    expect(result).toMatchObject({ status, finalSl: '147.98' });
    expect(requests(now)).toEqual(['both', 'stopLoss']);
  });

  it('C12 B5 M1: the stop alone is refused too: unprotected, asked twice and no more', async () => {
    const { now, result } = await told({ script, wrap: pairRefused(passed, refused) });
    expect(requests(now)).toEqual(['both', 'stopLoss']);
    expect(result).not.toHaveProperty('finalSl');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
  });

  it('C12 B5: a control: another refusal of the pair is final', async () => {
    const { now } = await told({ script: { ...script, protection: { stopLoss: refused, takeProfit: refused } } });
    expect(requests(now)).toEqual(['both']);
    expect(auditEvents(now)).toContain('protection_failed');
  });
});

describe('a call that was begun in time has its whole time (T4)', () => {
  it('T4 B2: the third try begins within the five seconds, and its answer counts after them', async () => {
    let tries = 0;
    const wrap = (broker: FaultBroker, clock: VirtualClock): BrokerAdapter => ({
      ...broker,
      placeProtection: (request, signal) => {
        tries += 1;
        if (tries < 3) return new Promise(() => undefined);
        return new Promise((resolve) => {
          clock.setTimeout(
            () => (signal.aborted ? undefined : resolve(broker.placeProtection(request, signal))),
            1_900,
          );
        });
      },
    });
    const { now, result } = await told({ script, wrap });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(result.nakedWindowMs).toBeGreaterThan(6_000);
    expect(cases(now)).toEqual([]);
    expect(tries).toBe(3);
  });

  it('T4 B2 M1: a control: no answer to it either: alarmed, and no fourth try', async () => {
    const { now } = await told({ script: { ...script, protection: 'hang' } });
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
    expect(now.broker.count('placeProtection')).toBe(3);
  });
});
