/**
 * A clock that runs N times as fast as another: for rehearsals on a simulated broker.
 *
 * 1. Everything on it is scaled alike, so every deadline stays what it is on this clock: T = 30 s comes after 30 s of it.
 * 2. No timer fires before its time *on this clock*: real timers may be a fraction of a millisecond early, which at
 *    N times the speed is N times as much.
 * 3. Wall time starts as it is and runs N times as fast; it is ahead of the real one from then on.
 */
import type { Clock } from '../../domain/ports.js';

interface Handle {
  current: unknown;
}

/** @param speed greater than zero; 4 makes 30 s pass in 7.5 s */
export function scaledClock(base: Clock, speed: number): Clock {
  const startWall = base.now();
  const start = base.monotonic();
  const elapsed = (): number => (base.monotonic() - start) * speed;

  function wait(handle: Handle, due: number, fn: () => void): void {
    const left = due - elapsed();
    const delay = left > 0 ? Math.max(1, Math.ceil(left / speed)) : 0;
    handle.current = base.setTimeout(() => (elapsed() < due ? wait(handle, due, fn) : fn()), delay);
  }

  return {
    now: () => startWall + elapsed(),
    monotonic: () => start + elapsed(),
    setTimeout(fn, ms) {
      const handle: Handle = { current: undefined };
      wait(handle, elapsed() + (Number.isNaN(ms) ? 0 : Math.max(0, ms)), fn);
      return handle;
    },
    clearTimeout(id) {
      if (typeof id === 'object' && id !== null && 'current' in id) base.clearTimeout(id.current);
    },
  };
}
