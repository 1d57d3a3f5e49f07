/**
 * For machines: notes and progress on standard error, and nothing on standard output.
 *
 * 1. A line a second says what is done, what is live, and how fast it goes. On a terminal the line is written over.
 */
import { printable } from '../terminal/text-width.js';
import type { CliWorld } from '../world.js';
import type { RunView } from './view.js';

/** Of real time, in ms. */
const PROGRESS_MS = 1_000;
const ERASE_LINE = '\r\u001b[2K';

export function progressView({ stderr, clock }: Pick<CliWorld, 'stderr' | 'clock'>): RunView {
  const isTerminal = stderr.isTTY === true;
  let total = 0;
  let begun = 0;
  let done = 0;
  let doneBefore = 0;
  let timer: unknown;
  let isLineOpen = false;

  function tell(): void {
    const rate = Math.round(((done - doneBefore) * 1_000) / PROGRESS_MS);
    doneBefore = done;
    const waiting = Math.max(0, total - begun);
    const text = `fillchart: ${done} of ${total} done, ${begun - done} live, ${waiting} waiting, ${rate} per second`;
    stderr.write(isTerminal ? `${ERASE_LINE}${text}` : `${text}\n`);
    isLineOpen = isTerminal;
    timer = clock.setTimeout(tell, PROGRESS_MS);
  }

  function line(text: string): void {
    stderr.write(`${isLineOpen ? ERASE_LINE : ''}${text}\n`);
    isLineOpen = false;
  }

  return {
    start({ advisories, recovered }) {
      total = advisories.length + recovered;
      timer = clock.setTimeout(tell, PROGRESS_MS);
    },
    started: () => {
      begun += 1;
    },
    changed: () => undefined,
    ended: () => {
      done += 1;
    },
    note: (_tone, sentence) => line(`fillchart: ${printable(sentence)}`),
    command: line,
    stop() {
      if (timer !== undefined) clock.clearTimeout(timer);
      timer = undefined;
      if (isLineOpen) stderr.write(ERASE_LINE);
      isLineOpen = false;
    },
  };
}
