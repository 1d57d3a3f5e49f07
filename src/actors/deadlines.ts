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

export function deadlines(clock: Clock, time: EngineTime, events: DeadlineEvents): Deadlines {
  const timers = new Map<DeadlineName, unknown>();
  let isCleared = false;

  function set(name: DeadlineName, ms: number, fire: () => void): void {
    const known = timers.get(name);
    if (known !== undefined) clock.clearTimeout(known);
    timers.set(name, clock.setTimeout(fire, ms));
  }

  function tell(name: DeadlineName): void {
    timers.delete(name);
    events.onDeadline(name);
  }

  function schedule(name: DeadlineName, at: number): void {
    set(name, Math.max(0, at - time()), () => {
      if (time() < at) return schedule(name, at);
      return INCLUSIVE.includes(name) ? lookAgain(name) : tell(name);
    });
  }

  function lookAgain(name: DeadlineName): void {
    set(name, 0, () => {
      const looked = events.onLastLook(name);
      if (name === 'hardTimeout') set(name, 0, () => tell(name));
      else void looked.then(() => (isCleared ? undefined : tell(name)));
    });
  }

  return {
    schedule,
    clear() {
      isCleared = true;
      for (const timer of timers.values()) clock.clearTimeout(timer);
      timers.clear();
    },
  };
}
