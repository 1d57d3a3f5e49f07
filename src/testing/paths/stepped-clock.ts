/**
 * A virtual clock that fires one timer at a time, and that can be slept over: time moves on and nothing fires.
 *
 * 1. Timers fire in the order of their due times, then of their age; what one sets off settles before the next fires.
 * 2. A timer that was slept over fires at the next opportunity, and sees the later time, as after a suspended process.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../domain/ports.js';
import { VIRTUAL_EPOCH_MS } from '../virtual-clock.js';

interface Timer {
  readonly id: number;
  readonly due: number;
  readonly fn: () => void;
}

export interface SteppedClock extends Clock {
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** Fires the next timer, moving time to it; false when there is none that is due by `until` (monotonic ms). */
  fireNext(until?: number): Promise<boolean>;
  /** Moves time to `at` (monotonic ms) and fires nothing. */
  moveTo(at: number): void;
  /** Steps wall time alone. */
  stepWall(ms: number): void;
  /** A face of this clock whose timers can all be taken away at once, as the end of a process does. */
  face(): { readonly clock: Clock; readonly end: () => void };
}

export function steppedClock(): SteppedClock {
  const timers = new Map<number, Timer>();
  let elapsed = 0;
  let wallOffset = VIRTUAL_EPOCH_MS;
  let lastId = 0;

  function earliest(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers.values()) if (first === undefined || timer.due < first.due) first = timer;
    return first;
  }

  const clock: Clock = {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    setTimeout(fn, ms) {
      lastId += 1;
      timers.set(lastId, { id: lastId, due: elapsed + Math.max(0, ms), fn });
      return lastId;
    },
    clearTimeout: (id) => void timers.delete(id as number),
  };

  const settle = async (): Promise<void> => {
    await nextTurn();
  };

  return {
    ...clock,
    settle,
    async fireNext(until = Number.POSITIVE_INFINITY) {
      const timer = earliest();
      if (timer === undefined || timer.due > until) return false;
      timers.delete(timer.id);
      elapsed = Math.max(elapsed, timer.due);
      timer.fn();
      await settle();
      return true;
    },
    moveTo(at) {
      elapsed = Math.max(elapsed, at);
    },
    stepWall(ms) {
      wallOffset += ms;
    },
    face() {
      const own = new Set<unknown>();
      let isOver = false;
      const faced: Clock = {
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
      return { clock: faced, end };
    },
  };
}
