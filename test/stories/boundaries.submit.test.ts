/**
 * Where one rule ends and the next begins: from validation to what the submit call left behind.
 */
import type { ExecutionResult } from 'fillchart';
import { VIRTUAL_EPOCH_MS, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { played, type Story, submits } from './boundaries.support.js';
import { ADVISORY, advisory, fill, fills, push, type Setting, set, told, type World, world } from './support.js';

function story({ rules, when, ...rest }: Story): void {
  it(`${when} [${rules}]`, played(rest));
}

const outcomes = (result: ExecutionResult): unknown[] => result.attempts.map(({ outcome }) => outcome);

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
