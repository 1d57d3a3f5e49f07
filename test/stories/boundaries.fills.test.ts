/**
 * Where one rule ends and the next begins: fills at the edge of a window, in any order, without a price, too large, too late.
 */
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { answering, type Event, ignoring, played, type Story, submits } from './boundaries.support.js';
import {
  ADVISORY,
  advisory,
  auditEvents,
  execute,
  fill,
  fills,
  mismatchKinds,
  push,
  sentences,
  told,
  type World,
} from './support.js';

function story({ rules, when, ...rest }: Story): void {
  it(`${when} [${rules}]`, played(rest));
}

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

/** A broker whose submit call goes through, and says otherwise half a second later. */
function saysRejectedLater(broker: World['broker'], clock: World['clock']): World['broker'] {
  return answering(broker, clock, 500, { kind: 'rejected', code: 'NO', reason: 'no' });
}

function saysBusyLater(broker: World['broker'], clock: World['clock']): World['broker'] {
  return answering(broker, clock, 500, { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true });
}
