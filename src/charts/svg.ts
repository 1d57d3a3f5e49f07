/**
 * The picture: shapes with places, as one SVG that stands alone.
 *
 * 1. Light and dark in one file, by plain rules; no variable, no script, no font, nothing fetched.
 * 2. Each state carries `data-state-id`, each transition `data-transition-id`, once; an arrow names its transitions in
 *    `data-transition-ids`.
 * 3. Equal scenes give equal text.
 */
import { isExact } from './arrows.js';
import { type Chart, stateCountOf } from './chart.js';
import type { ElkPoint } from './elk.js';
import { commonKind, KINDS } from './kinds.js';
import { type Detail, kindsIn, legendOf } from './legend.js';
import { type ArrowShape, FINAL_FRAME, type Place, ROWS_GAP, type Scene, type StateShape } from './scene.js';
import { STYLE } from './svg-style.js';
import { type Block, FONTS, type Line, line, linesOf, RUN_GAP, type Run, run, sizeOf } from './typeset.js';
import { element, escapeXml, px } from './xml.js';

const MARGIN = 24;
const CORNER = 7;
const BEND = 5;
/** From the middle of a line down to the foot of its letters, in font sizes. */
const BASELINE = 0.36;

export function svgOf(chart: Chart, scene: Scene, detail: Detail): string {
  const title = [line([run('title', chart.id)]), line([run('about', chart.description)])];
  const legend = legendOf(kindsIn(chart), detail);
  const head = sizeOf(title).height + legend.height + 10;
  const width = Math.max(scene.width, legend.width) + 2 * MARGIN;
  const height = scene.height + head + 2 * MARGIN;
  const about = `${chart.description} ${stateCountOf(chart)} states, ${chart.transitions.length} transitions.`;
  const parts = [
    element('title', {}, escapeXml(`Statechart ${chart.id}`)),
    element('desc', {}, escapeXml(about)),
    element('style', {}, escapeXml(STYLE)),
    element('defs', {}, KINDS.map((kind) => arrowHead(kind)).join('')),
    element('rect', { class: 'page', width, height }),
    linesAt(title, MARGIN, MARGIN),
    element('g', { class: 'legend', transform: at(MARGIN, MARGIN + sizeOf(title).height + 4) }, legend.body),
    element('g', { transform: at(MARGIN, MARGIN + head) }, body(scene, detail)),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${px(width)} ${px(height)}`,
    width,
    height,
    role: 'img',
    'data-chart': chart.id,
  };
  return `${element('svg', attributes, `\n${parts.join('\n')}\n`)}\n`;
}

/** A scene alone, without page, title and legend: to stand in a page that has these, and the style. */
export function innerSvgOf(scene: Scene, id: string, scale: number): string {
  const { width, height } = scene;
  const attributes = {
    viewBox: `0 0 ${px(width)} ${px(height)}`,
    width: width * scale,
    height: height * scale,
    role: 'img',
    'aria-label': `What is inside ${id}`,
  };
  return element('svg', attributes, body(scene, 'overview'));
}

const at = (x: number, y: number): string => `translate(${px(x)} ${px(y)})`;

function body(scene: Scene, detail: Detail): string {
  return [
    ...scene.states.map(boxOf),
    ...scene.initials.map(({ dot, path }) =>
      [
        element('circle', { class: 'dot', cx: dot.x + dot.width / 2, cy: dot.y + dot.height / 2, r: dot.width / 2 }),
        element('path', { class: 'arrow step', d: roundedPath(path), 'marker-end': 'url(#head-step)' }),
      ].join(''),
    ),
    ...scene.arrows.map((shape) => lineOf(shape, detail)),
    ...scene.arrows.map(labelOf),
  ].join('\n');
}

function boxOf({ state, place, text, lines, rows }: StateShape): string {
  if (state.parent === undefined) return element('g', { class: 'root', 'data-state-id': state.id });
  const classes = ['state', state.type, ...(state.transient ? ['transient'] : [])].join(' ');
  const box = (inset: number): string =>
    element('rect', {
      class: 'box',
      x: place.x + inset,
      y: place.y + inset,
      width: place.width - 2 * inset,
      height: place.height - 2 * inset,
      rx: CORNER - inset,
    });
  const boxes = state.type === 'final' ? [box(0), box(FINAL_FRAME)] : [box(0)];
  const isCard = rows.length > 0 || state.children.length > 0;
  const title = isCard ? linesAt(lines, text.x, text.y) : centred(lines, place);
  return element('g', { class: classes, 'data-state-id': state.id }, ...boxes, title, rowsAt(rows, lines, text));
}

function rowsAt(rows: readonly Block[], lines: readonly Line[], text: ElkPoint): string {
  if (rows.length === 0) return '';
  const heading = sizeOf(lines);
  const width = Math.max(heading.width, sizeOf(linesOf(rows)).width);
  const top = text.y + heading.height + ROWS_GAP;
  const y = top - ROWS_GAP / 2;
  const divider = element('line', { class: 'divider', x1: text.x, x2: text.x + width, y1: y, y2: y });
  const tops = runningTotal(rows.map((row) => sizeOf(row.lines).height));
  const blocks = rows.map(({ lines: written, transitions }, index) =>
    transitions.reduce(
      (inner, id) => element('g', { class: 'transition', 'data-transition-id': id }, inner),
      linesAt(written, text.x, top + (tops[index] ?? 0)),
    ),
  );
  return divider + blocks.join('');
}

/** 0, a, a + b, … */
function runningTotal(values: readonly number[]): readonly number[] {
  let sum = 0;
  return values.map((value) => {
    sum += value;
    return sum - value;
  });
}

function lineOf({ arrow, path }: ArrowShape, detail: Detail): string {
  const transitions = arrow.drawn.flatMap((drawn) => drawn.transitions);
  const kind = commonKind(transitions);
  // At a glance a state's frame stands for all of its substates.
  const isStub = detail === 'detail' && (!isExact(arrow).source || arrow.source === arrow.within);
  const line = element('path', {
    class: `arrow ${kind}`,
    d: roundedPath(path),
    'marker-start': isStub ? `url(#inside-${kind})` : undefined,
    'marker-end': `url(#head-${kind})`,
  });
  return element('g', { class: 'way', 'data-transition-ids': transitions.map(({ id }) => id).join(' ') }, line);
}

