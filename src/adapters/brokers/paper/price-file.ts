/**
 * Price files: CSV with a header, read by its column names.
 *
 * 1. Columns are found by name, in any order, whatever their case; those that are not known are passed over.
 *    Time is `time`, `date` or `timestamp`; `symbol` may be missing; prices are `open,high,low,close` (bars), or `price`
 *    or `close` (ticks), with `bid` and `ask` beside it if there are any.
 * 2. Rows are put in the order of their times; rows of one time form one frame, in the order of the file.
 * 3. A bar becomes four prices: open, the extreme away from the close, the other extreme, close. What lay between them is
 *    not in the file, and this order visits both extremes whichever way the bar went.
 * 4. A row that cannot be read is an error that names its line: a price is never guessed.
 */
import { readFileSync } from 'node:fs';
import { lessThan, maximum, minimum } from '../../../domain/decimal.js';
import { parseTime } from '../../../domain/time.js';
import { invalidOption } from './check.js';
import { type Quote, readPrice, readQuote } from './quote.js';

export interface SymbolQuote {
  readonly symbol: string;
  readonly quote: Quote;
}

/** All prices of one time of the file. The steps share the time of the frame evenly. */
export interface PriceFrame {
  /** As it is written in the file. */
  readonly time: string;
  readonly steps: readonly (readonly SymbolQuote[])[];
}

interface Row {
  readonly time: string;
  readonly instantMs: number;
  readonly symbol: string;
  readonly quotes: readonly Quote[];
}

type Column = 'time' | 'symbol' | 'open' | 'high' | 'low' | 'close' | 'price' | 'bid' | 'ask';
type Columns = Partial<Record<Column, number>>;

const NAMES: Readonly<Record<string, Column>> = {
  time: 'time',
  date: 'time',
  timestamp: 'time',
  symbol: 'symbol',
  open: 'open',
  high: 'high',
  low: 'low',
  close: 'close',
  price: 'price',
  bid: 'bid',
  ask: 'ask',
};

/** The text of a price file. @throws {FillchartError} `INVALID_OPTION` when it cannot be read */
export function readPriceFile(path: string | URL): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalidOption(`options.priceFile cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The frames of a price file, oldest first. Rows of symbols that are not in `symbols` are passed over.
 *
 * @param symbol the symbol of every row when there is no `symbol` column
 * @throws {FillchartError} `INVALID_OPTION` naming the line that cannot be read, or what is missing
 */
export function parsePriceFile(csv: string, symbols: readonly string[], symbol?: string): readonly PriceFrame[] {
  const lines = csv.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = readHeader(lines[0] ?? '');
  if (columns.symbol === undefined && symbol === undefined) {
    throw invalidOption(
      'options.priceFile has no symbol column and there are several instruments; name priceFile.symbol.',
    );
  }
  const known = new Set(symbols);
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue;
    const row = readRow(line, index + 1, columns, symbol ?? '');
    if (known.has(row.symbol)) rows.push(row);
  }
  if (rows.length === 0) throw invalidOption(`options.priceFile has no row of ${symbols.join(', ')}.`);
  rows.sort((a, b) => a.instantMs - b.instantMs);
  return toFrames(rows);
}

function readHeader(line: string): Columns {
  const columns: Columns = {};
  for (const [index, name] of line.split(',').entries()) {
    const column = NAMES[name.trim().toLowerCase()];
    if (column !== undefined && columns[column] === undefined) columns[column] = index;
  }
  const hasPrice = columns.price !== undefined || columns.close !== undefined;
  if (columns.time === undefined || !hasPrice) {
    throw invalidOption(
      `options.priceFile begins with ${JSON.stringify(line)}; accepted is a header with time or date, symbol (if several), and price, close or open, high, low, close.`,
    );
  }
  return columns;
}

function readRow(line: string, lineNumber: number, columns: Columns, defaultSymbol: string): Row {
  const cells = line.split(',').map((cell) => cell.trim());
  const cell = (column: Column): string | undefined => {
    const index = columns[column];
    return index === undefined ? undefined : (cells[index] ?? '');
  };
  const time = cell('time') ?? '';
  const instantMs = instantOf(time);
  const quotes = barQuotes(cell) ?? tickQuotes(cell);
  if (instantMs === undefined || quotes === undefined) {
    throw invalidOption(`options.priceFile, line ${lineNumber}, cannot be read: ${JSON.stringify(line)}.`);
  }
  return { time, instantMs, symbol: cell('symbol') ?? defaultSymbol, quotes };
}

type Cell = (column: Column) => string | undefined;

/** The four prices of a bar; `undefined` when the columns are no bar, or its prices contradict each other. */
function barQuotes(cell: Cell): readonly Quote[] | undefined {
  if (cell('open') === undefined || cell('high') === undefined || cell('low') === undefined) return undefined;
  const [open, high, low, close] = [cell('open'), cell('high'), cell('low'), cell('close')].map(readPrice);
  if (open === undefined || high === undefined || low === undefined || close === undefined) return undefined;
  if (lessThan(minimum(open, close), low) || lessThan(high, maximum(open, close))) return undefined;
  const path = lessThan(close, open) ? [open, high, low, close] : [open, low, high, close];
  return path.map((price) => ({ price }));
}

function tickQuotes(cell: Cell): readonly Quote[] | undefined {
  // A row of a file of bars is never read as a tick: its close alone would hide that the bar is damaged.
  if (cell('open') !== undefined && cell('high') !== undefined && cell('low') !== undefined) return undefined;
  const price = cell('price') ?? cell('close');
  const [bid, ask] = [cell('bid'), cell('ask')];
  const quote = readQuote({ price, ...(filled(bid) && { bid }), ...(filled(ask) && { ask }) });
  return quote === undefined ? undefined : [quote];
}

const filled = (text: string | undefined): boolean => text !== undefined && text !== '';

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;
const ISO_WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const ENGLISH_DAY = /^[A-Z][a-z]{2} \d{1,2} \d{4}$/;
const EPOCH_MS = /^\d{12,14}$/;

/** Epoch ms of a time as price files write it: ISO 8601 (UTC unless a zone is named), `Jan 1 2000`, or epoch ms. */
function instantOf(time: string): number | undefined {
  if (EPOCH_MS.test(time)) return Number(time);
  if (ENGLISH_DAY.test(time)) return validInstant(Date.parse(`${time} UTC`));
  const iso = ISO_DAY.test(time) ? `${time}T00:00Z` : ISO_WITHOUT_ZONE.test(time) ? `${time}Z` : time;
  const canonical = parseTime(iso);
  return canonical === undefined ? undefined : validInstant(Date.parse(canonical));
}

const validInstant = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms);

/** Rows of one time are one frame. */
function toFrames(rows: readonly Row[]): readonly PriceFrame[] {
  const frames: { time: string; instantMs: number; steps: SymbolQuote[][] }[] = [];
  for (const { time, instantMs, symbol, quotes } of rows) {
    let frame = frames.at(-1);
    if (frame?.instantMs !== instantMs) {
      frame = { time, instantMs, steps: [] };
      frames.push(frame);
    }
    for (const [index, quote] of quotes.entries()) {
      const step = frame.steps[index] ?? [];
      step.push({ symbol, quote });
      frame.steps[index] = step;
    }
  }
  return frames.map(({ time, steps }) => ({ time, steps }));
}
