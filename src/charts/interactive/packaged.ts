/**
 * What the package carries for its pages: pictures, rules, and the bundled programs. Read from the package's own folder, which
 * is at the same distance from the sources and from dist.
 *
 * 1. Pictures that do not fit the charts that run are never shown: they are drawn anew where the layout engine is installed,
 *    else refused with what to do.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type Chart, readChart } from '../chart.js';
import { CHARTS, type Files, generateDiagrams } from '../diagrams.js';
import { loadLayout } from '../elk.js';
import type { ChartBook } from './book.js';
import { chartBook, pictureStyle } from './make-book.js';
import type { PageAssets } from './page-html.js';

const ROOT = new URL('../../../', import.meta.url);

/** A page of the package that is not there. */
export class PageMissingError extends Error {
  override readonly name = 'PageMissingError';
}

interface PackagedBook {
  readonly book: ChartBook;
  /** Colours of the pictures. */
  readonly style: string;
}

let known: Promise<PackagedBook> | undefined;

/** Read once. @throws LayoutEngineMissingError when the pictures are of other charts, and none can be drawn here */
export function packagedBook(): Promise<PackagedBook> {
  known ??= readBook(ROOT);
  return known;
}

/** @param root folder of the package */
export async function readBook(root: URL): Promise<PackagedBook> {
  const packaged = readDiagrams(root);
  const diagrams = CHARTS.every(({ file, machine }) =>
    isOf(readChart(machine), packaged.get(`${file}.statechart.json`)),
  )
    ? packaged
    : await generateDiagrams(await loadLayout());
  const texts = { rules: readText('docs/rules.md', root), traceability: readText('docs/traceability.md', root) };
  return { book: chartBook({ diagrams, ...texts }), style: pictureStyle(diagrams) };
}

function readDiagrams(root: URL): Files {
  const folder = new URL('diagrams/', root);
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder).filter((name) => /\.(?:svg|statechart\.json)$/.test(name));
  return new Map(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
}

/** Whether a chart that was written down has the states and transitions of the one that runs. */
function isOf(chart: Chart, written: string | undefined): boolean {
  if (written === undefined) return false;
  return shape(JSON.parse(written) as Chart) === shape(chart);
}

const shape = ({ states, transitions }: Chart): string =>
  JSON.stringify([states.map(({ id }) => id), transitions.map(({ id, targets }) => [id, targets])]);

/** A document of the package; empty where it was left out. */
function readText(path: string, root: URL): string {
  const file = new URL(path, root);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Where the bundled pages of a package that was built are. */
const PAGES_FOLDER = new URL('dist/browser/', ROOT);

/** @throws {PageMissingError} when the package was not built */
export function pageAssets(name: string, folder: URL = PAGES_FOLDER): PageAssets {
  const [script, style] = ['js', 'css'].map((ending) => new URL(`${name}.${ending}`, folder));
  if (script === undefined || style === undefined || !existsSync(script) || !existsSync(style))
    throw new PageMissingError(`The page ${name} is not in this package; in a clone, run \`npm run build\`.`);
  return { script: readFileSync(script, 'utf8'), style: readFileSync(style, 'utf8') };
}
