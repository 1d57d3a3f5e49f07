/**
 * The chart on sheets of paper: the map first, then one top state a page, as one HTML file that prints.
 *
 * 1. A page fits A4 and Letter, landscape; no text is smaller than 7 pt. Text is text: it can be searched and copied.
 * 2. A page shows what is inside its state, and lists every transition. A way out names the page that it leads to, and the
 *    head of a page the pages that lead there.
 * 3. A list that is longer than its page goes on on the next: heights are estimated from the length of texts, on the safe side.
 */
import type { Chart, ChartState, ChartTransition } from './chart.js';
import { isInside } from './chart.js';
import type { Layout } from './elk.js';
import { pairsOf } from './map-check.js';
import { actionsText, deadlineText, eventName, guardBesideEvent } from './notation.js';
import { topOf } from './outcomes.js';
import { overviewOf } from './overview.js';
import { SHEETS_STYLE } from './sheets-style.js';
import { innerSvgOf } from './svg.js';
import { escapeXml } from './xml.js';

/** Of the part of a page that both paper sizes print, in mm. */
const PAGE = { width: 259, height: 188 } as const;
const HEAD_MM = 25;
const FOOT_MM = 8;
const TABLE_HEAD_MM = 6;
/** Of the columns of a list: titles, and widths in mm. */
const TITLES = ['in', 'event', 'guard', 'to', 'actions', 'rules', 'why'] as const;
const WIDTHS = [26, 34, 42, 34, 56, 17, 50] as const;
/** Width of a letter in each column, and height of a line, in mm, on the safe side. */
const LETTERS_MM = [1.3, 1.47, 1.47, 1.4, 1.47, 1.3, 1.3] as const;
const LINE_MM = 3.2;
const ROW_MM = 1.2;
/** A px of a picture at its natural size, in mm; no larger, and not so small that its texts fall under 7 pt. */
const PX_MM = 25.4 / 96;
const SCALES = { least: 1.04, most: 1.25 } as const;
/** The largest picture has to fit a page. */
const CLOSE = { nodes: 18, layers: 14, edges: 9 } as const;
const PICTURE_GAP_MM = 4;

interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

interface Page {
  readonly top: ChartState;
  /** 1 for the first page of the state. */
  readonly part: number;
  readonly picture?: Picture;
  readonly rows: readonly ChartTransition[];
}

