/**
 * The facts that are on offer at one moment of a path, each with its time and its plan.
 *
 * 1. Nothing comes before a timer that is due sooner, unless the process slept over it.
 */

import type { DeadlineName, ExecutionFact } from '../../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../../machines/execution.state.js';
import { afterStage, type HostModel, type HostTimer, withoutTimer } from './host-model.js';
import type { Deviation, PathFact, Plan } from './path-fact.js';

/** How soon the world answers, in ms. */
export const REACTION_MS = 100;

export interface Moment {
  readonly snapshot: ExecutionSnapshot;
  readonly host: HostModel;
  /** The chart's state, such as `pending.open`. */
  readonly path: string;
  /** The timer of which the engine would make a fact next. */
  readonly timer: HostTimer | undefined;
}

export type Dated = (at: number) => ExecutionFact;

/** Collects the facts of one moment. */
export class Offers {
  readonly facts: PathFact[] = [];
  readonly #now: number;
  readonly #due: number;
  readonly #soon: number;
  readonly #left: number;

  /** @param left deviations that the path may still take */
  constructor({ host: { now }, timer }: Moment, left: number) {
    this.#now = now;
    this.#left = left;
    // What was slept over is due now.
    this.#due = Math.max(now, timer?.due ?? Number.POSITIVE_INFINITY);
    this.#soon = now + REACTION_MS < this.#due ? now + REACTION_MS : now;
  }

  /** At the next opportunity, or at `at` when nothing that is due sooner forbids it. */
  world(label: string, deviation: Deviation, fact: Dated, at = this.#soon): void {
    if (at < this.#now || at > this.#due || deviation > this.#left) return;
    this.#add(fact(at), { cause: 'world', deviation, label });
  }

  /** After a sleep over whatever was due before `at`. */
  asleep(label: string, fact: Dated, at: number): void {
    if (at <= this.#now || this.#left < 1) return;
    this.#add(fact(at), { cause: 'world', deviation: 1, label: `${label} after a sleep`, asleep: true });
  }

  /** A call that blocks the process for so long before it returns. */
  blocking(label: string, fact: Dated, blocksMs: number): void {
    this.#add(fact(this.#now), { cause: 'world', deviation: 1, label, blocksMs });
  }

  timer(label: string, deviation: Deviation, fact: ExecutionFact): void {
    this.#add(fact, { cause: 'timer', deviation, label });
  }

  follows(label: string, fact: ExecutionFact): void {
    this.#add(fact, { cause: 'follows', deviation: 0, label });
  }

  /** Given to the chart alone; the path ends with it. */
  chartOnly(label: string, fact: Dated): void {
    this.#add(fact(this.#soon), { cause: 'world', deviation: 0, label, chartOnly: 'last' });
  }

  /** Given to the chart alone; a plain life follows. */
  chartOnward(label: string, fact: ExecutionFact, deviation: Deviation): void {
    this.#add(fact, { cause: 'world', deviation, label, chartOnly: 'onward' });
  }

  #add(fact: ExecutionFact, plan: Plan): void {
    if (plan.deviation <= this.#left) this.facts.push({ ...fact, plan });
  }
}

/** The first timer of which the engine makes a fact; those before it have outlived their state and are dropped. */
export function nextTimer(snapshot: ExecutionSnapshot, host: HostModel): HostTimer | undefined {
  let rest = host;
  for (let [first] = rest.timers; first !== undefined; [first] = rest.timers) {
    const staged = afterStage(rest);
    if (staged !== undefined) rest = staged;
    else if (first.name.startsWith('call.') || snapshot.can(deadlineFact(first.name, first.due))) return first;
    else rest = withoutTimer(rest, first.name);
  }
  return undefined;
}

export function deadlineFact(name: string, at: number): ExecutionFact {
  return { type: 'DEADLINE', at, name: name.replace(/\.end$/, '') as DeadlineName };
}
