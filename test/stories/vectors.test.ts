/**
 * The twenty-four vectors, one line each.
 *
 * `A` is: buy 100 AAPL, reference 150, SL −2 %, TP +3 %, expires in one hour; tick 0.01, lot 1. What a line does not
 * say is what `FILL` or `NO_FILL` says: every value is checked in every vector.
 */
import type { ExecutionResult, SnapshotInput } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { expectSafe } from './safety.js';
import { type Act, ADVISORY, execute, fill, fills, SHORT, sentences, set, told, type World, world } from './support.js';

interface Ending {
  readonly status: string;
  readonly reason: string | undefined;
  readonly sl: string | undefined;
  readonly tp: string | undefined;
  readonly at: string | undefined;
  readonly size: string | undefined;
  readonly slip: string | undefined;
  readonly reconciled: string | undefined;
  readonly manual: boolean | undefined;
  readonly says: readonly string[];
  readonly submits: number;
  readonly cancels: number;
  readonly writes: number;
  readonly seconds: number;
  readonly gate: string;
  readonly postFill: boolean;
}

const NOTHING = { sl: undefined, tp: undefined, at: undefined, slip: undefined, gate: 'OFF', postFill: false };
/** Filled, protected, reconciled. */
const FILL = {
  ...NOTHING,
  status: 'FILLED',
  reason: undefined,
  size: '100',
  reconciled: 'MATCHED',
  manual: false,
  says: [],
  submits: 1,
  cancels: 0,
  writes: 2,
  seconds: 1,
};
/** Reached the broker, and nothing came of it. */
const NO_FILL = { ...FILL, size: '0', cancels: 1, sl: undefined };
/** Never left the process. */
const REFUSED = {
  ...NO_FILL,
  status: 'REJECTED',
  size: undefined,
  reconciled: undefined,
  manual: undefined,
  submits: 0,
  cancels: 0,
  writes: 0,
  seconds: 0,
};
const TIMED_OUT = { ...NO_FILL, status: 'FAILED_TIMEOUT', reason: 'FILL_TIMEOUT', seconds: 30 };
const AT_151 = { at: '151', sl: '147.98', tp: '155.53', slip: '0.67' };

const seen = (now: World, result: ExecutionResult): Ending => ({
  status: result.status,
  reason: result.reason,
  sl: result.finalSl,
  tp: result.finalTp,
  at: result.finalFillPrice,
  size: result.finalPositionSize,
  slip: result.slippagePct,
  reconciled: result.reconciliationReport?.status,
  manual: result.reconciliationReport?.requiresManualResolution,
  says: sentences(result),
  submits: now.broker.count('submitOrder'),
  cancels: now.broker.count('cancelOrder'),
  writes: now.broker.count('writes'),
  seconds: result.totalDurationSeconds,
  gate: result.killSwitchState,
  postFill: result.killSwitchPostFill,
});

const first = (act: Act): readonly [number, Act] => [-1, act];
const at = (seconds: number, act: Act): readonly [number, Act] => [seconds, act];

/** One vector: its number, its rules, what happens, and how it ends. */
function vector(
  number: number,
  rules: string,
  text: string,
  given: OrderScript,
  when: readonly (readonly [number, Act])[],
  ends: Ending,
  input: SnapshotInput = ADVISORY,
): void {
  it(`${number} · ${text} → ${ends.status} [${rules}]`, async () => {
    const now = await world({ script: given });
    for (const [seconds, act] of when) {
      if (seconds < 0) await act(now);
      else now.clock.setTimeout(() => void act(now), seconds * 1_000);
    }
    const result = await execute(now, input);
    expect(seen(now, result)).toEqual(ends);
    expectSafe(now, result);
  });
}

const id = 'fc-[0-9a-f]+';
const matching = (pattern: string): string => expect.stringMatching(new RegExp(`^${pattern}$`)) as unknown as string;
const at151 = fills(fill(1, 100, '151.00'));
const stillOpen = matching(`Expected order ${id} closed, found open in broker`);
const expired = { ...ADVISORY, expirationTimestamp: '2025-12-31T23:59:59Z' };

