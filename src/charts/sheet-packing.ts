/**
 * What goes on which page of the sheets: states one after the other, in the order of the chart.
 *
 * 1. A state begins on the page of the one before it when its head, its picture and its first rows have room there.
 * 2. A list that is longer than its page goes on on the next.
 */
import type { Chart, ChartState, ChartTransition } from './chart.js';
import { heightOf, rowsIn, TABLE_HEAD_MM } from './sheet-rows.js';

/** Of the part of a page that both paper sizes print, in mm. */
export const PAGE = { width: 259, height: 188 } as const;
const HEAD_MM = 21;
export const FOOT_MM = 8;
const PICTURE_GAP_MM = 4;
/** Between two states on one page. */
const SECTION_GAP_MM = 6;
/** A state begins at the foot of a page only with so many of its rows. */
const FIRST_ROWS = 3;

/** A picture that is drawn, in mm. */
export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** A state, or what is left of it, on one page. */
export interface Section {
  readonly top: ChartState;
  /** 1 where the state begins. */
  readonly part: number;
  readonly picture?: Picture;
  readonly rows: readonly ChartTransition[];
}

type Page = readonly Section[];

interface OpenPage {
  readonly sections: Section[];
  left: number;
}

const freshPage = (): OpenPage => ({ sections: [], left: PAGE.height - FOOT_MM });

export function packed(chart: Chart, pictures: ReadonlyMap<string, Picture>): readonly Page[] {
  const pages: OpenPage[] = [freshPage()];
  for (const top of chart.states.filter(({ parent }) => parent === chart.id)) place(top, chart, pictures, pages);
  return pages.map(({ sections }) => sections);
}

function place(top: ChartState, chart: Chart, pictures: ReadonlyMap<string, Picture>, pages: OpenPage[]): void {
  const picture = pictures.get(top.id);
  const heights = rowsIn(top, chart).map((row) => ({ row, height: heightOf(row, top, chart) }));
  const drawn = picture === undefined ? 0 : picture.height + PICTURE_GAP_MM;
  const head = HEAD_MM + drawn + (heights.length === 0 ? 0 : TABLE_HEAD_MM);
  const begins = heights.slice(0, FIRST_ROWS).reduce((sum, { height }) => sum + height, 0);
  let page = pages.at(-1) ?? freshPage();
  const gap = page.sections.length > 0 ? SECTION_GAP_MM : 0;
  if (page.left < gap + head + begins) {
    page = freshPage();
    pages.push(page);
  } else {
    page.left -= gap;
  }
  let rows: ChartTransition[] = [];
  page.sections.push({ top, part: 1, rows, ...(picture !== undefined && { picture }) });
  page.left -= head;
  for (const { row, height } of heights) {
    if (page.left < height) {
      const part = (page.sections.at(-1)?.part ?? 0) + 1;
      page = freshPage();
      pages.push(page);
      rows = [];
      page.sections.push({ top, part, rows });
      page.left -= HEAD_MM + TABLE_HEAD_MM;
    }
    rows.push(row);
    page.left -= height;
  }
}
