/**
 * Where one rule ends and the next begins: instants, races, and what a broker may say in the wrong order.
 */
import type { ExecutionResult, SnapshotInput } from 'fillchart';
import { VIRTUAL_EPOCH_MS, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { expectSafe } from './safety.js';
import {
  type Act,
  ADVISORY,
  advisory,
  after,
  auditEvents,
  execute,
  fill,
  fills,
  mismatchKinds,
  push,
  type Setting,
  sentences,
  set,
  told,
  type World,
  world,
} from './support.js';

/** What somebody does in a story. */
interface Event {
  /** T, in seconds. */
  readonly at: number;
  readonly does: Act;
}

interface Story {
  /** Ids of the rules that it shows. */
  readonly rules: string;
  /** What happens, and what comes of it. */
  readonly when: string;
  /** The broker's script, its faults, and what else is as it is from the start. */
  readonly setting: Setting;
  readonly events?: readonly Event[];
  /** What the result holds. */
  readonly expected: object;
  readonly also?: (now: World, result: ExecutionResult) => unknown;
  readonly input?: SnapshotInput;
}

function story({ rules, when, setting, events = [], expected, also, input = ADVISORY }: Story): void {
  it(`${when} [${rules}]`, async () => {
    const acts = events.map(({ at, does }) => [at, does] as const);
    const { now, result } = await told(setting, acts, input);
    expect(result).toMatchObject(expected);
    expectSafe(now, result);
    await also?.(now, result);
  });
}

const ignoring = (script: OrderScript): OrderScript => ({ ...script, cancel: 'ignore' });
const submits =
  (count: number) =>
  (now: World): void =>
    expect(now.broker.count('submitOrder')).toBe(count);
const cancels =
  (count: number) =>
  (now: World): void =>
    expect(now.broker.count('cancelOrder')).toBe(count);
const outcomes = (result: ExecutionResult): unknown[] => result.attempts.map(({ outcome }) => outcome);

describe('a fill at the edge of a window (T2): the received time decides', () => {
  const IN_TIME = 'FILLED';
  const LATE = 'EXECUTED_FULL_LATE';
  const NEVER = 'FAILED_TIMEOUT';
  /** On the poll grid of 100 ms, and off it: a submit call that takes 37 ms shifts every poll by as much. */
  const grids = [
    ['on the poll grid', {}],
    ['off the poll grid', { submit: { delayMs: 37 } }],
  ] as const;

  for (const [grid, script] of grids) {
    const polled = (seconds: number, status: string) =>
      story({
        rules: 'T2 P1',
        when: `${grid}: a poll sees a fill of T = ${seconds} s → ${status}`,
        setting: { script: ignoring({ ...script, ...fills(fill(seconds, 100, 151)) }) },
        expected: { status },
      });
    polled(29.999, IN_TIME);
    polled(30, IN_TIME);
    polled(30.001, LATE);
    polled(31.999, LATE);
    polled(32, LATE);
    polled(32.001, NEVER);

    const pushed = (seconds: number, status: string) =>
      story({
        rules: 'T2 P1',
        when: `${grid}: a push brings a fill at T = ${seconds} s → ${status}`,
        setting: { script: ignoring(script), faults: { getOrderStatus: 'lost' } },
        events: [{ at: seconds, does: push({}) }],
        expected: { status },
      });
    pushed(29.999, IN_TIME);
    pushed(30, IN_TIME);
    pushed(30.001, LATE);
    pushed(31.999, LATE);
    pushed(32, LATE);
    pushed(32.001, NEVER);
  }

  story({
    rules: 'T2',
    when: 'the broker\'s own time changes nothing: a fill "of" T = 1 s, heard of at T = 31 s, is late',
    setting: { script: { cancel: 'ignore' } },
    events: [{ at: 31, does: push({ brokerTime: '2026-01-01T00:00:01.000Z' }) }],
    expected: { status: LATE },
  });
  story({
    rules: 'T3',
    when: 'nothing comes, and the cancel is not confirmed: the window ends at T = 32.000 s',
    setting: { script: { cancel: 'ignore' } },
    expected: { status: NEVER, totalDurationSeconds: 32 },
  });
  story({
    rules: 'T3',
    when: 'a cancel that is confirmed ends the window at once',
    setting: { script: { cancel: 250 } },
    expected: {
      status: NEVER,
      totalDurationSeconds: 30.3,
    },
  });
  story({
    rules: 'T2 P7',
    when: 'a status call that takes 40 ms is heard when it answers: seen at 30.000 s, received at 30.040 s',
    setting: { script: ignoring(fills(fill(29.99, 100, 151))), faults: { getOrderStatus: { delayMs: 40 } } },
    expected: { status: LATE },
  });
});

describe('reports in every order (P1, P2)', () => {
  const at151 = fills(fill(1, 100, 151));
  story({
    rules: 'P2 S3',
    when: 'a fill is pushed before the submit call is answered',
    setting: { script: { submit: { delayMs: 800 }, ...at151, pushes: [] } },
    events: [{ at: 0.3, does: push({}) }],
    expected: { status: 'FILLED', finalFillPrice: '151', totalDurationSeconds: 0.3 },
    also: (now, result) => {
      submits(1)(now);
      expect(result.attempts).toHaveLength(1);
    },
  });
  story({
    rules: 'P2 P4',
    when: 'a partial fill is pushed before the submit call is answered',
    setting: { script: { submit: { delayMs: 800 }, ...fills(fill(0.2, 40, 151), fill(2, 60, 151)) } },
    events: [{ at: 0.3, does: push({ state: 'partially_filled', filledSize: '40' }) }],
    expected: { status: 'FILLED', finalPositionSize: '100' },
    also: submits(1),
  });
  story({
    rules: 'P2 P6',
    when: 'a rejection is pushed before the submit call is answered',
    setting: { script: { submit: { delayMs: 800 }, ends: { at: 200, state: 'rejected' } } },
    events: [{ at: 0.3, does: push({ state: 'rejected', filledSize: '0' }) }],
    expected: { status: 'FAILED', reason: 'BROKER_REJECTED' },
    also: submits(1),
  });
  story({
    rules: 'P2 S3',
    when: 'a fill is pushed, and the submit call is never answered',
    setting: { script: { submit: 'hang', ...at151 } },
    events: [{ at: 1, does: push({}) }],
    expected: { status: 'FILLED', totalDurationSeconds: 1 },
    also: submits(1),
  });
  story({
    rules: 'P2 S1',
    when: 'a fill is pushed, and then the submit call says "rejected": a report is proof',
    setting: { script: { live: true, submit: { delayMs: 500 }, ...at151 }, wrap: saysRejectedLater },
    events: [{ at: 0.3, does: push({}) }],
    expected: { status: 'FILLED' },
    also: submits(1),
  });
  story({
    rules: 'P2 S1',
    when: 'a partial fill is pushed, and then the submit call says "busy": nothing is sent again',
    setting: { script: { live: true, ...fills(fill(0.1, 40, 151), fill(3, 60, 151)) }, wrap: saysBusyLater },
    events: [{ at: 0.3, does: push({ state: 'partially_filled', filledSize: '40' }) }],
    expected: { status: 'FILLED' },
    also: submits(1),
  });
  story({
    rules: 'P2',
    when: 'duplicates change nothing',
    setting: { script: fills(fill(1, 40, 150), fill(3, 60, 152)) },
    events: [1.01, 1.02, 1.03, 1.04].map(
      (s): Event => ({ at: s, does: push({ state: 'partially_filled', filledSize: '40', fillPrice: '150' }) }),
    ),
    expected: { status: 'FILLED', finalFillPrice: '151.2' },
    also: (now) => {
      expect(auditEvents(now).filter((event) => event === 'order_partially_filled')).toHaveLength(1);
    },
  });
  story({
    rules: 'P2',
    when: 'older reports change nothing',
    setting: { script: fills(fill(1, 40, 150), fill(2, 30, 151), fill(5, 30, 152)) },
    events: [
      { at: 2.2, does: push({ state: 'partially_filled', filledSize: '40', fillPrice: '150' }) },
      { at: 2.3, does: push({ state: 'submitted', filledSize: '0' }) },
    ],
    expected: { status: 'FILLED', finalFillPrice: '150.9' },
    also: (now) => {
      expect(auditEvents(now).filter((event) => event === 'order_partially_filled')).toHaveLength(2);
    },
  });
  story({
    rules: 'P2',
    when: 'the whole stream replayed in reverse changes nothing',
    setting: { script: fills(fill(9, 100, 151)) },
    events: ['70', '40', '20', '0'].map(
      (filledSize, i): Event => ({
        at: 3 + i / 100,
        does: push({ state: 'partially_filled', filledSize, fillPrice: '150' }),
      }),
    ),
    expected: { status: 'FILLED', finalFillPrice: '151', finalPositionSize: '100' },
    also: (now) => {
      expect(
        now.engine.executionLogs
          .filter(({ event }) => event === 'order_partially_filled')
          .map(({ details }) => details['cumQty']),
      ).toEqual(['70']);
    },
  });
  story({
    rules: 'P2',
    when: 'an unknown status word means "still open"',
    setting: { script: at151 },
    events: [
      { at: 0.5, does: push({ state: 'pending_cancel_replace', filledSize: '0' }) },
      { at: 0.6, does: push({ state: '', filledSize: '0' }) },
    ],
    expected: { status: 'FILLED' },
  });
  story({
    rules: 'P2',
    when: 'a report on another order is none on this one',
    setting: { script: fills(fill(5, 100, 151)) },
    events: [{ at: 1, does: push({ clientOrderId: 'fc-somebody-else' }) }],
    expected: { status: 'FILLED', totalDurationSeconds: 5 },
  });
  story({
    rules: 'P1',
    when: 'after a gap the order is queried at once',
    setting: { script: fills(fill(1.01, 100, 151)) },
    events: [{ at: 1.02, does: ({ broker }) => broker.push({ type: 'gap' }) }],
    expected: { status: 'FILLED', totalDurationSeconds: 1.02 },
  });
  story({
    rules: 'P2',
    when: '"filled" with less than the whole is a contradiction, and asked again',
    setting: { script: fills(fill(4, 100, 151)) },
    events: [{ at: 1, does: push({ state: 'filled', filledSize: '40' }) }],
    expected: { status: 'FILLED', finalPositionSize: '100', totalDurationSeconds: 4 },
  });
  story({
    rules: 'R2.4',
    when: 'without an average, the fills make it',
    setting: { script: ignoring({}), faults: { getOrderStatus: 'lost' } },
    events: [
      {
        at: 1,
        does: push({
          fillPrice: undefined,
          fills: [
            { quantity: '40', price: '150' },
            { quantity: '60', price: '152' },
          ],
        }),
      },
    ],
    expected: { status: 'FILLED', finalFillPrice: '151.2' },
  });
});

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

describe('between validation and the last look (V1, V7, V8, K2)', () => {
  const slow: Setting = { faults: { instrument: { delayMs: 3_000 } } };
  const never = (now: World) => expect(now.broker.count('writes')).toBe(0);
  story({
    rules: 'K2',
    when: 'a kill switch goes ACTIVE while the broker is asked',
    setting: slow,
    events: [{ at: 1, does: set('GLOBAL') }],
    expected: { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE' },
    also: never,
  });
  story({
    rules: 'K2',
    when: 'RISK_LIMIT goes ACTIVE while the broker is asked',
    setting: slow,
    events: [{ at: 1, does: set('RISK_LIMIT') }],
    expected: { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' },
    also: never,
  });
  story({
    rules: 'K1',
    when: 'one of another symbol does not matter',
    setting: { ...slow, script: fills(fill(1, 100, 151)) },
    events: [{ at: 1, does: set('SYMBOL_LEVEL', 'MSFT') }],
    expected: { status: 'FILLED' },
  });
  story({
    rules: 'V1',
    when: 'the advisory expires while the broker is asked',
    setting: slow,
    expected: { status: 'REJECTED', reason: 'ADVISORY_EXPIRED' },
    also: never,
    input: { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 2_000) },
  });
  story({
    rules: 'V1',
    when: 'the very instant of expiration is too late',
    setting: slow,
    expected: { status: 'REJECTED', reason: 'ADVISORY_EXPIRED' },
    also: never,
    input: { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_000) },
  });
  story({
    rules: 'V1',
    when: 'one millisecond before it is not',
    setting: { ...slow, script: fills(fill(1, 100, 151)) },
    expected: { status: 'FILLED' },
    also: submits(1),
    input: { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_001) },
  });
  story({
    rules: 'T1',
    when: 'T starts with the submit call, not with the asking',
    setting: slow,
    expected: {
      status: 'FAILED_TIMEOUT',
      totalDurationSeconds: 33,
    },
  });

  it('a case is opened while the broker is asked: REJECTED, never sent [V7]', async () => {
    let asked = 0;
    const now = await world({
      script: (order) => (order.quantity === '7' ? { ...fills(fill(1, 7, 151)), positionShown: '3' } : {}),
      faults: { instrument: () => (asked++ === 1 ? { delayMs: 3_000 } : undefined) },
    });
    const first = now.engine.execute(advisory('ADV-1', { positionSize: 7 }));
    const second = now.engine.execute(advisory('ADV-2'));
    await now.clock.runUntil(Promise.all([first, second]));
    expect(await first).toMatchObject({ status: 'FILLED', reconciliationReport: { requiresManualResolution: true } });
    expect(await second).toMatchObject({ status: 'REJECTED', reason: 'UNRESOLVED_MISMATCH' });
    expect(now.broker.count('submitOrder')).toBe(1);
  });

  it('a kill switch goes ACTIVE while the intent is being written: REJECTED, never sent [K2 S2]', async () => {
    const clock = virtualClock();
    const journal = slowJournal(clock, 400);
    const { now, result } = await told({ clock, engine: { journal } }, [[0.2, set('GLOBAL')]]);
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' });
    expect(now.broker.count('writes')).toBe(0);
  });

  it('the intent is durable before the broker is called [S2 A4]', async () => {
    const clock = virtualClock();
    const { now } = await told({
      clock,
      engine: { journal: slowJournal(clock, 400) },
      script: fills(fill(1, 100, 151)),
    });
    const [submit] = now.broker.calls.filter(({ method }) => method === 'submitOrder');
    expect(submit?.at).toBe(400);
  });
});

