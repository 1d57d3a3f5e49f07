/**
 * The clock of the machine.
 *
 * 1. `monotonic` comes from `performance.now`: a correction of the wall clock does not move it.
 * 2. A timer never fires early for being long: Node fires delays beyond 2^31 − 1 ms at once, so they are waited out in parts.
 */
import type { Clock } from '../domain/ports.js';

/** Longest delay that one Node timer keeps, in ms (about 24.8 days). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface TimerHandle {
  current: NodeJS.Timeout;
}

/**
 * Wall time, monotonic time and real timers. A timer keeps the process alive until it fires or is cleared.
 * Delays are in ms; what is below zero, or not a number, counts as zero.
 */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimeout: (fn, ms) => startTimer(fn, Number.isNaN(ms) ? 0 : Math.max(0, ms)),
    clearTimeout(id) {
      if (isHandle(id)) clearTimeout(id.current);
    },
  };
}

function startTimer(fn: () => void, ms: number): TimerHandle {
  const wait = (restMs: number): NodeJS.Timeout => {
    if (restMs <= LONGEST_TIMER_MS) return setTimeout(fn, restMs);
    return setTimeout(() => {
      handle.current = wait(restMs - LONGEST_TIMER_MS);
    }, LONGEST_TIMER_MS);
  };
  const handle: TimerHandle = { current: wait(ms) };
  return handle;
}

const isHandle = (id: unknown): id is TimerHandle => typeof id === 'object' && id !== null && 'current' in id;
