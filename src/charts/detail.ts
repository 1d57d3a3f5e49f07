/**
 * The picture with everything in it: each state a card with its purpose and its transitions, arrows between neighbours.
 *
 * 1. Each state around others is laid out by itself, from the inside out; what is inside is then one box outside.
 * 2. Several ways are tried for each; those are taken that print largest on one sheet.
 */
import { type Arrow, type Drawn, neighbourArrows, rowsOf } from './arrows.js';
import { headingOf, labelOf, rowsText } from './captions.js';
import type { Chart, ChartState } from './chart.js';
import type { ElkEdge, ElkNode, Layout } from './elk.js';
import { layoutOptions } from './layout-options.js';
import { chooseSizes, layersOf } from './page.js';
import { DOT, FINAL_FRAME, LABEL_PADDING, moved, PADDING, pathOf, placeOf, ROWS_GAP, type Scene } from './scene.js';
import { type Block, type Line, linesOf, type Size, sizeOf } from './typeset.js';

interface Card {
  readonly lines: readonly Line[];
  readonly rows: readonly Block[];
  readonly size: Size;
}

/** Widths at which the text of a card is wrapped. */
const CARD_WIDTHS: readonly number[] = [300, 430];
const ROOM = 10;
const OPTIONS = layoutOptions({ nodes: 12, layers: 12, edges: 7 });
const ROOT_OPTIONS = {
  ...layoutOptions({ nodes: 18, layers: 11, edges: 7 }),
  'elk.layered.cycleBreaking.strategy': 'GREEDY',
};
const DIRECTIONS = ['DOWN', 'RIGHT'] as const;

export async function detailOf(chart: Chart, layout: Layout): Promise<Scene> {
  const [root] = chart.states;
  if (root === undefined) throw new TypeError(`the chart ${chart.id} has no state`);
  const drawing = { chart, layout, rows: rowsOf(chart), arrows: neighbourArrows(chart) };
  const inside = substates(root, drawing);
  const choices: (readonly Scene[])[] = [];
  for (const state of inside) choices.push(await choicesFor(state, drawing));
  const ways = drawing.arrows
    .filter(({ within }) => within === root.id)
    .map(({ source, target }) => [source, target] as const);
  const numbers = chooseSizes(
    choices,
    layersOf(
      inside.map(({ id }) => id),
      ways,
    ),
  );
  const inner = choices.flatMap((scenes, index) => scenes[numbers[index] ?? 0] ?? []);
  return bare(root, await arranged(root, inner, drawing, ROOT_OPTIONS));
}

interface Drawing {
  readonly chart: Chart;
  readonly layout: Layout;
  readonly rows: readonly Drawn[];
  readonly arrows: readonly Arrow[];
}

/** The one that is entered first stands first. */
const substates = ({ id, initial }: ChartState, { chart }: Drawing): readonly ChartState[] => {
  const all = chart.states.filter(({ parent }) => parent === id);
  return [...all.filter((state) => state.id === initial), ...all.filter((state) => state.id !== initial)];
};

function cardOf(state: ChartState, width: number, { rows }: Drawing): Card {
  const own = rowsText(
    rows.filter(({ at }) => at === state.id),
    width,
  );
  const isCard = own.length > 0 || state.children.length > 0;
  const lines = isCard ? headingOf(state, width) : headingOf(state);
  const [heading, below] = [sizeOf(lines), sizeOf(linesOf(own))];
  const height = heading.height + (own.length > 0 ? ROWS_GAP + below.height : 0);
  const broadest = Math.max(heading.width, below.width);
  const frame = state.type === 'final' ? 2 * FINAL_FRAME : 0;
  return {
    lines,
    rows: own,
    size: { width: broadest + 2 * PADDING.x + frame, height: height + 2 * PADDING.y + frame },
  };
}

/** Ways to lay out a state, the best first. */
async function choicesFor(state: ChartState, drawing: Drawing): Promise<readonly Scene[]> {
  const cards = CARD_WIDTHS.map((width) => cardOf(state, width, drawing));
  if (state.children.length === 0) return cards.map((card) => alone(state, card));
  const choices: (readonly Scene[])[] = [];
  for (const child of substates(state, drawing)) choices.push(await choicesFor(child, drawing));
  const found: Scene[] = [];
  for (const index of CARD_WIDTHS.keys()) {
    const inner = choices.flatMap((scenes) => scenes[index] ?? scenes.at(-1) ?? []);
    for (const direction of DIRECTIONS) {
      const content = await arranged(state, inner, drawing, { ...OPTIONS, 'elk.direction': direction });
      found.push(...cards.flatMap((card) => [below(state, card, content), beside(state, card, content)]));
    }
  }
  return sensible(found);
}

/** Those of which no other is both as narrow and as low, the best use of the page first. */
function sensible(scenes: readonly Scene[]): readonly Scene[] {
  const beaten = (one: Scene, index: number) =>
    scenes.some(
      (other, place) =>
        place !== index &&
        other.width <= one.width &&
        other.height <= one.height &&
        (other.width < one.width || other.height < one.height || place < index),
    );
  return scenes.filter((one, index) => !beaten(one, index)).sort((a, b) => cost(a) - cost(b));
}