describe('tries that left nothing behind (S5, S6)', () => {
  const notSent = { kind: 'not_sent', reason: 'no route' } as const;
  const busy = { kind: 'rejected', code: 'RATE_LIMIT', reason: 'slow down', transient: true } as const;
  const accepted = { kind: 'accepted', brokerOrderId: 'B-1' } as const;
  const flaky = (...submit: NonNullable<Extract<OrderScript['submit'], readonly unknown[]>>): OrderScript => ({
    submit,
    live: true,
    ...fills(fill(5, 100, 151)),
  });

  story({
    rules: 'S5',
    when: '"not sent" twice, then accepted',
    setting: { script: flaky(notSent, notSent, accepted) },
    expected: {
      status: 'FILLED',
      attempts: [
        { attempt: 1, outcome: 'not_sent' },
        { attempt: 2, outcome: 'not_sent' },
        { attempt: 3, outcome: 'accepted' },
      ],
    },
    also: (now, { clientOrderId }) => expect(now.broker.count('submitOrder', clientOrderId)).toBe(3),
  });
  story({
    rules: 'S5',
    when: 'busy once, then accepted',
    setting: { script: flaky(busy, accepted) },
    expected: { status: 'FILLED', attempts: [{ outcome: 'rejected', code: 'RATE_LIMIT' }, { outcome: 'accepted' }] },
    also: submits(2),
  });
  story({
    rules: 'S3',
    when: 'a definite no ends it at once',
    setting: { script: { submit: [notSent, { kind: 'rejected', code: 'NO', reason: 'no' }, accepted] } },
    expected: { status: 'FAILED', reason: 'BROKER_REJECTED' },
    also: submits(2),
  });
  story({
    rules: 'S5 S6',
    when: 'never sent until T = 30 s: FAILED, and T is counted from the first try',
    setting: { script: { submit: notSent } },
    expected: { status: 'FAILED', reason: 'ORDER_NOT_SENT', totalDurationSeconds: 30 },
    also: (now, result) => {
      const tries = now.broker.calls.filter(({ method }) => method === 'submitOrder').map(({ at }) => at);
      expect(tries.slice(0, 6)).toEqual([0, 200, 600, 1_400, 3_000, 5_000]);
      expect(Math.max(...tries)).toBeLessThan(30_000);
      expect(result.attempts).toHaveLength(tries.length);
      expect(result).not.toHaveProperty('reconciliationReport');
    },
  });
  story({
    rules: 'S5 S6',
    when: 'busy until T = 30 s: FAILED',
    setting: { script: { submit: busy } },
    expected: {
      status: 'FAILED',
      reason: 'BROKER_REJECTED',
      totalDurationSeconds: 30,
    },
  });
  story({
    rules: 'S6 T1',
    when: 'a try that is accepted late has only what is left of the 30 s',
    setting: { script: { submit: [...Array<typeof notSent>(10).fill(notSent), accepted], live: true } },
    expected: { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30 },
  });
  story({
    rules: 'V8 S5',
    when: 'a kill switch between two tries',
    setting: { script: { submit: notSent } },
    events: [{ at: 1, does: set('SYMBOL_LEVEL', 'aapl') }],
    expected: { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE', totalDurationSeconds: 1 },
    also: submits(3),
  });
  story({
    rules: 'V1 S5',
    when: 'the advisory expires between two tries',
    setting: { script: { submit: notSent } },
    expected: { status: 'FAILED', reason: 'ADVISORY_EXPIRED' },
    also: submits(4),
    input: { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 2_000) },
  });

  it('a case is opened between two tries: no further try [V7 S5]', async () => {
    const now = await world({
      script: (order) =>
        order.quantity === '7' ? { ...fills(fill(1, 7, 151)), positionShown: '3' } : { submit: notSent },
    });
    const all = Promise.all([
      now.engine.execute(advisory('ADV-1', { positionSize: 7 })),
      now.engine.execute(advisory('ADV-2')),
    ]);
    const [, second] = await now.clock.runUntil(all);
    expect(second).toMatchObject({ status: 'FAILED', reason: 'UNRESOLVED_MISMATCH' });
    expect(second.totalDurationSeconds).toBeLessThan(4);
  });
});

