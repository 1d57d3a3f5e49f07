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

type Event = readonly [seconds: number, act: Act];

/** A story on one line: rules, what happens, and what comes of it. */
function story(
  rules: string,
  text: string,
  setting: Setting,
  events: readonly Event[],
  expected: object,
  more?: (now: World, result: ExecutionResult) => unknown,
  input: SnapshotInput = ADVISORY,
): void {
  it(`${text} [${rules}]`, async () => {
    const { now, result } = await told(setting, events, input);
    expect(result).toMatchObject(expected);
    expectSafe(now, result);
    await more?.(now, result);
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
      story(
        'T2 P1',
        `${grid}: a poll sees a fill of T = ${seconds} s → ${status}`,
        { script: ignoring({ ...script, ...fills(fill(seconds, 100, 151)) }) },
        [],
        { status },
      );
    polled(29.999, IN_TIME);
    polled(30, IN_TIME);
    polled(30.001, LATE);
    polled(31.999, LATE);
    polled(32, LATE);
    polled(32.001, NEVER);

    const pushed = (seconds: number, status: string) =>
      story(
        'T2 P1',
        `${grid}: a push brings a fill at T = ${seconds} s → ${status}`,
        { script: ignoring(script), faults: { getOrderStatus: 'lost' } },
        [[seconds, push({})]],
        { status },
      );
    pushed(29.999, IN_TIME);
    pushed(30, IN_TIME);
    pushed(30.001, LATE);
    pushed(31.999, LATE);
    pushed(32, LATE);
    pushed(32.001, NEVER);
  }

  story(
    'T2',
    'the broker\'s own time changes nothing: a fill "of" T = 1 s, heard of at T = 31 s, is late',
    { script: { cancel: 'ignore' } },
    [[31, push({ brokerTime: '2026-01-01T00:00:01.000Z' })]],
    { status: LATE },
  );
  story(
    'T3',
    'nothing comes, and the cancel is not confirmed: the window ends at T = 32.000 s',
    { script: { cancel: 'ignore' } },
    [],
    { status: NEVER, totalDurationSeconds: 32 },
  );
  story('T3', 'a cancel that is confirmed ends the window at once', { script: { cancel: 250 } }, [], {
    status: NEVER,
    totalDurationSeconds: 30.3,
  });
  story(
    'T2 P7',
    'a status call that takes 40 ms is heard when it answers: seen at 30.000 s, received at 30.040 s',
    { script: ignoring(fills(fill(29.99, 100, 151))), faults: { getOrderStatus: { delayMs: 40 } } },
    [],
    { status: LATE },
  );
});

