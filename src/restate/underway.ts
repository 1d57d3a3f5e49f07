/**
 * What an execution has begun and not heard of yet: steps and durable sleeps, raced by Restate.
 *
 * 1. The order in which they end is in Restate's journal: a worker that takes over sees the same order.
 * 2. A later sleep, or watch, takes the place of the earlier of its name, whose end is then of no concern.
 */
import * as restate from '@restatedev/restate-sdk';
import { type Contained, contained, toldBy } from './contained-step.js';
import type { StepNews } from './steps.js';

/** The step that watches order and exits. */
export const WATCH = 'watch';

interface Ended {
  readonly name: string;
  readonly news: StepNews;
}

export interface Underway {
  /** Begins a step of the worker; of the steps called {@link WATCH} only the latest counts. @param end makes news of what it brings back */
  step<T>(name: string, act: () => Promise<T>, end: (told: T) => Promise<StepNews> | StepNews): void;
  /** Begins a durable sleep. */
  sleep(name: string, ms: number, end: () => Promise<StepNews>): void;
  /** What it ends with is of no concern any more. */
  forget(name: string): void;
  has(name: string): boolean;
  /** What ends first of all that is under way. */
  next(): Promise<Ended>;
}

interface Entry {
  readonly promise: restate.RestatePromise<{ readonly name: string; readonly told: unknown }>;
  readonly end: (told: unknown) => Promise<StepNews> | StepNews;
}

/** @param nameOf the name of a step in Restate's journal: its own, with a number */
export function underway(ctx: restate.Context, nameOf: (what: string) => string): Underway {
  const entries = new Map<string, Entry>();
  return {
    step<T>(name: string, act: () => Promise<T>, end: (told: T) => Promise<StepNews> | StepNews) {
      const numbered = nameOf(name);
      const key = name === WATCH ? name : numbered;
      const promise = ctx.run(numbered, () => contained(act)).map((told) => ({ name: key, told }));
      entries.set(key, { promise, end: (told) => end(toldBy(told as Contained<T>)) });
    },
    sleep(name, ms, end) {
      entries.set(name, { promise: ctx.sleep(ms, name).map(() => ({ name, told: undefined })), end });
    },
    forget: (name) => void entries.delete(name),
    has: (name) => entries.has(name),
    async next() {
      for (;;) {
        const { name, told } = await restate.RestatePromise.race([...entries.values()].map(({ promise }) => promise));
        const entry = entries.get(name);
        if (entry === undefined) continue;
        entries.delete(name);
        return { name, news: await entry.end(told) };
      }
    },
  };
}
