/**
 * Where one rule ends and the next begins: a cancel and what races it, and an order that the broker ends.
 */
import { describe, expect, it } from 'vitest';
import { answering, cancels, type Event, ignoring, played, type Story, submits } from './boundaries.support.js';
import { ADVISORY, advisory, after, execute, fill, fills, push, type Setting, set, world } from './support.js';

function story({ rules, when, ...rest }: Story): void {
  it(`${when} [${rules}]`, played(rest));
}

describe('a fill and a cancel at once (K3, T3)', () => {
  story({
    rules: 'K3',
    when: 'the fill comes while the cancel call is under way',
    setting: { script: { ...fills(fill(5.4, 100, 151)), cancel: 'lost' } },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: { status: 'FILLED', killSwitchPostFill: true, finalSl: '147.98' },
  });
  story({
    rules: 'K3',
    when: 'the cancel is taken, and the fill wins',
    setting: { script: { ...fills(fill(5.4, 100, 151)), cancel: 900 } },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: { status: 'FILLED', killSwitchPostFill: true },
  });
  story({
    rules: 'T3',
    when: 'the cancel of the timeout is taken, and the fill wins',
    setting: { script: { ...fills(fill(30.4, 100, 151)), cancel: 900 } },
    expected: { status: 'EXECUTED_FULL_LATE' },
    also: cancels(1),
  });
  story({
    rules: 'K3 B1',
    when: 'a partial fill, then a kill switch: what is filled is protected, and is a mismatch',
    setting: { script: fills(fill(1, 40, 150)) },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: {
      status: 'CANCELLED',
      finalPositionSize: '40',
      finalSl: '147',
      finalTp: '154.5',
      killSwitchPostFill: true,
      killSwitchState: 'ACTIVE',
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
  });
  story({
    rules: 'K3 P2',
    when: 'more is filled between the cancel and its confirmation',
    setting: { script: { ...fills(fill(1, 40, 150), fill(5.2, 20, 150)), cancel: 500 } },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: { status: 'CANCELLED', finalPositionSize: '60', finalSl: '147' },
  });
  story({
    rules: 'K3 T3',
    when: 'a cancel that was taken and is not confirmed by T = 30 s is asked for once more, like at any timeout',
    setting: { script: { cancel: 'ignore' } },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: {
      status: 'FAILED_TIMEOUT',
      killSwitchState: 'ACTIVE',
      totalDurationSeconds: 32,
      reconciliationReport: { status: 'MISMATCH' },
    },
    also: cancels(2),
  });
  story({
    rules: 'K3 T2',
    when: 'in cancelling the deadlines run on: a fill of T = 31 s is late',
    setting: { script: ignoring(fills(fill(31, 100, 151))) },
    events: [{ at: 29, does: set('GLOBAL') }],
    expected: { status: 'EXECUTED_FULL_LATE', killSwitchPostFill: true },
  });
  story({
    rules: 'T3',
    when: '"already closed", and the order turns out to be filled',
    setting: { script: { ...fills(fill(29.99, 100, 151)), cancel: ['already_closed'], visibleFrom: 30_050 } },
    expected: { status: 'EXECUTED_FULL_LATE' },
    also: cancels(1),
  });
  story({
    rules: 'T3 S4',
    when: '"not found" is no proof: the cancel is tried again inside the window',
    setting: { script: { cancel: ['not_found', 'not_found', 'requested'] } },
    expected: { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30.6 },
    also: cancels(3),
  });
  story({
    rules: 'T3',
    when: '"unknown" is tried again inside the window',
    setting: { script: { cancel: ['unknown', 'requested'] } },
    expected: { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30.2, reconciliationReport: { status: 'MATCHED' } },
    also: cancels(2),
  });
  story({
    rules: 'T3',
    when: 'a cancel that always fails is tried until the window ends, and no longer',
    setting: { script: { cancel: 'unknown' } },
    expected: {
      status: 'FAILED_TIMEOUT',
      totalDurationSeconds: 32,
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
    also: (now) => {
      expect(now.broker.calls.filter(({ method }) => method === 'cancelOrder').map(({ at }) => at)).toEqual([
        30_000, 30_200, 30_600, 31_400,
      ]);
    },
  });
  story({
    rules: 'K3 T3',
    when: "a kill switch's cancel that fails is tried again before T = 30 s",
    setting: { script: { cancel: ['unknown', 'not_found', 'requested'] } },
    events: [{ at: 5, does: set('GLOBAL') }],
    expected: { status: 'CANCELLED', totalDurationSeconds: 5.6 },
    also: cancels(3),
  });
});

describe('a kill switch while the submit call is under way (K3)', () => {
  const kill: Event = { at: 0.2, does: set('GLOBAL') };
  story({
    rules: 'K3 S3',
    when: 'accepted afterwards: cancelled at once',
    setting: { script: { submit: { delayMs: 500 } } },
    events: [kill],
    expected: { status: 'CANCELLED', totalDurationSeconds: 0.5, killSwitchState: 'ACTIVE' },
    also: cancels(1),
  });
  story({
    rules: 'K3 S3',
    when: 'accepted and filled afterwards: the fill stands',
    setting: { script: { submit: { delayMs: 500 }, ...ignoring(fills(fill(0.4, 100, 151))) } },
    events: [kill],
    expected: { status: 'FILLED', killSwitchPostFill: true },
  });
  story({
    rules: 'K3 S6',
    when: 'rejected afterwards: nothing is live, nothing is cancelled',
    setting: { script: {}, wrap: rejectsAfter(500, false) },
    events: [kill],
    expected: { status: 'FAILED', reason: 'BROKER_REJECTED' },
    also: cancels(0),
  });
  story({
    rules: 'K3 S5',
    when: '"busy" afterwards: no further try',
    setting: { script: { live: false }, wrap: rejectsAfter(500, true) },
    events: [kill],
    expected: { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE' },
    also: submits(1),
  });
  story({
    rules: 'K3 S4',
    when: 'unknown afterwards: cancelled by clientOrderId',
    setting: { script: { submit: 'hang' } },
    events: [kill],
    expected: { status: 'CANCELLED', totalDurationSeconds: 5 },
    also: (now, { clientOrderId }) => {
      expect(now.broker.calls.find(({ method }) => method === 'cancelOrder')?.argument).toMatchObject({
        clientOrderId,
        symbol: 'AAPL',
      });
    },
  });
  story({
    rules: 'K3 S4',
    when: 'unknown afterwards, and never found: tried until T = 32 s, and a human looks',
    setting: { script: { submit: 'lost' } },
    events: [kill],
    expected: {
      status: 'FAILED_TIMEOUT',
      totalDurationSeconds: 32,
      reconciliationReport: { requiresManualResolution: true },
    },
    also: submits(1),
  });
  story({
    rules: 'K3',
    when: 'RISK_LIMIT is for new executions only: nothing is cancelled',
    setting: { script: { submit: { delayMs: 500 }, ...fills(fill(1, 100, 151)) } },
    events: [{ at: 0.2, does: set('RISK_LIMIT') }],
    expected: { status: 'FILLED' },
    also: cancels(0),
  });
  story({
    rules: 'K3 S5',
    when: 'RISK_LIMIT, and then the call says "busy": no further try',
    setting: { script: { live: false }, wrap: rejectsAfter(500, true) },
    events: [{ at: 0.2, does: set('RISK_LIMIT') }],
    expected: { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE' },
    also: submits(1),
  });
});

describe('the broker ends the order by itself (P6)', () => {
  const ends = (state: 'cancelled' | 'rejected' | 'expired', ...some: readonly ReturnType<typeof fill>[]): Setting => ({
    script: { ...fills(...some), ends: { at: 3_000, state } },
  });
  const part = fill(1, 40, 150);
  const protectedPart = {
    finalPositionSize: '40',
    finalSl: '147',
    finalTp: '154.5',
    reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
  };
  story({
    rules: 'P6',
    when: 'cancels',
    setting: ends('cancelled'),
    expected: {
      status: 'CANCELLED',
      reason: 'BROKER_CANCELLED',
      totalDurationSeconds: 3,
      reconciliationReport: { status: 'MATCHED' },
    },
    also: cancels(0),
  });
  story({
    rules: 'P6',
    when: 'expires',
    setting: ends('expired'),
    expected: {
      status: 'CANCELLED',
      reason: 'BROKER_EXPIRED',
      reconciliationReport: { status: 'MATCHED' },
    },
  });
  story({
    rules: 'P6',
    when: 'rejects after accepting',
    setting: ends('rejected'),
    expected: {
      status: 'FAILED',
      reason: 'BROKER_REJECTED',
      reconciliationReport: { status: 'MATCHED' },
    },
  });
  story({
    rules: 'P6 B1',
    when: 'cancels after a partial fill',
    setting: ends('cancelled', part),
    expected: {
      status: 'CANCELLED',
      ...protectedPart,
    },
  });
  story({
    rules: 'P6 B1',
    when: 'expires after a partial fill',
    setting: ends('expired', part),
    expected: {
      status: 'CANCELLED',
      reason: 'BROKER_EXPIRED',
      ...protectedPart,
    },
  });
  story({
    rules: 'P6 B1',
    when: 'rejects after a partial fill',
    setting: ends('rejected', part),
    expected: {
      status: 'FAILED',
      reason: 'BROKER_REJECTED',
      ...protectedPart,
    },
  });
  story({
    rules: 'P6',
    when: '"cancelled" with the whole filled is a fill',
    setting: { script: ignoring({}), faults: { getOrderStatus: 'lost' } },
    events: [{ at: 1, does: push({ state: 'cancelled' }) }],
    expected: { status: 'FILLED' },
  });
});

describe('the clock on the wall (T1)', () => {
  for (const [text, stepMs] of [
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
  ] as const) {
    it(`stepped ${text} moves no deadline [T1]`, async () => {
      const now = await world({ script: {} });
      after(now, 10, ({ clock }) => clock.stepWall(stepMs));
      const result = await execute(now, advisory('ADV-A'));
      expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', totalDurationSeconds: 30 });
      expect(now.broker.calls.filter(({ method }) => method === 'cancelOrder').map(({ at }) => at)).toEqual([30_000]);
    });
  }

  it('T is what the handle shows, and nothing but time moves it [T1]', async () => {
    const now = await world({ script: { cancel: 'ignore' } });
    const execution = now.engine.start(ADVISORY);
    expect(execution.timeout.startedAt).toBeUndefined();
    await now.clock.advance(12_500);
    expect(execution.timeout.startedAt).toBe('2026-01-01T00:00:00.000Z');
    expect([
      execution.timeout.elapsedSeconds(),
      execution.timeout.timeRemainingSeconds(),
      execution.timeout.isExpired(),
    ]).toEqual([12.5, 17.5, false]);
    await now.clock.advance(17_500);
    expect([
      execution.timeout.elapsedSeconds(),
      execution.timeout.timeRemainingSeconds(),
      execution.timeout.isExpired(),
    ]).toEqual([30, 0, true]);
    await now.clock.runUntil(execution.result);
    await now.clock.advance(60_000);
    expect(execution.timeout.elapsedSeconds()).toBe(32);
  });
});

/** A broker that takes nothing, and says so after a while. */
function rejectsAfter(ms: number, transient: boolean): NonNullable<Setting['wrap']> {
  return (broker, clock) => answering(broker, clock, ms, { kind: 'rejected', code: 'NO', reason: 'no', transient });
}
