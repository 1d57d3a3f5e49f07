/**
 * The clock of an engine's run: faster than real time, and set wherever the test wants it.
 *
 * 1. All of it runs `speed` times as fast: T = 30 s comes after 30 s of it.
 * 2. It stands still within a turn of the event loop, and no turn counts more than `LONGEST_TURN_MS`: a busy machine is
 *    not taken for a slow journal or broker.
 */
import type { Clock } from '../../src/domain/ports.js';

const LONGEST_TURN_MS = 2;
const TICK_MS = 1;

/** @param startWall wall time at the start, epoch ms */
export function runClock(speed: number, startWall: number): Clock {
  let last = performance.now();
  let elapsed = 0;
  setInterval(() => {
    const real = performance.now();
    elapsed += Math.min(real - last, LONGEST_TURN_MS) * speed;
    last = real;
  }, TICK_MS).unref();

  function wait(handle: { current?: NodeJS.Timeout }, due: number, fn: () => void): void {
    const again = () => (elapsed < due ? wait(handle, due, fn) : fn());
    handle.current = setTimeout(again, Math.max(0, due - elapsed) / speed);
  }

  return {
    now: () => startWall + elapsed,
    monotonic: () => elapsed,
    setTimeout(fn, ms) {
      const handle: { current?: NodeJS.Timeout } = {};
      wait(handle, elapsed + Math.max(0, ms), fn);
      return handle;
    },
    clearTimeout(id) {
      clearTimeout((id as { current?: NodeJS.Timeout } | undefined)?.current);
    },
  };
}