describe('an outcome that nobody knows (S4)', () => {
  story({
    rules: 'S4',
    when: 'cut: looked up, found, filled; never sent again',
    setting: { script: { submit: 'throw', ...fills(fill(3, 100, 151)) } },
    expected: { status: 'FILLED', attempts: [{ outcome: 'unknown', reason: 'submitOrder threw' }] },
    also: submits(1),
  });
  story({
    rules: 'S4',
    when: '"not found" for 20 s proves nothing',
    setting: {
      script: { submit: { kind: 'unknown', cause: '503' }, visibleFrom: 20_000, ...fills(fill(3, 100, 151)) },
    },
    expected: { status: 'FILLED', totalDurationSeconds: 20 },
    also: submits(1),
  });
  story({
    rules: 'S4',
    when: 'never found, although it was filled: an order query finds it at the end',
    setting: {
      script: { submit: { kind: 'unknown', cause: '503' }, visibleFrom: 32_500, ...fills(fill(3, 100, 151)) },
    },
    expected: {
      status: 'FAILED_TIMEOUT',
      reconciliationReport: { status: 'PHANTOM_POSITION', requiresManualResolution: true },
    },
    also: submits(1),
  });
  story({
    rules: 'S3',
    when: 'accepted after the deadline of the call: the attempt says so',
    setting: { script: { submit: { delayMs: 7_000 }, visibleFrom: 8_000, ...fills(fill(9, 100, 151)) } },
    expected: {
      status: 'FILLED',
      finalOrderId: 'B-1',
      attempts: [{ attempt: 1, outcome: 'accepted', brokerOrderId: 'B-1' }],
    },
    also: submits(1),
  });
  story({
    rules: 'S3',
    when: 'accepted without an id is not accepted',
    setting: { script: { submit: { answer: { kind: 'accepted' } }, ...fills(fill(1, 100, 151)) } },
    expected: { status: 'FILLED', attempts: [{ outcome: 'unknown', reason: 'accepted without a broker order id' }] },
    also: submits(1),
  });
  story({
    rules: 'S3',
    when: 'a duplicate is proof that the order exists: adopted',
    setting: { script: { submit: { kind: 'duplicate' }, ...fills(fill(1, 100, 151)) } },
    expected: { status: 'FILLED', finalOrderId: 'B-1', attempts: [{ outcome: 'duplicate' }] },
    also: submits(1),
  });
  story({
    rules: 'S3 S5',
    when: '"not sent", and the repeat is a duplicate: adopted',
    setting: {
      script: {
        submit: [{ kind: 'not_sent', reason: 'lost the answer' }, { kind: 'duplicate' }],
        live: true,
        ...fills(fill(1, 100, 151)),
      },
    },
    expected: { status: 'FILLED' },
    also: (_, result) => expect(outcomes(result)).toEqual(['not_sent', 'duplicate']),
  });
  story({
    rules: 'S4',
    when: 'a broker that cannot look up by clientOrderId: pushes alone tell',
    setting: {
      script: { submit: 'hang', ...fills(fill(6, 100, 151)) },
      capabilities: { lookupByClientId: false, push: true },
    },
    events: [{ at: 6, does: push({}) }],
    expected: { status: 'FILLED', totalDurationSeconds: 6 },
    also: submits(1),
  });
});

