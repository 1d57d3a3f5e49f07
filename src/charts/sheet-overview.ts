/**
 * The overview as a page of the sheets: every state with what is inside it, side by side, and where each leads.
 *
 * 1. On A4 and Letter, landscape, no text of it is under 6 pt. Where one page is too small, there is a second one.
 * 2. A chart without states inside states has none: its map shows all there is.
 * 3. The arrows between the top states are words here, with the page of each state: the map has drawn them.
 */
import { type Chart, type ChartState, isInside } from './chart.js';
import type { Layout } from './elk.js';
import { pairsOf } from './map-check.js';
import { overviewsOf } from './overview.js';
import { FOOT_MM, PAGE, type Picture } from './sheet-packing.js';
import { innerSvgOf } from './svg.js';
import { escapeXml } from './xml.js';

/** The smallest texts of a picture, of 9 px, are 6 pt with it. */
const SCALE = 8 / 9;
const PX_MM = (SCALE * 25.4) / 96;
const TIGHT = { nodes: 10, layers: 9, edges: 6 } as const;
/** Head of the page, and gaps between cells, in mm. */
const OVERVIEW_HEAD_MM = 13;
const CELL_GAP_MM = { across: 1.8, down: 2.5 } as const;
/** Name and ways out of a state: one line of 7 pt takes 3.4 mm, a character of it 1.3 mm or less. */
const LINE_MM = 3.4;
const CHARACTER_MM = 1.3;
/** Of a state with nothing inside. */
const PLAIN_MM = 62;

/** A top state, with what is inside it if anything is. */
interface Cell {
  readonly top: ChartState;
  readonly picture?: Picture;
  readonly width: number;
  readonly height: number;
}

type Row = readonly Cell[];
type OverviewPage = readonly Row[];

/** The part of a chart that lies within one of its top states, as a chart of its own. */
export function insideOf(chart: Chart, top: ChartState): Chart {
  const { parent: _parent, ...root } = top;
  const inside = chart.states.filter(({ id }) => isInside(chart, id, top.id));
  const isIn = (id: string) => inside.some((state) => state.id === id);
  const transitions = chart.transitions.filter(
    ({ source, targets }) => isIn(source) && targets.length > 0 && targets.every(isIn),
  );
  return { id: top.id, description: '', states: [root, ...inside], transitions };
}

/** The states in their order, in rows that a page is wide, and pages that it is high. In a final state nothing happens. */
export async function overviewPages(chart: Chart, layout: Layout): Promise<readonly OverviewPage[]> {
  const isFlat = chart.states.every(({ parent, children }) => parent !== chart.id || children.length === 0);
  if (isFlat) return [];
  const rows: Cell[][] = [];
  for (const top of chart.states.filter(({ parent, type }) => parent === chart.id && type !== 'final')) {
    const cell = await cellOf(top, chart, layout);
    const row = rows.at(-1);
    const used = row?.reduce((sum, { width }) => sum + width + CELL_GAP_MM.across, 0) ?? PAGE.width;
    if (row === undefined || used + cell.width > PAGE.width) rows.push([cell]);
    else row.push(cell);
  }
  const pages: Row[][] = [[]];
  let left = ROOM_MM;
  for (const row of rows) {
    const height = Math.max(...row.map((cell) => cell.height)) + CELL_GAP_MM.down;
    if (height > left && pages.at(-1)?.length !== 0) {
      pages.push([]);
      left = ROOM_MM;
    }
    pages.at(-1)?.push(row);
    left -= height;
  }
  return pages;
}

const ROOM_MM = PAGE.height - FOOT_MM - OVERVIEW_HEAD_MM + CELL_GAP_MM.down;

async function cellOf(top: ChartState, chart: Chart, layout: Layout): Promise<Cell> {
  const picture = top.children.length === 0 ? undefined : await pictureOf(top, chart, layout);
  const width = picture?.width ?? PLAIN_MM;
  const linesOf = (text: string) => Math.ceil((text.length * CHARACTER_MM) / width);
  const head = linesOf(`${top.key}, p. 00 → ${targetsOf(top, chart).join(', ')}`);
  const about = picture === undefined ? linesOf(top.description) : 0;
  const height = (head + about) * LINE_MM + (picture?.height ?? 0);
  return { top, width, height, ...(picture !== undefined && { picture }) };
}

/** Of the two directions the lower one that is no wider than a page. */
async function pictureOf(top: ChartState, chart: Chart, layout: Layout): Promise<Picture> {
  const scenes = await overviewsOf(insideOf(chart, top), layout, { spacing: TIGHT, guards: false });
  const [lowest] = scenes.filter(({ width }) => width * PX_MM <= PAGE.width).sort((a, b) => a.height - b.height);
  if (lowest === undefined) throw new TypeError(`the picture of ${top.id} is wider than a sheet`);
  const { width, height } = lowest;
  return { svg: innerSvgOf(lowest, top.id, SCALE), width: width * PX_MM, height: height * PX_MM };
}

const targetsOf = ({ key }: ChartState, chart: Chart): readonly string[] => [
  ...new Set(pairsOf(chart).flatMap(({ from, to }) => (from === key ? [to] : []))),
];

export function overviewSheet(page: OverviewPage, chart: Chart, pageOf: (id: string) => number): string {
  const lead =
    'What happens inside each state, and where it leads. Beside its name stands the page on which it begins.';
  const rows = page.map((row) => `<div>${row.map((cell) => cellHtml(cell, chart, pageOf)).join('\n')}</div>`);
  return `<header class="low"><h2>Overview</h2><p>${lead}</p></header>\n<div class="overview">${rows.join('\n')}</div>`;
}

function cellHtml({ top, picture, width }: Cell, chart: Chart, pageOf: (id: string) => number): string {
  const isTop = (key: string) => chart.states.some((state) => state.parent === chart.id && state.key === key);
  const ways = targetsOf(top, chart).map((key) =>
    isTop(key) ? `<a href="#p${pageOf(`${chart.id}.${key}`)}">${escapeXml(key)}</a>` : `<b>${escapeXml(key)}</b>`,
  );
  const page = pageOf(top.id);
  const leads = ways.length === 0 ? '' : ` → ${ways.join(', ')}`;
  const inside = picture?.svg ?? `<p>${escapeXml(top.description)}</p>`;
  return `<section style="width:${width.toFixed(1)}mm"><h3><a href="#p${page}">${escapeXml(top.key)}</a><small>, p. ${page}${leads}</small></h3>${inside}</section>`;
}
