/**
 * What becomes of one order at the venue, and of its exits: drawn before it is submitted, so that only the engine's own
 * doing can change it.
 *
 * Quantities are whole numbers, prices whole ticks of 0.01, times in ms.
 */
import type { OrderPlan, PlannedFill } from '../venue/venue-plan.js';
import type { Random } from './random.js';

export interface OrderFate {
  readonly entry: OrderPlan;
  readonly sl: OrderPlan;
  readonly tp: OrderPlan;
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

/** @param isRough whether fills are taken back, exits are lost, orders restated and oddly worded too */
export function drawFate(random: Random, quantity: number, ticks: number, isRough: boolean): OrderFate {
  const price = () => priceOf(ticks + random.int(-150, 150));
  const entry: OrderPlan = {
    ...drawLife(random, quantity, price),
    // More than was asked for may be filled (P5).
    overfills: true,
    restPrice: priceOf(ticks),
    ...drawCancel(random),
    ...(random.chance(0.2) && { visibleFromMs: random.int(1, 6_000) }),
    ...(random.chance(0.1) && { pricedFromMs: random.int(500, 40_000) }),
  };
  const hit = random.chance(0.1)
    ? { leg: random.pick(['sl', 'tp'] as const), afterMs: random.int(0, 20_000) }
    : undefined;
  const exitOf = (leg: 'sl' | 'tp'): OrderPlan => (hit?.leg === leg ? { hitAfterMs: hit.afterMs } : {});
  const plain: OrderFate = { entry, sl: exitOf('sl'), tp: exitOf('tp') };
  return isRough ? roughened(random.branch('rough'), plain, quantity) : plain;
}

const priceOf = (ticks: number): string => (ticks / 100).toFixed(2);

function drawCancel(random: Random): OrderPlan {
  const never: OrderPlan = { cancel: 'ignore' };
  const slow = random.chance(0.15) ? never : { cancelAfterMs: random.pick([0, 0, 50, 400, 1_500, 2_500]) };
  return {
    ...slow,
    ...(random.chance(0.08) && { cancel: 'fill' as const, cancelAfterMs: 0 }),
    ...(random.chance(0.04) && { fillsAfterCancelMs: random.int(1, 5_000) }),
  };
}

const ROUGH = {
  nothing: 50,
  bust: 5,
  correction: 5,
  restated: 3,
  doneForDay: 3,
  oddWord: 5,
  refusedLate: 6,
  exitLost: 6,
  siblingLeft: 5,
  partialExit: 4,
  bothFilled: 4,
} as const;

/** Words in which venues tell what is open, whole or over. */
const ODD_WORDS = ['calculated', 'pending_cancel', 'suspended', 'stopped', 'accepted_for_bidding'] as const;

/** What the world does beside filling. */
function roughened(random: Random, fate: OrderFate, quantity: number): OrderFate {
  const { entry } = fate;
  const firstAt = entry.fills?.[0]?.atMs ?? 0;
  const soon = () => random.pick([random.int(1, 400), random.int(400, 8_000), random.int(8_000, 25_000)]);
  const withEntry = (more: OrderPlan): OrderFate => ({ ...fate, entry: { ...entry, ...more } });
  const left = { leavesSibling: true };
  switch (random.weighted(ROUGH)) {
    case 'nothing':
      return fate;
    case 'bust':
    case 'correction':
      return withEntry({ corrections: [drawCorrection(random, firstAt + soon())] });
    case 'restated':
      return withEntry({ restated: [{ atMs: soon(), quantity: String(random.int(1, quantity)) }] });
    case 'doneForDay':
      return withEntry({ ends: { atMs: soon(), as: 'done_for_day' } });
    case 'oddWord':
      return withEntry({ words: [{ atMs: random.pick([0, firstAt]), word: random.pick(ODD_WORDS) }] });
    case 'refusedLate': {
      const late: OrderPlan = { worksFromMs: 500, ends: { atMs: random.pick([40, 300]), as: 'rejected' } };
      return random.chance(0.5) ? { ...fate, sl: late, tp: late } : { ...fate, sl: { ...late, ...left } };
    }
    case 'exitLost': {
      const lost: OrderPlan = { ends: { atMs: soon(), as: random.pick(['cancelled', 'expired']) }, ...left };
      return random.chance(0.5) ? { ...fate, sl: lost } : { ...fate, tp: lost };
    }
    case 'siblingLeft':
      return random.chance(0.5)
        ? { ...fate, sl: {}, tp: { hitAfterMs: soon(), ...left } }
        : { ...fate, tp: {}, sl: { hitAfterMs: soon(), ...left } };
    case 'partialExit':
      return { ...fate, sl: {}, tp: { hitAfterMs: soon(), depth: String(random.int(1, quantity)), ...left } };
    case 'bothFilled': {
      const first = soon();
      return { ...fate, sl: { hitAfterMs: first, ...left }, tp: { hitAfterMs: first + soon(), ...left } };
    }
  }
}

/** The first fill is taken back, or its price or quantity is changed. */
function drawCorrection(random: Random, atMs: number): NonNullable<OrderPlan['corrections']>[number] {
  const afterwards = random.pick(['reopens', 'closed'] as const);
  return random.chance(0.5)
    ? { atMs, kind: 'bust', fill: 0, afterwards }
    : { atMs, kind: 'correct', fill: 0, afterwards, price: priceOf(random.int(14_850, 15_150)) };
}

function drawLife(random: Random, quantity: number, price: () => string): OrderPlan {
  const whole = (atMs: number): OrderPlan => ({ fills: [{ atMs, quantity: String(quantity), price: price() }] });
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
        ends: { atMs, as: random.pick(['cancelled', 'rejected', 'expired']) },
      };
    }
    case 'tooMuch':
      return {
        fills: [{ atMs: random.int(0, 9_000), quantity: String(quantity + random.int(1, 50)), price: price() }],
      };
  }
}

/** Fills that add up to the quantity, one after the other. */
function parts(random: Random, quantity: number, price: () => string, most: number): PlannedFill[] {
  const fills: PlannedFill[] = [];
  let left = quantity;
  let atMs = random.int(0, 3_000);
  for (let part = 1; part < most && left > 1; part += 1) {
    const size = random.int(1, left - 1);
    fills.push({ atMs, quantity: String(size), price: price() });
    left -= size;
    atMs += random.int(0, 9_000);
  }
  return [...fills, { atMs, quantity: String(left), price: price() }];
}