function labelOf({ label }: ArrowShape): string {
  if (label === undefined) return '';
  const { place, lines } = label;
  return element(
    'g',
    { class: 'label' },
    element('rect', { class: 'halo', ...rounded(place), rx: 3 }),
    centred(lines, place),
  );
}

const rounded = ({ x, y, width, height }: Place): Record<string, number> => ({ x, y, width, height });

/** In the middle of a place, each line by itself. */
function centred(lines: readonly Line[], place: Place): string {
  const top = place.y + (place.height - sizeOf(lines).height) / 2;
  const tops = runningTotal(lines.map(({ height }) => height));
  return lines
    .map((line, index) => linesAt([line], place.x + (place.width - line.width) / 2, top + (tops[index] ?? 0)))
    .join('');
}

function linesAt(lines: readonly Line[], left: number, top: number): string {
  const tops = runningTotal(lines.map(({ height }) => height));
  return lines
    .flatMap(({ indent, runs, height }, index) => {
      const lefts = runningTotal(runs.map(({ width }) => width + RUN_GAP));
      const middle = top + (tops[index] ?? 0) + height / 2;
      return runs.map((run, place) => textAt(run, left + indent + (lefts[place] ?? 0), middle));
    })
    .join('');
}

function textAt({ style, text, width, kind }: Run, x: number, middle: number): string {
  const attributes = {
    class: kind === undefined ? style : `${style} ${kind}`,
    x,
    y: middle + FONTS[style].size * BASELINE,
    textLength: width,
    lengthAdjust: 'spacingAndGlyphs',
  };
  return element('text', attributes, escapeXml(text));
}

/** Straight lines with rounded corners. */
export function roundedPath(points: readonly ElkPoint[]): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  const parts = others.map((point, index) => {
    const before = points[index] ?? point;
    const after = points[index + 2];
    if (after === undefined) return `L${px(point.x)} ${px(point.y)}`;
    const start = towards(point, before);
    const end = towards(point, after);
    return `L${px(start.x)} ${px(start.y)}Q${px(point.x)} ${px(point.y)} ${px(end.x)} ${px(end.y)}`;
  });
  return `M${px(first.x)} ${px(first.y)}${parts.join('')}`;
}

/** The point near a corner, at most half the way to the next. */
function towards(corner: ElkPoint, next: ElkPoint): ElkPoint {
  const length = Math.hypot(next.x - corner.x, next.y - corner.y);
  const share = length === 0 ? 0 : Math.min(BEND, length / 2) / length;
  return { x: corner.x + (next.x - corner.x) * share, y: corner.y + (next.y - corner.y) * share };
}

export const arrowHead = (kind: string, size = 7): string =>
  marker(`head-${kind}`, size, 7.2, element('path', { class: `head ${kind}`, d: 'M0 0.6L8 4L0 7.4Z' })) +
  marker(`inside-${kind}`, 7, 4, element('circle', { class: `inside ${kind}`, cx: 4, cy: 4, r: 2.6 }));

const marker = (id: string, size: number, refX: number, shape: string): string =>
  element(
    'marker',
    {
      id,
      viewBox: '0 0 8 8',
      refX,
      refY: 4,
      markerWidth: size,
      markerHeight: size,
      markerUnits: 'userSpaceOnUse',
      orient: 'auto',
    },
    shape,
  );
