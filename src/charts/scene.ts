/**
 * Shapes with places: what a layout hands to the SVG writer.
 */
import type { Arrow } from './arrows.js';
import type { ChartState } from './chart.js';
import type { ElkEdge, ElkPoint, ElkShape } from './elk.js';
import type { Block, Line, Size } from './typeset.js';

export interface Place extends Size {
  readonly x: number;
  readonly y: number;
}

export interface StateShape {
  readonly state: ChartState;
  readonly place: Place;
  /** Where the heading begins, and the rows below it. */
  readonly text: ElkPoint;
  readonly lines: readonly Line[];
  readonly rows: readonly Block[];
}

export interface ArrowShape {
  readonly arrow: Arrow;
  readonly path: readonly ElkPoint[];
  readonly label?: { readonly place: Place; readonly lines: readonly Line[] };
}

/** From the dot to the substate that is entered first. */
interface InitialShape {
  readonly of: string;
  readonly dot: Place;
  readonly path: readonly ElkPoint[];
}

export interface Scene extends Size {
  readonly states: readonly StateShape[];
  readonly arrows: readonly ArrowShape[];
  readonly initials: readonly InitialShape[];
}

/** Inside a box, around its text. */
export const PADDING = { x: 10, y: 7 } as const;
/** Between heading and rows. */
export const ROWS_GAP = 7;
/** Between the two borders of a final state. */
export const FINAL_FRAME = 3;
/** Around an arrow's label. */
export const LABEL_PADDING = 2;
export const DOT = 11;

export const placeOf = ({ x = 0, y = 0, width = 0, height = 0 }: ElkShape): Place => ({ x, y, width, height });

export const pathOf = (edge: ElkEdge | undefined): readonly ElkPoint[] =>
  (edge?.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);

/** The scene, moved. */
export function moved({ states, arrows, initials, width, height }: Scene, dx: number, dy: number): Scene {
  const point = <Point extends ElkPoint>(at: Point): Point => ({ ...at, x: at.x + dx, y: at.y + dy });
  return {
    width,
    height,
    states: states.map((shape) => ({ ...shape, place: point(shape.place), text: point(shape.text) })),
    arrows: arrows.map(({ arrow, path, label }) => ({
      arrow,
      path: path.map(point),
      ...(label !== undefined && { label: { ...label, place: point(label.place) } }),
    })),
    initials: initials.map(({ of, dot, path }) => ({ of, dot: point(dot), path: path.map(point) })),
  };
}
