/**
 * What becomes of an order at the broker: a pure function of the seed and the order's id.
 */
import { createHash } from 'node:crypto';

export interface OrderScript {
  /** `silent`: the order is taken, and the call never answered. `busy`: refused so many times, then taken. */
  readonly submit: 'accepted' | 'silent' | 'rejected' | { readonly busy: number };
  /** Fills by engine ms since the order was taken; quantities of 100 in all, or less. */
  readonly fills: readonly { readonly at: number; readonly quantity: number; readonly price: string }[];
  /** Before this the order is not found. */
  readonly visibleFrom: number;
  readonly cancel: 'confirmed' | 'ignored' | 'fill wins';
  readonly protection: 'placed' | 'busy once' | 'silent once';
}

export type Pace = 'quick' | 'slow';

/** @param pace `slow` keeps an order open for seconds, so that many are in flight */
export function orderScript(seed: number, clientOrderId: string, pace: Pace): OrderScript {
  const dice = createHash('sha256').update(`${seed} ${clientOrderId}`).digest();
  const roll = (index: number): number => (dice[index] ?? 0) / 256;
  const price = (150 + Math.round(roll(1) * 400) / 100).toFixed(2);
  return {
    submit: submitOf(roll(2)),
    fills: fillsOf(roll(3), roll(4), price, pace),
    visibleFrom: roll(5) < 0.15 ? 1_000 : 0,
    cancel: roll(6) < 0.7 ? 'confirmed' : roll(6) < 0.85 ? 'ignored' : 'fill wins',
    protection: roll(7) < 0.7 ? 'placed' : roll(7) < 0.85 ? 'busy once' : 'silent once',
  };
}

function submitOf(roll: number): OrderScript['submit'] {
  if (roll < 0.7) return 'accepted';
  if (roll < 0.82) return 'silent';
  if (roll < 0.94) return { busy: roll < 0.88 ? 1 : 2 };
  return 'rejected';
}

function fillsOf(kind: number, when: number, price: string, pace: Pace): OrderScript['fills'] {
  const at = Math.round(pace === 'quick' ? 50 + when * 1_500 : 4_000 + when * 22_000);
  if (kind < 0.6) return [{ at, quantity: 100, price }];
  const half = { at: Math.round(at / 2), quantity: 40, price };
  if (kind < 0.75) return [half, { at, quantity: 60, price }];
  if (kind < 0.82) return [half];
  if (kind < 0.9) return [{ at: 30_200 + Math.round(when * 1_400), quantity: 100, price }];
  return [];
}