/** @param map the chart's map, as SVG */
export async function sheetsOf(chart: Chart, map: string, layout: Layout): Promise<string> {
  const pages: Page[] = [];
  for (const top of chart.states.filter(({ parent }) => parent === chart.id)) {
    pages.push(...pagesOf(top, chart, await pictureOf(top, chart, layout)));
  }
  // The map is the first page.
  const numberOf = (id: string) => pages.findIndex(({ top, part }) => top.id === id && part === 1) + 2;
  const count = pages.length + 1;
  const body = [
    sheet(`<div class="map">${map}</div>`, chart, 1, count),
    ...pages.map((page, index) => sheet(contentOf(page, chart, numberOf), chart, index + 2, count)),
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
${body.join('\n')}
</body>
</html>
`;
}

const sheet = (content: string, chart: Chart, number: number, count: number): string =>
  `<section class="sheet" id="p${number}">\n${content}\n<footer><span>${escapeXml(chart.id)}</span><span>p. ${number} of ${count}</span></footer>\n</section>`;

/** What is inside the state, with the ways between; nothing for a state without substates. */
async function pictureOf(top: ChartState, chart: Chart, layout: Layout): Promise<Picture | undefined> {
  if (top.children.length === 0) return undefined;
  const { parent: _parent, ...root } = top;
  const inside = chart.states.filter(({ id }) => isInside(chart, id, top.id));
  const isIn = (id: string) => inside.some((state) => state.id === id);
  const transitions = chart.transitions.filter(
    ({ source, targets }) => isIn(source) && targets.length > 0 && targets.every(isIn),
  );
  const scene = await overviewOf(
    { id: top.id, description: '', states: [root, ...inside], transitions },
    layout,
    CLOSE,
  );
  const fits = Math.min(PAGE.width / scene.width, (PAGE.height - HEAD_MM - FOOT_MM) / scene.height) / PX_MM;
  const scale = Math.min(SCALES.most, Math.max(SCALES.least, fits));
  return {
    svg: innerSvgOf(scene, top.id, scale),
    width: scene.width * scale * PX_MM,
    height: scene.height * scale * PX_MM,
  };
}

/** The picture on the first page; as many rows on each as there is room for. */
function pagesOf(top: ChartState, chart: Chart, picture: Picture | undefined): readonly Page[] {
  const rows = chart.transitions.filter(({ source }) => source === top.id || isInside(chart, source, top.id));
  const room = PAGE.height - HEAD_MM - FOOT_MM - TABLE_HEAD_MM;
  const pages: { picture?: Picture; rows: ChartTransition[]; left: number }[] = [
    {
      ...(picture !== undefined && { picture }),
      rows: [],
      left: room - (picture === undefined ? 0 : picture.height + PICTURE_GAP_MM),
    },
  ];
  for (const row of rows) {
    const height = heightOf(row, top, chart);
    let page = pages.at(-1);
    if (page === undefined || page.left < height) {
      page = { rows: [], left: room };
      pages.push(page);
    }
    page.rows.push(row);
    page.left -= height;
  }
  return pages.map(({ picture: drawn, rows: own }, index) => ({
    top,
    part: index + 1,
    rows: own,
    ...(drawn !== undefined && { picture: drawn }),
  }));
}

function heightOf(transition: ChartTransition, top: ChartState, chart: Chart): number {
  const cells = cellsOf(transition, top, chart, () => 99);
  const lines = cells.map((text, index) =>
    linesIn(text, Math.floor(((WIDTHS[index] ?? 20) - 1) / (LETTERS_MM[index] ?? 1.5))),
  );
  return Math.max(...lines) * LINE_MM + ROW_MM;
}

/** Words that are longer than a line are broken. */
function linesIn(text: string, letters: number): number {
  let [lines, used] = [1, 0];
  for (const word of text.split(' ')) {
    if (used > 0 && used + 1 + word.length > letters) [lines, used] = [lines + 1, 0];
    used += (used > 0 ? 1 : 0) + word.length;
    for (; used > letters; used -= letters) lines += 1;
  }
  return lines;
}

function cellsOf(
  transition: ChartTransition,
  top: ChartState,
  chart: Chart,
  pageOf: (id: string) => number,
): readonly string[] {
  const { source, order, candidates, targets, reenter, actions, rules, description } = transition;
  const inner = (id: string) => (id === top.id ? top.key : id.slice(top.id.length + 1));
  const target = targets
    .map((id) => {
      const other = topOf(chart, id);
      if (other === top.id) return `→ ${inner(id)}${reenter ? ' (anew)' : ''}`;
      return `→ ${id.slice(chart.id.length + 1)}, p. ${pageOf(other)}`;
    })
    .join(' ');
  const event = [deadlineText(transition) || eventName(transition), candidates > 1 ? `${order}.` : ''].join(' ').trim();
  const guard = guardBesideEvent(transition) || (order > 1 ? 'else' : '');
  return [inner(source), event, guard, target || 'stays', actionsText(actions), rules.join(' '), description];
}

function contentOf({ top, part, picture, rows }: Page, chart: Chart, pageOf: (id: string) => number): string {
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
  return `${head}\n${drawn}\n${rows.length === 0 ? '' : tableOf(rows, top, chart, pageOf)}`;
}

function tableOf(
  rows: readonly ChartTransition[],
  top: ChartState,
  chart: Chart,
  pageOf: (id: string) => number,
): string {
  const widths = WIDTHS.map((width) => `<col style="width:${width}mm">`).join('');
  const lines = rows.map((row) => {
    const cells = cellsOf(row, top, chart, pageOf).map((text) => `<td>${escapeXml(text)}</td>`);
    return `<tr data-transition-id="${escapeXml(row.id)}">${cells.join('')}</tr>`;
  });
  return `<table><colgroup>${widths}</colgroup><thead><tr>${TITLES.map((title) => `<th>${title}</th>`).join('')}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table>`;
}
