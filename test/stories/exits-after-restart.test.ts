/**
 * Exits that the venue had taken when the process ended: the next one places them again, and hears of them meanwhile (B5, A6).
 */
import type { LegOutcome, OrderReport } from 'fillchart';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { at, earth, executed, type Setting } from '../recovery/support.js';

const taken = (leg: 'sl' | 'tp'): LegOutcome => ({ kind: 'accepted', brokerOrderId: `B-1-${leg}`, state: 'pending' });
const placed = (leg: 'sl' | 'tp'): LegOutcome => ({ kind: 'accepted', brokerOrderId: `B-1-${leg}` });
const passed: LegOutcome = { kind: 'rejected', code: 'TAKE_PROFIT_PASSED', reason: 'would trade at once' };

interface Story {
  /** Answers of the protection calls, first to last; the further ones hang. */
  readonly answers: readonly { readonly stopLoss: LegOutcome; readonly takeProfit: LegOutcome }[];
  /** What the venue pushes of the exits, by seconds since the restart. */
  readonly pushes: readonly (readonly [seconds: number, leg: 'sl' | 'tp', state: string])[];
  readonly broker?: Setting['broker'];
}

/** Filled, the exits are taken, and the process ends; how the next one goes on. */
async function restarted({ answers, pushes, broker = () => ({}) }: Story) {
  const reports$ = new Subject<OrderReport>();
  const left = [...answers];
  const now = earth({
    broker: (world, clock) => ({
      reports$,
      placeProtection: (request) => {
        world.protect(request);
        const answer = left.shift();
        return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
      },
      ...broker(world, clock),
    }),
  });
  const first = await now.start(at('committed', 'PROTECTION_OUTCOME'));
  await executed(now, first);
  expect(first.process.isAlive).toBe(false);
  await now.clock.advance(2_000);
  const restartedAt = now.clock.monotonic();
  const { engine, ...second } = await now.start();
  const id = engine.execution('ADV-A')?.clientOrderId ?? '';
  for (const [seconds, leg, state] of pushes) {
    const report = { clientOrderId: `${id}-${leg}`, brokerOrderId: `B-1-${leg}`, state, filledSize: '0' };
    now.clock.setTimeout(() => reports$.next(report), seconds * 1_000);
  }
  const result = await executed(now, { ...second, engine });
  const cases = engine.cases.all().map(({ kind }) => kind);
  return { result, cases, seconds: (now.clock.monotonic() - restartedAt) / 1_000 };
}

const bothTaken = { stopLoss: taken('sl'), takeProfit: taken('tp') };

describe('exits that were taken before a restart', () => {
  it('B5 A6: the venue says that both work while the new call hangs: nothing is left to wait for', async () => {
    const { result, cases, seconds } = await restarted({
      answers: [bothTaken],
      pushes: [
        [0.5, 'sl', 'working'],
        [0.6, 'tp', 'working'],
      ],
    });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(cases).toEqual([]);
    expect(seconds).toBeLessThan(1);
  });

  it('B5 A6: a control: one of the two says nothing, so the call has its whole time', async () => {
    const { result, cases, seconds } = await restarted({ answers: [bothTaken], pushes: [[0.5, 'sl', 'working']] });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(cases).toEqual([]);
    expect(seconds).toBeGreaterThanOrEqual(2);
  });

  it('B5 M1: the stop stands alone, and the take-profit that was given up ends: no second alarm', async () => {
    const { result, cases } = await restarted({
      answers: [bothTaken, { stopLoss: placed('sl'), takeProfit: passed }],
      pushes: [[0.3, 'tp', 'cancelled']],
      broker: (world, clock) => ({
        getPositions: async (symbols) => {
          await new Promise((resolve) => clock.setTimeout(() => resolve(undefined), 600));
          return world.positions(symbols);
        },
      }),
    });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(result?.reconciliationReport?.mismatches.map(({ kind }) => kind)).toEqual(['MISSING_TP']);
    expect(cases).toEqual(['MISSING_SL_TP']);
  });
});
