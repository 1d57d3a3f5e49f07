import type { Tone } from '../terminal/paint.js';
import type { Tracked } from './tracked.js';

/** Shows executions while they run. */
export interface RunView {
  /** The executions have been started. */
  start(all: readonly Tracked[]): void;
  changed(one: Tracked): void;
  /** Something else happened: a switch, an interrupt. */
  note(tone: Tone, sentence: string): void;
  /** The executions are over, or left behind; the terminal is as it was. May be repeated. */
  stop(): void;
}

/** For machines: only notes, and these on standard error. */
export const silentView = (stderr: { write(text: string): unknown }): RunView => ({
  start: () => undefined,
  changed: () => undefined,
  note: (_tone, sentence) => void stderr.write(`fillchart: ${sentence}\n`),
  stop: () => undefined,
});
