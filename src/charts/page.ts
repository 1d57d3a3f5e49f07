/**
 * Which of several sizes each box is to have, so that all of them, in layers from the top down, print as large as
 * possible on one page.
 *
 * 1. The sheet is of the A series, upright. What the arrows take is estimated; the layout engine has the last word.
 */
import type { Size } from './typeset.js';

/** Height of an A sheet over its width. */
const SHEET = Math.SQRT2;
/** What arrows take beside the boxes, and between two layers of them. */
const BESIDE = 300;
const BETWEEN = 60;

/**
 * For each box the number of the size to take.
 *
 * @param boxes the sizes that each box may have
 * @param layers the layer of each box, from 0
 */
export function chooseSizes(boxes: readonly (readonly Size[])[], layers: readonly number[]): readonly number[] {
  const rows = [...new Set(layers)].map((layer) => [...layers.keys()].filter((box) => layers[box] === layer));
  const ways = rows.map((row) => waysOf(row, boxes));
  const widths = [...new Set(ways.flatMap((options) => options.map(({ width }) => width)))];
  const pages = widths.map((limit) => {
    const taken = ways.map((options) => lowest(options, limit));
    const width = Math.max(...taken.map((way) => way.width)) + BESIDE;
    const height = taken.reduce((sum, way) => sum + way.height + BETWEEN, 0);
    return { taken, scale: Math.min(1 / width, SHEET / height) };
  });
  const best = pages.reduce((one, other) => (other.scale > one.scale ? other : one));
  const chosen = new Map(best.taken.flatMap(({ numbers }) => [...numbers]));
  return [...boxes.keys()].map((box) => chosen.get(box) ?? 0);
}

interface Way extends Size {
  /** Number of the size, by box. */
  readonly numbers: ReadonlyMap<number, number>;
}

/** All combinations of sizes that the boxes of one layer may have. */
const waysOf = (row: readonly number[], boxes: readonly (readonly Size[])[]): readonly Way[] =>
  row.reduce<readonly Way[]>(
    (ways, box) =>
      ways.flatMap(({ width, height, numbers }) =>
        (boxes[box] ?? []).map((size, number) => ({
          width: width + size.width,
          height: Math.max(height, size.height),
          numbers: new Map([...numbers, [box, number] as const]),
        })),
      ),
    [{ width: 0, height: 0, numbers: new Map() }],
  );

/** The lowest that is not wider than the limit; if all are, the narrowest. */
function lowest(ways: readonly Way[], limit: number): Way {
  const overflow = ({ width }: Way) => Math.max(0, width - limit);
  return ways.reduce((one, other) => {
    const wider = overflow(other) - overflow(one);
    return wider < 0 || (wider === 0 && other.height < one.height) ? other : one;
  });
}

/** Layer of each box: below all that lead to it, but for those that only lead back. */
export function layersOf(
  ids: readonly string[],
  ways: readonly (readonly [from: string, to: string])[],
): readonly number[] {
  const layers = new Map<string, number>();
  const under = new Set<string>();
  const layerOf = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    under.add(id);
    const above = ways
      .filter(([from, to]) => to === id && from !== id && !under.has(from))
      .map(([from]) => layerOf(from));
    under.delete(id);
    const layer = Math.max(-1, ...above) + 1;
    layers.set(id, layer);
    return layer;
  };
  return ids.map(layerOf);
}
