/**
 * How long the event loop keeps others waiting.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

interface EventLoopDelay {
  /** Since it was read last, in seconds. */
  read(): { readonly p99: number; readonly max: number };
  stop(): void;
}

const RESOLUTION_MS = 10;
const NS_PER_SECOND = 1e9;
const P99 = 99;

export function eventLoopDelay(): EventLoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // The measure counts its own interval.
  const delay = (ns: number): number => Math.max(0, ns / NS_PER_SECOND - RESOLUTION_MS / 1_000);
  return {
    read() {
      const read = { p99: delay(histogram.percentile(P99)), max: delay(histogram.max) };
      histogram.reset();
      return read;
    },
    stop: () => void histogram.disable(),
  };
}
