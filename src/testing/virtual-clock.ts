/**
 * A clock that moves only when told to: thirty-second lives in microseconds, the same every time.
 *
 * 1. Time steps to each due timer in turn; a timer never sees a later time than its own.
 * 2. Timers due at the same instant fire in the order in which they were set, and what each one sets off
 *    (promises, journal commits) settles before the next fires.
 * 3. Wall time may be stepped by itself, as an NTP correction would; monotonic time never goes back.
 * 4. It can be slept over (`moveTo`): time moves on and nothing fires. A timer that was slept over fires at the next
 *    opportunity, and sees the later time, as after a suspended process.
 */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { invalidOption } from '../domain/option-values.js';
import type { Clock } from '../domain/ports.js';

interface Timer {
  readonly id: number;
  readonly due: number;
  readonly fn: () => void;
}

/** A clock that moves only when it is told to. @public @since 0.1.0 */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing what falls due; resolves when everything that this set off has settled. */
  advance(ms: number): Promise<void>;
  /** Moves on to each next timer until `until` settles; throws when no timer is left, or after `limitMs` (default ten minutes). */
  runUntil<T>(until: Promise<T>, limitMs?: number): Promise<T>;
  /** Fires the next timer, moving time to it; false when there is none that is due by `until` (monotonic ms). */
  fireNext(until?: number): Promise<boolean>;
  /** Moves time to `at` (monotonic ms) and fires nothing. */
  moveTo(at: number): void;
  /**
   * This clock as one process sees it: its timers can all be taken away at once, as the end of a process does, and its
   * monotonic time cannot be compared with that of another process (no `monotonicOrigin`).
   */
  face(): { readonly clock: Clock; readonly end: () => void };
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** Steps wall time alone, as a clock correction does; `ms` may be negative. */
  stepWall(ms: number): void;
  /** How many timers are set. */
  readonly pendingTimers: number;
}

/** 2026-01-01T00:00:00Z, where virtual time starts unless told otherwise. @public @since 0.1.0 */
export const VIRTUAL_EPOCH_MS = Date.UTC(2026, 0, 1);

const DEFAULT_LIMIT_MS = 600_000;

/**
 * Makes a virtual clock. @param startMs wall time at the start, in epoch ms.
 * @public @since 0.1.0
 */
export function virtualClock(startMs: number = VIRTUAL_EPOCH_MS): VirtualClock {
  if (!Number.isFinite(startMs)) throw invalidOption('startMs of virtualClock', startMs, 'a time in epoch ms');
  let elapsed = 0;
  let wallOffset = startMs;
  let lastId = 0;
  const timers = new TimerHeap();

  const settle = async (): Promise<void> => {
    await nextTurn();
  };

  async function fireNext(until = Number.POSITIVE_INFINITY): Promise<boolean> {
    const due = timers.nextDue();
    const timer = due === undefined || due > until ? undefined : timers.pop();
    if (timer === undefined) return false;
    elapsed = Math.max(elapsed, timer.due);
    timer.fn();
    await settle();
    return true;
  }

  async function advance(ms: number): Promise<void> {
    const target = elapsed + ms;
    await settle();
    while (await fireNext(target));
    elapsed = Math.max(elapsed, target);
    await settle();
  }

  async function runUntil<T>(until: Promise<T>, limitMs: number = DEFAULT_LIMIT_MS): Promise<T> {
    const end = elapsed + limitMs;
    let settled = false;
    const mark = () => {
      settled = true;
    };
    until.then(mark, mark);
    await settle();
    while (!settled) {
      const due = timers.nextDue();
      if (due === undefined)
        throw new Error(`virtual clock: no timer is left at ${elapsed} ms and the promise is still open`);
      if (due > end) throw new Error(`virtual clock: the promise is still open after ${limitMs} ms`);
      await fireNext();
    }
    return until;
  }

  const clock: Clock = {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    monotonicOrigin: `virtual ${startMs}`,
    setTimeout(fn, ms) {
      lastId += 1;
      timers.push({ id: lastId, due: elapsed + Math.max(0, Number.isFinite(ms) ? ms : 0), fn });
      return lastId;
    },
    clearTimeout(id) {
      if (typeof id === 'number') timers.remove(id);
    },
  };

  return {
    ...clock,
    advance,
    runUntil,
    fireNext,
    settle,
    moveTo(at) {
      elapsed = Math.max(elapsed, at);
    },
    face: () => mortalFace(clock),
    stepWall(ms) {
      wallOffset += ms;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}

/** The clock as one process sees it: at its end its timers are gone, and it sets no more. */
function mortalFace({ monotonicOrigin: _origin, ...clock }: Clock): {
  readonly clock: Clock;
  readonly end: () => void;
} {
  const own = new Set<unknown>();
  let isOver = false;
  const face: Clock = {
    ...clock,
    setTimeout(fn, ms) {
      if (isOver) return undefined;
      const id = clock.setTimeout(fn, ms);
      own.add(id);
      return id;
    },
  };
  const end = () => {
    isOver = true;
    for (const id of own) clock.clearTimeout(id);
  };
  return { clock: face, end };
}

type Place = Pick<Timer, 'id' | 'due'>;

/** Binary heap by due time, then by age; removal is lazy, and lets go of what would have been called. */
class TimerHeap {
  readonly #heap: Place[] = [];
  readonly #live = new Map<number, Timer>();

  get size(): number {
    return this.#live.size;
  }

  push(timer: Timer): void {
    this.#live.set(timer.id, timer);
    this.#heap.push({ id: timer.id, due: timer.due });
    this.#up(this.#heap.length - 1);
  }

  remove(id: number): void {
    this.#live.delete(id);
  }

  nextDue(): number | undefined {
    this.#dropRemoved();
    return this.#heap[0]?.due;
  }

  pop(): Timer | undefined {
    this.#dropRemoved();
    const first = this.#takeFirst();
    const timer = first && this.#live.get(first.id);
    if (first !== undefined) this.#live.delete(first.id);
    return timer;
  }

  #dropRemoved(): void {
    for (let first = this.#heap[0]; first !== undefined && !this.#live.has(first.id); first = this.#heap[0])
      this.#takeFirst();
  }

  #takeFirst(): Place | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first !== undefined && last !== undefined && first !== last) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  #before(a: number, b: number): boolean {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return false;
    return left.due < right.due || (left.due === right.due && left.id < right.id);
  }

  #swap(a: number, b: number): void {
    const [left, right] = [this.#heap[a], this.#heap[b]];
    if (left === undefined || right === undefined) return;
    this.#heap[a] = right;
    this.#heap[b] = left;
  }

  #up(start: number): void {
    for (
      let at = start, parent = (at - 1) >> 1;
      at > 0 && this.#before(at, parent);
      at = parent, parent = (at - 1) >> 1
    ) {
      this.#swap(at, parent);
    }
  }

  #down(start: number): void {
    for (let at = start; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (this.#before(left, first)) first = left;
      if (this.#before(right, first)) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }
}
