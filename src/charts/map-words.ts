/**
 * Where the words of a map's line stand: beside a straight line, before a target, or where the plan says.
 */
import type { ElkPoint } from './elk.js';
import type { MapWay } from './map-plan.js';
import { isVertical, type Leg } from './map-routes.js';
import type { Place } from './scene.js';
import { textWidth } from './text-size.js';

export interface MapLabel {
  readonly place: Place;
  readonly lines: readonly string[];
  readonly align: 'start' | 'middle' | 'end';
}

export const WORDS_FONT = 11.5;
export const WORDS_LINE = 14;
const CLEAR = 4;

export function labelOf(way: MapWay, legs: readonly Leg[], places: ReadonlyMap<string, Place>): MapLabel {
  const lines = way.words.split('|');
  const width = Math.max(...lines.map((words) => textWidth(words, 'sans', WORDS_FONT)));
  const height = lines.length * WORDS_LINE;
  const points = legs[0]?.points ?? [];
  if (isVertical(way, places)) {
    const [from, to] = [pointAt(points, 0), pointAt(points, 1)];
    const isDown = from.y < to.y;
    const y = (from.y + to.y) / 2 - height / 2;
    const x = isDown ? from.x + CLEAR + 2 : from.x - CLEAR - 2 - width;
    return { lines, align: isDown ? 'start' : 'end', place: { x, y, width, height } };
  }
  const [from, to] = segmentOf(way, points);
  const y = way.label?.below === true ? from.y + 2 : from.y - height - 2;
  const { x: fixed, align } = way.label ?? {};
  if (fixed !== undefined) {
    const left = align === 'right' ? fixed - width : fixed;
    return { lines, align: align === 'right' ? 'end' : 'start', place: { x: left, y, width, height } };
  }
  // Clear of the head of the arrow, and of the lane.
  const x = (from.x + to.x + (from.x < to.x ? -6 : 6)) / 2 - width / 2;
  return { lines, align: 'middle', place: { x, y, width, height } };
}

/** The horizontal part beside which the words stand. */
function segmentOf({ label }: MapWay, points: readonly ElkPoint[]): readonly [ElkPoint, ElkPoint] {
  if (label?.at === 'exit') return [pointAt(points, 0), pointAt(points, 1)];
  if (label?.at === 'track') return [pointAt(points, points.length - 3), pointAt(points, points.length - 2)];
  return [pointAt(points, points.length - 2), pointAt(points, points.length - 1)];
}

const pointAt = (points: readonly ElkPoint[], index: number): ElkPoint => points[index] ?? { x: 0, y: 0 };
