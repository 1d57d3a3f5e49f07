/**
 * T without an engine: a stopwatch against the hard timeout, for programs that know the timeout controller of the quick
 * reference. The engine does not use it: an execution's own T is `execution.timeout`, and starts with its first submission.
 *
 * 1. It starts once. A second `start` changes nothing, so nothing extends the 30 seconds (T1).
 * 2. It reads the monotonic clock only: a step of the wall clock moves nothing.
 */
import { systemClock } from './adapters/system-clock.js';
import { HARD_TIMEOUT_MS } from './domain/limits.js';
import { refuseUnknown } from './domain/option-names.js';
import { requireMethods } from './domain/option-values.js';
import type { Clock } from './domain/ports.js';

/** What {@link createTimeout} takes. @public @since 0.1.0 */
export interface TimeoutOptions {
  /** The system clock by default; only `monotonic` is read. */
  readonly clock?: Clock;
}

/**
 * A stopwatch against the hard timeout. Times are in seconds, as fine as the clock, and never negative.
 * @public @since 0.1.0
 */
export interface Timeout {
  /** Starts T. A later call changes nothing: T is never extended. */
  start(): void;
  /** Seconds since `start`; 0 before it. */
  elapsedSeconds(): number;
  /** Seconds left until T = 30 s; 30 before `start`, never below 0. */
  timeRemainingSeconds(): number;
  /** Whether T has reached 30 s; false before `start`. */
  isExpired(): boolean;
}

const MS_PER_SECOND = 1_000;

/**
 * A stopwatch against the hard timeout of 30 seconds, which no option moves.
 *
 * @throws {FillchartError} `INVALID_OPTION` for an option that is not known
 * @public @since 0.1.0
 */
export function createTimeout(options: TimeoutOptions = {}): Timeout {
  refuseUnknown('createTimeout', options, ['clock']);
  const { clock = systemClock() } = options;
  requireMethods('clock', clock, ['monotonic']);
  let startedAt: number | undefined;
  const elapsedMs = () => (startedAt === undefined ? 0 : Math.max(0, clock.monotonic() - startedAt));
  return Object.freeze({
    start() {
      startedAt ??= clock.monotonic();
    },
    elapsedSeconds: () => elapsedMs() / MS_PER_SECOND,
    timeRemainingSeconds: () => Math.max(0, HARD_TIMEOUT_MS - elapsedMs()) / MS_PER_SECOND,
    isExpired: () => elapsedMs() >= HARD_TIMEOUT_MS,
  });
}
