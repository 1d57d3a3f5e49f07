/**
 * What the parts of a hosted execution share.
 */
import type * as restate from '@restatedev/restate-sdk';
import type { ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import type { Life } from './life.js';
import { type StepNews, type StepStart, switchNews } from './steps.js';
import type { MadeCancel } from './switch-stop.js';
import type { Underway } from './underway.js';
import type { WorkerParts } from './worker-parts.js';

export interface Hosting {
  readonly ctx: restate.WorkflowContext;
  readonly parts: WorkerParts;
  readonly input: ExecutionInput;
  readonly life: Life;
  readonly begun: Underway;
  /** Whether limits, or a veto, are configured: settled when the execution began. */
  isLimited(): boolean;
  /** Made anew by each attempt of the handler. */
  readonly attempt: string;
  /** The name of a step in Restate's journal. */
  nameOf(what: string): string;
  /** Where the life stands, for a step that begins now. */
  startOf(): StepStart;
  take(fact: ExecutionFact): Promise<void>;
  takeNews(news: StepNews): Promise<void>;
  /** Takes what the guards saw while the host stood still; asked for once, before anything that is late (T2, T4). */
  catchUp(): Promise<void>;
  /** A cancel that the step has made which brought the switch: taken once. */
  madeCancel(): MadeCancel | undefined;
}

/** Begins a step; its news are taken when it is over and its turn has come. */
export function begin<T>(
  hosting: Hosting,
  what: string,
  act: (start: StepStart) => Promise<T>,
  end: (told: T) => Promise<StepNews> | StepNews,
): void {
  const start = hosting.startOf();
  hosting.begun.step(what, () => act(start), end);
}

/** A step that brings facts, and what this worker knows of the switches by then. */
export function beginFacts(
  hosting: Hosting,
  what: string,
  act: (start: StepStart) => Promise<readonly ExecutionFact[]>,
): void {
  const news = async (start: StepStart): Promise<StepNews> => {
    const facts = await act(start);
    return { facts, switches: switchNews(hosting.parts, start) };
  };
  begin(hosting, what, news, (told) => told);
}

export const told = (facts: readonly ExecutionFact[]): StepNews => ({ facts, switches: [] });
