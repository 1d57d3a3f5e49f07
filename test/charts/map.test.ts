/**
 * The map: every way of the chart, in words that still hold, and legible at the width of a README.
 */
import { describe, expect, it } from 'vitest';
import { mapOf } from '../../src/charts/map.js';
import { checkPlan, MapPlanError, pairsOf } from '../../src/charts/map-check.js';
import { partedPieces, piecesOf } from '../../src/charts/map-pieces.js';
import { type MapPlan, planOf } from '../../src/charts/map-plan.js';
import { mapSvgOf } from '../../src/charts/map-svg.js';
import type { Place } from '../../src/charts/scene.js';
import { FINAL_STATUSES } from '../../src/domain/result.js';
import { allElements, attributeValues, charts, parseXml } from './charts.support.js';

/** Width of the text column of a README. */
const README_PX = 700;
/** Height over width of an upright A sheet. */
const SHEET = Math.SQRT2;

const maps = charts.map(({ file, chart }) => {
  const plan = planOf(chart);
  const scene = mapOf(chart, plan);
  return { file, chart, plan, scene, text: mapSvgOf(chart, scene) };
});

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe.each(maps)('$file.map.svg', ({ chart, plan, scene, text }) => {
  const svg = parseXml(text);

  it('shows every top state and every ending once', () => {
    const tops = chart.states.filter(({ parent }) => parent === chart.id).map(({ id }) => id);
    expect([...attributeValues(svg, 'data-state-id')].sort()).toEqual([...tops].sort());
  });

  it('has a line for every transition that leads from one top state to another', () => {
    const leading = pairsOf(chart).flatMap(({ transitions }) => transitions.map(({ id }) => id));
    const drawn = attributeValues(svg, 'data-transition-ids').flatMap((ids) => ids.split(' '));
    expect(new Set(drawn)).toEqual(new Set(leading));
  });

  it('a line that gathers several ways is cut where they join: each piece names what runs along it, and only that', () => {
    const gathers = scene.lines.filter(
      ({ way, legs }) => way.to.length === 1 && legs.length > 1 && legs.filter(({ hasHead }) => hasHead).length === 1,
    );
    for (const { way, legs } of gathers) {
      const pieces = piecesOf(legs);
      const pairs = pairsOf(chart).filter(({ from, to }) => way.from.includes(from) && way.to.includes(to));
      const begins = pieces.map(({ points }) => points[0]);
      for (const box of way.from) {
        const own = pairs
          .filter(({ from }) => from === box)
          .flatMap(({ transitions }) => transitions.map(({ id }) => id));
        const first = pieces.filter(({ transitions }) => transitions.length === own.length);
        expect(
          first.some(({ transitions }) => own.every((id) => transitions.includes(id))),
          box,
        ).toBe(true);
      }
      expect(new Set(pieces.find(({ hasHead }) => hasHead)?.transitions)).toEqual(
        new Set(legs.flatMap(({ transitions }) => transitions)),
      );
      expect(begins.every((point) => point !== undefined)).toBe(true);
    }
  });

  it('a line that leads to several endings is cut where they part: one path of pieces to each, and no piece leads elsewhere', () => {
    for (const { way, legs } of scene.lines.filter(({ way: { to } }) => to.length > 1)) {
      const pieces = partedPieces(legs);
      const begin = pieces[0]?.points[0];
      for (const ending of way.to) {
        const own = pieces.filter(({ endings }) => endings?.includes(ending) === true);
        expect(own.filter(({ hasHead }) => hasHead).map(({ endings }) => endings)).toEqual([[ending]]);
        // Piece by piece: each begins where another of them ends.
        const ends = own.map(({ points }) => JSON.stringify(points.at(-1)));
        for (const { points } of own)
          if (points[0] !== begin) expect(ends, ending).toContain(JSON.stringify(points[0]));
      }
    }
  });

  it('is legible at the width of a README, and fits a sheet of A5', () => {
    const [, , width = 0, height = 0] = (svg.attributes['viewBox'] ?? '').split(' ').map(Number);
    expect(height / width).toBeLessThanOrEqual(SHEET);
    const style = allElements(svg).find(({ name }) => name === 'style')?.text ?? '';
    const sizes = new Map([...style.matchAll(/\.([\w-]+)\{[^}]*?([\d.]+)px/g)].map(([, name, size]) => [name, size]));
    const classes = allElements(svg).flatMap(({ name, attributes }) =>
      name === 'text' ? (attributes['class'] ?? '').split(' ')[0] : [],
    );
    expect(classes.length).toBeGreaterThan(10);
    for (const name of classes) expect((Number(sizes.get(name)) * README_PX) / width, name).toBeGreaterThanOrEqual(11);
  });

  it('lays no words over a box, over other words or over a line', () => {
    const boxes = [...scene.states, ...scene.endings].map(({ place }) => place);
    const words = scene.lines.map(({ label }) => label.place);
    for (const [index, place] of words.entries()) {
      for (const other of [...boxes, ...words.slice(index + 1)]) expect(overlap(place, other), `${index}`).toBe(false);
      for (const { way, legs } of scene.lines) {
        for (const segment of legs.flatMap(({ points }) => segmentsOf(points)))
          expect(overlap(place, segment), `${scene.lines[index]?.way.words} under ${way.words}`).toBe(false);
      }
      expect(place.x >= 0 && place.x + place.width <= plan.width).toBe(true);
    }
  });

  it('leads every line in right angles, from box to box, through none', () => {
    const boxes = [...scene.states, ...scene.endings].map(({ place }) => place);
    for (const { way, legs } of scene.lines) {
      for (const { points } of legs) {
        for (const segment of segmentsOf(points)) {
          expect(Math.min(segment.width, segment.height), way.words).toBeLessThan(0.01);
          for (const box of boxes) expect(overlap(segment, inner(box)), way.words).toBe(false);
        }
      }
    }
  });

  it('lets no two lines share a part, but where they join', () => {
    const segments = scene.lines.flatMap(({ way, legs }) =>
      legs.flatMap(({ points }) => segmentsOf(points).map((segment) => ({ way, segment }))),
    );
    for (const [index, { way, segment }] of segments.entries()) {
      for (const other of segments.slice(index + 1)) {
        if (other.way === way) continue;
        const [a, b] = [segment, other.segment];
        const sharesLane =
          a.width === 0 && b.width === 0 && Math.abs(a.x - b.x) < 3 && shares(a.y, a.height, b.y, b.height);
        const sharesRow =
          a.height === 0 && b.height === 0 && Math.abs(a.y - b.y) < 3 && shares(a.x, a.width, b.x, b.width);
        expect(sharesLane || sharesRow, `${way.words} on ${other.way.words}`).toBe(false);
      }
    }
  });

  it('is the same, byte for byte, another time, for light and dark, and stands alone', () => {
    expect(mapSvgOf(chart, mapOf(chart, plan))).toBe(text);
    expect(text).toContain('@media (prefers-color-scheme:dark)');
    expect(text).not.toMatch(/var\(|<script|<image|href|@import|@font-face/);
    expect(svg.children.slice(0, 2).map(({ name }) => name)).toEqual(['title', 'desc']);
  });
});

function segmentsOf(points: readonly { readonly x: number; readonly y: number }[]): readonly Place[] {
  return points.slice(1).map((point, index) => {
    const from = points[index] ?? point;
    const [x, y] = [Math.min(from.x, point.x), Math.min(from.y, point.y)];
    return { x, y, width: Math.abs(from.x - point.x), height: Math.abs(from.y - point.y) };
  });
}

const shares = (a: number, long: number, b: number, other: number): boolean =>
  Math.min(a + long, b + other) - Math.max(a, b) > 0.5;

const inner = ({ x, y, width, height }: Place): Place => ({ x: x + 1, y: y + 1, width: width - 2, height: height - 2 });

describe('the outcomes of an execution on its map', () => {
  const { chart } = maps[0] ?? {};
  const ends = chart === undefined ? [] : pairsOf(chart).filter(({ to }) => to === to.toUpperCase());

  it('E3: are all final statuses, each told apart', () => {
    expect(new Set(ends.map(({ to }) => to))).toEqual(new Set(FINAL_STATUSES));
  });

  it('K2 V9: REJECTED comes from before the order alone', () => {
    expect(ends.filter(({ to }) => to === 'REJECTED').map(({ from }) => from)).toEqual(['validating', 'submitted']);
  });

  it('R4: an order that is filled ends after reconciliation alone', () => {
    const fills = ends.filter(({ to }) => to === 'FILLED' || to === 'EXECUTED_FULL_LATE');
    expect(fills.map(({ from }) => from)).toEqual(['reconciling', 'reconciling']);
  });
});

describe('a plan that is not the chart’s', () => {
  const [execution] = maps;
  if (execution === undefined) throw new Error('there is no map');
  const { chart, plan } = execution;
  const [first, ...others] = plan.ways;
  if (first === undefined) throw new Error('the plan has no way');
  const [, ...states] = Object.entries(plan.places);

  it.each<readonly [string, MapPlan, string]>([
    ['a way is missing', { ...plan, ways: others }, 'way missing: validating → submitted'],
    ['a way is twice', { ...plan, ways: [first, ...plan.ways] }, 'way twice: validating → submitted'],
    [
      'a way leads nowhere',
      { ...plan, ways: [...plan.ways, { ...first, from: ['late'] }] },
      'way stale: late → submitted',
    ],
    ['a cause is untold', { ...plan, ways: [{ ...first, of: [] }, ...others] }, 'missing: BROKER_ASKED'],
    ['a cause is no more', { ...plan, ways: [{ ...first, of: ['BROKER_ASKED', 'isOld'] }, ...others] }, 'stale: isOld'],
    ['a state has no place', { ...plan, places: Object.fromEntries(states) }, 'place missing: validating'],
    ['an ending is unknown', { ...plan, endings: [...plan.endings, 'LOST'] }, 'ending stale: LOST'],
  ])('is refused: %s', (_name, wrong, sentence) => {
    expect(() => checkPlan(chart, wrong)).toThrow(MapPlanError);
    expect(() => checkPlan(chart, wrong)).toThrow(sentence);
  });
});
