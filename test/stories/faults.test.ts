/**
 * Every broker method, failing in every way: the execution still ends, in time, with the truth, after one submit at most.
 */
import type { ExecutionResult } from 'fillchart';
import { FillchartError } from 'fillchart';
import { EMPTY, from, NEVER, Observable, of, throwError } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrokerMethod, Fault } from '../../src/testing/fault-broker.js';
import { expectSafe, offences } from './safety.js';
import {
  advisory,
  after,
  execute,
  fill,
  fills,
  mismatchKinds,
  push,
  type Setting,
  set,
  told,
  type World,
  world,
} from './support.js';

const poison = (): object =>
  new Proxy(
    {},
    {
      get() {
        throw new Error('poison');
      },
      ownKeys() {
        throw new Error('poison');
      },
    },
  );

const POISONED_THENABLE: Fault = { returns: poison() };

/** What a method may do instead of answering. */
const MISBEHAVIOURS: readonly (readonly [string, Fault])[] = [
  ['hangs', 'hang'],
  ['is lost', 'lost'],
  ['throws', 'throw'],
  ['throws synchronously', 'throw-sync'],
  ['answers undefined', { answer: undefined }],
  ['answers null', { answer: null }],
  ['answers {}', { answer: {} }],
  ['answers a string', { answer: 'garbage' }],
  ['answers NaN', { answer: Number.NaN }],
  [
    'answers an object full of nonsense',
    { answer: { kind: 7, state: {}, filledSize: 'x', tickSize: -1, stopLoss: 3, refused: 1 } },
  ],
  ['answers poison', { answer: getters() }],
  ['answers a list of poison', { answer: [getters()] }],
  ['returns no promise', { returns: undefined }],
  ['returns a bare object', { returns: {} }],
  ['returns a poisoned thenable', POISONED_THENABLE],
];

/** An object of the right shape, whose every member throws when it is read. */
function getters(): object {
  const names = [
    'kind',
    'state',
    'filledSize',
    'clientOrderId',
    'tickSize',
    'refused',
    'stopLoss',
    'takeProfit',
    'symbol',
    'size',
  ];
  const throwing = {
    enumerable: false,
    get() {
      throw new Error('poison');
    },
  };
  return Object.defineProperties({}, Object.fromEntries(names.map((name) => [name, throwing])));
}

interface Ending {
  readonly status: string;
  readonly reason?: string;
  /** Kinds of mismatch, one of which at least must be listed; none when the broker must be found to agree. */
  readonly found?: readonly string[];
}

