/**
 * What is due at one instant, as one timer of the clock: orders that were sent together time out together.
 *
 * 1. What is due at an instant is called in the order in which it was asked for.
 * 2. What is asked for `soon` while an instant is taken shares one further timer, behind whatever is due by then.
 * 3. Very many are called in slices, so that what they lead to begins with the first of them. Where no time passes, in one turn.
 * 4. Where nobody waits for an instant any more there is no timer.
 */
import type { Clock } from '../domain/ports.js';
import { nextTurn, SLICE_MS } from './next-turn.js';

/** Something that is due at an instant. It must not throw; when it does, what is due beside it still has its turn. */
export interface DueAt {
  onDue(): void;
}

export interface Instants {
  /** @param at what names the instant; @param ms how long it is until then, not below zero */
  at(at: number, ms: number, due: DueAt): Place;
  /** In the next timer turn. */
  soon(due: DueAt): Place;
}

/** Where it waits. */
export interface Place {
  /** It is not called any more. May be repeated, and called late. */
  leave(): void;
}

export function instants(clock: Clock): Instants {
  const byInstant = new Map<number, Instant>();
  let following: Instant | undefined;
  let isTaking = false;

  function newInstant(ms: number, name?: number): Instant {
    const onOver = () => {
      if (name !== undefined && byInstant.get(name) === instant) byInstant.delete(name);
      if (following === instant) following = undefined;
    };
    const instant: Instant = new Instant(onOver, () => clock.clearTimeout(timer));
    const timer = clock.setTimeout(() => {
      onOver();
      take(instant);
    }, ms);
    return instant;
  }

  function take(instant: Instant): void {
    const end = clock.monotonic() + SLICE_MS;
    following = undefined;
    isTaking = true;
    try {
      for (let due = instant.next(); due !== undefined; due = instant.next()) {
        try {
          due.onDue();
        } catch (error) {
          nextTurn(clock, () => take(instant));
          throw error;
        }
        if (clock.monotonic() <= end) continue;
        nextTurn(clock, () => take(instant));
        return;
      }
    } finally {
      isTaking = false;
      following = undefined;
    }
  }

  return {
    at(at, ms, due) {
      let instant = byInstant.get(at);
      if (instant === undefined) {
        instant = newInstant(ms, at);
        byInstant.set(at, instant);
      }
      return instant.add(due);
    },
    soon(due) {
      if (!isTaking) return newInstant(0).add(due);
      following ??= newInstant(0);
      return following.add(due);
    },
  };
}

class Instant {
  readonly #onEmpty: () => void;
  readonly #clear: () => void;
  readonly #places: Waiting[] = [];
  #next = 0;
  #left = 0;

  constructor(onEmpty: () => void, clear: () => void) {
    this.#onEmpty = onEmpty;
    this.#clear = clear;
  }

  add(due: DueAt): Place {
    const place = new Waiting(this, due);
    this.#places.push(place);
    this.#left += 1;
    return place;
  }

  /** The next that is still waited for; it waits no more. */
  next(): DueAt | undefined {
    while (this.#next < this.#places.length) {
      const place = this.#places[this.#next];
      this.#next += 1;
      const due = place?.take();
      if (due !== undefined) {
        this.#left -= 1;
        return due;
      }
    }
    return undefined;
  }

  left(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    this.#onEmpty();
    this.#clear();
  }
}

class Waiting implements Place {
  readonly #instant: Instant;
  #due: DueAt | undefined;

  constructor(instant: Instant, due: DueAt) {
    this.#instant = instant;
    this.#due = due;
  }

  take(): DueAt | undefined {
    const due = this.#due;
    this.#due = undefined;
    return due;
  }

  leave(): void {
    if (this.take() !== undefined) this.#instant.left();
  }
}
