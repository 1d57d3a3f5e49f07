/**
 * The clocks of an engine's run: faster than real time, and set wherever the test wants it. All of a run goes `speed` times
 * as fast: T = 30 s comes after 30 s of it.
 */
import type { Clock } from '../../src/domain/ports.js';

const LONGEST_TURN_MS = 2;
const TICK_MS = 1;

/**
 * Stands still within a turn of the event loop, and no turn counts more than `LONGEST_TURN_MS`: a busy machine is not taken
 * for a slow journal or broker.
 *
 * @param startWall wall time at the start, epoch ms
 */
export function runClock(speed: number, startWall: number): Clock {
  let last = performance.now();
  let elapsed = 0;
  setInterval(() => {
    const real = performance.now();
    elapsed += Math.min(real - last, LONGEST_TURN_MS) * speed;
    last = real;
  }, TICK_MS).unref();
  return clockOf(() => elapsed, speed, startWall);
}

/** Goes on whatever the process does, as a real one: who was stopped for a time finds out that time has passed. */
export function relentlessClock(speed: number, startWall: number): Clock {
  const begun = performance.now();
  return clockOf(() => (performance.now() - begun) * speed, speed, startWall);
}

function clockOf(elapsed: () => number, speed: number, startWall: number): Clock {
  function wait(handle: { current?: NodeJS.Timeout }, due: number, fn: () => void): void {
    const again = () => (elapsed() < due ? wait(handle, due, fn) : fn());
    handle.current = setTimeout(again, Math.max(0, due - elapsed()) / speed);
  }

  return {
    now: () => startWall + elapsed(),
    monotonic: elapsed,
    setTimeout(fn, ms) {
      const handle: { current?: NodeJS.Timeout } = {};
      wait(handle, elapsed() + Math.max(0, ms), fn);
      return handle;
    },
    clearTimeout(id) {
      clearTimeout((id as { current?: NodeJS.Timeout } | undefined)?.current);
    },
  };
}
