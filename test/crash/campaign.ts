/**
 * Which engines are killed where: so many kills, over every named point, while recovering, at random under load, and
 * with the wall clock set back and forward in between. A function of the seed.
 */
import type { Programs } from './build.js';
import { CRASH_POINTS } from './crash-points.js';
import type { Pace } from './order-script.js';
import { type Life, type Outcome, play, type Scenario } from './scenario.js';

interface Campaign {
  readonly kills: number;
  readonly seed: number;
  /** Executions in flight in a scenario under load. */
  readonly load: number;
}

/** Share of kills by kind of scenario, in percent. */
const SHARES = { points: 64, recovery: 16, load: 20 } as const;
const LIVES = { points: 13, recovery: 10, load: 12 } as const;

/** A small generator of numbers in [0, 1), so that a campaign can be played again (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const MINUTE_MS = 60_000;
const WALL_STEPS_MS = [-60 * MINUTE_MS, -MINUTE_MS, 45_000, 24 * 60 * MINUTE_MS];

/** These come when time is up: the clock is set forward so that it is. */
const NEEDS_TIME_OUT = /CANCEL_OUTCOME|DEADLINE|CASE_OPENED|cancelOrder/;
const NEEDS_KILL_SWITCH = /KILL_SWITCH|SET$/;
const NEEDS_PAST = /RECOVERED/;

/** Points that orders come to which stay open, and points on the way to a fill. */
const isSlow = (point: string): boolean =>
  [NEEDS_TIME_OUT, NEEDS_KILL_SWITCH, NEEDS_PAST].some((pattern) => pattern.test(point));

export function scenariosOf({ kills, seed, load }: Campaign): readonly Scenario[] {
  const roll = dice(seed);
  const counts = {
    recovery: Math.round((kills * SHARES.recovery) / 100),
    load: Math.round((kills * SHARES.load) / 100),
  };
  const plans: readonly (readonly [kind: keyof typeof LIVES, kills: number])[] = [
    ['load', counts.load],
    ['recovery', counts.recovery],
    ['points', kills - counts.recovery - counts.load],
  ];
  const points = {
    slow: inTurn(CRASH_POINTS.filter(isSlow), roll),
    quick: inTurn(
      CRASH_POINTS.filter((point) => !isSlow(point)),
      roll,
    ),
  };
  const lifeIn = (kind: keyof typeof LIVES, at: number, pace: Pace): Life =>
    kind === 'points' ? lifeToPoint(points[pace](), at, roll) : lifeOf(kind, at, load, roll);
  return plans.flatMap(([kind, total]) =>
    Array.from({ length: Math.ceil(total / LIVES[kind]) }, (_, index) => {
      const count = Math.min(LIVES[kind], total - index * LIVES[kind]);
      // Of the points about two in five are slow.
      const pace: Pace = kind === 'points' && index % 5 !== 1 && index % 5 !== 3 ? 'quick' : 'slow';
      const own = Array.from({ length: count }, (_life, at) => lifeIn(kind, at, pace));
      const name = `${kind} ${index + 1}`;
      return { name, seed: seed + index, pace, lives: own, ...(kind === 'load' && { copies: true as const }) };
    }),
  );
}

/** Every point once, shuffled, then again. */
function inTurn(points: readonly string[], roll: () => number): () => string {
  let left: string[] = [];
  return () => {
    if (left.length === 0) left = [...points];
    const [point = ''] = left.splice(Math.floor(roll() * left.length), 1);
    return point;
  };
}

function lifeToPoint(point: string, at: number, roll: () => number): Life {
  const isOften = /ORDER_REPORT|getOrderStatuses|SUBMIT|BROKER_ASKED|START/.test(point);
  return {
    death: { kind: 'point', point, nth: 1 + Math.floor(roll() * (isOften ? 3 : 1)) },
    newAdvisories: isSlow(point) && at < 2 ? 8 : 4,
    wallStepMs: NEEDS_TIME_OUT.test(point) ? 45_000 : wallStep(roll),
    ...(NEEDS_KILL_SWITCH.test(point) && { killSwitchAt: 500 + roll() * 2_000 }),
  };
}

/** The first life fills the journal; those that follow die while they recover it, or at random under its load. */
function lifeOf(kind: 'recovery' | 'load', at: number, load: number, roll: () => number): Life {
  const first = { newAdvisories: kind === 'load' ? load : Math.ceil(load / 10), wallStepMs: 0 };
  const later = { newAdvisories: kind === 'load' ? 2 : 1, wallStepMs: wallStep(roll) };
  if (at === 0) {
    return { ...first, death: { kind: 'random', afterMs: 20 + roll() * 100, durable: first.newAdvisories } };
  }
  if (kind === 'load') return { ...later, wallStepMs: 0, death: { kind: 'random', afterMs: roll() * 150 } };
  const boundary = ['beforeAppend', 'beforeCommit', 'afterCommit'][Math.floor(roll() * 3)];
  const byPoint: Life['death'] = { kind: 'point', point: `${boundary} RECOVERED`, nth: 1 + Math.floor(roll() * 4) };
  return { ...later, death: roll() < 0.5 ? byPoint : { kind: 'recovering', afterMs: 100 + roll() * 250 } };
}

const wallStep = (roll: () => number): number =>
  roll() < 0.7 ? 0 : (WALL_STEPS_MS[Math.floor(roll() * WALL_STEPS_MS.length)] ?? 0);

/** Plays the scenarios, `lanes` at a time. */
export const playAll = (
  scenarios: readonly Scenario[],
  programs: Programs,
  lanes: number,
  onEnd: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> => inLanes(scenarios, lanes, (scenario) => play(scenario, programs), onEnd);

export async function inLanes<T, R>(
  all: readonly T[],
  lanes: number,
  playOne: (one: T) => Promise<R>,
  onEnd: (outcome: R) => void = () => undefined,
): Promise<readonly R[]> {
  const outcomes: R[] = [];
  const waiting = [...all];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const outcome = await playOne(next);
      outcomes.push(outcome);
      onEnd(outcome);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return outcomes;
}