const UNASKED: Ending = { status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' };
const FILLED: Ending = { status: 'FILLED' };

const filling: Setting = { script: fills(fill(1, 100, 151)) };
const neverFilling: Setting = { script: {} };

/** How it ends when the method misbehaves at every call. */
const ENDINGS: readonly (readonly [BrokerMethod, Setting, (fault: Fault) => Ending])[] = [
  ['connect', filling, (fault) => (answers(fault) ? FILLED : UNASKED)],
  ['instrument', filling, () => UNASKED],
  ['checkMargin', { ...filling, margin: 'ok' }, () => UNASKED],
  [
    'submitOrder',
    filling,
    (fault) => (arrives(fault) ? FILLED : { status: 'FAILED_TIMEOUT', found: ['ORDER_NOT_FOUND'] }),
  ],
  ['getOrderStatus', filling, () => ({ status: 'FAILED_TIMEOUT', found: ['QUERY_FAILED'] })],
  [
    'cancelOrder',
    neverFilling,
    (fault) => ({ status: 'FAILED_TIMEOUT', ...(!arrives(fault) && { found: ['ORDER_STILL_OPEN'] }) }),
  ],
  ['placeProtection', filling, () => ({ status: 'FILLED', found: ['UNPROTECTED_POSITION'] })],
  ['getPositions', filling, () => UNASKED],
];

const arrives = (fault: Fault): boolean => fault !== 'lost' && fault !== 'throw-sync';
const answers = (fault: Fault): boolean => typeof fault === 'object' && fault !== POISONED_THENABLE;

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
beforeAll(() => {
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
});
beforeEach(() => {
  unhandled.length = 0;
});
afterAll(() => {
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
});

async function expectEnding(
  now: World,
  result: ExecutionResult,
  { status, reason, found = [] }: Ending,
): Promise<void> {
  expect(result).toMatchObject({ status, ...(reason !== undefined && { reason }) });
  const kinds = mismatchKinds(result);
  if (found.length > 0) expect(kinds).toEqual(expect.arrayContaining([...found]));
  if (found.length === 0) expect(kinds).toEqual([]);
  expectSafe(now, result);
  await now.clock.advance(60_000);
  expect(now.broker.count('submitOrder')).toBeLessThanOrEqual(1);
  expect(unhandled).toEqual([]);
}

describe.each(ENDINGS)('%s misbehaves at every call (E2, E3, P7)', (method, setting, endingOf) => {
  for (const [text, fault] of MISBEHAVIOURS) {
    const ending = endingOf(fault);
    it(`${text} → ${ending.status} [E3 S1 P7]`, async () => {
      const { now, result } = await told({ ...setting, faults: { [method]: fault } }, [], advisory('ADV-A'));
      await expectEnding(now, result, ending);
    });
  }
});

describe('getPositions misbehaves after the baseline (R6.1, R6.3)', () => {
  for (const [text, fault] of MISBEHAVIOURS) {
    it(`${text} → FILLED, and a human looks [R6.4 E3]`, async () => {
      const { now, result } = await told({
        ...filling,
        faults: { getPositions: (call) => (call > 1 ? fault : undefined) },
      });
      await expectEnding(now, result, { status: 'FILLED', found: ['QUERY_FAILED'] });
    });
  }

  it('an empty list is an answer: flat [R6.3]', async () => {
    const { now, result } = await told({ ...filling, faults: { getPositions: { answer: [] } } });
    await expectEnding(now, result, { status: 'FILLED', found: ['MISSING_POSITION'] });
  });
});

describe('getOrderStatuses misbehaves (P1, P2)', () => {
  for (const [text, fault] of MISBEHAVIOURS) {
    it(`${text}: both orders are found one by one [P2 E2]`, async () => {
      const now = await world({ ...filling, capabilities: { batchStatus: true }, faults: { getOrderStatuses: fault } });
      const all = Promise.all(['ADV-1', 'ADV-2'].map((name) => now.engine.execute(advisory(name))));
      for (const result of await now.clock.runUntil(all)) {
        expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { status: 'MATCHED' } });
        expectSafe(now, result);
      }
      expect(now.broker.count('getOrderStatuses')).toBeGreaterThan(0);
      expect(unhandled).toEqual([]);
    });
  }
});

describe('a method misbehaves for a while (P2, B2)', () => {
  it('polls that fail change nothing: the next one that answers counts [P2]', async () => {
    const { result } = await told({
      ...filling,
      faults: { getOrderStatus: (call) => (call < 30 ? MISBEHAVIOURS[call % MISBEHAVIOURS.length]?.[1] : undefined) },
    });
    expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { status: 'MATCHED' } });
  });

  it('an answer after its deadline is not waited for [P7]', async () => {
    const { now, result } = await told({
      ...filling,
      faults: { getOrderStatus: (call) => (call === 2 ? { delayMs: 20_000 } : undefined) },
    });
    expect(result).toMatchObject({ status: 'FILLED', totalDurationSeconds: 2.1 }); // 2 s for the hung poll, then the next
    await now.clock.advance(60_000);
    expect(unhandled).toEqual([]);
  });

  it('a connection that comes back is used by the next advisory [E2]', async () => {
    const now = await world({ ...filling, faults: { connect: (call) => (call <= 2 ? 'throw' : undefined) } });
    expect(await execute(now, advisory('ADV-1'))).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(await execute(now, advisory('ADV-2'))).toMatchObject({ status: 'FILLED' });
  });

  it('validation ends within 10 s when everything hangs [E3]', async () => {
    const faults = { connect: 'hang', instrument: 'hang', getPositions: 'hang', checkMargin: 'hang' } as const;
    const { now, result } = await told({ margin: 'ok', faults });
    expect(result).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
    expect(result.totalDurationSeconds).toBeLessThanOrEqual(10);
    expectSafe(now, result);
  });

  it('a life in which every call after the submit hangs ends within 47 s of it [E3]', async () => {
    const faults = {
      getOrderStatus: 'hang',
      cancelOrder: 'hang',
      placeProtection: 'hang',
      getPositions: (call: number) => (call > 1 ? 'hang' : undefined),
    } as const;
    const { now, result } = await told({ script: { cancel: 'ignore' }, faults }, [[31.9, push({})]]);
    expect(result).toMatchObject({
      status: 'EXECUTED_FULL_LATE',
      reconciliationReport: { requiresManualResolution: true },
    });
    expect(result.totalDurationSeconds).toBeLessThanOrEqual(47);
    expectSafe(now, result);
  });
});

