/**
 * Shows executions while they run.
 */
import type { Tone } from '../terminal/paint.js';
import type { Tracked } from './tracked.js';

/** What is about to run, as far as it is known beforehand. */
export interface RunPlan {
  /** Executions that the journal holds without a result: they go on. */
  readonly recovered: number;
  readonly advisories: readonly PlannedAdvisory[];
}

export interface PlannedAdvisory {
  readonly advisoryId: string;
  readonly symbol: string;
  readonly size: string;
}

export interface RunView {
  start(plan: RunPlan): void;
  /** The engine has taken it, or had it already. */
  started(one: Tracked): void;
  changed(one: Tracked): void;
  /** It has its result; the view lets go of it. */
  ended(one: Tracked): void;
  /** Something else happened: a switch, an interrupt. */
  note(tone: Tone, sentence: string): void;
  /** A command to be copied: on a line of its own, never broken or cut. */
  command(text: string): void;
  /** The executions are over, or left behind; the terminal is as it was. May be repeated. */
  stop(): void;
}
