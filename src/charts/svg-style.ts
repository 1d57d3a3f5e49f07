/**
 * The picture's colours and fonts, for light and for dark, as plain rules: viewers of pictures know no variables.
 */
import { KINDS, type Kind } from './kinds.js';
import { FONTS } from './typeset.js';

const SANS = 'Helvetica,Arial,"Liberation Sans",sans-serif';
const MONO = 'ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono","Liberation Mono",Consolas,monospace';

interface Theme {
  readonly page: string;
  readonly box: string;
  readonly composite: string;
  readonly border: string;
  /** Boxes and steps of a map, which has room for strong lines. */
  readonly mapLine: string;
  readonly final: string;
  readonly text: string;
  readonly quiet: string;
  readonly guard: string;
  readonly entry: string;
  readonly rule: string;
  readonly kinds: Readonly<Record<Kind, string>>;
}

const LIGHT: Theme = {
  page: '#ffffff',
  box: '#ffffff',
  composite: '#64748b0f',
  border: '#64748b',
  mapLine: '#334155',
  final: '#15803d',
  text: '#0f172a',
  quiet: '#475569',
  guard: '#b45309',
  entry: '#6d28d9',
  rule: '#cbd5e1',
  kinds: {
    step: '#64748b',
    fill: '#15803d',
    failure: '#be123c',
    deadline: '#0369a1',
    switch: '#a21caf',
    restart: '#0f766e',
  },
};

const DARK: Theme = {
  page: '#0d1420',
  box: '#151e2d',
  composite: '#94a3b814',
  border: '#94a3b8',
  mapLine: '#b6c2d2',
  final: '#4ade80',
  text: '#f1f5f9',
  quiet: '#b6c2d2',
  guard: '#fbbf24',
  entry: '#c4b5fd',
  rule: '#3a475a',
  kinds: {
    step: '#94a3b8',
    fill: '#4ade80',
    failure: '#fb7185',
    deadline: '#38bdf8',
    switch: '#e879f9',
    restart: '#2dd4bf',
  },
};

/** Told apart without colour as well: on a grey print, or by whoever sees no colours. */
const STROKES: Readonly<Record<Kind, string>> = {
  step: '',
  fill: 'stroke-width:2.4',
  failure: 'stroke-dasharray:7 3',
  deadline: 'stroke-width:1.7;stroke-dasharray:1.7 2.6',
  switch: 'stroke-width:1.7;stroke-dasharray:9 3 1.7 3',
  restart: 'stroke-dasharray:3 3 9 3',
};

const FAMILY = { sans: SANS, bold: SANS, mono: MONO, monoBold: MONO } as const;

const shapes = [
  'text{white-space:pre}',
  ...Object.entries(FONTS).map(([style, { font, size }]) => {
    const weight = font === 'bold' || font === 'monoBold' ? 'font-weight:700;' : '';
    return `.${style}{${weight}font-size:${size}px;font-family:${FAMILY[font]}}`;
  }),
  '.box{stroke-width:1.2}',
  '.transient>.box{stroke-dasharray:4 3}',
  '.divider{stroke-width:.8}',
  '.arrow{fill:none;stroke-width:1.2}',
  ...KINDS.filter((kind) => STROKES[kind] !== '').map((kind) => `.arrow.${kind}{${STROKES[kind]}}`),
].join('');

function colours(theme: Theme): string {
  const { kinds } = theme;
  return [
    `.page,.halo{fill:${theme.page}}`,
    `.halo{fill-opacity:.88}`,
    `.box{fill:${theme.box};stroke:${theme.border}}`,
    `.compound>.box{fill:${theme.composite}}`,
    `.final>.box{stroke:${theme.final}}`,
    `.divider{stroke:${theme.rule}}`,
    `.dot{fill:${theme.text}}`,
    `.title,.heading,.event,.go{fill:${theme.text}}`,
    `.about,.action,.order,.rule{fill:${theme.quiet}}`,
    `.guard{fill:${theme.guard}}`,
    `.entry{fill:${theme.entry}}`,
    ...KINDS.map(
      (kind) =>
        `.arrow.${kind}{stroke:${kinds[kind]}}.head.${kind}{fill:${kinds[kind]}}.inside.${kind}{fill:${theme.page};stroke:${kinds[kind]};stroke-width:1.3}`,
    ),
    ...KINDS.filter((kind) => kind !== 'step').map((kind) => `.event.${kind},.go.${kind}{fill:${kinds[kind]}}`),
  ].join('');
}

/** The map's own texts, none smaller than 11 px; the rest as in every picture. */
const mapShapes = [
  `.map-title{font:700 20px ${SANS}}`,
  `.map-name{font:700 14px ${SANS}}`,
  `.map-small{font-size:11px;font-family:${SANS}}`,
  `.map-about{font-size:12px;font-family:${SANS}}`,
  `.map-words{font-size:11.5px;font-family:${SANS}}`,
  `.map-ending{font-weight:700;font-size:11px;font-family:${MONO}}`,
  '.box{stroke-width:1.4}.arrow{stroke-width:1.6}.arrow.fill{stroke-width:2.4}',
].join('');

const mapColours = (theme: Theme): string =>
  [
    `.map-title,.map-name,.map-ending{fill:${theme.text}}.map-about,.map-small{fill:${theme.quiet}}`,
    `.state>.box{stroke:${theme.mapLine}}.arrow.step{stroke:${theme.mapLine}}.head.step{fill:${theme.mapLine}}`,
    `.ending.bad>.box{stroke:${theme.kinds.failure}}.ending.good>.box{stroke:${theme.final}}`,
    ...KINDS.map((kind) => {
      const words = kind === 'step' ? theme.quiet : theme.kinds[kind];
      return `.joint.${kind}{fill:${kind === 'step' ? theme.mapLine : theme.kinds[kind]}}.map-words.${kind}{fill:${words}}`;
    }),
  ].join('');

export const MAP_STYLE = `${shapes}${mapShapes}${colours(LIGHT)}${mapColours(LIGHT)}@media (prefers-color-scheme:dark){${colours(DARK)}${mapColours(DARK)}}`;

export const STYLE = `${shapes}${colours(LIGHT)}@media (prefers-color-scheme:dark){${colours(DARK)}}`;

/** Colours of light alone: for paper, whatever the screen prefers. */
export const LIGHT_STYLE = `${colours(LIGHT)}${mapColours(LIGHT)}`;
