/**
 * A thousand executions at once in one process: each right, and nothing left over (E2).
 */
import { type ExecutionResult, protectionFor, type SnapshotInput } from 'fillchart';
import type { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/domain/ports.js';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { advisory, after, fill, fills, type Setting, set, type World, world } from './support.js';

const COUNT = 1_000;
/** Ten times a second would be two hundred thousand polls: the same lives, looked at twice a second, show as much. */
const POLL_INTERVAL_MS = 500;
/** A few seconds on a quiet machine; a busy one may take its time. */
const PATIENCE_MS = 120_000;

/** What becomes of an order of this size at this price, and how its execution ends. */
interface Fate {
  readonly name: string;
  readonly script: (quantity: number, price: string) => OrderScript;
  readonly ends: {
    readonly status: string;
    readonly reconciled?: string;
    readonly filled: (quantity: number) => number | undefined;
  };
  readonly differs?: Partial<SnapshotInput>;
  readonly isKilled?: true;
}

const all = (quantity: number): number => quantity;
const none = (): number => 0;
const never = (): undefined => undefined;
/** The first part of a fill in two: never nothing, never all. */
const part = (quantity: number): number => Math.max(1, Math.floor(quantity * 0.4));

const FATES: readonly Fate[] = [
  {
    name: 'fills',
    script: (q, p) => fills(fill(1, q, p)),
    ends: { status: 'FILLED', reconciled: 'MATCHED', filled: all },
  },
  {
    name: 'fills in two',
    script: (q, p) => fills(fill(3, part(q), p), fill(9, q - part(q), p)),
    ends: { status: 'FILLED', reconciled: 'MATCHED', filled: all },
  },
  { name: 'never fills', script: () => ({}), ends: { status: 'FAILED_TIMEOUT', reconciled: 'MATCHED', filled: none } },
  {
    name: 'fills late',
    script: (q, p) => ({ ...fills(fill(31, q, p)), cancel: 'ignore' }),
    ends: { status: 'EXECUTED_FULL_LATE', reconciled: 'MATCHED', filled: all },
  },
  {
    name: 'is rejected',
    script: () => ({ submit: { kind: 'rejected', code: 'NO', reason: 'no' } }),
    ends: { status: 'FAILED', filled: never },
  },
  {
    name: 'is unknown, and found',
    script: (q, p) => ({ submit: 'hang', ...fills(fill(2, q, p)) }),
    ends: { status: 'FILLED', reconciled: 'MATCHED', filled: all },
  },
  {
    name: 'has expired',
    script: () => ({}),
    ends: { status: 'REJECTED', filled: never },
    differs: { expirationTimestamp: '2020-01-01T00:00:00Z' },
  },
  {
    name: 'is killed',
    script: () => ({}),
    ends: { status: 'CANCELLED', reconciled: 'MATCHED', filled: none },
    isKilled: true,
  },
  {
    name: 'is cancelled by the broker',
    script: () => ({ ends: { at: 4_000, state: 'cancelled' } }),
    ends: { status: 'CANCELLED', reconciled: 'MATCHED', filled: none },
  },
  {
    name: 'fills in part',
    script: (q, p) => fills(fill(2, part(q), p)),
    ends: { status: 'FAILED_TIMEOUT', reconciled: 'MISMATCH', filled: part },
  },
];

interface Plan {
  readonly input: SnapshotInput;
  readonly fate: Fate;
  readonly quantity: number;
  readonly price: string;
}

const plan = (i: number, fates: readonly Fate[], symbol: (i: number) => string): Plan => {
  const fate = fates[i % fates.length] ?? fates[0];
  if (fate === undefined) throw new Error('no fate');
  const quantity = i + 2;
  return {
    fate,
    quantity,
    price: (100 + i / 100).toFixed(2),
    input: advisory(`ADV-${i}`, { symbol: symbol(i), positionSize: quantity, ...fate.differs }),
  };
};

async function run(
  plans: readonly Plan[],
  setting: Setting,
  killed: readonly string[],
): Promise<{ now: World; results: readonly ExecutionResult[] }> {
  const bySize = new Map(plans.map((one) => [String(one.quantity), one]));
  const script = ({ quantity }: OrderRequest): OrderScript => {
    const one = bySize.get(quantity);
    return one === undefined ? {} : one.fate.script(one.quantity, one.price);
  };
  const now = await world({
    script,
    engine: { logger: false, onMismatch: 'report-only', pollIntervalMs: POLL_INTERVAL_MS },
    ...setting,
  });
  for (const symbol of killed) after(now, 5, set('SYMBOL_LEVEL', symbol));
  const results = await now.clock.runUntil(Promise.all(plans.map(({ input }) => now.engine.execute(input))));
  return { now, results };
}

/** Every difference between what was planned and what came out, as a sentence. */
const wrong = (plans: readonly Plan[], results: readonly ExecutionResult[]): string[] =>
  plans.flatMap(({ fate, quantity, price, input }, i) => {
    const result = results[i];
    const filled = fate.ends.filled(quantity);
    const isHeld = filled !== undefined && filled > 0;
    const bracket = protectionFor(
      price,
      { side: 'buy', slOffsetPct: '-0.02', tpOffsetPct: '0.03' } as unknown as Parameters<typeof protectionFor>[1],
      { tickSize: '0.01' },
    );
    const expected = [
      input.advisoryId,
      fate.ends.status,
      fate.ends.reconciled,
      filled === undefined ? undefined : String(filled),
      isHeld ? String(Number(price)) : undefined,
      isHeld ? bracket.stopLoss : undefined,
      isHeld ? bracket.takeProfit : undefined,
    ].join(' ');
    const actual = [
      result?.advisoryId,
      result?.status,
      result?.reconciliationReport?.status,
      result?.finalPositionSize,
      result?.finalFillPrice,
      result?.finalSl,
      result?.finalTp,
    ].join(' ');
    return expected === actual ? [] : [`${fate.name}: expected ${expected}, got ${actual}`];
  });

async function expectNothingLeft({ clock, engine, broker }: World): Promise<void> {
  expect(engine.metrics()).toMatchObject({ live: 0, watchedOrders: 0, bookedExecutions: 0 });
  // The exits of what is held are watched, by one timer for all (B7).
  expect(clock.pendingTimers).toBe(engine.positions().some(({ isOpen }) => isOpen) ? 1 : 0);
  const pushes = broker.reports$ as Subject<unknown>;
  expect(pushes.observed).toBe(true);
  await clock.runUntil(engine.close());
  expect([pushes.observed, clock.pendingTimers]).toEqual([false, 0]);
}

describe('a thousand at once (E2)', () => {
  it('in a thousand symbols: ten fates, each right, nothing left over [E2 S1]', { timeout: PATIENCE_MS }, async () => {
    const plans = Array.from({ length: COUNT }, (_, i) => plan(i, FATES, (n) => `S${n}`));
    const killed = plans.filter(({ fate }) => fate.isKilled).map(({ input }) => input.symbol);
    const { now, results } = await run(plans, {}, killed);
    expect(wrong(plans, results)).toEqual([]);
    expect(now.broker.count('submitOrder')).toBe(COUNT * 0.9); // all but those that had expired
    expect(now.engine.metrics().finished).toEqual({
      FILLED: 300,
      EXECUTED_FULL_LATE: 100,
      CANCELLED: 200,
      FAILED: 100,
      FAILED_TIMEOUT: 200,
      REJECTED: 100,
    });
    expect(now.engine.cases.open()).toHaveLength(100);
    await expectNothingLeft(now);
  });

  it('in ten symbols of a netting account, polled in batches: each finds its own part [E2 R6.2]', {
    timeout: PATIENCE_MS,
  }, async () => {
    const fates = FATES.filter(({ isKilled }) => isKilled !== true);
    const plans = Array.from({ length: COUNT }, (_, i) => plan(i, fates, (n) => `S${n % 10}`));
    const { now, results } = await run(
      plans,
      { capabilities: { batchStatus: true }, positions: { S1: '250', S2: '-40' } },
      [],
    );
    expect(wrong(plans, results)).toEqual([]);
    await expectNothingLeft(now);
  });

  it('the check itself sees one wrong result in a thousand (control)', async () => {
    const plans = Array.from({ length: 3 }, (_, i) => plan(i, FATES, (n) => `S${n}`));
    const { results } = await run(plans, {}, []);
    expect(wrong(plans, results)).toEqual([]);
    const swapped = [results[1], results[0], results[2]].filter((one) => one !== undefined);
    expect(wrong(plans, swapped)).toHaveLength(2);
  });
});
