/**
 * Absolute times turned into facts: the only timers that an execution has.
 *
 * 1. A deadline that is past fires at once (T4); one that a timer reaches early is waited for again.
 * 2. The ends of T1 are inclusive (T2): when one falls due, whatever is due at the very same instant goes first, and the
 *    order is looked at once more. At T = 30 s the deadline is told in the next timer turn. At T = 32 s it is told when that
 *    look has been answered, or has had its time: what it shows was there before the window closed.
 */
import type { Clock } from '../domain/ports.js';
import type { DeadlineName } from '../machines/execution.facts.js';
import type { EngineTime } from './engine-time.js';

export interface Deadlines {
  /** Asks for a deadline; asked for again under the same name, the later request stands. */
  schedule(name: DeadlineName, at: number): void;
  clear(): void;
}

export interface DeadlineEvents {
  onDeadline(name: DeadlineName): void;
  /** T = 30 s or T = 32 s is about to be told; resolves when the look is answered, at T = 32 s within a bound of its own. */
  onLastLook(name: DeadlineName): Promise<void>;
}

/** Deadlines at whose instant a fill still counts (T2). */
const INCLUSIVE: readonly DeadlineName[] = ['hardTimeout', 'lateWindow'];

export const deadlines = (clock: Clock, time: EngineTime, events: DeadlineEvents): Deadlines =>
  new Timers(clock, time, events);

interface Timer {
  readonly name: DeadlineName;
  readonly id: unknown;
}

class Timers implements Deadlines {
  readonly #clock: Clock;
  readonly #time: EngineTime;
  readonly #events: DeadlineEvents;
  /** Never more than a few. */
  #timers: readonly Timer[] = NO_TIMERS;
  #isCleared = false;

  constructor(clock: Clock, time: EngineTime, events: DeadlineEvents) {
    this.#clock = clock;
    this.#time = time;
    this.#events = events;
  }

  schedule(name: DeadlineName, at: number): void {
    this.#set(name, Math.max(0, at - this.#time()), () => this.#fire(name, at));
  }

  clear(): void {
    this.#isCleared = true;
    for (const { id } of this.#timers) this.#clock.clearTimeout(id);
    this.#timers = NO_TIMERS;
  }

  #fire(name: DeadlineName, at: number): void {
    if (this.#time() < at) this.schedule(name, at);
    else if (INCLUSIVE.includes(name)) this.#lookAgain(name);
    else this.#tell(name);
  }

  #lookAgain(name: DeadlineName): void {
    this.#set(name, 0, () => {
      const looked = this.#events.onLastLook(name);
      if (name === 'hardTimeout') this.#set(name, 0, () => this.#tell(name));
      else void looked.then(() => (this.#isCleared ? undefined : this.#tell(name)));
    });
  }

  #set(name: DeadlineName, ms: number, fire: () => void): void {
    const known = this.#timers.find((timer) => timer.name === name);
    if (known !== undefined) this.#clock.clearTimeout(known.id);
    this.#timers = [...this.#others(name), { name, id: this.#clock.setTimeout(fire, ms) }];
  }

  #tell(name: DeadlineName): void {
    this.#timers = this.#others(name);
    this.#events.onDeadline(name);
  }

  #others(name: DeadlineName): readonly Timer[] {
    return this.#timers.length === 0 ? NO_TIMERS : this.#timers.filter((timer) => timer.name !== name);
  }
}

const NO_TIMERS: readonly never[] = Object.freeze([]);
