/**
 * A clock that is held while a bench sets its stage, and then runs in real time: ten thousand orders can be in flight at the same
 * instant, however long it took to bring them there.
 *
 * 1. Held, time stands still; what is to happen at once (0 ms) does, and later timers wait.
 * 2. `jump` moves time on while it is held, and fires nothing.
 * 3. `release` lets time run. A timer that was slept over is due at once.
 */
import { performance } from 'node:perf_hooks';

export function heldClock() {
  const wallAtStart = Date.now();
  const waiting = new Map();
  let held = true;
  let offset = 0;
  let lastId = 0;
  const monotonic = () => (held ? offset : offset + performance.now());

  function arm(id, fn, ms) {
    const timer = setTimeout(
      () => {
        waiting.delete(id);
        fn();
      },
      Math.max(0, ms),
    );
    waiting.set(id, { timer });
  }

  return {
    // Whole milliseconds, as every clock of a system tells them.
    now: () => Math.floor(wallAtStart + monotonic()),
    monotonic,
    setTimeout(fn, ms) {
      lastId += 1;
      if (held && ms > 0) waiting.set(lastId, { fn, due: offset + ms });
      else arm(lastId, fn, ms);
      return lastId;
    },
    clearTimeout(id) {
      const entry = waiting.get(id);
      if (entry?.timer !== undefined) clearTimeout(entry.timer);
      waiting.delete(id);
    },
    nextTurn: (fn) => setImmediate(fn),
    jump(ms) {
      offset += ms;
    },
    release() {
      const at = offset;
      const late = [...waiting].filter(([, { timer }]) => timer === undefined);
      offset = at - performance.now();
      held = false;
      for (const [id, { fn, due }] of late) arm(id, fn, due - at);
    },
    get pendingTimers() {
      return waiting.size;
    },
  };
}
