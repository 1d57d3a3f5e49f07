/**
 * Advisories for the tests of the host on Restate, and what is held against the broker's own account of what it was sent.
 */
import { expect } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import type { SnapshotInput } from '../../src/domain/snapshot.js';
import { type Cluster, type LabState, pause } from './cluster.js';

let counted = 0;

export function advisories(count: number, symbol = 'AAPL'): readonly SnapshotInput[] {
  return Array.from({ length: count }, () => {
    counted += 1;
    return {
      advisoryId: `SCALE-${process.pid}-${counted}`,
      symbol,
      referencePrice: '150.00',
      slOffsetPct: '-0.02',
      tpOffsetPct: '0.03',
      positionSize: '100',
      expirationTimestamp: '2035-01-01T00:00:00Z',
    };
  });
}

/** Calls `execute` until it resolves, as a client does that loses its connection. */
export async function untilExecuted(front: Cluster['front'], advisory: SnapshotInput): Promise<ExecutionResult> {
  for (;;) {
    try {
      return await front.execute(advisory);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }
}

/** Waits until so many orders have reached the broker. */
export async function untilOrders(cluster: Cluster, count: number): Promise<void> {
  for (const endsAt = Date.now() + 60_000; (await cluster.state()).orders.length < count; ) {
    if (Date.now() > endsAt) throw new Error(`not ${count} orders in time`);
    await pause(25);
  }
}

export const countBy = <T>(all: readonly T[], of: (each: T) => string): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const each of all) counts[of(each)] = (counts[of(each)] ?? 0) + 1;
  return counts;
};

/** Orders that the broker got more than once under one id. */
export const doubles = ({ orders }: LabState): number =>
  Object.values(countBy(orders, ({ clientOrderId }) => clientOrderId)).filter((count) => count > 1).length;

/** Filled orders that lack an exit at the broker. */
export function naked({ orders, exits }: LabState): readonly string[] {
  const ids = new Set(exits.map(({ clientOrderId }) => clientOrderId));
  return orders
    .filter(({ state }) => state === 'filled')
    .map(({ clientOrderId }) => clientOrderId)
    .filter((id) => !ids.has(`${id}-sl`) || !ids.has(`${id}-tp`));
}

/** Orders whose execution has no result, or one that says something else than the broker. */
export function lost({ orders }: LabState, results: readonly ExecutionResult[]): readonly string[] {
  const told = new Map(results.map((result) => [result.clientOrderId, result]));
  const isFilled = (id: string) => FILLED.includes(told.get(id)?.status ?? '');
  const untold = orders.filter(({ clientOrderId, state }) => (state === 'filled') !== isFilled(clientOrderId));
  const sent = new Set(orders.map(({ clientOrderId }) => clientOrderId));
  const made = results.filter(({ clientOrderId = '', status }) => FILLED.includes(status) && !sent.has(clientOrderId));
  return [...untold, ...made].map(({ clientOrderId = '' }) => clientOrderId);
}

const FILLED: readonly string[] = ['FILLED', 'EXECUTED_FULL_LATE'];

/** Nothing sent twice, nothing filled without exits, every chain as it was written. */
export async function expectSound(cluster: Cluster, results: readonly ExecutionResult[]): Promise<LabState> {
  const state = await cluster.state();
  expect(doubles(state), 'orders that were sent twice').toBe(0);
  expect(naked(state), 'filled and without exits').toEqual([]);
  for (const { advisoryId } of results) {
    const records = await cluster.front.records(advisoryId);
    expect(verifyChain(records), advisoryId).toMatchObject({ ok: true });
  }
  return state;
}

/** Figures of a run, for the note. */
export const said = (figures: object): void => void process.stdout.write(`${JSON.stringify(figures)}\n`);
