/**
 * The picture of the whole at a glance: states and arrows, with the events and guards that lead along each.
 *
 * 1. An arrow ends at its very target. What leads out of a state with substates to one target is one arrow from its frame.
 * 2. The name of a state stands in the upper left corner of its frame; only where an arrow runs there, beside it.
 */
import { type Arrow, gatheredArrows } from './arrows.js';
import { eventsOf, titleOf } from './captions.js';
import type { Chart, ChartState } from './chart.js';
import type { ElkEdge, ElkNode, ElkPoint, Layout } from './elk.js';
import { layoutOptions } from './layout-options.js';
import {
  type ArrowShape,
  DOT,
  FINAL_FRAME,
  LABEL_PADDING,
  PADDING,
  type Place,
  pathOf,
  placeOf,
  type Scene,
} from './scene.js';
import { type Line, sizeOf } from './typeset.js';

const ROOM = 12;

export interface OverviewOptions {
  /** Between boxes, layers and lines, in px. */
  readonly spacing: Parameters<typeof layoutOptions>[0];
  /** Whether arrows name guards besides events. */
  readonly guards: boolean;
}

const USUAL: OverviewOptions = { spacing: { nodes: 13, layers: 14, edges: 8 }, guards: true };

/** From the top down, or from left to right: whichever prints larger on a sheet, whichever way the sheet is turned. */
type Direction = 'DOWN' | 'RIGHT';

const optionsFor = ({ spacing }: OverviewOptions, direction: Direction): Readonly<Record<string, string>> => ({
  ...layoutOptions(spacing),
  'elk.direction': direction,
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  // With states inside states the engine fails to keep the order of the model.
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.padding': `[top=${ROOM},left=${ROOM},bottom=${ROOM},right=${ROOM}]`,
});

const FIRST = { 'elk.layered.layering.layerConstraint': 'FIRST' };

/** The sides of A4 and Letter, as one to the other. */
const SHEET = { long: 1.35, short: 1 } as const;

export async function overviewOf(chart: Chart, layout: Layout): Promise<Scene> {
  const [down, right] = await overviewsOf(chart, layout, USUAL);
  return scaleOnSheet(right) > scaleOnSheet(down) ? right : down;
}

/** From the top down, and from left to right. */
export const overviewsOf = async (
  chart: Chart,
  layout: Layout,
  options: OverviewOptions,
): Promise<readonly [down: Scene, right: Scene]> => [
  await drawn(chart, layout, options, 'DOWN'),
  await drawn(chart, layout, options, 'RIGHT'),
];

const scaleOnSheet = ({ width, height }: Scene): number =>
  Math.max(Math.min(SHEET.long / width, SHEET.short / height), Math.min(SHEET.short / width, SHEET.long / height));

async function drawn(chart: Chart, layout: Layout, options: OverviewOptions, direction: Direction): Promise<Scene> {
  const labelled = gatheredArrows(chart).map((arrow) => ({ arrow, lines: eventsOf(arrow, options) }));
  const graph = await layout(graphOf(chart, labelled, optionsFor(options, direction)));
  const nodes = new Map(withDescendants(graph).map((node) => [node.id, placeOf(node)] as const));
  const edges = new Map(
    withDescendants(graph).flatMap((node) => (node.edges ?? []).map((edge) => [edge.id, edge] as const)),
  );
  const place = (id: string) => nodes.get(id) ?? placeOf({ id });
  const shapes = labelled.map(({ arrow, lines }, index): ArrowShape => {
    const edge = edges.get(arrowId(index));
    const label = edge?.labels?.[0];
    const shape = { arrow, path: pathOf(edge) };
    return label === undefined ? shape : { ...shape, label: { place: placeOf(label), lines } };
  });
  const initials = chart.states
    .filter(({ initial }) => initial !== undefined)
    .map(({ id }) => ({ of: id, dot: place(dotId(id)), path: pathOf(edges.get(beginId(id))) }));
  const others = [
    ...chart.states.filter(({ children }) => children.length === 0).map(({ id }) => place(id)),
    ...initials.map(({ dot }) => dot),
    ...shapes.flatMap(({ label }) => label?.place ?? []),
    ...[...shapes, ...initials].flatMap(({ path }) => stretches(path)),
  ];
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    states: chart.states.map((state) => {
      const text = inCorner(place(nameId(state.id)), place(state.id), others);
      return { state, place: place(state.id), text, lines: [titleOf(state)], rows: [] };
    }),
    arrows: shapes,
    initials,
  };
}

