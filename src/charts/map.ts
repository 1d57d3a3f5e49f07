/**
 * The map of a chart: its top states and its endings, one line for the ways that say the same, as shapes with places.
 *
 * 1. Ways and their ids are the chart's, words and places the plan's (`map-plan.ts`); the two are held together first.
 * 2. Every line runs in right angles. Where ways join, one line goes on; a dot marks the joint.
 * 3. Equal charts give equal maps: nothing is measured on the machine.
 */
import type { Chart, ChartState } from './chart.js';
import type { ElkPoint } from './elk.js';
import { commonKind, type Kind } from './kinds.js';
import { checkPlan, type Pair, pairsIn } from './map-check.js';
import type { MapPlan, MapWay } from './map-plan.js';
import { type Leg, legsOf, type Ports, portsOf } from './map-routes.js';
import { labelOf, type MapLabel } from './map-words.js';
import type { Place } from './scene.js';
import { textWidth } from './text-size.js';

export interface MapState {
  readonly state: ChartState;
  readonly place: Place;
  readonly about: string;
}

export interface MapEnding {
  /** A final state, or a status of the one final state. */
  readonly name: string;
  readonly state: ChartState;
  readonly place: Place;
  readonly tone: 'good' | 'plain' | 'bad';
}

export interface MapLine {
  readonly way: MapWay;
  readonly pairs: readonly Pair[];
  readonly kind: Kind;
  readonly legs: readonly Leg[];
  readonly label: MapLabel;
}

export interface MapScene {
  readonly plan: MapPlan;
  readonly width: number;
  readonly height: number;
  readonly states: readonly MapState[];
  /** Around the endings that are statuses of one state. */
  readonly frame?: { readonly state: ChartState; readonly place: Place };
  readonly endings: readonly MapEnding[];
  readonly lines: readonly MapLine[];
  readonly initial: { readonly dot: ElkPoint; readonly path: readonly ElkPoint[] };
  /** Top of the note and of the legend below everything. */
  readonly footTop: number;
}

const HEAD = 74;
const ROW = 76;
const BOX = 44;
export const EDGE = 16;
const TRACK = 15;
const ENDING = 28;
const ENDING_PAD = 9;
export const ENDING_FONT = 11;
const FRAME = { pad: 8, foot: 22 } as const;
const FOOT = 52;

export function mapOf(chart: Chart, plan: MapPlan): MapScene {
  const pairs = checkPlan(chart, plan);
  const states = statesOf(chart, plan);
  const bottom = Math.max(...states.map(({ place }) => place.y + place.height));
  const trackTop = bottom + 20;
  const endingTop = trackTop + plan.tracks * TRACK + 10;
  const endings = endingsOf(chart, plan, endingTop);
  const frame = frameOf(endings);
  const places = new Map<string, Place>([
    ...states.map(({ state, place }) => [state.key, place] as const),
    ...endings.map(({ name, place }) => [name, place] as const),
  ]);
  const trackY = (track: number) => trackTop + track * TRACK;
  const ports = portsOf(chart, plan, places);
  const lines = plan.ways.map((way): MapLine => {
    const own = pairsIn(way, pairs);
    const kind = way.kind ?? commonKind(own.flatMap(({ transitions }) => transitions));
    const legs = legsOf(way, own, { places, ports, trackY });
    return { way, pairs: own, kind, legs, label: labelOf(way, legs, places) };
  });
  const last = frame?.place ?? endings[0]?.place;
  const lowest = last === undefined ? bottom : last.y + last.height;
  return {
    plan,
    width: plan.width,
    height: lowest + FOOT,
    states,
    ...(frame !== undefined && { frame }),
    endings,
    lines,
    initial: initialOf(chart, plan, places, ports),
    footTop: lowest + 12,
  };
}

function statesOf(chart: Chart, plan: MapPlan): readonly MapState[] {
  return chart.states.flatMap((state) => {
    const spot = plan.places[state.key];
    if (state.parent !== chart.id || spot === undefined) return [];
    const [x = 0, width = 0] = plan.columns[spot[0]] ?? [];
    const place = { x, y: HEAD + spot[1] * ROW, width, height: BOX };
    return [{ state, place, about: plan.about[state.key] ?? '' }];
  });
}

/** In one row, as wide as the page. */
function endingsOf(chart: Chart, plan: MapPlan, top: number): readonly MapEnding[] {
  const finals = chart.states.filter(({ parent, type }) => parent === chart.id && type === 'final');
  const widths = plan.endings.map((name) => textWidth(name, 'monoBold', ENDING_FONT) + 2 * ENDING_PAD);
  const room = plan.width - 2 * (EDGE + FRAME.pad) - widths.reduce((sum, width) => sum + width, 0);
  const gap = room / Math.max(1, widths.length - 1);
  let x = EDGE + FRAME.pad;
  return plan.endings.flatMap((name, index) => {
    const width = widths[index] ?? 0;
    const state = finals.find(({ key }) => key === name) ?? finals[0];
    const place = { x, y: top, width, height: ENDING };
    x += width + gap;
    return state === undefined ? [] : [{ name, state, place, tone: toneOf(name, plan) }];
  });
}

function frameOf(endings: readonly MapEnding[]): MapScene['frame'] {
  const [first] = endings;
  if (first === undefined || first.state.key === first.name) return undefined;
  const last = endings.at(-1)?.place ?? first.place;
  const { pad, foot } = FRAME;
  const width = last.x + last.width - first.place.x + 2 * pad;
  return {
    state: first.state,
    place: { x: first.place.x - pad, y: first.place.y - pad, width, height: ENDING + pad + foot },
  };
}

const DOT_AWAY = 30;

function initialOf(chart: Chart, plan: MapPlan, places: ReadonlyMap<string, Place>, ports: Ports): MapScene['initial'] {
  const key = chart.states.find(({ id }) => id === chart.states[0]?.initial)?.key ?? '';
  const place = places.get(key) ?? { x: 0, y: 0, width: 0, height: 0 };
  const isRight = (plan.places[key]?.[0] ?? 0) > 0;
  const y = ports(key, 'initial', isRight ? 'right' : 'left');
  const edge = isRight ? place.x + place.width : place.x;
  const dot = { x: edge + (isRight ? DOT_AWAY : -DOT_AWAY), y };
  return {
    dot,
    path: [
      { x: dot.x + (isRight ? -6 : 6), y },
      { x: edge, y },
    ],
  };
}

const toneOf = (name: string, { goodEndings, plainEndings = [] }: MapPlan): MapEnding['tone'] =>
  goodEndings.includes(name) ? 'good' : plainEndings.includes(name) ? 'plain' : 'bad';
