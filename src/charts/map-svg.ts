/**
 * A map as SVG that stands alone, for light and dark, no text smaller than 11 px at a width of 700 px.
 *
 * 1. A state carries `data-state-id`, an ending also `data-outcome`; a line names all of its transitions in
 *    `data-transition-ids`, and in `data-endings` the endings that it leads to.
 */
import { type Chart, stateCountOf } from './chart.js';
import { KINDS, type Kind } from './kinds.js';
import { EDGE, ENDING_FONT, type MapEnding, type MapLine, type MapScene, type MapState } from './map.js';
import { partedPieces, piecesOf } from './map-pieces.js';
import { WORDS_FONT, WORDS_LINE } from './map-words.js';
import { arrowHead, roundedPath } from './svg.js';
import { MAP_STYLE } from './svg-style.js';
import { type Font, textWidth } from './text-size.js';
import { element, escapeXml } from './xml.js';

const SMALL = 11;
const NAME = 14;
const TITLE = 20;
const INSET = 2.5;
/** Side of an arrow head. */
const HEAD = 9;

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  step: 'next step',
  fill: 'filled',
  failure: 'refused, closed or failed',
  deadline: 'deadline',
  switch: 'kill switch',
  restart: 'restart',
};

export function mapSvgOf(chart: Chart, scene: MapScene): string {
  const { width, height, states, frame, endings, lines, initial, plan, footTop } = scene;
  const about = `${chart.description} The ${states.length + endings.length} top states and endings of ${stateCountOf(chart)} states, ${chart.transitions.length} transitions.`;
  const parts = [
    element('title', {}, escapeXml(`Map of ${chart.id}`)),
    element('desc', {}, escapeXml(about)),
    element('style', {}, escapeXml(MAP_STYLE)),
    element('defs', {}, KINDS.map((kind) => arrowHead(kind, HEAD)).join('')),
    element('rect', { class: 'page', width, height }),
    text(chart.id, 'map-title', 'bold', TITLE, EDGE, 33, 'start'),
    text(chart.description, 'map-about', 'sans', 12, EDGE, 53, 'start'),
    ...(frame === undefined ? [] : [frameAt(frame, scene)]),
    element('circle', { class: 'dot', cx: initial.dot.x, cy: initial.dot.y, r: 6 }),
    element('path', { class: 'arrow step', d: roundedPath(initial.path), 'marker-end': 'url(#head-step)' }),
    ...lines.map((line) => lineAt(line, plan.endings)),
    ...lines.map(wordsAt),
    ...states.map(stateAt),
    ...endings.map((ending) => endingAt(ending, frame !== undefined)),
    text(plan.note, 'map-small', 'sans', SMALL, EDGE, footTop + 9, 'start'),
    legend(scene, footTop + 26),
  ];
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${Math.round(height)}`,
    width,
    height: Math.round(height),
    role: 'img',
    'data-chart': chart.id,
  };
  return `${element('svg', attributes, `\n${parts.join('\n')}\n`)}\n`;
}

function stateAt({ state, place, about }: MapState): string {
  const middle = place.x + place.width / 2;
  return element(
    'g',
    { class: state.transient ? 'state transient' : 'state', 'data-state-id': state.id },
    element('rect', { class: 'box', ...place, rx: 7 }),
    text(state.key, 'map-name', 'bold', NAME, middle, place.y + 19, 'middle'),
    text(about, 'map-small', 'sans', SMALL, middle, place.y + 35, 'middle'),
  );
}

/** A status of a state that is drawn around it, or a state of its own. */
function endingAt({ name, state, place, tone }: MapEnding, isStatus: boolean): string {
  const { x, y, width, height } = place;
  const inner = { x: x + INSET, y: y + INSET, width: width - 2 * INSET, height: height - 2 * INSET };
  return element(
    'g',
    {
      class: `state ending ${tone}`,
      'data-state-id': isStatus ? undefined : state.id,
      'data-outcome': isStatus ? name : undefined,
    },
    element('rect', { class: 'box', ...place, rx: 6 }),
    element('rect', { class: 'box', ...inner, rx: 4 }),
    text(name, 'map-ending', 'monoBold', ENDING_FONT, x + width / 2, y + 18, 'middle'),
  );
}

function frameAt({ state, place }: NonNullable<MapScene['frame']>, { plan }: MapScene): string {
  const y = place.y + place.height - 8;
  const name = text(state.key, 'map-name', 'bold', NAME, place.x + 10, y, 'start');
  const left = place.x + 10 + textWidth(state.key, 'bold', NAME) + 8;
  const words = `${state.description} ${plan.endings.length} ways to end.`;
  return element(
    'g',
    { class: 'state compound', 'data-state-id': state.id },
    element('rect', { class: 'box', ...place, rx: 9 }),
    name,
    text(words, 'map-small', 'sans', SMALL, left, y, 'start'),
  );
}

function lineAt({ way, legs, kind }: MapLine, allEndings: readonly string[]): string {
  const drawn = way.to.length === 1 ? piecesOf(legs) : partedPieces(legs);
  const ownEndings = way.to.filter((to) => allEndings.includes(to));
  return drawn
    .map(({ points, hasHead, joint, transitions, endings = ownEndings }) =>
      element(
        'g',
        {
          class: 'way',
          'data-transition-ids': transitions.join(' '),
          'data-endings': endings.length === 0 ? undefined : endings.join(' '),
        },
        element('path', {
          class: `arrow ${kind}`,
          d: roundedPath(points),
          'marker-end': hasHead ? `url(#head-${kind})` : undefined,
        }),
        joint === undefined ? '' : element('circle', { class: `joint ${kind}`, cx: joint.x, cy: joint.y, r: 2.6 }),
      ),
    )
    .join('');
}

function wordsAt({ label: { lines, place, align }, kind }: MapLine): string {
  const x = { start: place.x, middle: place.x + place.width / 2, end: place.x + place.width }[align];
  return element(
    'g',
    { class: 'label' },
    element('rect', { class: 'halo', x: place.x - 2, y: place.y, width: place.width + 4, height: place.height, rx: 3 }),
    ...lines.map((words, index) =>
      text(words, `map-words ${kind}`, 'sans', WORDS_FONT, x, place.y + 10.5 + index * WORDS_LINE, align),
    ),
  );
}

function text(
  words: string,
  style: string,
  font: Font,
  size: number,
  x: number,
  y: number,
  align: 'start' | 'middle' | 'end',
): string {
  const attributes = { class: style, x, y, 'text-anchor': align === 'start' ? undefined : align };
  return element(
    'text',
    { ...attributes, textLength: textWidth(words, font, size), lengthAdjust: 'spacingAndGlyphs' },
    escapeXml(words),
  );
}

/** What the lines mean; nothing where all are alike. */
function legend({ lines, plan }: MapScene, y: number): string {
  const kinds = KINDS.filter((kind) => lines.some((line) => line.kind === kind));
  if (kinds.length === 1) return '';
  let x = EDGE;
  return kinds
    .map((kind) => {
      const words = plan.kindWords?.[kind] ?? KIND_NAMES[kind];
      const sample = element('path', {
        class: `arrow ${kind}`,
        d: `M${x} ${y}h34`,
        'marker-end': `url(#head-${kind})`,
      });
      const drawn = sample + text(words, 'map-small', 'sans', SMALL, x + 40, y + 4, 'start');
      x += 40 + textWidth(words, 'sans', SMALL) + 18;
      return drawn;
    })
    .join('');
}
