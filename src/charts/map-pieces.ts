/**
 * A line that gathers ways from several boxes, cut where they join it; and one that leads to several, cut where they part.
 *
 * 1. Each piece names the transitions that run along it and no others, and the endings that it leads to: what is lit is where a
 *    life went.
 */
import type { ElkPoint } from './elk.js';
import type { Leg } from './map-routes.js';

/** The first leg leads all the way; the others lead to it, or to one that comes to it from the other side. */
export function piecesOf(legs: readonly Leg[]): readonly Leg[] {
  const [trunk, ...branches] = legs;
  if (trunk === undefined || branches.length === 0 || branches.some(({ hasHead }) => hasHead)) return legs;
  const joined = branches.flatMap(({ transitions }) => transitions);
  const own = trunk.transitions.filter((id) => !joined.includes(id));
  const onTrunk = branches.filter(({ joint }) => joint !== undefined && isOn(joint, trunk));
  const turning = branches
    .filter(({ joint }) => joint === undefined)
    .map((leg) => {
      const joining = branches.filter(({ joint }) => joint !== undefined && !isOn(joint, trunk) && isOn(joint, leg));
      return { joining, pieces: cut(leg, joining), transitions: [leg, ...joining].flatMap((one) => one.transitions) };
    });
  const ends = turning.map(({ pieces, transitions }) => {
    const points = pieces.at(-1)?.points ?? [];
    return { points, hasHead: false, transitions };
  });
  return [
    ...cut({ ...trunk, transitions: own }, [...onTrunk, ...ends]),
    ...turning.flatMap(({ pieces, joining }) => [...pieces, ...joining]),
    ...onTrunk,
  ];
}

/** The first leg leads to the ending that is furthest; the others leave it, or one that leaves it to the other side. */
export function partedPieces(legs: readonly Leg[]): readonly Leg[] {
  const [trunk, ...branches] = legs;
  if (trunk === undefined) return legs;
  const turning = branches.filter(({ joint }) => joint === undefined);
  const drops = branches.filter(({ joint }) => joint !== undefined);
  const dropsOf = (leg: Leg) => drops.filter(({ joint }) => joint !== undefined && isOn(joint, leg));
  const ownOf = (leg: Leg): readonly Parting[] => dropsOf(leg).map((one) => ({ at: startOf(one), legs: [one] }));
  const turns = turning.map((leg): Parting => ({ at: startOf(leg), legs: [leg, ...dropsOf(leg)] }));
  return [
    ...parted(trunk, [...ownOf(trunk), ...turns]),
    ...turning.flatMap((leg) => parted(leg, ownOf(leg))),
    ...drops,
  ];
}

interface Parting {
  readonly at: ElkPoint;
  /** What leads elsewhere from here on. */
  readonly legs: readonly Leg[];
}

/** One leg, cut where others leave it; behind each cut what leads elsewhere is told no more. */
function parted(leg: Leg, partings: readonly Parting[]): readonly Leg[] {
  let carried = [leg, ...partings.flatMap(({ legs }) => legs)];
  let points: ElkPoint[] = [];
  const pieces: Leg[] = [];
  for (const [from, to] of stretchesOf(leg.points)) {
    points.push(from);
    const met = partings.filter(({ at }) => isBetween(at, from, to) && apart(at, from) > 0);
    for (const { at, legs } of met.sort((a, b) => apart(a.at, from) - apart(b.at, from))) {
      pieces.push({ points: [...points, at], hasHead: false, ...toldOf(carried) });
      points = [at];
      carried = carried.filter((one) => !legs.includes(one));
    }
  }
  return [...pieces, { points: [...points, ...leg.points.slice(-1)], hasHead: leg.hasHead, ...toldOf(carried) }];
}

const startOf = ({ points }: Leg): ElkPoint => points[0] ?? { x: 0, y: 0 };

const toldOf = (legs: readonly Leg[]): Pick<Leg, 'transitions' | 'endings'> => ({
  transitions: [...new Set(legs.flatMap(({ transitions }) => transitions))],
  endings: legs.flatMap(({ endings = [] }) => endings),
});

/** One leg, cut where others meet it; behind each cut their transitions run along as well. */
function cut(leg: Leg, others: readonly Leg[]): readonly Leg[] {
  const waiting = others.map((other) => ({ at: meetingOf(other), transitions: other.transitions }));
  const pieces: Leg[] = [];
  let points: ElkPoint[] = [];
  let { transitions } = leg;
  for (const [from, to] of stretchesOf(leg.points)) {
    points.push(from);
    const met = waiting
      .filter(({ at }) => isBetween(at, from, to))
      .sort((a, b) => apart(a.at, from) - apart(b.at, from));
    for (const one of met) {
      waiting.splice(waiting.indexOf(one), 1);
      if (points.length > 1 || apart(one.at, points[0] ?? from) > 0) {
        pieces.push({ points: [...points, one.at], hasHead: false, transitions });
        points = [one.at];
      }
      transitions = [...transitions, ...one.transitions];
    }
  }
  return [...pieces, { points: [...points, ...leg.points.slice(-1)], hasHead: leg.hasHead, transitions }];
}

/** Its joint, or a little behind the corner in which both turn. */
const meetingOf = ({ joint, points }: Leg): ElkPoint => joint ?? points.at(-1) ?? { x: 0, y: 0 };

const stretchesOf = (points: readonly ElkPoint[]): readonly (readonly [ElkPoint, ElkPoint])[] =>
  points.slice(1).map((to, index) => [points[index] ?? to, to]);

const isOn = (at: ElkPoint, { points }: Leg): boolean =>
  stretchesOf(points).some(([from, to]) => isBetween(at, from, to));

const apart = (a: ElkPoint, b: ElkPoint): number => Math.abs(a.x - b.x) + Math.abs(a.y - b.y);

const NEAR = 0.001;
/** Lines run in right angles. */
const isBetween = (at: ElkPoint, a: ElkPoint, b: ElkPoint): boolean =>
  apart(a, at) + apart(at, b) <= apart(a, b) + NEAR;