/** The upper left corner of the frame, unless something runs there. */
function inCorner(name: Place, frame: Place, others: readonly Place[]): Place {
  const corner = { ...name, x: frame.x + PADDING.x, y: frame.y + PADDING.y };
  const isTaken = others.some(
    (other) =>
      corner.x - CLEAR < other.x + other.width &&
      other.x < corner.x + corner.width + CLEAR &&
      corner.y - CLEAR < other.y + other.height &&
      other.y < corner.y + corner.height + CLEAR,
  );
  return isTaken ? name : corner;
}

/** Around a name, in px. */
const CLEAR = 3;

/** The straight parts of a path, as places without breadth. */
const stretches = (path: readonly ElkPoint[]): readonly Place[] =>
  path.slice(1).map((to, index) => {
    const from = path[index] ?? to;
    const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    return { x, y, width: Math.abs(to.x - from.x), height: Math.abs(to.y - from.y) };
  });

interface Labelled {
  readonly arrow: Arrow;
  readonly lines: readonly Line[];
}

const arrowId = (index: number): string => `arrow ${index}`;
const nameId = (state: string): string => `${state} name`;
const dotId = (state: string): string => `${state} initial`;
const beginId = (state: string): string => `${state} begins`;

function graphOf(chart: Chart, arrows: readonly Labelled[], options: Readonly<Record<string, string>>): ElkNode {
  const nodeOf = (state: ChartState): ElkNode => {
    if (state.children.length === 0) {
      const { width, height } = sizeOf([titleOf(state)]);
      const frame = state.type === 'final' ? 2 * FINAL_FRAME : 0;
      return { id: state.id, width: width + 2 * PADDING.x + frame, height: height + 2 * PADDING.y + frame };
    }
    const dot = state.initial === undefined ? [] : [{ id: dotId(state.id), width: DOT, height: DOT }];
    // The name is a box of its own, so that arrows go around it.
    const name =
      state.parent === undefined ? [] : [{ id: nameId(state.id), ...sizeOf([titleOf(state)]), layoutOptions: FIRST }];
    const substates = chart.states.filter(({ parent }) => parent === state.id).map(nodeOf);
    return { id: state.id, layoutOptions: options, children: [...name, ...dot, ...substates] };
  };
  const [root] = chart.states;
  if (root === undefined) throw new TypeError(`the chart ${chart.id} has no state`);
  return { ...nodeOf(root), edges: [...beginnings(chart), ...arrows.map(edgeOf)] };
}

const beginnings = (chart: Chart): ElkEdge[] =>
  chart.states.flatMap(({ id, initial }) =>
    initial === undefined ? [] : [{ id: beginId(id), sources: [dotId(id)], targets: [initial] }],
  );

function edgeOf({ arrow, lines }: Labelled, index: number): ElkEdge {
  const { width, height } = sizeOf(lines);
  const size = { width: width + 2 * LABEL_PADDING, height: height + 2 * LABEL_PADDING };
  return {
    id: arrowId(index),
    sources: [arrow.source],
    targets: [arrow.target],
    ...(width > 0 && { labels: [{ id: `label ${index}`, text: 'label', ...size }] }),
  };
}

const withDescendants = (node: ElkNode): readonly ElkNode[] => [
  node,
  ...(node.children ?? []).flatMap(withDescendants),
];