/** Height counts for more than width: layers lie one upon the other. */
const cost = ({ width, height }: Size): number => height + 0.3 * width;

function alone(state: ChartState, { lines, rows, size }: Card): Scene {
  const shape = { state, place: { x: 0, y: 0, ...size }, text: { x: PADDING.x, y: PADDING.y }, lines, rows };
  return { ...size, states: [shape], arrows: [], initials: [] };
}

const bare = (state: ChartState, content: Scene): Scene => ({
  ...content,
  states: [
    {
      state,
      place: { x: 0, y: 0, width: content.width, height: content.height },
      text: { x: 0, y: 0 },
      lines: [],
      rows: [],
    },
    ...content.states,
  ],
});

/** Substates under the heading. */
function below(state: ChartState, card: Card, content: Scene): Scene {
  const width = Math.max(card.size.width, content.width + 2 * ROOM);
  return framed(state, card, moved(content, (width - content.width) / 2, card.size.height), {
    width,
    height: card.size.height + content.height + ROOM,
  });
}

/** Substates to the right of the heading. */
function beside(state: ChartState, card: Card, content: Scene): Scene {
  const height = Math.max(card.size.height, content.height + 2 * ROOM);
  return framed(state, card, moved(content, card.size.width, (height - content.height) / 2), {
    width: card.size.width + content.width + ROOM,
    height,
  });
}

function framed(state: ChartState, { lines, rows }: Card, content: Scene, size: Size): Scene {
  const frame = { state, place: { x: 0, y: 0, ...size }, text: { x: PADDING.x, y: PADDING.y }, lines, rows };
  return { ...content, ...size, states: [frame, ...content.states] };
}

const SELF = 'self';

/** The substates, each already a scene, placed and joined by arrows. */
async function arranged(
  state: ChartState,
  inner: readonly Scene[],
  { arrows, layout }: Drawing,
  layoutOptions: Readonly<Record<string, string>>,
): Promise<Scene> {
  const own = arrows.filter(({ within }) => within === state.id);
  const labels = own.map((arrow) => labelOf(arrow, state.parent === undefined));
  const graph = await layout(graphOf(state, inner, own, labels, layoutOptions));
  const node = (id: string) => placeOf(graph.children?.find((child) => child.id === id) ?? { id });
  const edge = (id: string) => graph.edges?.find((one) => one.id === id);
  const placed = inner.map((scene) => {
    const { x, y } = node(scene.states[0]?.state.id ?? '');
    return moved(scene, x, y);
  });
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    states: placed.flatMap(({ states }) => states),
    arrows: [
      ...placed.flatMap((scene) => scene.arrows),
      ...own.map((arrow, index) => {
        const found = edge(`arrow ${index}`);
        const label = found?.labels?.[0];
        const path = pathOf(found);
        return label === undefined
          ? { arrow, path }
          : { arrow, path, label: { place: placeOf(label), lines: labels[index] ?? [] } };
      }),
    ],
    initials: [
      ...placed.flatMap(({ initials }) => initials),
      ...(state.initial === undefined ? [] : [{ of: state.id, dot: node('initial'), path: pathOf(edge('begins')) }]),
    ],
  };
}

function graphOf(
  state: ChartState,
  inner: readonly Scene[],
  arrows: readonly Arrow[],
  labels: readonly (readonly Line[])[],
  layoutOptions: Readonly<Record<string, string>>,
): ElkNode {
  const first = { 'elk.layered.layering.layerConstraint': 'FIRST' };
  const dot = { id: 'initial', width: DOT, height: DOT, layoutOptions: first };
  const self = { id: SELF, width: 1, height: 1, layoutOptions: first };
  const boxes = inner.map(({ states: [shape], width, height }) => ({ id: shape?.state.id ?? '', width, height }));
  const begin: ElkEdge = { id: 'begins', sources: [dot.id], targets: [state.initial ?? ''] };
  const needsSelf = arrows.some(({ source, target }) => source === state.id || target === state.id);
  return {
    id: state.id,
    layoutOptions: { ...layoutOptions, 'elk.padding': '[top=0,left=0,bottom=0,right=0]' },
    children: [...(needsSelf ? [self] : []), ...(state.initial === undefined ? [] : [dot]), ...boxes],
    edges: [
      ...(state.initial === undefined ? [] : [begin]),
      ...arrows.map(({ source, target }, index): ElkEdge => {
        const { width, height } = sizeOf(labels[index] ?? []);
        const size = { width: width + 2 * LABEL_PADDING, height: height + 2 * LABEL_PADDING };
        return {
          id: `arrow ${index}`,
          sources: [source === state.id ? SELF : source],
          targets: [target === state.id ? SELF : target],
          ...(width > 0 && { labels: [{ id: `label ${index}`, text: 'label', ...size }] }),
        };
      }),
    ],
  };
}
