/**
 * Where the lines of a map run: where they leave and reach a box, and each line as legs that join.
 *
 * 1. On one side of a box no two lines share a port. Their order is that in which they cross each other least.
 * 2. The first leg leads all the way; the others lead to the line that is there, and end at a joint.
 */
import type { Chart } from './chart.js';
import type { ElkPoint } from './elk.js';
import type { Pair } from './map-check.js';
import type { MapPlan, MapWay } from './map-plan.js';
import type { Place } from './scene.js';

type Side = 'left' | 'right' | 'top' | 'bottom';

export interface Leg {
  readonly points: readonly ElkPoint[];
  /** Ends at a state; else at another leg. */
  readonly hasHead: boolean;
  /** Where it joins another leg. */
  readonly joint?: ElkPoint;
  readonly transitions: readonly string[];
  /** The endings that it leads to, of a line that leads to several. */
  readonly endings?: readonly string[];
}

/** Coordinate along a side at which a line leaves or reaches a box. */
export type Ports = (box: string, line: MapWay | 'initial', side: Side) => number;

interface Port {
  readonly box: string;
  readonly side: Side;
  readonly line: MapWay | 'initial';
  /** Sorts the ports of a side, from the top or the left. */
  readonly order: number;
}

const FAR = 10_000;
const APART = 9;

export function portsOf(chart: Chart, plan: MapPlan, places: ReadonlyMap<string, Place>): Ports {
  const start = chart.states.find(({ id }) => id === chart.states[0]?.initial)?.key ?? '';
  const startSide: Side = (plan.places[start]?.[0] ?? 0) > 0 ? 'right' : 'left';
  const ports: Port[] = [{ box: start, side: startSide, line: 'initial', order: -2 * FAR }];
  for (const line of plan.ways) {
    if (isVertical(line, places)) continue;
    for (const box of line.from) {
      const side = leavingSide(line, box, places);
      ports.push({ box, side, line, order: orderAt(line, box, line.to, side, places) });
    }
    for (const box of line.to) {
      const side = enteringSide(line, box, places);
      const above = plan.entersAbove === true && side !== 'top' ? 3 * FAR : 0;
      ports.push({ box, side, line, order: orderAt(line, box, line.from, side, places) - above });
    }
  }
  return (box, line, side) => {
    const place = placeIn(places, box);
    const own = ports.filter((port) => port.box === box && port.side === side).sort((a, b) => a.order - b.order);
    const index = own.findIndex((port) => port.line === line);
    const [from, length] = side === 'top' || side === 'bottom' ? [place.x, place.width] : [place.y, place.height];
    const step = Math.min(length / (own.length + 1), APART * 1.6);
    return from + length / 2 + (index - (own.length - 1) / 2) * step;
  };
}

const placeIn = (places: ReadonlyMap<string, Place>, box: string): Place =>
  places.get(box) ?? { x: 0, y: 0, width: 0, height: 0 };

const middle = ({ y, height }: Place): number => y + height / 2;
const centre = ({ x, width }: Place): number => x + width / 2;

/** Straight down or up, between two boxes of one column. */
export function isVertical({ from, to, lane, track }: MapWay, places: ReadonlyMap<string, Place>): boolean {
  const [source, target] = [placeIn(places, from[0] ?? ''), placeIn(places, to[0] ?? '')];
  return lane === undefined && track === undefined && source.x === target.x;
}

function leavingSide(way: MapWay, box: string, places: ReadonlyMap<string, Place>): Side {
  if (way.leaves !== undefined) return way.leaves;
  const place = placeIn(places, box);
  return (way.lane ?? placeIn(places, way.to[0] ?? '').x) < place.x ? 'left' : 'right';
}

const isEnding = (box: string, places: ReadonlyMap<string, Place>): boolean =>
  [...places.values()].every(({ y }) => y <= placeIn(places, box).y);

function enteringSide(way: MapWay, box: string, places: ReadonlyMap<string, Place>): Side {
  if (isEnding(box, places) && (way.track !== undefined || (way.lane ?? 0) > 640)) return 'top';
  const place = placeIn(places, box);
  return (way.lane ?? placeIn(places, way.from[0] ?? '').x) < place.x ? 'left' : 'right';
}

function orderAt(
  way: MapWay,
  box: string,
  others: readonly string[],
  side: Side,
  places: ReadonlyMap<string, Place>,
): number {
  const place = placeIn(places, box);
  if (side === 'bottom') return 0;
  // Above an ending: from the left by track, the lower first; then from the right.
  if (side === 'top') return way.lane !== undefined && way.lane > place.x ? FAR : -(way.track ?? 0);
  if (way.lane === undefined) return 0;
  const distance = Math.abs(way.lane - centre(place));
  const isUp = others.every((other) => middle(placeIn(places, other)) < middle(place));
  return isUp ? distance - FAR : FAR - distance;
}

interface Ground {
  readonly places: ReadonlyMap<string, Place>;
  readonly ports: Ports;
  readonly trackY: (track: number) => number;
}

export function legsOf(way: MapWay, pairs: readonly Pair[], ground: Ground): readonly Leg[] {
  if (isVertical(way, ground.places)) return [straight(way, pairs, ground)];
  return way.to.length > 1 ? spread(way, pairs, ground) : gathered(way, pairs, ground);
}

const idsOf = (pairs: readonly Pair[]): readonly string[] =>
  pairs.flatMap(({ transitions }) => transitions.map(({ id }) => id));