describe('a fill without a price (P3)', () => {
  const unpriced = (pricedFrom: number): OrderScript => ({ ...fills(fill(1, 100, 151)), pricedFrom, cancel: 'ignore' });
  story({
    rules: 'P3',
    when: 'the price comes at T = 4 s',
    setting: { script: unpriced(4_000) },
    expected: {
      status: 'FILLED',
      finalFillPrice: '151',
      finalSl: '147.98',
      totalDurationSeconds: 4,
    },
  });
  story({
    rules: 'P3 T2',
    when: 'the price comes at T = 31 s: the fill is known then, and late',
    setting: { script: unpriced(31_000) },
    expected: {
      status: 'EXECUTED_FULL_LATE',
      finalFillPrice: '151',
    },
  });
  story({
    rules: 'P3',
    when: 'it never comes: no SL, no TP, no made-up price, and a human looks',
    setting: { script: unpriced(99_000) },
    expected: { status: 'FAILED_TIMEOUT', finalPositionSize: '100', totalDurationSeconds: 32 },
    also: (now, result) => {
      expect(mismatchKinds(result)).toContain('FILL_PRICE_MISSING');
      expect(now.broker.count('placeProtection')).toBe(0);
      expect(result).not.toHaveProperty('finalFillPrice');
      expect(result).not.toHaveProperty('slippagePct');
      expect(now.engine.cases.open()).toMatchObject([{ kind: 'UNPROTECTED_POSITION', advisoryId: 'ADV-A' }]);
    },
  });
  for (const fillPrice of ['0', 'NaN', '', '-151', null, {}]) {
    story({
      rules: 'P3',
      when: `a price of ${JSON.stringify(fillPrice)} is none`,
      setting: { script: ignoring({}) },
      events: [
        { at: 1, does: push({ fillPrice }) },
        { at: 2, does: push({}) },
      ],
      expected: { status: 'FILLED', finalFillPrice: '151', totalDurationSeconds: 2 },
    });
  }
  story({
    rules: 'P3 P6',
    when: 'a partial fill without a price, and the broker cancels: priced before it is protected',
    setting: { script: { ...fills(fill(1, 40, 150)), pricedFrom: 5_000, ends: { at: 2_000, state: 'cancelled' } } },
    expected: { status: 'CANCELLED', finalSl: '147', totalDurationSeconds: 5 },
  });
});

