/**
 * What the layout engine is told, in every picture: layers from the top down, straight lines, the same result each time.
 */
export function layoutOptions(px: {
  readonly nodes: number;
  readonly layers: number;
  readonly edges: number;
}): Record<string, string> {
  return {
    'elk.algorithm': 'layered',
    'elk.direction': 'DOWN',
    'elk.randomSeed': '1',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.json.shapeCoords': 'ROOT',
    'elk.json.edgeCoords': 'ROOT',
    'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
    'elk.layered.nodePlacement.strategy': 'LINEAR_SEGMENTS',
    'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
    'elk.layered.edgeLabels.centerLabelPlacementStrategy': 'TAIL_LAYER',
    'elk.spacing.nodeNode': String(px.nodes),
    'elk.spacing.edgeNode': String(px.edges),
    'elk.spacing.edgeEdge': String(px.edges),
    'elk.spacing.edgeLabel': '3',
    'elk.layered.spacing.nodeNodeBetweenLayers': String(px.layers),
    'elk.layered.spacing.edgeNodeBetweenLayers': String(px.edges),
    'elk.layered.spacing.edgeEdgeBetweenLayers': String(px.edges),
  };
}
