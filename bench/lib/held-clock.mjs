/**
 * A clock that is held while a bench sets its stage, and then runs in real time: ten thousand orders can be in flight at the same
 * instant, however long it took to bring them there.
 *
 * 1. Held, time stands still; what is to happen at once (0 ms) does, and later timers wait.
 * 2. `jump` moves time on while it is held, and fires nothing.
 * 3. `release` lets time run. A timer that was slept over is due at once. From then on a timer is one of Node's and nothing besides,
 *    so that what is measured is not this clock.
 */
import { performance } from 'node:perf_hooks';

export function heldClock() {
  const wallAtStart = Date.now();
  /** Timers that wait for the release, by their handles. */
  const waiting = new Map();
  let held = true;
  let offset = 0;
  const monotonic = () => (held ? offset : offset + performance.now());

  return {
    // Whole milliseconds, as every clock of a system tells them.
    now: () => Math.floor(wallAtStart + monotonic()),
    monotonic,
    setTimeout(fn, ms) {
      if (!held || ms <= 0) return setTimeout(fn, Math.max(0, ms));
      const handle = { timer: undefined };
      waiting.set(handle, { fn, due: offset + ms });
      return handle;
    },
    clearTimeout(handle) {
      if (waiting.delete(handle)) return;
      clearTimeout(handle !== undefined && Object.hasOwn(handle, 'timer') ? handle.timer : handle);
    },
    nextTurn: (fn) => setImmediate(fn),
    jump(ms) {
      offset += ms;
    },
    release() {
      const at = offset;
      offset = at - performance.now();
      held = false;
      for (const [handle, { fn, due }] of waiting) handle.timer = setTimeout(fn, Math.max(0, due - at));
      waiting.clear();
    },
  };
}