describe('reports in every order (P1, P2)', () => {
  const at151 = fills(fill(1, 100, 151));
  story(
    'P2 S3',
    'a fill is pushed before the submit call is answered',
    { script: { submit: { delayMs: 800 }, ...at151, pushes: [] } },
    [[0.3, push({})]],
    { status: 'FILLED', finalFillPrice: '151', totalDurationSeconds: 0.3 },
    (now, result) => {
      submits(1)(now);
      expect(result.attempts).toHaveLength(1);
    },
  );
  story(
    'P2 P4',
    'a partial fill is pushed before the submit call is answered',
    { script: { submit: { delayMs: 800 }, ...fills(fill(0.2, 40, 151), fill(2, 60, 151)) } },
    [[0.3, push({ state: 'partially_filled', filledSize: '40' })]],
    { status: 'FILLED', finalPositionSize: '100' },
    submits(1),
  );
  story(
    'P2 P6',
    'a rejection is pushed before the submit call is answered',
    { script: { submit: { delayMs: 800 }, ends: { at: 200, state: 'rejected' } } },
    [[0.3, push({ state: 'rejected', filledSize: '0' })]],
    { status: 'FAILED', reason: 'BROKER_REJECTED' },
    submits(1),
  );
  story(
    'P2 S3',
    'a fill is pushed, and the submit call is never answered',
    { script: { submit: 'hang', ...at151 } },
    [[1, push({})]],
    { status: 'FILLED', totalDurationSeconds: 1 },
    submits(1),
  );
  story(
    'P2 S1',
    'a fill is pushed, and then the submit call says "rejected": a report is proof',
    { script: { live: true, submit: { delayMs: 500 }, ...at151 }, wrap: saysRejectedLater },
    [[0.3, push({})]],
    { status: 'FILLED' },
    submits(1),
  );
  story(
    'P2 S1',
    'a partial fill is pushed, and then the submit call says "busy": nothing is sent again',
    { script: { live: true, ...fills(fill(0.1, 40, 151), fill(3, 60, 151)) }, wrap: saysBusyLater },
    [[0.3, push({ state: 'partially_filled', filledSize: '40' })]],
    { status: 'FILLED' },
    submits(1),
  );
  story(
    'P2',
    'duplicates change nothing',
    { script: fills(fill(1, 40, 150), fill(3, 60, 152)) },
    [1.01, 1.02, 1.03, 1.04].map(
      (s): Event => [s, push({ state: 'partially_filled', filledSize: '40', fillPrice: '150' })],
    ),
    { status: 'FILLED', finalFillPrice: '151.2' },
    (now) => {
      expect(auditEvents(now).filter((event) => event === 'order_partially_filled')).toHaveLength(1);
    },
  );
  story(
    'P2',
    'older reports change nothing',
    { script: fills(fill(1, 40, 150), fill(2, 30, 151), fill(5, 30, 152)) },
    [
      [2.2, push({ state: 'partially_filled', filledSize: '40', fillPrice: '150' })],
      [2.3, push({ state: 'submitted', filledSize: '0' })],
    ],
    { status: 'FILLED', finalFillPrice: '150.9' },
    (now) => {
      expect(auditEvents(now).filter((event) => event === 'order_partially_filled')).toHaveLength(2);
    },
  );
  story(
    'P2',
    'the whole stream replayed in reverse changes nothing',
    { script: fills(fill(9, 100, 151)) },
    ['70', '40', '20', '0'].map(
      (filledSize, i): Event => [3 + i / 100, push({ state: 'partially_filled', filledSize, fillPrice: '150' })],
    ),
    { status: 'FILLED', finalFillPrice: '151', finalPositionSize: '100' },
    (now) => {
      expect(
        now.engine.executionLogs
          .filter(({ event }) => event === 'order_partially_filled')
          .map(({ details }) => details['cumQty']),
      ).toEqual(['70']);
    },
  );
  story(
    'P2',
    'an unknown status word means "still open"',
    { script: at151 },
    [
      [0.5, push({ state: 'pending_cancel_replace', filledSize: '0' })],
      [0.6, push({ state: '', filledSize: '0' })],
    ],
    { status: 'FILLED' },
  );
  story(
    'P2',
    'a report on another order is none on this one',
    { script: fills(fill(5, 100, 151)) },
    [[1, push({ clientOrderId: 'fc-somebody-else' })]],
    { status: 'FILLED', totalDurationSeconds: 5 },
  );
  story(
    'P1',
    'after a gap the order is queried at once',
    { script: fills(fill(1.01, 100, 151)) },
    [[1.02, ({ broker }) => broker.push({ type: 'gap' })]],
    { status: 'FILLED', totalDurationSeconds: 1.02 },
  );
  story(
    'P2',
    '"filled" with less than the whole is a contradiction, and asked again',
    { script: fills(fill(4, 100, 151)) },
    [[1, push({ state: 'filled', filledSize: '40' })]],
    { status: 'FILLED', finalPositionSize: '100', totalDurationSeconds: 4 },
  );
  story(
    'R2.4',
    'without an average, the fills make it',
    { script: ignoring({}), faults: { getOrderStatus: 'lost' } },
    [
      [
        1,
        push({
          fillPrice: undefined,
          fills: [
            { quantity: '40', price: '150' },
            { quantity: '60', price: '152' },
          ],
        }),
      ],
    ],
    { status: 'FILLED', finalFillPrice: '151.2' },
  );
});

