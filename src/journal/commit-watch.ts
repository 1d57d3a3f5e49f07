/**
 * Whether the journal answers in time (A8).
 *
 * 1. What counts is the time that the event loop was there to see an answer. A loop that stood still, in a stopped process
 *    or under a busy listener, has seen nothing: it is told as such, and the journal gets its time afresh.
 * 2. Any answer starts the count anew: a burst of whatever size is no fault of a journal that works through it.
 * 3. A journal without an answer for {@link LATE_AFTER_MS} is late, and is used again as soon as it answers. Only after
 *    {@link SILENT_AFTER_MS} is a person called for.
 */
import type { Clock } from '../domain/ports.js';

/** Silence after which nothing that waits for the journal waits any longer; an answer of that very moment is in time. */
export const LATE_AFTER_MS = 5_100;
/** Silence after which the journal counts as gone until a person has looked. */
export const SILENT_AFTER_MS = 30_000;
/** Time between two looks. */
const TICK_MS = 250;
/** A look that comes so much too late says that the loop stood still. */
const STALL_MS = 1_000;

interface CommitWatchEvents {
  onLate(silentMs: number): void;
  onSilent(silentMs: number): void;
  onAnswerAgain(): void;
  onStall(stalledMs: number): void;
}

interface CommitWatch {
  /** An append was handed over; call what is returned when it is answered. */
  begin(): () => void;
  readonly isLate: boolean;
}

export function commitWatch(clock: Clock, events: CommitWatchEvents): CommitWatch {
  let waiting = 0;
  let silentMs = 0;
  let lookedAt = 0;
  let timer: unknown;
  let isLate = false;

  function schedule(): void {
    lookedAt = clock.monotonic();
    const untilLate = LATE_AFTER_MS - silentMs;
    timer = clock.setTimeout(look, untilLate > 0 ? Math.min(TICK_MS, untilLate) : TICK_MS);
  }

  function look(): void {
    timer = undefined;
    const elapsed = clock.monotonic() - lookedAt;
    if (elapsed > TICK_MS + STALL_MS) events.onStall(Math.round(elapsed));
    const before = silentMs;
    silentMs += Math.min(elapsed, TICK_MS);
    if (before < SILENT_AFTER_MS && silentMs >= SILENT_AFTER_MS) events.onSilent(silentMs);
    else schedule();
    if (isLate || silentMs < LATE_AFTER_MS) return;
    isLate = true;
    events.onLate(silentMs);
  }

  function answered(): void {
    waiting -= 1;
    silentMs = 0;
    lookedAt = clock.monotonic();
    if (isLate) {
      isLate = false;
      events.onAnswerAgain();
    }
    if (waiting === 0 && timer !== undefined) {
      clock.clearTimeout(timer);
      timer = undefined;
    } else if (waiting > 0 && timer === undefined) schedule();
  }

  return {
    begin() {
      waiting += 1;
      if (waiting === 1 && timer === undefined) {
        silentMs = 0;
        schedule();
      }
      return answered;
    },
    get isLate() {
      return isLate;
    },
  };
}