describe('the push stream (P1, E2)', () => {
  const streams: readonly (readonly [string, unknown])[] = [
    ['errors', throwError(() => new Error('cut'))],
    ['completes', EMPTY],
    ['is silent', NEVER],
    [
      'throws on subscribe',
      new Observable(() => {
        throw new Error('no');
      }),
    ],
    ['is no stream at all', 42],
    [
      'is an object that throws',
      {
        subscribe() {
          throw new Error('no');
        },
      },
    ],
    ['says garbage', of(undefined, null, 7, 'x', [], {}, { type: 'gap' }, { clientOrderId: 5 }, Number.NaN)],
    ['says poison', from([getters(), poison()])],
  ];
  for (const [text, reports$] of streams) {
    it(`${text}: polls carry on [P1]`, async () => {
      const { now, result } = await told({
        ...filling,
        wrap: (broker) => ({ ...broker, reports$ }) as World['broker'],
      });
      await expectEnding(now, result, FILLED);
    });
  }

  it('a getter that throws is no stream [P1]', async () => {
    const wrap = (broker: World['broker']) =>
      Object.defineProperty({ ...broker }, 'reports$', {
        get() {
          throw new Error('no');
        },
      });
    const { now, result } = await told({ ...filling, wrap });
    await expectEnding(now, result, FILLED);
  });

  it('garbage about the order changes nothing [P2]', async () => {
    const garbage = [
      { filledSize: 'NaN' },
      { filledSize: '-5' },
      { filledSize: undefined },
      { state: 7 },
      { filledSize: '1e99' },
      { fills: 'x', filledSize: '0' },
      { brokerOrderId: {}, filledSize: '0', state: 'x' },
    ];
    const { now, result } = await told(
      filling,
      garbage.map((differs, i) => [0.1 + i / 100, push(differs)] as const),
    );
    await expectEnding(now, result, FILLED);
  });

  it('is subscribed to again after it broke, and what it says then counts [P1]', async () => {
    let subscriptions = 0;
    const wrap = (broker: World['broker']): World['broker'] => ({
      ...broker,
      reports$: new Observable((subscriber) => {
        subscriptions += 1;
        if (subscriptions < 3) return subscriber.error(new Error('cut'));
        return broker.reports$?.subscribe(subscriber);
      }),
    });
    const now = await world({ script: { cancel: 'ignore' }, faults: { getOrderStatus: 'lost' }, wrap });
    after(now, 5, push({}));
    expect(await execute(now)).toMatchObject({ status: 'FILLED' });
    expect(subscriptions).toBe(3);
  });
});

