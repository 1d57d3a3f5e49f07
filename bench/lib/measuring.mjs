/**
 * What is read off a process while it works: CPU, stalls of the event loop, heap.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Collects the heap before anything is watched or timed: the bench's own collection is no stall of what it measures. */
export function collectGarbage() {
  globalThis.gc?.();
}

/** Runs the collector until the heap stands still; needs `--expose-gc`. In bytes. */
export async function heapUsed() {
  let last = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round += 1) {
    await nextTurn();
    globalThis.gc?.();
    const { heapUsed: now } = process.memoryUsage();
    if (last - now < 50_000) return Math.min(now, last);
    last = now;
  }
  return last;
}

/**
 * Wall time and CPU of `work`, in ms. The heap is collected before, unless `collect` is false: a collection by force also
 * throws away what the compiler has learned, so that code which has been running for long would be measured cold.
 */
export async function timed(work, { collect = true } = {}) {
  if (collect) globalThis.gc?.();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const value = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { value, wallMs, cpuMs: (user + system) / 1_000 };
}

const RESOLUTION_MS = 1;

/** Watches how late the event loop runs; `stop()` gives p50, p99 and the longest delay in ms beyond its resolution. */
export function watchDelay() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const ms = (ns) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    stop() {
      histogram.disable();
      return { p50: ms(histogram.percentile(50)), p99: ms(histogram.percentile(99)), max: ms(histogram.max) };
    },
  };
}

/** On a busy machine the wall clock ends a measurement after this many times the CPU that it was to have. */
const PATIENCE = 2.2;

/** True until `ms` of this process's CPU, or somewhat more of wall time, have gone by: busy neighbours change no figure. */
export function spending(ms) {
  const from = process.cpuUsage();
  const end = performance.now() + ms * PATIENCE;
  return () => {
    const { user, system } = process.cpuUsage(from);
    return (user + system) / 1_000 < ms && performance.now() < end;
  };
}

const always = () => true;

/** Runs tasks, `width` at a time, while `goesOn` says so or until `most` are begun; how many there were. */
export async function atOnce({ width, goesOn = always, most = Number.POSITIVE_INFINITY }, task) {
  let begun = 0;
  const worker = async () => {
    while (begun < most && goesOn()) {
      const index = begun;
      begun += 1;
      await task(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, most) }, worker));
  return begun;
}
