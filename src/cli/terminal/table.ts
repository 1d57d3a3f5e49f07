/**
 * Tables of text that fit where they are shown. Pure.
 *
 * 1. No line is wider than `width`: columns that matter least are left out first, then long texts are cut, or go on below.
 * 2. What is left out is told, so that the caller can say so.
 * 3. An id is never cut: one that is too long for its column has a line of its own above the rest of its row.
 */
import type { Paint, Tone } from './paint.js';
import { TEXT_WIDTH } from './size.js';
import { clip, padTo, printable, textWidth } from './text-width.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** How long the column is kept when room is short: the lowest number goes first. */
  readonly keep: number | 'always';
  /** Long texts may be cut to this width before a column is left out. */
  readonly shrinkTo?: number;
  /** Ids: a text that is too long for the column stands above its row, and is not cut. */
  readonly whole?: true;
  /** For the last column: long texts go on below instead of being cut. */
  readonly wraps?: true;
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
  const last = shown.at(-1) ?? -1;
  const room = { total: totalWidth(widths, shown), last: widths[last] ?? 0, all: width };

  /** A row with an id that is too long for its column: the id with what stands before it, then the rest. */
  function row(cells: readonly Cell[]): readonly string[] {
    const isLong = (index: number) => textWidth(textOf(cells[index])) > (widths[index] ?? 0);
    const id = shown.find((index) => columns[index]?.whole === true && isLong(index));
    if (id === undefined) return folding(cells);
    const indent = shown
      .filter((index) => index < id)
      .reduce((sum, index) => sum + (widths[index] ?? 0) + GAP.length, 0);
    const room = Math.max(1, width - indent);
    const parts = pieces(textOf(cells[id]), room);
    const before = shown
      .filter((index) => index < id)
      .map((index) => paint(toneOf(cells[index] ?? ''), padTo(textOf(cells[index]), widths[index] ?? 0)) + GAP);
    const above = parts.map(
      (part, at) => (at === 0 ? before.join('') : ' '.repeat(indent)) + paint(toneOf(cells[id] ?? ''), part),
    );
    return [...above, ...folding(cells.map((cell, index) => (index <= id ? '' : cell)))];
  }

  /** A row whose last cell is too long for its column, in as many lines as it takes. */
  function folding(cells: readonly Cell[]): readonly string[] {
    const cell = cells[last] ?? '';
    const text = textOf(cell);
    if (columns[last]?.wraps !== true || textWidth(text) <= room.last) return [line(cells)];
    const isNarrow = room.last < LEAST_WRAP;
    const indent = isNarrow ? Math.min(GAP.length, room.all - 1) : room.total - room.last;
    const parts = folded(text, isNarrow ? room.all - indent : room.last);
    const beside = isNarrow ? '' : (parts[0] ?? '');
    const below = isNarrow ? parts : parts.slice(1);
    const first = line(cells.map((own, index) => (index === last ? { text: beside, tone: toneOf(cell) } : own)));
    return [first.trimEnd(), ...below.map((part) => ' '.repeat(indent) + paint(toneOf(cell), part))];
  }

  const header = line(
    columns.map(({ title }) => title),
    'dim',
  );
  // Where nothing bounds the lines, the longest text of all is no measure for a rule.
  const rule = paint('dim', '─'.repeat(Number.isFinite(width) ? room.total : Math.min(room.total, TEXT_WIDTH)));
  return {
    lines: [header, rule, ...rows.flatMap(row)],
    omitted: columns.filter((_, index) => !shown.includes(index)).map(({ title }) => title),
  };
}

/** A column narrower than this is no place for a paragraph: it gets lines of its own. */
const LEAST_WRAP = 16;

/** Text in lines of at most `width`, broken at blanks, and within words only where one is longer. */
function folded(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => pieces(one, Math.max(1, width)))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  const parts: string[] = [];
  let part = '';
  for (const character of word) {
    if (part !== '' && textWidth(part + character) > width) {
      parts.push(part);
      part = '';
    }
    part += character;
  }
  return [...parts, part];
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