describe('a fill and a cancel at once (K3, T3)', () => {
  story(
    'K3',
    'the fill comes while the cancel call is under way',
    { script: { ...fills(fill(5.4, 100, 151)), cancel: 'lost' } },
    [[5, set('GLOBAL')]],
    { status: 'FILLED', killSwitchPostFill: true, finalSl: '147.98' },
  );
  story(
    'K3',
    'the cancel is taken, and the fill wins',
    { script: { ...fills(fill(5.4, 100, 151)), cancel: 900 } },
    [[5, set('GLOBAL')]],
    { status: 'FILLED', killSwitchPostFill: true },
  );
  story(
    'T3',
    'the cancel of the timeout is taken, and the fill wins',
    { script: { ...fills(fill(30.4, 100, 151)), cancel: 900 } },
    [],
    { status: 'EXECUTED_FULL_LATE' },
    cancels(1),
  );
  story(
    'K3 B1',
    'a partial fill, then a kill switch: what is filled is protected, and is a mismatch',
    { script: fills(fill(1, 40, 150)) },
    [[5, set('GLOBAL')]],
    {
      status: 'CANCELLED',
      finalPositionSize: '40',
      finalSl: '147',
      finalTp: '154.5',
      killSwitchPostFill: true,
      killSwitchState: 'ACTIVE',
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
  );
  story(
    'K3 P2',
    'more is filled between the cancel and its confirmation',
    { script: { ...fills(fill(1, 40, 150), fill(5.2, 20, 150)), cancel: 500 } },
    [[5, set('GLOBAL')]],
    { status: 'CANCELLED', finalPositionSize: '60', finalSl: '147' },
  );
  story(
    'K3 T3',
    'a cancel that was taken and is not confirmed by T = 30 s is asked for once more, like at any timeout',
    { script: { cancel: 'ignore' } },
    [[5, set('GLOBAL')]],
    {
      status: 'FAILED_TIMEOUT',
      killSwitchState: 'ACTIVE',
      totalDurationSeconds: 32,
      reconciliationReport: { status: 'MISMATCH' },
    },
    cancels(2),
  );
  story(
    'K3 T2',
    'in cancelling the deadlines run on: a fill of T = 31 s is late',
    { script: ignoring(fills(fill(31, 100, 151))) },
    [[29, set('GLOBAL')]],
    { status: 'EXECUTED_FULL_LATE', killSwitchPostFill: true },
  );
  story(
    'T3',
    '"already closed", and the order turns out to be filled',
    { script: { ...fills(fill(29.99, 100, 151)), cancel: ['already_closed'], visibleFrom: 30_050 } },
    [],
    { status: 'EXECUTED_FULL_LATE' },
    cancels(1),
  );
  story(
    'T3 S4',
    '"not found" is no proof: the cancel is tried again inside the window',
    { script: { cancel: ['not_found', 'not_found', 'requested'] } },
    [],
    { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30.6 },
    cancels(3),
  );
  story(
    'T3',
    '"unknown" is tried again inside the window',
    { script: { cancel: ['unknown', 'requested'] } },
    [],
    { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30.2, reconciliationReport: { status: 'MATCHED' } },
    cancels(2),
  );
  story(
    'T3',
    'a cancel that always fails is tried until the window ends, and no longer',
    { script: { cancel: 'unknown' } },
    [],
    {
      status: 'FAILED_TIMEOUT',
      totalDurationSeconds: 32,
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
    (now) => {
      expect(now.broker.calls.filter(({ method }) => method === 'cancelOrder').map(({ at }) => at)).toEqual([
        30_000, 30_200, 30_600, 31_400,
      ]);
    },
  );
  story(
    'K3 T3',
    "a kill switch's cancel that fails is tried again before T = 30 s",
    { script: { cancel: ['unknown', 'not_found', 'requested'] } },
    [[5, set('GLOBAL')]],
    { status: 'CANCELLED', totalDurationSeconds: 5.6 },
    cancels(3),
  );
});

describe('a kill switch while the submit call is under way (K3)', () => {
  const kill: Event = [0.2, set('GLOBAL')];
  story(
    'K3 S3',
    'accepted afterwards: cancelled at once',
    { script: { submit: { delayMs: 500 } } },
    [kill],
    { status: 'CANCELLED', totalDurationSeconds: 0.5, killSwitchState: 'ACTIVE' },
    cancels(1),
  );
  story(
    'K3 S3',
    'accepted and filled afterwards: the fill stands',
    { script: { submit: { delayMs: 500 }, ...ignoring(fills(fill(0.4, 100, 151))) } },
    [kill],
    { status: 'FILLED', killSwitchPostFill: true },
  );
  story(
    'K3 S6',
    'rejected afterwards: nothing is live, nothing is cancelled',
    { script: {}, wrap: rejectsAfter(500, false) },
    [kill],
    { status: 'FAILED', reason: 'BROKER_REJECTED' },
    cancels(0),
  );
  story(
    'K3 S5',
    '"busy" afterwards: no further try',
    { script: { live: false }, wrap: rejectsAfter(500, true) },
    [kill],
    { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE' },
    submits(1),
  );
  story(
    'K3 S4',
    'unknown afterwards: cancelled by clientOrderId',
    { script: { submit: 'hang' } },
    [kill],
    { status: 'CANCELLED', totalDurationSeconds: 5 },
    (now, { clientOrderId }) => {
      expect(now.broker.calls.find(({ method }) => method === 'cancelOrder')?.argument).toMatchObject({
        clientOrderId,
        symbol: 'AAPL',
      });
    },
  );
  story(
    'K3 S4',
    'unknown afterwards, and never found: tried until T = 32 s, and a human looks',
    { script: { submit: 'lost' } },
    [kill],
    { status: 'FAILED_TIMEOUT', totalDurationSeconds: 32, reconciliationReport: { requiresManualResolution: true } },
    submits(1),
  );
  story(
    'K3',
    'RISK_LIMIT is for new executions only: nothing is cancelled',
    { script: { submit: { delayMs: 500 }, ...fills(fill(1, 100, 151)) } },
    [[0.2, set('RISK_LIMIT')]],
    { status: 'FILLED' },
    cancels(0),
  );
  story(
    'K3 S5',
    'RISK_LIMIT, and then the call says "busy": no further try',
    { script: { live: false }, wrap: rejectsAfter(500, true) },
    [[0.2, set('RISK_LIMIT')]],
    { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE' },
    submits(1),
  );
});

describe('between validation and the last look (V1, V7, V8, K2)', () => {
  const slow: Setting = { faults: { instrument: { delayMs: 3_000 } } };
  const never = (now: World) => expect(now.broker.count('writes')).toBe(0);
  story(
    'K2',
    'a kill switch goes ACTIVE while the broker is asked',
    slow,
    [[1, set('GLOBAL')]],
    { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE' },
    never,
  );
  story(
    'K2',
    'RISK_LIMIT goes ACTIVE while the broker is asked',
    slow,
    [[1, set('RISK_LIMIT')]],
    { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' },
    never,
  );
  story(
    'K1',
    'one of another symbol does not matter',
    { ...slow, script: fills(fill(1, 100, 151)) },
    [[1, set('SYMBOL_LEVEL', 'MSFT')]],
    { status: 'FILLED' },
  );
  story(
    'V1',
    'the advisory expires while the broker is asked',
    slow,
    [],
    { status: 'REJECTED', reason: 'ADVISORY_EXPIRED' },
    never,
    { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 2_000) },
  );
  story(
    'V1',
    'the very instant of expiration is too late',
    slow,
    [],
    { status: 'REJECTED', reason: 'ADVISORY_EXPIRED' },
    never,
    { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_000) },
  );
  story(
    'V1',
    'one millisecond before it is not',
    { ...slow, script: fills(fill(1, 100, 151)) },
    [],
    { status: 'FILLED' },
    submits(1),
    { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_001) },
  );
  story('T1', 'T starts with the submit call, not with the asking', slow, [], {
    status: 'FAILED_TIMEOUT',
    totalDurationSeconds: 33,
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

  story(
    'S5',
    '"not sent" twice, then accepted',
    { script: flaky(notSent, notSent, accepted) },
    [],
    {
      status: 'FILLED',
      attempts: [
        { attempt: 1, outcome: 'not_sent' },
        { attempt: 2, outcome: 'not_sent' },
        { attempt: 3, outcome: 'accepted' },
      ],
    },
    (now, { clientOrderId }) => expect(now.broker.count('submitOrder', clientOrderId)).toBe(3),
  );
  story(
    'S5',
    'busy once, then accepted',
    { script: flaky(busy, accepted) },
    [],
    { status: 'FILLED', attempts: [{ outcome: 'rejected', code: 'RATE_LIMIT' }, { outcome: 'accepted' }] },
    submits(2),
  );
  story(
    'S3',
    'a definite no ends it at once',
    { script: { submit: [notSent, { kind: 'rejected', code: 'NO', reason: 'no' }, accepted] } },
    [],
    { status: 'FAILED', reason: 'BROKER_REJECTED' },
    submits(2),
  );
  story(
    'S5 S6',
    'never sent until T = 30 s: FAILED, and T is counted from the first try',
    { script: { submit: notSent } },
    [],
    { status: 'FAILED', reason: 'ORDER_NOT_SENT', totalDurationSeconds: 30 },
    (now, result) => {
      const tries = now.broker.calls.filter(({ method }) => method === 'submitOrder').map(({ at }) => at);
      expect(tries.slice(0, 6)).toEqual([0, 200, 600, 1_400, 3_000, 5_000]);
      expect(Math.max(...tries)).toBeLessThan(30_000);
      expect(result.attempts).toHaveLength(tries.length);
      expect(result).not.toHaveProperty('reconciliationReport');
    },
  );
  story('S5 S6', 'busy until T = 30 s: FAILED', { script: { submit: busy } }, [], {
    status: 'FAILED',
    reason: 'BROKER_REJECTED',
    totalDurationSeconds: 30,
  });
  story(
    'S6 T1',
    'a try that is accepted late has only what is left of the 30 s',
    { script: { submit: [...Array<typeof notSent>(10).fill(notSent), accepted], live: true } },
    [],
    { status: 'FAILED_TIMEOUT', totalDurationSeconds: 30 },
  );
  story(
    'V8 S5',
    'a kill switch between two tries',
    { script: { submit: notSent } },
    [[1, set('SYMBOL_LEVEL', 'aapl')]],
    { status: 'FAILED', reason: 'KILL_SWITCH_ACTIVE', killSwitchState: 'ACTIVE', totalDurationSeconds: 1 },
    submits(3),
  );
  story(
    'V1 S5',
    'the advisory expires between two tries',
    { script: { submit: notSent } },
    [],
    { status: 'FAILED', reason: 'ADVISORY_EXPIRED' },
    submits(4),
    { ...ADVISORY, expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 2_000) },
  );

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
  story(
    'S4',
    'cut: looked up, found, filled; never sent again',
    { script: { submit: 'throw', ...fills(fill(3, 100, 151)) } },
    [],
    { status: 'FILLED', attempts: [{ outcome: 'unknown', reason: 'submitOrder threw' }] },
    submits(1),
  );
  story(
    'S4',
    '"not found" for 20 s proves nothing',
    { script: { submit: { kind: 'unknown', cause: '503' }, visibleFrom: 20_000, ...fills(fill(3, 100, 151)) } },
    [],
    { status: 'FILLED', totalDurationSeconds: 20 },
    submits(1),
  );
  story(
    'S4',
    'never found, although it was filled: an order query finds it at the end',
    { script: { submit: { kind: 'unknown', cause: '503' }, visibleFrom: 32_500, ...fills(fill(3, 100, 151)) } },
    [],
    { status: 'FAILED_TIMEOUT', reconciliationReport: { status: 'PHANTOM_POSITION', requiresManualResolution: true } },
    submits(1),
  );
  story(
    'S3',
    'accepted after the deadline of the call: the attempt says so',
    { script: { submit: { delayMs: 7_000 }, visibleFrom: 8_000, ...fills(fill(9, 100, 151)) } },
    [],
    { status: 'FILLED', finalOrderId: 'B-1', attempts: [{ attempt: 1, outcome: 'accepted', brokerOrderId: 'B-1' }] },
    submits(1),
  );
  story(
    'S3',
    'accepted without an id is not accepted',
    { script: { submit: { answer: { kind: 'accepted' } }, ...fills(fill(1, 100, 151)) } },
    [],
    { status: 'FILLED', attempts: [{ outcome: 'unknown', reason: 'accepted without a broker order id' }] },
    submits(1),
  );
  story(
    'S3',
    'a duplicate is proof that the order exists: adopted',
    { script: { submit: { kind: 'duplicate' }, ...fills(fill(1, 100, 151)) } },
    [],
    { status: 'FILLED', finalOrderId: 'B-1', attempts: [{ outcome: 'duplicate' }] },
    submits(1),
  );
  story(
    'S3 S5',
    '"not sent", and the repeat is a duplicate: adopted',
    {
      script: {
        submit: [{ kind: 'not_sent', reason: 'lost the answer' }, { kind: 'duplicate' }],
        live: true,
        ...fills(fill(1, 100, 151)),
      },
    },
    [],
    { status: 'FILLED' },
    (_, result) => expect(outcomes(result)).toEqual(['not_sent', 'duplicate']),
  );
  story(
    'S4',
    'a broker that cannot look up by clientOrderId: pushes alone tell',
    { script: { submit: 'hang', ...fills(fill(6, 100, 151)) }, capabilities: { lookupByClientId: false, push: true } },
    [[6, push({})]],
    { status: 'FILLED', totalDurationSeconds: 6 },
    submits(1),
  );
});

describe('a fill without a price (P3)', () => {
  const unpriced = (pricedFrom: number): OrderScript => ({ ...fills(fill(1, 100, 151)), pricedFrom, cancel: 'ignore' });
  story('P3', 'the price comes at T = 4 s', { script: unpriced(4_000) }, [], {
    status: 'FILLED',
    finalFillPrice: '151',
    finalSl: '147.98',
    totalDurationSeconds: 4,
  });
  story('P3 T2', 'the price comes at T = 31 s: the fill is known then, and late', { script: unpriced(31_000) }, [], {
    status: 'EXECUTED_FULL_LATE',
    finalFillPrice: '151',
  });
  story(
    'P3',
    'it never comes: no SL, no TP, no made-up price, and a human looks',
    { script: unpriced(99_000) },
    [],
    { status: 'FAILED_TIMEOUT', finalPositionSize: '100', totalDurationSeconds: 32 },
    (now, result) => {
      expect(mismatchKinds(result)).toContain('FILL_PRICE_MISSING');
      expect(now.broker.count('placeProtection')).toBe(0);
      expect(result).not.toHaveProperty('finalFillPrice');
      expect(result).not.toHaveProperty('slippagePct');
      expect(now.engine.cases.open()).toMatchObject([{ kind: 'UNPROTECTED_POSITION', advisoryId: 'ADV-A' }]);
    },
  );
  for (const fillPrice of ['0', 'NaN', '', '-151', null, {}]) {
    story(
      'P3',
      `a price of ${JSON.stringify(fillPrice)} is none`,
      { script: ignoring({}) },
      [
        [1, push({ fillPrice })],
        [2, push({})],
      ],
      { status: 'FILLED', finalFillPrice: '151', totalDurationSeconds: 2 },
    );
  }
  story(
    'P3 P6',
    'a partial fill without a price, and the broker cancels: priced before it is protected',
    { script: { ...fills(fill(1, 40, 150)), pricedFrom: 5_000, ends: { at: 2_000, state: 'cancelled' } } },
    [],
    { status: 'CANCELLED', finalSl: '147', totalDurationSeconds: 5 },
  );
});

describe('more than was approved (P5)', () => {
  story(
    'P5 B1',
    '120 are filled: 120 are protected, and a human looks',
    { script: fills(fill(1, 120, 151)) },
    [],
    {
      status: 'FILLED',
      finalPositionSize: '120',
      finalSl: '147.98',
      reconciliationReport: { status: 'MISMATCH', requiresManualResolution: true },
    },
    (now, result) => {
      expect(sentences(result)).toContain('Approved size 100, filled 120');
      expect(now.broker.calls.find(({ method }) => method === 'placeProtection')?.argument).toMatchObject({
        quantity: '120',
      });
    },
  );
  story(
    'P5 T5',
    'the surplus comes after the fill was taken: kept, and found by the reconciliation',
    { script: { ...fills(fill(1, 100, 151), fill(1.2, 20, 151)) }, faults: { placeProtection: { delayMs: 500 } } },
    [[1.3, push({ filledSize: '120' })]],
    { status: 'FILLED', reconciliationReport: { requiresManualResolution: true } },
    (_, result) => expect(mismatchKinds(result)).toEqual(expect.arrayContaining(['STRAY_FILL', 'OVERFILL'])),
  );
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
  story(
    'P6',
    'cancels',
    ends('cancelled'),
    [],
    {
      status: 'CANCELLED',
      reason: 'BROKER_CANCELLED',
      totalDurationSeconds: 3,
      reconciliationReport: { status: 'MATCHED' },
    },
    cancels(0),
  );
  story('P6', 'expires', ends('expired'), [], {
    status: 'CANCELLED',
    reason: 'BROKER_EXPIRED',
    reconciliationReport: { status: 'MATCHED' },
  });
  story('P6', 'rejects after accepting', ends('rejected'), [], {
    status: 'FAILED',
    reason: 'BROKER_REJECTED',
    reconciliationReport: { status: 'MATCHED' },
  });
  story('P6 B1', 'cancels after a partial fill', ends('cancelled', part), [], {
    status: 'CANCELLED',
    ...protectedPart,
  });
  story('P6 B1', 'expires after a partial fill', ends('expired', part), [], {
    status: 'CANCELLED',
    reason: 'BROKER_EXPIRED',
    ...protectedPart,
  });
  story('P6 B1', 'rejects after a partial fill', ends('rejected', part), [], {
    status: 'FAILED',
    reason: 'BROKER_REJECTED',
    ...protectedPart,
  });
  story(
    'P6',
    '"cancelled" with the whole filled is a fill',
    { script: ignoring({}), faults: { getOrderStatus: 'lost' } },
    [[1, push({ state: 'cancelled' })]],
    { status: 'FILLED' },
  );
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