describe('more than was approved (P5)', () => {
  story({
    rules: 'P5 B1',
    when: '120 are filled: 120 are protected, and a human looks',
    setting: { script: fills(fill(1, 120, 151)) },
    expected: {
      status: 'FILLED',
      finalPositionSize: '120',
      finalSl: '147.98',
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
    also: (now, result) => {
      expect(sentences(result)).toContain('Approved size 100, filled 120');
      expect(now.broker.calls.find(({ method }) => method === 'placeProtection')?.argument).toMatchObject({
        quantity: '120',
      });
    },
  });
  story({
    rules: 'P5 T5',
    when: 'the surplus comes after the fill was taken: kept, and found by the reconciliation',
    setting: {
      script: { ...fills(fill(1, 100, 151), fill(1.2, 20, 151)) },
      faults: { placeProtection: { delayMs: 500 } },
    },
    events: [{ at: 1.3, does: push({ filledSize: '120' }) }],
    expected: { status: 'FILLED', reconciliationReport: { requiresManualResolution: true } },
    also: (_, result) => expect(mismatchKinds(result)).toEqual(expect.arrayContaining(['STRAY_FILL', 'OVERFILL'])),
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

describe('a fill after the end (T5)', () => {
  it('is never dropped: one case, however often it is told [T5 M1]', async () => {
    const { now, result } = await told({ script: {} });
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', reconciliationReport: { status: 'MATCHED' } });
    expect(now.engine.cases.open()).toEqual([]);
    for (const filledSize of ['40', '40', '0', '100', '100']) push({ filledSize })(now);
    await now.clock.advance(1_000);
    const open = now.engine.cases.open();
    expect(open).toMatchObject([{ kind: 'STRAY_FILL', symbol: 'AAPL', advisoryId: 'ADV-A' }]);
    expect(open[0]?.mismatches.map(({ actual }) => actual)).toEqual(['40', '100']);
    expect(await execute(now, advisory('ADV-B'))).toMatchObject({ status: 'REJECTED', reason: 'UNRESOLVED_MISMATCH' });
    expect(await execute(now, ADVISORY)).toBe(result);
  });

  it('a report of what is known already is none [T5 P2]', async () => {
    const { now } = await told({ script: fills(fill(1, 100, 151)) });
    push({})(now);
    await now.clock.advance(1_000);
    expect(now.engine.cases.all()).toEqual([]);
  });

  it('a surplus after FILLED is one too [T5]', async () => {
    const { now } = await told({ script: fills(fill(1, 100, 151)) });
    push({ filledSize: '130' })(now);
    await now.clock.advance(1);
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'STRAY_FILL' }]);
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

/** A broker whose submit call goes through, and says otherwise half a second later. */
function saysRejectedLater(broker: World['broker'], clock: World['clock']): World['broker'] {
  return answering(broker, clock, 500, { kind: 'rejected', code: 'NO', reason: 'no' });
}

function saysBusyLater(broker: World['broker'], clock: World['clock']): World['broker'] {
  return answering(broker, clock, 500, { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true });
}

/** A broker that takes nothing, and says so after a while. */
function rejectsAfter(ms: number, transient: boolean): NonNullable<Setting['wrap']> {
  return (broker, clock) => answering(broker, clock, ms, { kind: 'rejected', code: 'NO', reason: 'no', transient });
}

function answering(
  broker: World['broker'],
  clock: World['clock'],
  ms: number,
  outcome: Awaited<ReturnType<World['broker']['submitOrder']>>,
): World['broker'] {
  return {
    ...broker,
    submitOrder(order, signal) {
      void broker.submitOrder(order, signal);
      return new Promise((resolve) => clock.setTimeout(() => resolve(outcome), ms));
    },
  };
}

/** A journal in memory whose every commit takes a while. */
function slowJournal(clock: World['clock'], ms: number): NonNullable<NonNullable<Setting['engine']>['journal']> {
  return {
    name: 'slow',
    durable: false,
    open: () => Promise.resolve([]),
    append: () => new Promise((resolve) => clock.setTimeout(() => resolve(undefined), ms)),
    close: () => Promise.resolve(),
  };
}
