/**
 * Random scenarios: every fault that brokers are known for, kill-switch storms, hung calls, repeats and restarts.
 */
import fc from 'fast-check';
import { KillSwitchType } from 'fillchart';
import type { ExitScript, Fault, OrderScript } from 'fillchart/testing';
import type { Scenario, SwitchMove } from './scenario.js';

const SYMBOL = 'AAPL';
const SIZE = 100;

const cents = (min: number, max: number) =>
  fc.integer({ min, max }).map((value) => (value / 10_000).toFixed(4).replace(/\.?0+$/, ''));

/** Mostly acceptable; now and then out of range, for the refusals. */
const advisory: fc.Arbitrary<Scenario['advisory']> = fc
  .record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    reference: cents(10_000, 5_000_000),
    loss: cents(1, 9_000),
    gain: cents(1, 9_000),
    size: fc.oneof(
      { weight: 40, arbitrary: fc.constant(String(SIZE)) },
      { weight: 1, arbitrary: fc.constantFrom('0', '-5', '0.5') },
    ),
    expiresInMs: fc.oneof(
      { weight: 20, arbitrary: fc.constant(3_600_000) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    ),
    isInverted: fc.oneof({ weight: 60, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  })
  .map(({ side, reference, loss, gain, size, expiresInMs, isInverted }) => {
    const isBelow = (side === 'buy') !== isInverted;
    return {
      advisoryId: 'PROP-1',
      symbol: SYMBOL,
      side,
      referencePrice: reference,
      slOffsetPct: isBelow ? `-${loss}` : loss,
      tpOffsetPct: isBelow ? gain : `-${gain}`,
      positionSize: size,
      expiresInMs,
    };
  });

/** Any time of a life; the ends of T1 and their neighbours more often. */
const when = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 36_000 }) },
  { weight: 2, arbitrary: fc.constantFrom(29_999, 30_000, 30_001, 31_999, 32_000, 32_001) },
);

/** Mostly soon, so that fills, switches and cancels meet. */
const soon = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 29_000 }) },
  { weight: 1, arbitrary: when },
);

const fills: fc.Arbitrary<NonNullable<OrderScript['fills']>> = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  // Most of it soon, the rest at or after the end of the time: full in the last moment, or late.
  {
    weight: 2,
    arbitrary: fc
      .tuple(cents(9_000, 5_500_000), soon, fc.integer({ min: 29_900, max: 32_100 }))
      .map(([price, first, last]) => [
        { at: first, price, quantity: '60' },
        { at: Math.max(first, last), price, quantity: '40' },
      ]),
  },
  {
    weight: 12,
    arbitrary: fc
      .tuple(
        fc.array(fc.tuple(soon, cents(9_000, 5_500_000)), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(40, 99, SIZE, SIZE, SIZE, SIZE, SIZE, SIZE, 150),
      )
      .map(([pieces, total]) => {
        const sorted = [...pieces].sort(([a], [b]) => a - b);
        const each = Math.floor(total / sorted.length);
        return sorted.map(([at, price], index) => ({
          at,
          price,
          quantity: String(index === 0 ? total - each * (sorted.length - 1) : each),
        }));
      }),
  },
);

/** What cannot be read: HTML, nothing, an object without what is wanted, hostile types. */
const junk = fc.constantFrom('<html>502</html>', {}, null, { kind: 'accepted' }, { state: 7 }, [], 'OK', {
  filledSize: 'NaN',
});

const fault: fc.Arbitrary<Fault> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('hang' as const, 'throw' as const, 'throw-sync' as const) },
  { weight: 1, arbitrary: junk.map((answer) => ({ answer })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 7_000 }).map((delayMs) => ({ delayMs })) },
);

const rarely = (odds: number) =>
  fc.array(fc.oneof({ weight: odds, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fault }), {
    maxLength: 12,
  });

const transient = { kind: 'rejected', code: 'RATE_LIMIT', reason: 'slow down', transient: true } as const;
const refused = { kind: 'rejected', code: 'NO_MARGIN', reason: 'no margin' } as const;
const notSent = { kind: 'not_sent', reason: 'no route' } as const;
const unknown = { kind: 'unknown', cause: 'HTTP 503' } as const;
const accepted = { kind: 'accepted', brokerOrderId: 'B-1' } as const;

const submit: fc.Arbitrary<OrderScript['submit']> = fc.oneof(
  { weight: 14, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(refused, { kind: 'duplicate' } as const, unknown) },
  {
    weight: 2,
    arbitrary: fc.array(fc.constantFrom(transient, notSent, accepted, unknown), { minLength: 1, maxLength: 4 }),
  },
  { weight: 3, arbitrary: fault },
);

const cancel: fc.Arbitrary<OrderScript['cancel']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(undefined) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('ignore' as const, 'not_found' as const, 'unknown' as const, 'already_closed' as const),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  { weight: 1, arbitrary: fc.constant(['unknown', 'not_found', 'requested'] as const) },
  { weight: 1, arbitrary: fault },
);

const leg = fc.constantFrom(accepted, transient, refused, unknown, { kind: 'duplicate' } as const);
const protection: fc.Arbitrary<OrderScript['protection']> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.array(fc.record({ stopLoss: leg, takeProfit: leg }), { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fault },
);

/** Pushes: replays of what was, reports of nobody's order, gaps, junk. Never a lie about the order itself. */
const pushes = fc.array(
  fc.record({
    at: when,
    report: fc.oneof(
      fc.constant({ type: 'gap' }),
      junk,
      fc.constant({ clientOrderId: 'other', brokerOrderId: 'X', state: 'filled', filledSize: '7', fillPrice: '1' }),
    ),
  }),
  { maxLength: 3 },
);

