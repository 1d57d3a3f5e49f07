/**
 * The service's clock, as far as its messages tell it: how far it is ahead, and how fast it goes. Pure.
 *
 * 1. A service that runs on a faster clock (samples do) is followed at its own rate.
 */
export interface ServerClock {
  /** Server's time at `localMs`. */
  readonly serverMs: number;
  readonly localMs: number;
  /** Server's ms for each of ours. */
  readonly rate: number;
}

/** Shorter spans say little of the rate. */
const LEAST_SPAN_MS = 4_000;
/** Rates this near to one are one. */
const EVEN = 0.15;

export const newClock = (serverMs: number, localMs: number): ServerClock => ({ serverMs, localMs, rate: 1 });

export function heard(clock: ServerClock | undefined, serverMs: number, localMs: number): ServerClock {
  if (clock === undefined || Number.isNaN(serverMs)) return newClock(serverMs, localMs);
  const span = localMs - clock.localMs;
  if (span < LEAST_SPAN_MS) return clock;
  const rate = (serverMs - clock.serverMs) / span;
  const isEven = Math.abs(rate - 1) < EVEN || rate <= 0 || rate > 100;
  return { serverMs, localMs, rate: isEven ? 1 : rate };
}

export const serverNow = (clock: ServerClock | undefined, localMs: number): number =>
  clock === undefined ? localMs : clock.serverMs + (localMs - clock.localMs) * clock.rate;
