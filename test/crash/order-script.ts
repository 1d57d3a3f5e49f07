/**
 * What becomes of an order at the broker: a pure function of the seed and the order's id.
 */
import { createHash } from 'node:crypto';
import type { OrderPlan, PlannedFill } from '../../src/testing/venue/venue-plan.js';

export interface OrderScript {
  /** `silent`: the order is taken, and the call never answered. `busy`: refused so many times, then taken. */
  readonly submit: 'accepted' | 'silent' | 'rejected' | { readonly busy: number };
  /** What the venue does with it; quantities of 100 in all, or less. */
  readonly plan: OrderPlan;
  readonly exits: { readonly sl: OrderPlan; readonly tp: OrderPlan };
  readonly protection: 'placed' | 'busy once' | 'silent once';
}

export type Pace = 'quick' | 'slow';

/**
 * `plain`: fills stand, and exits stay. `rough`: fills are taken back or changed, exits are refused late, lost, hit, and
 * leave their siblings behind.
 */
export type Roughness = 'plain' | 'rough';

/** @param pace `slow` keeps an order open for seconds, so that many are in flight */
export function orderScript(seed: number, clientOrderId: string, pace: Pace, roughness: Roughness): OrderScript {
  const dice = createHash('sha256').update(`${seed} ${clientOrderId}`).digest();
  const roll = (index: number): number => (dice[index] ?? 0) / 256;
  const price = (150 + Math.round(roll(1) * 400) / 100).toFixed(2);
  const fills = fillsOf(roll(3), roll(4), price, pace);
  const isRough = roughness === 'rough';
  return {
    submit: submitOf(roll(2)),
    plan: {
      fills,
      ...cancelOf(roll(6), price),
      ...(roll(5) < 0.15 && { visibleFromMs: 1_000 }),
      ...(isRough && correctionOf(fills, roll(8), roll(9))),
    },
    exits: isRough ? exitsOf(roll(10), roll(11)) : { sl: {}, tp: {} },
    protection: roll(7) < 0.7 ? 'placed' : roll(7) < 0.85 ? 'busy once' : 'silent once',
  };
}

const cancelOf = (roll: number, restPrice: string): OrderPlan =>
  roll < 0.7 ? {} : roll < 0.85 ? { cancel: 'ignore' } : { cancel: 'fill', cancelAfterMs: 300, restPrice };

/** A fill is taken back or changed: soon after it, or when the result is long out. */
function correctionOf(fills: readonly PlannedFill[], kind: number, when: number): OrderPlan {
  const [first] = fills;
  if (first === undefined || kind > 0.16) return {};
  const atMs = first.atMs + Math.round(when < 0.5 ? when * 400 : 1_000 + when * 8_000);
  const change = kind < 0.08 ? ({ kind: 'bust' } as const) : ({ kind: 'correct', price: '149.00' } as const);
  return { corrections: [{ atMs, fill: 0, afterwards: 'closed', ...change }] };
}

function exitsOf(kind: number, when: number): OrderScript['exits'] {
  const atMs = Math.round(500 + when * 6_000);
  if (kind < 0.08) return { sl: { worksFromMs: 80, ends: { atMs: 40, as: 'rejected' }, leavesSibling: true }, tp: {} };
  if (kind < 0.14) return { sl: { ends: { atMs, as: 'cancelled' }, leavesSibling: true }, tp: {} };
  if (kind < 0.28) return { sl: {}, tp: { hitAfterMs: atMs } };
  if (kind < 0.34) return { sl: {}, tp: { hitAfterMs: atMs, leavesSibling: true } };
  if (kind < 0.4) {
    const left = { leavesSibling: true };
    return { sl: { hitAfterMs: atMs, ...left }, tp: { hitAfterMs: atMs + 500, ...left } };
  }
  return { sl: {}, tp: {} };
}

function submitOf(roll: number): OrderScript['submit'] {
  if (roll < 0.7) return 'accepted';
  if (roll < 0.82) return 'silent';
  if (roll < 0.94) return { busy: roll < 0.88 ? 1 : 2 };
  return 'rejected';
}

function fillsOf(kind: number, when: number, price: string, pace: Pace): readonly PlannedFill[] {
  const at = Math.round(pace === 'quick' ? 50 + when * 1_500 : 4_000 + when * 22_000);
  if (kind < 0.6) return [{ atMs: at, quantity: '100', price }];
  const half = { atMs: Math.round(at / 2), quantity: '40', price };
  if (kind < 0.75) return [half, { atMs: at, quantity: '60', price }];
  if (kind < 0.82) return [half];
  if (kind < 0.9) return [{ atMs: 30_200 + Math.round(when * 1_400), quantity: '100', price }];
  return [];
}