const leavesSibling = fc.boolean();

/** What becomes of an exit: refused while it is pending, ended, hit, filled in part. */
const exit: fc.Arbitrary<ExitScript> = fc.oneof(
  fc.record({ at: fc.constantFrom(40, 300, 2_000), leavesSibling }).map(({ at, leavesSibling: stays }) => ({
    worksFrom: at + 100,
    ends: { at, state: 'rejected' as const },
    leavesSibling: stays,
  })),
  fc
    .record({ at: soon, state: fc.constantFrom('cancelled' as const, 'expired' as const), leavesSibling })
    .map(({ at, state, leavesSibling: stays }) => ({ ends: { at, state }, leavesSibling: stays })),
  fc.record({ hitAt: soon, leavesSibling }),
  fc.record({ hitAt: soon, leavesSibling, depth: fc.constantFrom('1', '40', '99') }),
);

/** What a venue does to an order beside filling it. */
const changes: fc.Arbitrary<Pick<OrderScript, 'corrections' | 'restated' | 'words' | 'fillsAfterCancel' | 'exits'>> =
  fc.oneof(
    { weight: 10, arbitrary: fc.constant({}) },
    {
      weight: 2,
      arbitrary: fc
        .record({ at: soon, afterwards: fc.constantFrom('reopens' as const, 'closed' as const) })
        .map((bust) => ({ corrections: [{ kind: 'bust' as const, fill: 0, ...bust }] })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ at: soon, price: cents(9_000, 5_500_000) })
        .map((change) => ({ corrections: [{ kind: 'correct' as const, fill: 0, ...change }] })),
    },
    {
      weight: 1,
      arbitrary: fc.record({ at: soon, quantity: fc.constantFrom('1', '40', '60') }).map((to) => ({ restated: [to] })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record({ at: soon, word: fc.constantFrom('calculated', 'pending_cancel', 'suspended') })
        .map((said) => ({ words: [said] })),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 4_000 }).map((fillsAfterCancel) => ({ fillsAfterCancel })) },
    {
      weight: 3,
      arbitrary: fc
        .oneof(
          exit.map((sl) => ({ sl })),
          exit.map((tp) => ({ tp })),
        )
        .map((exits) => ({ exits })),
    },
  );

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

const script: fc.Arbitrary<OrderScript> = fc
  .record({
    submit,
    live: fc.oneof({ weight: 16, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constant(false) }),
    fills,
    ends: fc.oneof(
      { weight: 10, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.record({
          at: when,
          state: fc.constantFrom(
            'cancelled' as const,
            'rejected' as const,
            'expired' as const,
            'done_for_day' as const,
          ),
        }),
      },
    ),
    cancel,
    protection,
    visibleFrom: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: when }),
    pricedFrom: fc.oneof({ weight: 10, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: when }),
    positionShown: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('0', '50', '-100', '1e9') },
    ),
    hides: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.subarray(['sl' as const, 'tp' as const]) },
    ),
    pushes,
    changes,
  })
  .map(({ changes: more, ...raw }) => defined({ ...raw, ...more }) as OrderScript);

const switchMove: fc.Arbitrary<SwitchMove> = fc
  .record({
    // At 0 it forbids the order; a little later it meets a live one.
    atMs: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 5_000 }) }, { weight: 2, arbitrary: when }),
    type: fc.constantFrom(...Object.values(KillSwitchType)),
    state: fc.constantFrom('ACTIVE' as const, 'ACTIVE' as const, 'OFF' as const),
    other: fc.boolean(),
  })
  .map(({ atMs, type, state, other }) => ({
    atMs,
    type,
    state,
    ...(type === 'SYMBOL_LEVEL' && { target: other ? 'MSFT' : SYMBOL }),
  }));

/** Older reports of the order itself, pushed again, or told by a replica that lags behind. */
const stale = fc.record({
  pushes: fc.array(fc.record({ at: when, back: fc.integer({ min: 1, max: 3 }) }), { maxLength: 4 }),
  answers: fc.array(fc.constantFrom(null, null, 1, 2), { maxLength: 12 }),
});

/** Within what a journal may take before it counts as failed. */
const commitMs = fc.array(fc.constantFrom(0, 0, 1, 300, 999, 1_000, 1_001, 2_500), { maxLength: 14 });

export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    advisory,
    tickSize: fc.constantFrom('0.01', '0.01', '0.05', '1', '0.0001'),
    push: fc.boolean(),
    pollIntervalMs: fc.constantFrom(400, 2_000, 2_000, 5_000),
    script,
    faults: fc.record({
      instrument: rarely(60),
      getOrderStatus: rarely(4),
      getPositions: rarely(20),
      connect: rarely(60),
    }),
    heldBefore: fc.constantFrom('0', '0', '30', '-30'),
    switches: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(switchMove, { minLength: 1, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(switchMove, { minLength: 3, maxLength: 12 }) },
    ),
    againAtMs: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: when }),
    stale: fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: stale }),
    commitMs: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: commitMs }),
    strayFill: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc.record({
          quantity: fc.constantFrom('1', '60', '100'),
          price: cents(9_000, 5_500_000),
          toldBy: fc.constantFrom('push' as const, 'sweep' as const),
        }),
      },
    ),
    restartAtMs: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: when }),
  })
  .map((raw) => defined(raw) as Scenario);
