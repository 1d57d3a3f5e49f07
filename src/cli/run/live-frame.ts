/**
 * One frame of the live table: pure text from what the executions are now.
 */
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../../domain/limits.js';
import type { Paint, Tone } from '../terminal/paint.js';
import { type Cell, type Column, table } from '../terminal/table.js';
import { clip, textWidth } from '../terminal/text-width.js';
import { STATUS_LOOK, type TrackedView } from './tracked.js';

interface FrameSpace {
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
  /** Frames so far, for what moves. */
  readonly ticks: number;
}

export interface FrameCounts {
  readonly running: number;
  readonly done: number;
  /** Not handed to the engine yet. */
  readonly waiting: number;
}

const SPINNER = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const MS_PER_SECOND = 1_000;
const HARD_TIMEOUT_SECONDS = HARD_TIMEOUT_MS / MS_PER_SECOND;
const WINDOW_END_SECONDS = (HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS) / MS_PER_SECOND;
const BAR_CELLS = 12;
/** Header, rule and last line. */
const LINES_BESIDE_ROWS = 3;
const TRAIL_TITLE = 'state path';

const SHORTEST_TRAIL = 'reconciling'.length;

const COLUMNS: readonly Column[] = [
  { title: '', keep: 'always' },
  { title: 'advisory', keep: 'always', shrinkTo: 24, whole: true },
  { title: 'symbol', keep: 5, shrinkTo: 8 },
  { title: 'side', keep: 1 },
  { title: TRAIL_TITLE, keep: 4, shrinkTo: SHORTEST_TRAIL },
  { title: 'filled', align: 'right', keep: 3 },
  { title: 'T', align: 'right', keep: 'always' },
  { title: 'to go', keep: 2 },
];

/** The lines of a frame: at most `height`, none wider than `width`. */
export function liveFrame(views: readonly TrackedView[], space: FrameSpace, counts: FrameCounts): readonly string[] {
  const { width, height, paint, ticks } = space;
  for (let room = Math.max(1, height - LINES_BESIDE_ROWS); ; room -= 1) {
    const shown = visible(views, room);
    const { lines } = table(COLUMNS, rowsOf(shown, width, ticks), { width, paint });
    // An id that is too long for its column takes a line more.
    if (lines.length < height || room <= 1)
      return [...lines.slice(0, Math.max(1, height - 1)), paint('dim', clip(lastLine(counts, shown.length), width))];
  }
}

/** All rows when they fit; else those that still run come first. The order of the file is kept. */
function visible(views: readonly TrackedView[], room: number): readonly TrackedView[] {
  if (views.length <= room) return views;
  const running = views.filter(({ status }) => status === undefined);
  const chosen = new Set([...running, ...views.filter(({ status }) => status !== undefined)].slice(0, room));
  return views.filter((view) => chosen.has(view));
}

function rowsOf(views: readonly TrackedView[], width: number, ticks: number): readonly (readonly Cell[])[] {
  const longest = (texts: readonly string[], title: string) => Math.max(textWidth(title), ...texts.map(textWidth));
  const beside =
    longest(
      views.map(({ advisoryId }) => advisoryId),
      'advisory',
    ) +
    longest(
      views.map(({ symbol }) => symbol),
      'symbol',
    ) +
    longest(views.map(quantityOf), 'filled');
  // Sign, side, T, countdown and the gaps between eight columns.
  const fixed = 1 + 4 + 6 + COUNTDOWN_WIDTH + 14;
  const room = Math.max(SHORTEST_TRAIL, Math.min(LONGEST_TRAIL, width - beside - fixed));
  return views.map((view) => [
    signOf(view, ticks),
    view.advisoryId,
    view.symbol,
    { text: view.side, tone: 'dim' },
    { text: trailOf(view, room).padEnd(room), tone: view.status === undefined ? 'plain' : 'dim' },
    quantityOf(view),
    view.tSeconds === undefined ? '–'.padStart(6) : `${view.tSeconds.toFixed(1)} s`.padStart(6),
    countdownOf(view),
  ]);
}

const quantityOf = ({ filled, size }: TrackedView): string => `${filled}/${size}`;

function signOf({ status }: TrackedView, ticks: number): Cell {
  if (status !== undefined) return { text: STATUS_LOOK[status].glyph, tone: STATUS_LOOK[status].tone };
  return { text: SPINNER[ticks % SPINNER.length] ?? '·', tone: 'info' };
}

const ARROW = ' › ';
const LONGEST_TRAIL = ['validating', 'submitted', 'pending', 'timeout', 'late', 'reconciling'].join(ARROW).length;

/** As many of the last states as there is room for; that it is done is said by the status. */
export function trailOf({ trail: states }: Pick<TrackedView, 'trail'>, room: number): string {
  const trail = states.filter((state) => state !== 'done');
  for (let from = 0; from < trail.length; from += 1) {
    const text = `${from === 0 ? '' : `…${ARROW}`}${trail.slice(from).join(ARROW)}`;
    if (textWidth(text) <= room) return text;
  }
  return clip(trail.at(-1) ?? '', room);
}

/** Bar, blank, seconds left; also the room of the longest status. */
const COUNTDOWN_WIDTH = BAR_CELLS + 7;

function countdownOf(view: TrackedView): Cell {
  const { status, tSeconds, trail } = view;
  if (status !== undefined) return pad({ text: status, tone: STATUS_LOOK[status].tone });
  const state = trail.at(-1) ?? 'validating';
  if (tSeconds === undefined || state === 'validating') return pad({ text: '', tone: 'dim' });
  if (state === 'timeout') {
    const left = Math.max(0, WINDOW_END_SECONDS - tSeconds);
    return pad({ text: bar(left / (WINDOW_END_SECONDS - HARD_TIMEOUT_SECONDS), left), tone: 'halted' });
  }
  if (state === 'filled' || state === 'late') return pad({ text: 'placing SL and TP', tone: 'good' });
  if (state === 'reconciling') return pad({ text: 'asking the broker', tone: 'info' });
  const left = Math.max(0, HARD_TIMEOUT_SECONDS - tSeconds);
  return pad({ text: bar(left / HARD_TIMEOUT_SECONDS, left), tone: urgency(left) });
}

const pad = ({ text, tone }: { text: string; tone: Tone }): Cell => ({ text: text.padEnd(COUNTDOWN_WIDTH), tone });

const urgency = (secondsLeft: number): Tone => (secondsLeft < 5 ? 'bad' : secondsLeft < 12 ? 'warn' : 'good');

function bar(share: number, secondsLeft: number): string {
  const full = Math.max(0, Math.min(BAR_CELLS, Math.ceil(share * BAR_CELLS)));
  return `${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${secondsLeft.toFixed(1).padStart(4)} s`;
}

function lastLine({ running, done, waiting }: FrameCounts, shown: number): string {
  const hidden = running + done - shown;
  const queue = waiting > 0 ? ` · ${waiting} waiting` : '';
  const more = hidden > 0 ? ` · ${hidden} more than fit here` : '';
  return `${running} running${queue} · ${done} done${more} · ctrl-c stops safely`;
}
