/**
 * The lists of the sheets: a row for each transition, and how much paper it takes.
 *
 * 1. Heights are computed from the width of texts, on the safe side.
 */
import { type Chart, type ChartState, type ChartTransition, isInside } from './chart.js';
import { actionsText, deadlineText, eventName, guardBesideEvent } from './notation.js';
import { topOf } from './outcomes.js';
import { type Font, textWidth, wrap } from './text-size.js';
import { escapeXml } from './xml.js';

/** Of the columns of a list: titles, and widths in mm. */
const TITLES = ['in', 'event', 'guard', 'to', 'actions', 'rules', 'why'] as const;
const WIDTHS = [24, 32, 40, 34, 55, 17, 57] as const;
const FONTS: readonly Font[] = ['sans', 'mono', 'mono', 'bold', 'mono', 'sans', 'sans'];
/** Of the text, and of a line of it. */
const TEXT_PT = 7;
const LINE_MM = 3.2;
const PT_MM = 25.4 / 72;
/** Another font than the one that is measured may be wider. */
const SAFETY = 1.16;
const ROW_MM = 1.2;
export const TABLE_HEAD_MM = 6;

/** Of a top state, with all that is in it. */
export const rowsIn = (top: ChartState, chart: Chart): readonly ChartTransition[] =>
  chart.transitions.filter(({ source }) => source === top.id || isInside(chart, source, top.id));

/** The column of the guard. */
const GUARD = 2;

/** In mm. */
export function heightOf(transition: ChartTransition, top: ChartState, chart: Chart): number {
  const cells = cellsOf(transition, top, chart, () => 99);
  const lines = cells.map((text, index) => linesIn(text, FONTS[index] ?? 'sans', (WIDTHS[index] ?? 20) - 1));
  return Math.max(...lines) * LINE_MM + ROW_MM;
}

/** Words that are longer than a line are broken. */
function linesIn(text: string, font: Font, widthMm: number): number {
  const limit = widthMm / PT_MM / SAFETY;
  const lines = wrap(text, font, TEXT_PT, limit);
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line, font, TEXT_PT) / limit)), 0);
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

/** The name of a state that is too long for its column goes on below, after a dot. */
const atDots = (name: string): string => escapeXml(name).replaceAll('.', '.<wbr>');

/** The name of a guard that is too long for its column goes on below with its next word. */
const atWords = (guard: string): string => escapeXml(guard).replaceAll(/(?<=[a-z])(?=[A-Z])/g, '<wbr>');

export function tableOf(
  rows: readonly ChartTransition[],
  top: ChartState,
  chart: Chart,
  pageOf: (id: string) => number,
): string {
  const widths = WIDTHS.map((width) => `<col style="width:${width}mm">`).join('');
  const lines = rows.map((row) => {
    const cells = cellsOf(row, top, chart, pageOf).map(
      (text, index) => `<td>${index === 0 ? atDots(text) : index === GUARD ? atWords(text) : escapeXml(text)}</td>`,
    );
    return `<tr data-transition-id="${escapeXml(row.id)}">${cells.join('')}</tr>`;
  });
  return `<table><colgroup>${widths}</colgroup><thead><tr>${TITLES.map((title) => `<th>${title}</th>`).join('')}</tr></thead><tbody>\n${lines.join('\n')}\n</tbody></table>`;
}
