/**
 * The clock of the machine.
 *
 * 1. A correction of the wall clock does not move `monotonic`. Where the system names its start, `monotonic` counts from
 *    there, so that the next process can tell how long this one has been gone (T4).
 * 2. A timer never fires early for being long: Node fires delays beyond 2^31 − 1 ms at once, so they are waited out in parts.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../domain/ports.js';

const NS_PER_MS = 1e6;

/** Linux gives each start of the system an id of its own. */
function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Longest delay that one Node timer keeps, in ms (about 24.8 days). */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface TimerHandle {
  current: NodeJS.Timeout;
}

/**
 * Wall time, monotonic time and real timers. A timer keeps the process alive until it fires or is cleared.
 * Delays are in ms; what is below zero, or not a number, counts as zero.
 * @public @since 0.1.0
 */
export function systemClock(): Clock {
  const boot = bootId();
  const sinceBoot = boot === undefined ? 0 : Number(process.hrtime.bigint()) / NS_PER_MS - performance.now();
  return {
    now: () => Date.now(),
    monotonic: () => sinceBoot + performance.now(),
    ...(boot !== undefined && { monotonicOrigin: boot }),
    setTimeout: (fn, ms) => startTimer(fn, Number.isNaN(ms) ? 0 : Math.max(0, ms)),
    clearTimeout(id) {
      if (isHandle(id)) clearTimeout(id.current);
    },
    nextTurn: (fn) => void setImmediate(fn),
  };
}

function startTimer(fn: () => void, ms: number): TimerHandle {
  return ms <= LONGEST_TIMER_MS ? { current: setTimeout(fn, ms) } : startLongTimer(fn, ms);
}

function startLongTimer(fn: () => void, ms: number): TimerHandle {
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
