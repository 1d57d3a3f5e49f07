/**
 * What becomes of one order in the broker's world: fixed before it is submitted, so that only the engine's own doing can
 * change it.
 *
 * Quantities are whole numbers, prices whole ticks of 0.01, times in ms.
 */
import type { Random } from './random.js';

export interface PlannedFill {
  /** Since the order went live. */
  readonly atMs: number;
  readonly quantity: number;
  readonly ticks: number;
}

export interface OrderPlan {
  readonly fills: readonly PlannedFill[];
  /** The broker ends the order by itself. */
  readonly ends?: { readonly atMs: number; readonly state: 'cancelled' | 'rejected' | 'expired' };
  /** How long a cancel takes; `never`: taken, and stuck. */
  readonly cancel: number | 'never';
  /** The cancel loses the race: the rest is filled as it comes in. */
  readonly fillsOnCancel?: boolean;
  /** A fill that comes to light so long after the cancel was confirmed. */
  readonly fillsAfterCancelMs?: number;
  /** Status answers are "not found" until then. */
  readonly visibleFromMs?: number;
  /** Reports leave out the price until then. */
  readonly pricedFromMs?: number;
  /** A leg of the protection is hit so long after it was placed. */
  readonly exit?: { readonly leg: 'sl' | 'tp'; readonly afterMs: number };
}

const LIVES = {
  atOnce: 8,
  soon: 6,
  inParts: 4,
  neverWhole: 3,
  never: 4,
  onTheEdge: 4,
  endedByBroker: 2,
  tooMuch: 1,
} as const;

/** An order's life, drawn. */
export function drawPlan(random: Random, quantity: number, ticks: number): OrderPlan {
  const price = () => ticks + random.int(-150, 150);
  return {
    ...drawLife(random, quantity, price),
    cancel: random.chance(0.15) ? 'never' : random.pick([0, 0, 50, 400, 1_500, 2_500]),
    ...(random.chance(0.08) && { fillsOnCancel: true }),
    ...(random.chance(0.04) && { fillsAfterCancelMs: random.int(1, 5_000) }),
    ...(random.chance(0.2) && { visibleFromMs: random.int(1, 6_000) }),
    ...(random.chance(0.1) && { pricedFromMs: random.int(500, 40_000) }),
    ...(random.chance(0.1) && { exit: { leg: random.pick(['sl', 'tp']), afterMs: random.int(0, 20_000) } }),
  };
}

function drawLife(random: Random, quantity: number, price: () => number): Pick<OrderPlan, 'fills' | 'ends'> {
  const whole = (atMs: number) => ({ fills: [{ atMs, quantity, ticks: price() }] });
  switch (random.weighted(LIVES)) {
    case 'atOnce':
      return whole(random.int(0, 200));
    case 'soon':
      return whole(random.int(200, 20_000));
    case 'inParts':
      return { fills: parts(random, quantity, price, random.int(2, 4)) };
    case 'neverWhole':
      return { fills: parts(random, quantity, price, 3).slice(0, -1) };
    case 'never':
      return { fills: [] };
    case 'onTheEdge':
      return whole(
        random.pick([29_900, 29_999, 30_000, 30_001, 30_500, 31_900, 31_999, 32_000, 32_001, 33_000, 45_000]),
      );
    case 'endedByBroker': {
      const atMs = random.int(0, 25_000);
      return {
        fills: parts(random, quantity, price, 3).slice(0, random.int(0, 2)),
        ends: { atMs, state: random.pick(['cancelled', 'rejected', 'expired']) },
      };
    }
    case 'tooMuch':
      return { fills: [{ atMs: random.int(0, 9_000), quantity: quantity + random.int(1, 50), ticks: price() }] };
  }
}

/** Fills that add up to the quantity, one after the other. */
function parts(random: Random, quantity: number, price: () => number, most: number): PlannedFill[] {
  const fills: PlannedFill[] = [];
  let left = quantity;
  let atMs = random.int(0, 3_000);
  for (let part = 1; part < most && left > 1; part += 1) {
    const size = random.int(1, left - 1);
    fills.push({ atMs, quantity: size, ticks: price() });
    left -= size;
    atMs += random.int(0, 9_000);
  }
  return [...fills, { atMs, quantity: left, ticks: price() }];
}
