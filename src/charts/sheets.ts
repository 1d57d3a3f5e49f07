/**
 * The chart on sheets of paper, as one HTML file that prints: the map, every way in words, the key, the overview, then state
 * by state.
 *
 * 1. A page fits A4 and Letter, landscape; no text is smaller than 7 pt, on the overview 6 pt. Text is text: it can be
 *    searched and copied.
 * 2. A state shows what is inside it, and lists every transition. A way out names the page that it leads to, and the head of
 *    a state the pages that lead there. Short states share a page.
 */
import type { Chart, ChartState } from './chart.js';
import type { Layout } from './elk.js';
import { pairsOf } from './map-check.js';
import { actionsText } from './notation.js';
import { topOf } from './outcomes.js';
import { type OverviewOptions, overviewsOf } from './overview.js';
import type { Scene } from './scene.js';
import { keyPage, waysPage } from './sheet-front.js';
import { insideOf, overviewPages, overviewSheet } from './sheet-overview.js';
import { PAGE, type Picture, packed, type Section } from './sheet-packing.js';
import { tableOf } from './sheet-rows.js';
import { SHEETS_STYLE } from './sheets-style.js';
import { innerSvgOf } from './svg.js';
import { escapeXml } from './xml.js';

/** A px of a picture in mm: its smallest texts, of 9 px, are 7 pt on paper. */
const PX_MM = (1.04 * 25.4) / 96;
const SCALE = 1.04;
/** A picture with guards on its arrows may be as high as this; else its arrows name events alone. */
const HIGHEST_MM = 96;
const CLOSE = { nodes: 14, layers: 11, edges: 7 } as const;
/** Map, ways and key come first, then the overview. */
const FRONT = 3;

/** @param map the chart's map, as SVG */
export async function sheetsOf(chart: Chart, map: string, layout: Layout): Promise<string> {
  const pictures = new Map<string, Picture>();
  for (const top of chart.states.filter(({ parent, children }) => parent === chart.id && children.length > 0))
    pictures.set(top.id, await pictureOf(top, chart, layout));
  const overview = await overviewPages(chart, layout);
  const pages = packed(chart, pictures);
  const begins = (id: string) => (page: readonly Section[]) =>
    page.some(({ top, part }) => top.id === id && part === 1);
  const pageOf = (id: string) => pages.findIndex(begins(id)) + FRONT + overview.length + 1;
  const bodies = [
    `<div class="map">${map}</div>`,
    waysPage(chart, pageOf),
    keyPage(chart, pageOf),
    ...overview.map((page) => overviewSheet(page, chart, pageOf)),
    ...pages.map((page) => page.map((section) => contentOf(section, chart, pageOf)).join('\n')),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeXml(`${chart.id}: sheets to print`)}</title>
<style>${SHEETS_STYLE}</style>
</head>
<body>
${bodies.map((body, index) => sheet(body, chart, index + 1, bodies.length)).join('\n')}
</body>
</html>
`;
}

const sheet = (content: string, chart: Chart, number: number, count: number): string =>
  `<section class="sheet" id="p${number}">\n${content}\n<footer><span>${escapeXml(chart.id)}</span><span>p. ${number} of ${count}</span></footer>\n</section>`;

/** What is inside the state, with the ways between: with guards where the picture stays low, in the lower of its directions. */
async function pictureOf(top: ChartState, chart: Chart, layout: Layout): Promise<Picture> {
  const part = insideOf(chart, top);
  const lowest = async (options: OverviewOptions) => lowestOf(await overviewsOf(part, layout, options));
  const withGuards = await lowest({ spacing: CLOSE, guards: true });
  const isLow = withGuards !== undefined && withGuards.height * PX_MM <= HIGHEST_MM;
  const scene = isLow ? withGuards : await lowest({ spacing: CLOSE, guards: false });
  if (scene === undefined) throw new TypeError(`the picture of ${top.id} is wider than a sheet`);
  return { svg: innerSvgOf(scene, top.id, SCALE), width: scene.width * PX_MM, height: scene.height * PX_MM };
}

/** Of those that are no wider than a sheet. */
const lowestOf = (scenes: readonly Scene[]): Scene | undefined =>
  scenes.filter(({ width }) => width * PX_MM <= PAGE.width).sort((a, b) => a.height - b.height)[0];

function contentOf({ top, part, picture, rows }: Section, chart: Chart, pageOf: (id: string) => number): string {
  const from = pairsOf(chart)
    .filter(({ transitions }) => transitions.some(({ targets }) => targets.some((id) => topOf(chart, id) === top.id)))
    .map(({ from: key }) => `${chart.id}.${key}`);
  const links = [...new Set(from)].map(
    (id) => `<a href="#p${pageOf(id)}">from ${escapeXml(id.slice(chart.id.length + 1))}, p. ${pageOf(id)}</a>`,
  );
  const begins = chart.states[0]?.initial === top.id ? ['<span>begins here</span>'] : [];
  const steps = (['entry', 'exit'] as const)
    .filter((when) => top[when].length > 0)
    .map((when) => `${when} / ${actionsText(top[when])}`);
  const head = `<header><h2>${escapeXml(top.key)}${part > 1 ? ' <small>continued</small>' : ''}</h2><p>${escapeXml([top.description, ...steps].join(' · '))}</p><nav>${[...begins, ...links].join('')}</nav></header>`;
  const drawn =
    picture === undefined ? '' : `<figure style="height:${picture.height.toFixed(1)}mm">${picture.svg}</figure>`;
  return `<section class="state">${head}\n${drawn}\n${rows.length === 0 ? '' : tableOf(rows, top, chart, pageOf)}</section>`;
}
