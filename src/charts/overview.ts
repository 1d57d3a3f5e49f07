/**
 * The picture of the whole at a glance: states and arrows, each arrow from its very source to its very target, with the
 * events that lead along it.
 */
import { type Arrow, exactArrows } from './arrows.js';
import { eventsOf, titleOf } from './captions.js';
import type { Chart, ChartState } from './chart.js';
import type { ElkEdge, ElkNode, Layout } from './elk.js';
import { layoutOptions } from './layout-options.js';
import { DOT, FINAL_FRAME, LABEL_PADDING, PADDING, pathOf, placeOf, type Scene } from './scene.js';
import { sizeOf } from './typeset.js';

const ROOM = 12;

/** Between boxes, layers and lines, in px. */
export type Spacing = Parameters<typeof layoutOptions>[0];

const WIDE: Spacing = { nodes: 22, layers: 24, edges: 11 };

const optionsFor = (spacing: Spacing): Readonly<Record<string, string>> => ({
  ...layoutOptions(spacing),
  'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
  // With states inside states the engine fails to keep the order of the model.
  'elk.layered.considerModelOrder.strategy': 'NONE',
  'elk.layered.cycleBreaking.strategy': 'DEPTH_FIRST',
  'elk.padding': `[top=${ROOM},left=${ROOM},bottom=${ROOM},right=${ROOM}]`,
});

const FIRST = { 'elk.layered.layering.layerConstraint': 'FIRST' };

export async function overviewOf(chart: Chart, layout: Layout, spacing: Spacing = WIDE): Promise<Scene> {
  const arrows = exactArrows(chart);
  const graph = await layout(graphOf(chart, arrows, optionsFor(spacing)));
  const nodes = new Map(withDescendants(graph).map((node) => [node.id, placeOf(node)] as const));
  const edges = new Map(
    withDescendants(graph).flatMap((node) => (node.edges ?? []).map((edge) => [edge.id, edge] as const)),
  );
  const place = (id: string) => nodes.get(id) ?? placeOf({ id });
  return {
    width: graph.width ?? 0,
    height: graph.height ?? 0,
    states: chart.states.map((state) => {
      const text = place(nameId(state.id));
      return { state, place: place(state.id), text, lines: [titleOf(state)], rows: [] };
    }),
    arrows: arrows.map((arrow, index) => {
      const edge = edges.get(arrowId(index));
      const label = edge?.labels?.[0];
      const shape = { arrow, path: pathOf(edge) };
      return label === undefined ? shape : { ...shape, label: { place: placeOf(label), lines: eventsOf(arrow) } };
    }),
    initials: chart.states
      .filter(({ initial }) => initial !== undefined)
      .map(({ id }) => ({ of: id, dot: place(dotId(id)), path: pathOf(edges.get(beginId(id))) })),
  };
}

const arrowId = (index: number): string => `arrow ${index}`;
const nameId = (state: string): string => `${state} name`;
const dotId = (state: string): string => `${state} initial`;
const beginId = (state: string): string => `${state} begins`;

function graphOf(chart: Chart, arrows: readonly Arrow[], options: Readonly<Record<string, string>>): ElkNode {
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

function edgeOf(arrow: Arrow, index: number): ElkEdge {
  const { width, height } = sizeOf(eventsOf(arrow));
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
