/**
 * Tables of text that fit where they are shown. Pure.
 *
 * 1. No line is wider than `width`: columns that matter least are left out first, then long texts are cut.
 * 2. What is left out is told, so that the caller can say so.
 */
import type { Paint, Tone } from './paint.js';
import { clip, padTo, printable, textWidth } from './text-width.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** How long the column is kept when room is short: the lowest number goes first. */
  readonly keep: number | 'always';
  /** Long texts may be cut to this width before a column is left out. */
  readonly shrinkTo?: number;
}

export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Table {
  /** Header, rule, rows. */
  readonly lines: readonly string[];
  /** Titles of the columns for which there was no room. */
  readonly omitted: readonly string[];
}

const GAP = '  ';

export function table(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): Table {
  const natural = columns.map(({ title }, index) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(textOf(row[index])))),
  );
  const shown = columnsThatFit(columns, natural, width);
  const widths = shrunk(columns, natural, shown, width);
  const line = (cells: readonly Cell[], always?: Tone): string =>
    shown
      .map((index, position) => {
        const cell = cells[index] ?? '';
        const text = padTo(textOf(cell), widths[index] ?? 0, columns[index]?.align);
        const isLast = position === shown.length - 1;
        return paint(always ?? toneOf(cell), isLast ? text.trimEnd() : text);
      })
      .join(GAP);
  const header = line(
    columns.map(({ title }) => title),
    'dim',
  );
  const rule = paint('dim', '─'.repeat(totalWidth(widths, shown)));
  return {
    lines: [header, rule, ...rows.map((row) => line(row))],
    omitted: columns.filter((_, index) => !shown.includes(index)).map(({ title }) => title),
  };
}

const textOf = (cell: Cell | undefined): string => printable(typeof cell === 'string' ? cell : (cell?.text ?? ''));
const toneOf = (cell: Cell): Tone => (typeof cell === 'string' ? 'plain' : cell.tone);

const totalWidth = (widths: readonly number[], shown: readonly number[]): number =>
  shown.reduce((sum, index) => sum + (widths[index] ?? 0), 0) + GAP.length * Math.max(0, shown.length - 1);

/** A column that may be cut counts with the least width that it can have. */
function columnsThatFit(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const least = natural.map((own, index) => leastOf(columns[index], own));
  let shown = columns.map((_, index) => index);
  while (totalWidth(least, shown) > width) {
    const next = shown
      .filter((index) => columns[index]?.keep !== 'always')
      .sort((a, b) => Number(columns[a]?.keep) - Number(columns[b]?.keep))[0];
    if (next === undefined) return shown;
    shown = shown.filter((index) => index !== next);
  }
  return shown;
}

const leastOf = (column: Column | undefined, own: number): number => Math.min(own, column?.shrinkTo ?? own);

function shrunk(
  columns: readonly Column[],
  natural: readonly number[],
  shown: readonly number[],
  width: number,
): readonly number[] {
  const widths = [...natural];
  const cut = (index: number, least: number): void => {
    const excess = totalWidth(widths, shown) - width;
    const own = widths[index] ?? 0;
    if (excess > 0) widths[index] = Math.max(Math.min(own, least), own - excess);
  };
  for (const index of shown) cut(index, leastOf(columns[index], widths[index] ?? 0));
  for (const index of [...shown].reverse()) cut(index, 1);
  return widths;
}

/** A paragraph of words in lines of at most `width`: the first one after `first`, the others after `indent`. */
export function wrapped(text: string, width: number, indent = '', first = ''): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of printable(text).split(' ')) {
    const longer = isEmpty ? line + word : `${line} ${word}`;
    if (!isEmpty && textWidth(longer) > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
    isEmpty = false;
  }
  return [...lines, line].map((one) => clip(one, Math.max(1, width)));
}