// biome-ignore format: one vector, one line
describe('the vectors', () => {
  vector(1, 'T2 R2.1 R2.3 B1 R6.3', 'fills 100 @ 151.00 at T = 1 s', at151, [], { ...FILL, ...AT_151 });
  vector(2, 'R2.1 R2.3', 'fills 100 @ 152.00 at T = 1 s', fills(fill(1, 100, '152.00')), [], { ...FILL, at: '152', sl: '148.96', tp: '156.56', slip: '1.33' });
  vector(3, 'V8 K2', 'SYMBOL_LEVEL AAPL ACTIVE before', at151, [first(set('SYMBOL_LEVEL', 'AAPL'))], { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector(4, 'V8 K2', 'GLOBAL ACTIVE before', at151, [first(set('GLOBAL'))], { ...REFUSED, reason: 'KILL_SWITCH_ACTIVE', gate: 'ACTIVE' });
  vector(5, 'K1', 'GLOBAL WARNING before, fills', at151, [first(set('GLOBAL', undefined, 'WARNING'))], { ...FILL, ...AT_151, gate: 'WARNING' });
  vector(6, 'K1', 'SYMBOL_LEVEL MSFT ACTIVE before, fills', at151, [first(set('SYMBOL_LEVEL', 'MSFT'))], { ...FILL, ...AT_151 });
  vector(7, 'T3 R6.3', 'never fills, cancel confirmed', {}, [], { ...TIMED_OUT });
  vector(8, 'T2', 'fills at T = 30.000 s', fills(fill(30, 100, 151)), [], { ...FILL, ...AT_151, seconds: 30 });
  vector(9, 'T2 R2.1', 'fills at T = 30.5 s', { ...fills(fill(30.5, 100, 151)), cancel: 'ignore' }, [], { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 30.5, cancels: 1, writes: 3 });
  vector(9, 'T2 R2.1', 'fills at T = 31 s', { ...fills(fill(31, 100, 151)), cancel: 'ignore' }, [], { ...FILL, ...AT_151, status: 'EXECUTED_FULL_LATE', seconds: 31, cancels: 1, writes: 3 });
  vector(10, 'T3 P7 R6.4', 'cancel unanswered, no fill by T = 32 s', { cancel: 'lost' }, [], { ...TIMED_OUT, seconds: 32, reconciled: 'MISMATCH', manual: true, says: [stillOpen], writes: 2 });
  vector(11, 'R6.2 R6.4', 'fills; position at the broker is 50', { ...at151, positionShown: '50' }, [], { ...FILL, ...AT_151, reconciled: 'MISMATCH', manual: true, says: ['Expected position 100, found 50 in broker'] });
  vector(12, 'R6.3 R6.4', 'fills; broker has no SL', { ...at151, hides: ['sl'] }, [], { ...FILL, ...AT_151, reconciled: 'MISSING_SL_TP', manual: true, says: ['Expected stop-loss 147.98, found none in broker'] });
  vector(13, 'R6.3 R6.4', 'fills; broker has no position', { ...at151, positionShown: '0' }, [], { ...FILL, ...AT_151, reconciled: 'MISSING_POSITION', manual: true, says: ['Expected position 100, found 0 in broker'] });
  vector(14, 'R6.3 R6.4', 'times out; a position of 100 is there', { positionShown: '100' }, [], { ...TIMED_OUT, writes: 2, reconciled: 'PHANTOM_POSITION', manual: true, says: ['Expected position 0, found 100 in broker'] });
  vector(15, 'B1 P4 R6.3', '40 @ 150, then nothing; cancel confirmed', fills(fill(2, 40, 150)), [], { ...TIMED_OUT, size: '40', at: '150', sl: '147', tp: '154.5', slip: '0', writes: 3, reconciled: 'MISMATCH', manual: true, says: ['Approved size 100, filled only 40'] });
  vector(16, 'K3 R6.3', 'GLOBAL ACTIVE at T = 5 s, cancel confirmed', {}, [at(5, set('GLOBAL'))], { ...NO_FILL, status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE', seconds: 5, gate: 'ACTIVE' });
  vector(17, 'K3 K4 B3', 'GLOBAL ACTIVE at T = 5 s, fill wins', { ...fills(fill(5.05, 100, 151)), cancel: 'ignore' }, [at(5, set('GLOBAL'))], { ...FILL, ...AT_151, seconds: 5.1, cancels: 1, writes: 3, gate: 'ACTIVE', postFill: true });
  vector(18, 'K3', 'RISK_LIMIT ACTIVE at T = 5 s, fills at 6 s', fills(fill(6, 100, 151)), [at(5, set('RISK_LIMIT'))], { ...FILL, ...AT_151, seconds: 6, gate: 'ACTIVE', postFill: true });
  vector(19, 'S4', 'submit times out; lookup finds it filled at T = 3 s', { submit: 'hang', ...fills(fill(3, 100, 151)) }, [], { ...FILL, ...AT_151, seconds: 5 });
  vector(20, 'S4 T3', 'submit times out; never found', { submit: 'hang', live: false }, [], { ...TIMED_OUT, seconds: 32, cancels: 4, writes: 5, reconciled: 'MISMATCH', manual: true, says: [matching(`Expected order ${id}, not found in broker`)] });
  vector(21, 'S3 S6', 'broker refuses: no margin', { submit: { kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' } }, [], { ...REFUSED, status: 'FAILED', reason: 'BROKER_REJECTED', submits: 1, writes: 1 });
  vector(23, 'R2.1 R2.2', 'sell 100, SL +0.02, TP −0.03, fills @ 151', at151, [], { ...FILL, ...AT_151, sl: '154.02', tp: '146.47' }, SHORT);
  vector(24, 'V1', 'expired one second ago', at151, [], { ...REFUSED, reason: 'ADVISORY_EXPIRED' }, expired);

  it('22 · the same advisory twice at once → FILLED twice [E1 S1]', async () => {
    const now = await world({ script: at151 });
    const [first, second] = await now.clock.runUntil(Promise.all([now.engine.execute(ADVISORY), now.engine.execute({ ...ADVISORY })]));
    expect(seen(now, first)).toEqual({ ...FILL, ...AT_151 });
    expect(second).toBe(first);
  });
});

describe('what the vectors say beside their tables', () => {
  it('T = 30 s is counted from the first submission, and one cancel goes out then [7 T1 T3]', async () => {
    const { now, result } = await told({ script: {} });
    const cancels = now.broker.calls.filter(({ method }) => method === 'cancelOrder');
    expect(cancels.map(({ at }) => at)).toEqual([30_000]);
    expect(result.totalDurationSeconds).toBeGreaterThanOrEqual(30);
  });

  it('a cancel of an order that nobody has named goes by clientOrderId [20 S4]', async () => {
    const { now, result } = await told({ script: { submit: 'hang', live: false } });
    const cancels = now.broker.calls.filter(({ method }) => method === 'cancelOrder').map(({ argument }) => argument);
    expect(cancels[0]).toEqual({ clientOrderId: result.clientOrderId, symbol: 'AAPL' });
    expect(result.finalOrderId).toBeUndefined();
  });

  it('one attempt, and no reconciliation, when the broker says no [21 S6]', async () => {
    const script = { submit: { kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' } } as const;
    const { now, result } = await told({ script });
    expect(result.attempts).toMatchObject([
      { attempt: 1, outcome: 'rejected', code: 'NO_MARGIN', reason: 'no margin' },
    ]);
    expect(now.broker.count('getPositions')).toBe(1); // the baseline
    expect(result).not.toHaveProperty('reconciliationReport');
  });

  it('SL and TP of a partial fill are placed for what was filled [15 B1]', async () => {
    const { now } = await told({ script: fills(fill(2, 40, 150)) });
    const [protection] = now.broker.calls.filter(({ method }) => method === 'placeProtection');
    expect(protection?.argument).toMatchObject({ quantity: '40', side: 'sell', stopLoss: '147', takeProfit: '154.5' });
    expect(now.broker.calls.filter(({ method }) => method === 'placeProtection')).toHaveLength(1);
  });
});
