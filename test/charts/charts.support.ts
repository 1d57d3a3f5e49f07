/**
 * The charts and all that is generated from them, once for each test file; and strict readers for what was written.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { SaxesParser } from 'saxes';
import { type Chart, readChart } from '../../src/charts/chart.js';
import { CHARTS, type Files, generateDiagrams, textsOf } from '../../src/charts/diagrams.js';
import { type Layout, loadLayout } from '../../src/charts/elk.js';

interface Drawn {
  readonly layout: Layout;
  readonly files: Files;
}

let drawing: Promise<Drawn> | undefined;

/** Draws at the first call; later calls get the same. */
export function drawn(): Promise<Drawn> {
  drawing ??= loadLayout().then(async (layout) => ({ layout, files: await generateDiagrams(layout) }));
  return drawing;
}

/** Drawing is work for a processor: a busy machine takes its time. */
export const DRAWING_TIMEOUT_MS = 120_000;

/** A generated picture. */
export async function drawnFile(name: string): Promise<string> {
  return existing((await drawn()).files, name);
}

/** A generated text. */
export const textFile = (name: string): string =>
  existing(new Map(charts.flatMap(({ chart, file }) => textsOf(chart, file))), name);

function existing(files: Files, name: string): string {
  const text = files.get(name);
  if (text === undefined) throw new Error(`${name} was not generated`);
  return text;
}

export const charts: readonly { readonly file: string; readonly chart: Chart }[] = CHARTS.map(({ file, machine }) => ({
  file,
  chart: readChart(machine),
}));

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

/** Reads one document. @throws where it is not well-formed */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: false });
  const top: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open: XmlElement[] = [top];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: XmlElement = { name, attributes: { ...attributes }, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (part) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += part;
  });
  parser.on('closetag', () => void open.pop());
  parser.write(text).close();
  const [root] = top.children;
  if (root === undefined) throw new Error('there is no element');
  return root;
}

/** The element and all that are in it. */
export const allElements = (element: XmlElement): readonly XmlElement[] => [
  element,
  ...element.children.flatMap(allElements),
];

/** Values of an attribute, in document order. */
export const attributeValues = (element: XmlElement, name: string): readonly string[] =>
  allElements(element).flatMap(({ attributes }) => attributes[name] ?? []);

interface Mermaid {
  parse(text: string): Promise<{ readonly diagramType: string }>;
}

/**
 * Mermaid's own parser. It is made for browsers: it looks for a document when it is loaded, and asks it for nothing
 * while it parses.
 */
export function loadMermaid(): Mermaid {
  const bundle = readFileSync(createRequire(import.meta.url).resolve('@mermaid-js/tiny'), 'utf8');
  class Element {}
  const nothing = () => undefined;
  const document = {
    nodeType: 9,
    createElement: () => ({}),
    implementation: {},
    getElementsByTagName: () => [],
  };
  const window = { document, Element, Node: Element, addEventListener: nothing };
  const context = createContext({ window, document, structuredClone, queueMicrotask, setTimeout, URL, console });
  return runInContext(`${bundle}\nmermaid;`, context) as Mermaid;
}
