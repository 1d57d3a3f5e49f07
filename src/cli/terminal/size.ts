/**
 * How large a terminal is. Some say 0, nothing or nonsense (serial lines, containers, a window that is not drawn yet): then
 * it counts as the size that every terminal has had.
 */
import type { TextSink } from '../world.js';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
/** Where no terminal cuts lines, sentences still break for readers. */
export const TEXT_WIDTH = 118;

const sizeOr = (said: number | undefined, otherwise: number): number =>
  said !== undefined && Number.isFinite(said) && said >= 1 ? Math.floor(said) : otherwise;

export const columnsOf = ({ columns }: Pick<TextSink, 'columns'>, otherwise = DEFAULT_COLUMNS): number =>
  sizeOr(columns, otherwise);

export const rowsOf = ({ rows }: Pick<TextSink, 'rows'>): number => sizeOr(rows, DEFAULT_ROWS);

/** Room for a line of a table. The last column stays free: some terminals wrap when it is written to. No bound in a pipe. */
export const tableWidth = (stdout: TextSink): number =>
  stdout.isTTY === true ? Math.max(1, columnsOf(stdout) - 1) : Number.POSITIVE_INFINITY;

/** Room for a line of a page that is read as a whole, in a pipe too: what `COLUMNS` says there, or 80. */
export const pageWidth = (stdout: TextSink, { COLUMNS }: Readonly<Record<string, string | undefined>>): number =>
  stdout.isTTY === true ? sentenceWidth(stdout) : Math.min(TEXT_WIDTH, sizeOr(Number(COLUMNS), DEFAULT_COLUMNS));

/** Room for a line of a sentence. */
export const sentenceWidth = (stdout: TextSink): number => Math.min(TEXT_WIDTH, tableWidth(stdout));
