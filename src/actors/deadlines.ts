/**
 * Absolute times turned into facts: the only timers that an execution has. What is due at one instant shares a timer (`instants.ts`).
 *
 * 1. A deadline that is past fires at once (T4); one that a timer reaches early is waited for again.
 * 2. The ends of T1 are inclusive (T2): when one falls due, whatever is due at the very same instant goes first, and the
 *    order is looked at once more. At T = 30 s the deadline is told in the next timer turn. At T = 32 s it is told when that
 *    look has been answered, or has had its time: what it shows was there before the window closed.
 */
import type { DeadlineName } from '../machines/execution.facts.js';
import type { EngineTime } from './engine-time.js';
import type { DueAt, Instants, Place } from './instants.js';

export interface Deadlines {
  /** Asks for a deadline; asked for again under the same name, the later request stands. */
  schedule(name: DeadlineName, at: number): void;
  clear(): void;
}

export interface DeadlineEvents {
  onDeadline(name: DeadlineName): void;
  /** T = 30 s or T = 32 s is about to be told. At T = 32 s it resolves when the look is answered, within a bound of its own. */
  onLastLook(name: DeadlineName): Promise<void> | undefined;
}

/** Deadlines at whose instant a fill still counts (T2). */
const INCLUSIVE: readonly DeadlineName[] = ['hardTimeout', 'lateWindow'];

export const deadlines = (instants: Instants, time: EngineTime, events: DeadlineEvents): Deadlines =>
  new Timers(instants, time, events);

class Timers implements Deadlines {
  readonly instants: Instants;
  readonly time: EngineTime;
  readonly #events: DeadlineEvents;
  /** Never more than a few. */
  #timers: readonly Timer[] = NO_TIMERS;

  constructor(instants: Instants, time: EngineTime, events: DeadlineEvents) {
    this.instants = instants;
    this.time = time;
    this.#events = events;
  }

  schedule(name: DeadlineName, at: number): void {
    for (const timer of this.#timers) if (timer.name === name) timer.leave();
    this.#timers = [...this.#others(name), new Timer(this, name, at)];
  }

  clear(): void {
    for (const timer of this.#timers) timer.leave();
    this.#timers = NO_TIMERS;
  }

  lookAgain(timer: Timer): void {
    const looked = this.#events.onLastLook(timer.name);
    if (timer.name === 'hardTimeout' || looked === undefined) timer.tellSoon();
    else void looked.then(() => this.tell(timer));
  }

  tell(timer: Timer): void {
    if (!this.#timers.includes(timer)) return;
    this.#timers = this.#others(timer.name);
    this.#events.onDeadline(timer.name);
  }

  #others(name: DeadlineName): readonly Timer[] {
    return this.#timers.length === 0 ? NO_TIMERS : this.#timers.filter((timer) => timer.name !== name);
  }
}

/** One deadline on its way: it falls due, the order is looked at where its instant counts, and it is told. */
class Timer implements DueAt {
  readonly name: DeadlineName;
  readonly #owner: Timers;
  readonly #at: number;
  #next: 'fall due' | 'look' | 'tell' = 'fall due';
  #place: Place;

  constructor(owner: Timers, name: DeadlineName, at: number) {
    this.name = name;
    this.#owner = owner;
    this.#at = at;
    this.#place = this.#wait();
  }

  onDue(): void {
    if (this.#next === 'look') this.#owner.lookAgain(this);
    else if (this.#next === 'tell' || !this.#isEarly()) this.#fallDue();
  }

  tellSoon(): void {
    this.#soon('tell');
  }

  leave(): void {
    this.#place.leave();
  }

  #wait(): Place {
    const { instants, time } = this.#owner;
    return instants.at(this.#at, Math.max(0, this.#at - time()), this);
  }

  /** A timer that fires before its time is waited for again. */
  #isEarly(): boolean {
    if (this.#owner.time() >= this.#at) return false;
    this.#place = this.#wait();
    return true;
  }

  #fallDue(): void {
    if (this.#next === 'fall due' && INCLUSIVE.includes(this.name)) this.#soon('look');
    else this.#owner.tell(this);
  }

  #soon(next: 'look' | 'tell'): void {
    this.#next = next;
    this.#place = this.#owner.instants.soon(this);
  }
}

const NO_TIMERS: readonly never[] = Object.freeze([]);
