/**
 * The life cycles as a table that is redrawn in place.
 *
 * 1. A frame is never wider or higher than the terminal; what does not fit is counted in the last line.
 * 2. The cursor is hidden while the table stands, and shown again however the process ends.
 * 3. Notes go above the table and stay.
 */
import { stripVTControlCharacters } from 'node:util';
import { type Paint, painter, wantsColour } from '../terminal/paint.js';
import { columnsOf, rowsOf, tableWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import { textWidth } from '../terminal/text-width.js';
import type { CliWorld, TextSink } from '../world.js';
import { liveFrame } from './live-frame.js';
import { type LiveRows, liveRows } from './live-rows.js';
import type { RunView } from './view.js';

/** Time between two frames, in ms of real time. */
const FRAME_MS = 80;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_BELOW = '\u001b[J';
const ERASE_LINE = '\u001b[2K';
const up = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`);

export function liveView({
  stdout,
  env,
  clock,
  onExit,
}: Pick<CliWorld, 'stdout' | 'env' | 'clock' | 'onExit'>): RunView {
  const paint = painter(wantsColour(stdout, env));
  const shown = liveRows();
  let drawn: readonly string[] = [];
  let ticks = 0;
  let timer: unknown;
  let stopListening: (() => void) | undefined;

  // A terminal that was made narrower meanwhile has broken what was drawn into more rows.
  const toTop = (): string => `\r${up(rowsTakenBy(drawn, columnsOf(stdout)))}`;

  function draw(): void {
    const lines = frame(shown, { stdout, paint, ticks });
    stdout.write(`${toTop()}${lines.map((line) => `${ERASE_LINE}${line}\n`).join('')}${ERASE_BELOW}`);
    drawn = lines;
  }

  function above(lines: readonly string[]): void {
    stdout.write(`${toTop()}${ERASE_BELOW}${lines.join('\n')}\n`);
    drawn = [];
    if (timer !== undefined) draw();
  }

  function tick(): void {
    ticks += 1;
    draw();
    timer = clock.setTimeout(tick, FRAME_MS);
  }

  return {
    start({ advisories, recovered }) {
      shown.expect(advisories.length + recovered);
      stopListening = onExit(() => stdout.write(SHOW_CURSOR));
      stdout.write(HIDE_CURSOR);
      tick();
    },
    started: shown.started,
    changed: () => undefined,
    ended: shown.ended,
    note: (tone, sentence) => above(wrapped(sentence, tableWidth(stdout), '  ').map((line) => paint(tone, line))),
    // The terminal may break it where it is shown; copied, it is one line.
    command: (text) => above([text]),
    stop() {
      if (timer === undefined) return;
      clock.clearTimeout(timer);
      timer = undefined;
      stdout.write(`${toTop()}${ERASE_BELOW}${SHOW_CURSOR}`);
      drawn = [];
      stopListening?.();
    },
  };
}

const rowsTakenBy = (lines: readonly string[], columns: number): number =>
  lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(stripVTControlCharacters(line)) / columns)), 0);

const frame = (
  shown: LiveRows,
  { stdout, paint, ticks }: { stdout: TextSink; paint: Paint; ticks: number },
): readonly string[] =>
  liveFrame(
    shown.views(),
    // The last column stays free: some terminals wrap when it is written to. So does the last row, for the cursor.
    { width: Math.max(1, columnsOf(stdout) - 1), height: Math.max(1, rowsOf(stdout) - 1), paint, ticks },
    shown.counts(),
  );
