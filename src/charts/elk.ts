/**
 * The layout engine, on first use. It is needed to draw, never to run: the published package does without it.
 */

/** What is used of the layout engine's graph format. */
export interface ElkShape {
  readonly id: string;
  readonly width?: number;
  readonly height?: number;
  readonly x?: number;
  readonly y?: number;
  readonly layoutOptions?: Readonly<Record<string, string>>;
}

export interface ElkEdge {
  readonly id: string;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  /** A label without a text is not placed. */
  readonly labels?: readonly (ElkShape & { readonly text: string })[];
  readonly sections?: readonly ElkSection[];
  readonly layoutOptions?: Readonly<Record<string, string>>;
}

export interface ElkPoint {
  readonly x: number;
  readonly y: number;
}

interface ElkSection {
  readonly startPoint: ElkPoint;
  readonly endPoint: ElkPoint;
  readonly bendPoints?: readonly ElkPoint[];
}

export interface ElkNode extends ElkShape {
  readonly children?: readonly ElkNode[];
  readonly edges?: readonly ElkEdge[];
}

/** Places every node and routes every edge. */
export type Layout = (graph: ElkNode) => Promise<ElkNode>;

/** Exact, since another version draws another picture. */
export const ELK_PACKAGE = 'elkjs@0.12.1';

export class LayoutEngineMissingError extends Error {
  override readonly name = 'LayoutEngineMissingError';
  constructor(options?: ErrorOptions) {
    super(
      `Drawing needs the layout engine, which is not installed: npm install --save-dev --save-exact ${ELK_PACKAGE}`,
      options,
    );
  }
}

/** @throws LayoutEngineMissingError when elkjs is not installed. */
export async function loadLayout(): Promise<Layout> {
  const { default: elkjs } = await import('elkjs/lib/elk.bundled.js').catch((cause: unknown) => {
    throw new LayoutEngineMissingError({ cause });
  });
  const engine = new elkjs.default();
  // A copy goes in and comes back: the engine writes into what it is given.
  return (graph) => engine.layout(structuredClone(graph) as Parameters<typeof engine.layout>[0]) as Promise<ElkNode>;
}