describe('listeners and loggers that throw (E2)', () => {
  const boom = (): never => {
    throw new Error('boom');
  };

  it('end nothing: stage$, audit$, changes$, the actor [E2]', async () => {
    const now = await world(filling);
    const { engine, clock } = now;
    engine.audit$.subscribe(boom);
    engine.killSwitch.changes$.subscribe(boom);
    const execution = engine.start(advisory('ADV-A'));
    execution.stage$.subscribe(boom);
    execution.actor.subscribe(boom);
    execution.actor.subscribe({ next: boom, error: boom, complete: boom });
    execution.actor.on('*', boom);
    const heard: string[] = [];
    execution.stage$.subscribe((stage) => heard.push(stage));
    await engine.killSwitch.set({ type: 'RISK_LIMIT', state: 'WARNING', reason: 'a drill' });
    expect(await clock.runUntil(execution.result)).toMatchObject({
      status: 'FILLED',
      reconciliationReport: { status: 'MATCHED' },
    });
    expect(heard.at(-1)).toBe('FILLED');
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(unhandled).toEqual([]);
  });

  it('a logger that throws ends nothing [E2]', async () => {
    const { now, result } = await told({
      ...filling,
      engine: { logger: { debug: boom, info: boom, warn: boom, error: boom } },
    });
    await expectEnding(now, result, FILLED);
    expect(now.engine.executionLogs.map(({ event }) => event)).toContain('execution_result');
  });

  it('a kill switch listener that throws does not keep the cancel from going out [E2 K3]', async () => {
    const now = await world({ script: {} });
    now.engine.killSwitch.changes$.subscribe(boom);
    after(now, 5, set('GLOBAL'));
    expect(await execute(now)).toMatchObject({ status: 'CANCELLED' });
  });

  it('facts come from the engine alone: the actor takes none [A3]', async () => {
    const now = await world(filling);
    const execution = now.engine.start(advisory('ADV-A'));
    // @ts-expect-error: the type has no `send`, for callers that have types
    const send = () => execution.actor.send({ type: 'DEADLINE', at: 0, name: 'hardTimeout' });
    expect(send).toThrow(FillchartError);
    expect(await now.clock.runUntil(execution.result)).toMatchObject({ status: 'FILLED' });
  });
});

describe('the laws themselves: what they must catch (controls)', () => {
  it('two submits for one attempt', async () => {
    const wrap = (broker: World['broker']): World['broker'] => ({
      ...broker,
      submitOrder: (order, signal) => {
        void broker.submitOrder(order, signal);
        return broker.submitOrder(order, signal);
      },
    });
    const { now, result } = await told({ ...filling, wrap });
    expect(offences(now, result)).toEqual(['S1: 2 submits for 1 attempts', 'S1: 2 submits, 0 of them proven harmless']);
  });

  it('a write for a refused advisory', async () => {
    const wrap = (broker: World['broker']): World['broker'] => ({
      ...broker,
      instrument: (symbol, signal) => {
        void broker.submitOrder(
          { clientOrderId: 'x', symbol, side: 'buy', quantity: '1', orderType: 'MARKET' },
          signal,
        );
        return Promise.resolve('unknown_symbol');
      },
    });
    const { now, result } = await told({ ...filling, wrap });
    expect(offences(now, result)).toContain('K2: refused, and 1 writes');
  });

  it('protection of another size, or at another price', async () => {
    const { now, result } = await told(filling);
    expect(
      offences(now, Object.freeze({ ...result, finalPositionSize: '99', finalSl: '1' } as unknown as ExecutionResult)),
    ).toEqual(['B1: protects 100 of 99', 'R2.1: SL 1 was placed at 147.98']);
  });

  it('a mismatch that no human is told of', async () => {
    const { now, result } = await told({ script: { ...fills(fill(1, 100, 151)), hides: ['sl'] } });
    const hushed = Object.freeze({
      ...result,
      reconciliationReport: Object.freeze({
        ...result.reconciliationReport,
        requiresManualResolution: false,
        status: 'MATCHED',
      }),
    });
    expect(offences(now, hushed as ExecutionResult)).toEqual([
      'R6.4: manual resolution is not what the mismatches say',
      'R6.3: the status is not what the mismatches say',
    ]);
  });

  it('a life that takes too long, a result that can be changed, something left over', async () => {
    const { now, result } = await told(filling);
    expect(offences(now, { ...result, totalDurationSeconds: 57.1 })).toEqual([
      'E3: took 57.1 s',
      'E1: the result is not frozen',
    ]);
    now.engine.start(advisory('ADV-LIVE', { symbol: 'MSFT' }));
    await now.clock.advance(10);
    expect(offences(now, result)).toEqual(['E2: left over: 1 live, 1 watched, 1 booked']);
  });
});
