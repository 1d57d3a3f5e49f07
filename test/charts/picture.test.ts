/**
 * The pictures: complete, well-formed, the same each time, and fit to be looked at.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { gatheredArrows } from '../../src/charts/arrows.js';
import { isInside } from '../../src/charts/chart.js';
import { detailOf } from '../../src/charts/detail.js';
import { KINDS } from '../../src/charts/kinds.js';
import { deadlineText } from '../../src/charts/notation.js';
import { overviewOf } from '../../src/charts/overview.js';
import { PADDING, type Place, ROWS_GAP, type Scene } from '../../src/charts/scene.js';
import { svgOf } from '../../src/charts/svg.js';
import { STYLE } from '../../src/charts/svg-style.js';
import { linesOf, sizeOf } from '../../src/charts/typeset.js';
import {
  allElements,
  attributeValues,
  charts,
  DRAWING_TIMEOUT_MS,
  drawn,
  drawnFile,
  parseXml,
} from './charts.support.js';

const sorted = (values: readonly string[]): readonly string[] => [...values].sort();

/** The pictures of one generation; the scenes below belong to another. */
beforeAll(async () => void (await drawn()), DRAWING_TIMEOUT_MS);

it('no file names a date, a version or a place', async () => {
  const { files } = await drawn();
  for (const [name, text] of files) {
    expect(text.match(/\b20\d\d-\d\d-\d\d|\d+\.\d+\.\d+\b|file:|\/home\//), name).toBe(null);
    expect(text.endsWith('\n') && !text.includes('\r'), name).toBe(true);
  }
});

describe.each(charts)('$file.svg', ({ file, chart }) => {
  it('shows every state and every transition of the machine exactly once', async () => {
    const svg = parseXml(await drawnFile(`${file}.svg`));
    expect(sorted(attributeValues(svg, 'data-state-id'))).toEqual(sorted(chart.states.map(({ id }) => id)));
    expect(sorted(attributeValues(svg, 'data-transition-id'))).toEqual(sorted(chart.transitions.map(({ id }) => id)));
  });

  it('names in each row what its transition says', async () => {
    const svg = parseXml(await drawnFile(`${file}.svg`));
    for (const { id, rules, targets, guard } of chart.transitions) {
      const row = allElements(svg).find(({ attributes }) => attributes['data-transition-id'] === id);
      const words = allElements(row ?? svg)
        .map(({ text }) => text)
        .join(' ');
      expect(words, id).toContain(rules.join(' '));
      if (guard !== undefined) expect(words, id).toContain(String(Object.values(guard.params ?? {})[0] ?? guard.name));
      if (targets[0] !== undefined && guard?.name !== 'isRefusedBy') {
        expect(words, id).toContain(targets[0].split('.').at(-1));
      }
    }
  });

  it('is told to those who do not see it, stands alone, and knows light and dark', async () => {
    for (const name of [`${file}.svg`, `${file}.overview.svg`]) {
      const text = await drawnFile(name);
      const svg = parseXml(text);
      expect(svg.attributes['role']).toBe('img');
      expect(svg.children.slice(0, 2).map((child) => [child.name, child.text !== ''])).toEqual([
        ['title', true],
        ['desc', true],
      ]);
      expect(text).toContain('@media (prefers-color-scheme:dark)');
      expect(text).not.toMatch(/var\(|<script|<image|href|@import|@font-face/);
    }
  });
});

it('each kind of arrow has a stroke of its own, so that no colour is needed to tell them apart', () => {
  const strokes = KINDS.map((kind) => {
    const rules = [...STYLE.matchAll(new RegExp(`\\.arrow\\.${kind}\\{([^}]*)\\}`, 'g'))];
    return rules.map(([, own = '']) => own).filter((own) => !own.startsWith('stroke:'));
  });
  expect(new Set(strokes.map((own) => own.join())).size).toBe(KINDS.length);
});

describe.each(charts)('$file.overview.svg', ({ file, chart }) => {
  it('names on each arrow the events and guards that lead along it, a deadline by its own name', async () => {
    const { layout } = await drawn();
    const { arrows } = await overviewOf(chart, layout);
    for (const { arrow, label } of arrows) {
      const runs = (label?.lines ?? []).flatMap((one) => one.runs);
      const words = (style: string) => runs.filter((one) => one.style === style).map(({ text }) => text);
      const transitions = arrow.drawn.map(({ transitions: [first] }) => first);
      const events = transitions.filter(({ event }) => event !== undefined);
      expect(new Set(words('event'))).toEqual(new Set(events.map((one) => deadlineText(one) || one.event)));
      expect(words('event')).toHaveLength(new Set(words('event')).size);
      const guards = transitions.filter((one) => deadlineText(one) === '').flatMap(({ guard }) => guard?.name ?? []);
      const named = words('guard').filter((guard) => guard !== 'else');
      expect(new Set(named.map((guard) => /\w+/.exec(guard)?.[0]))).toEqual(new Set(guards));
    }
  });

  it('shows every state, and an arrow for every way from one to another', async () => {
    const svg = parseXml(await drawnFile(`${file}.overview.svg`));
    expect(sorted(attributeValues(svg, 'data-state-id'))).toEqual(sorted(chart.states.map(({ id }) => id)));
    expect(attributeValues(svg, 'data-transition-ids')).toHaveLength(gatheredArrows(chart).length);
  });
});

const overlap = (a: Place, b: Place): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const within = (inner: Place, outer: Place): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe.each(
  charts.flatMap(({ file, chart }) => [
    { name: `${file}.svg`, chart, kind: 'detail' as const, sceneOf: detailOf },
    { name: `${file}.overview.svg`, chart, kind: 'overview' as const, sceneOf: overviewOf },
  ]),
)('$name', ({ name, chart, kind, sceneOf }) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await sceneOf(chart, (await drawn()).layout);
  }, DRAWING_TIMEOUT_MS);

  it('is the same, byte for byte, drawn another time', async () => {
    expect(svgOf(chart, scene, kind)).toBe(await drawnFile(name));
  });

  it('keeps substates inside their state, and neighbours apart', () => {
    const { states } = scene;
    for (const { state, place } of states) {
      for (const other of states) {
        const nested = isInside(chart, state.id, other.state.id);
        if (nested) expect(within(place, other.place), `${state.id} in ${other.state.id}`).toBe(true);
        else if (state !== other.state && !isInside(chart, other.state.id, state.id)) {
          expect(overlap(place, other.place), `${state.id} over ${other.state.id}`).toBe(false);
        }
      }
    }
  });

  it('keeps text inside its box, clear of the substates', () => {
    const { states } = scene;
    for (const { state, place, text, lines, rows } of states.slice(1)) {
      const heading = sizeOf(lines);
      const below = sizeOf(linesOf(rows));
      const height = heading.height + (rows.length > 0 ? ROWS_GAP + below.height : 0);
      const written = { ...text, width: Math.max(heading.width, below.width), height };
      if (state.children.length > 0) expect(within(written, place), state.id).toBe(true);
      else expect(written.width + PADDING.x <= place.width && height + PADDING.y <= place.height, state.id).toBe(true);
      for (const inner of states.filter((one) => one.state.parent === state.id)) {
        expect(overlap(written, inner.place), `${state.id} and ${inner.state.id}`).toBe(false);
      }
    }
  });

  it('lays no label over another, nor over a state', () => {
    const { states, arrows } = scene;
    const labels = arrows.flatMap(({ label }) => label ?? []);
    const leaves = states.filter(({ state }) => state.children.length === 0);
    for (const [index, { place }] of labels.entries()) {
      for (const other of labels.slice(index + 1)) expect(overlap(place, other.place)).toBe(false);
      for (const leaf of leaves) expect(overlap(place, leaf.place), leaf.state.id).toBe(false);
    }
  });

  it('routes every arrow in right angles, through no state that has no part in it', () => {
    const { states, arrows } = scene;
    for (const { arrow, path } of arrows) {
      expect(path.length).toBeGreaterThan(1);
      for (const [index, point] of path.slice(1).entries()) {
        const from = path[index] ?? point;
        expect(Math.min(Math.abs(from.x - point.x), Math.abs(from.y - point.y))).toBeLessThan(0.01);
        const segment = {
          x: Math.min(from.x, point.x),
          y: Math.min(from.y, point.y),
          width: Math.abs(from.x - point.x),
          height: Math.abs(from.y - point.y),
        };
        const hit = states.filter(
          ({ state, place }) =>
            state.children.length === 0 && ![arrow.source, arrow.target].includes(state.id) && overlap(segment, place),
        );
        expect(
          hit.map(({ state }) => state.id),
          `${arrow.source} → ${arrow.target}`,
        ).toEqual([]);
      }
    }
  });
});
