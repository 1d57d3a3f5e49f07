/**
 * What the signs of the picture mean, in one strip above it.
 */
import type { Chart } from './chart.js';
import { KIND_WORDS, KINDS, type Kind, kindOf } from './kinds.js';
import { DOT, FINAL_FRAME } from './scene.js';
import { FONTS, line, run } from './typeset.js';
import { element, escapeXml } from './xml.js';

export type Detail = 'detail' | 'overview';

interface Legend {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/** Long enough for the longest pattern of strokes. */
const SAMPLE = 38;
/** Of a sign that is no line. */
const SIGN = 24;
const BOX = { width: 22, height: 12, rx: 3 } as const;
const SPACE = 5;
const GAP = 15;
const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;

/** The kinds that occur, in the legend's order. */
export function kindsIn(chart: Chart): readonly Kind[] {
  const found = new Set(chart.transitions.map(kindOf));
  return KINDS.filter((kind) => found.has(kind));
}

export function legendOf(kinds: readonly Kind[], detail: Detail): Legend {
  const isDrawn = (kind: Kind) => detail === 'detail' || kind !== 'restart';
  const samples = [
    ...kinds
      .filter(isDrawn)
      .map((kind) => ({ draw: (x: number) => arrow(x, kind), words: KIND_WORDS[kind], wide: SAMPLE })),
    ...(detail === 'detail'
      ? [{ draw: stub, words: 'begins in a substate, or around: the row says where', wide: SAMPLE }]
      : []),
    { draw: beginning, words: 'begins here', wide: SIGN },
    { draw: transient, words: 'left in the same turn', wide: SIGN },
    { draw: final, words: 'final', wide: SIGN },
  ];
  let x = 0;
  const body = samples.map(({ draw, words, wide }) => {
    const text = run('about', words);
    const left = x + wide + SPACE;
    const y = MIDDLE + FONTS.about.size * 0.36;
    const sample = draw(x);
    x = left + line([text]).width + GAP;
    return sample + element('text', { class: 'about', x: left, y, textLength: text.width }, escapeXml(words));
  });
  return { width: x - GAP, height: HEIGHT, body: body.join('') };
}

const arrow = (x: number, kind: Kind): string =>
  element('path', { class: `arrow ${kind}`, d: `M${x} ${MIDDLE}h${SAMPLE}`, 'marker-end': `url(#head-${kind})` });

const stub = (x: number): string =>
  element('path', { class: 'arrow step', d: `M${x + 4} ${MIDDLE}h${SAMPLE - 4}`, 'marker-start': 'url(#inside-step)' });

const beginning = (x: number): string => element('circle', { class: 'dot', cx: x + SIGN / 2, cy: MIDDLE, r: DOT / 2 });

const box = (x: number, inset: number): string =>
  element('rect', {
    class: 'box',
    x: x + (SIGN - BOX.width) / 2 + inset,
    y: MIDDLE - BOX.height / 2 + inset,
    width: BOX.width - 2 * inset,
    height: BOX.height - 2 * inset,
    rx: BOX.rx - inset / 2,
  });

const transient = (x: number): string => element('g', { class: 'state transient' }, box(x, 0));
const final = (x: number): string => element('g', { class: 'state final' }, box(x, 0), box(x, FINAL_FRAME - 0.5));