/** Down, or up a little to the left of it. */
function straight(way: MapWay, pairs: readonly Pair[], { places }: Ground): Leg {
  const [source, target] = [placeIn(places, way.from[0] ?? ''), placeIn(places, way.to[0] ?? '')];
  const isDown = source.y < target.y;
  const x = centre(source) + (isDown ? APART : -APART);
  const points = isDown
    ? [
        { x, y: source.y + source.height },
        { x, y: target.y },
      ]
    : [
        { x, y: source.y },
        { x, y: target.y + target.height },
      ];
  return { points, hasHead: true, transitions: idsOf(pairs) };
}

/** From one or several boxes to one. */
function gathered(way: MapWay, pairs: readonly Pair[], ground: Ground): readonly Leg[] {
  const { places, ports } = ground;
  const target = way.to[0] ?? '';
  const side = enteringSide(way, target, places);
  if (side === 'top') return toEnding(way, pairs, ground);
  const y = ports(target, way, side);
  const edge = edgeOf(placeIn(places, target), side);
  const starts = way.from.map((box) => {
    const leaves = leavingSide(way, box, places);
    return { box, at: { x: edgeOf(placeIn(places, box), leaves), y: ports(box, way, leaves) } };
  });
  if (way.lane === undefined) {
    const [start] = starts;
    const points = [
      { x: start?.at.x ?? 0, y },
      { x: edge, y },
    ];
    return [{ points, hasHead: true, transitions: idsOf(pairs) }];
  }
  const lane = way.lane;
  const sorted = [...starts].sort((a, b) => Math.abs(b.at.y - y) - Math.abs(a.at.y - y));
  const covered = { top: y, bottom: y };
  return sorted.map(({ box, at }, index): Leg => {
    const own = idsOf(pairs.filter(({ from }) => from === box));
    const isCovered = at.y >= covered.top && at.y <= covered.bottom && index > 0;
    covered.top = Math.min(covered.top, at.y);
    covered.bottom = Math.max(covered.bottom, at.y);
    const corner = { x: lane, y: at.y };
    const turn = { x: lane, y };
    if (index === 0) return { points: [at, corner, turn, { x: edge, y }], hasHead: true, transitions: idsOf(pairs) };
    return isCovered
      ? { points: [at, corner], hasHead: false, joint: corner, transitions: own }
      : { points: [at, corner, turn, towards(turn, edge)], hasHead: false, transitions: own };
  });
}

/** A little further, so that two lines that meet from both sides bend alike. */
const towards = ({ x, y }: ElkPoint, edge: number): ElkPoint => ({ x: x + Math.sign(edge - x) * APART, y });

const edgeOf = ({ x, width }: Place, side: Side): number => (side === 'left' ? x : x + width);

/** Down a lane, or along a track, to the top of an ending. */
function toEnding(way: MapWay, pairs: readonly Pair[], { places, ports, trackY }: Ground): readonly Leg[] {
  const target = way.to[0] ?? '';
  const place = placeIn(places, target);
  const fits = way.lane !== undefined && way.lane > place.x + APART && way.lane < place.x + place.width - APART;
  const port = fits ? (way.lane ?? 0) : ports(target, way, 'top');
  const y = trackY(way.track ?? 0);
  return way.from.map((box): Leg => {
    const source = placeIn(places, box);
    const leaves = leavingSide(way, box, places);
    const start =
      leaves === 'bottom'
        ? { x: centre(source), y: source.y + source.height }
        : { x: edgeOf(source, leaves), y: ports(box, way, leaves) };
    if (way.joins === true && way.lane !== undefined) {
      const joint = { x: way.lane, y: start.y };
      return { points: [start, joint], hasHead: false, joint, transitions: idsOf(pairs) };
    }
    const down = leaves === 'bottom' ? [] : [{ x: way.lane ?? port, y: start.y }];
    const x = leaves === 'bottom' ? start.x : (way.lane ?? port);
    const along = fits
      ? []
      : [
          { x, y },
          { x: port, y },
        ];
    return { points: [start, ...down, ...along, { x: port, y: place.y }], hasHead: true, transitions: idsOf(pairs) };
  });
}

/** From one box to several endings: one line along a track, with a branch down to each. */
function spread(way: MapWay, pairs: readonly Pair[], { places, ports, trackY }: Ground): readonly Leg[] {
  const box = way.from[0] ?? '';
  const source = placeIn(places, box);
  const y = trackY(way.track ?? 0);
  const leaves = leavingSide(way, box, places);
  const foot = { x: centre(source), y: source.y + source.height };
  const side = { x: edgeOf(source, leaves), y: leaves === 'bottom' ? 0 : ports(box, way, leaves) };
  const trunk = leaves === 'bottom' ? [foot] : [side, { x: way.lane ?? 0, y: side.y }];
  const from = { x: trunk.at(-1)?.x ?? 0, y };
  const ends = way.to.map((ending) => ({ ending, x: ports(ending, way, 'top'), top: placeIn(places, ending).y }));
  const sorted = [...ends].sort((a, b) => Math.abs(b.x - from.x) - Math.abs(a.x - from.x));
  const covered = { left: from.x, right: from.x };
  return sorted.map(({ ending, x, top }, index): Leg => {
    const own = idsOf(pairs.filter(({ to }) => to === ending));
    const isCovered = x >= covered.left && x <= covered.right && index > 0;
    covered.left = Math.min(covered.left, x);
    covered.right = Math.max(covered.right, x);
    const turn = { x, y };
    const end = { x, y: top };
    const told = { hasHead: true, transitions: own, endings: [ending] };
    if (index === 0) return { points: [...trunk, from, turn, end], ...told };
    return isCovered
      ? { points: [turn, end], joint: turn, ...told }
      : { points: [{ x: from.x, y: from.y - APART }, from, turn, end], ...told };
  });
}
