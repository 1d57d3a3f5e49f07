/**
 * The exchange's time, for signatures: our monotonic clock and an offset that is measured.
 *
 * 1. A step of the wall clock changes nothing: only the monotonic clock is used once the offset is known.
 * 2. The offset is measured on connect, again when it is some minutes old, and whenever the exchange says that a request
 *    bore the wrong time. Whoever asks for it at the same moment gets the same measurement.
 */
import type { Clock } from '../../../domain/ports.js';

export interface VenueTime {
  /** The exchange's time as far as it is known, else the wall clock's; epoch ms. */
  now(): number;
  /** Measures at once. Says whether it came to anything. */
  measure(): Promise<boolean>;
  /** Is it time to measure again? True once in a while, to one asker. */
  isDue(): boolean;
}

/** A clock that is off by more is told to the operator. Requests are signed in the exchange's time either way. */
const WARNING_MS = 1_000;
const FRESH_MS = 180_000;

interface VenueTimeParts {
  readonly clock: Clock;
  readonly exchange: string;
  readonly warn: (message: string) => void;
  /** Asks the exchange; `undefined` when it does not say. */
  readonly ask: () => Promise<number | undefined>;
}

export function venueTime({ clock, exchange, warn, ask }: VenueTimeParts): VenueTime {
  let offset: number | undefined;
  let measuredAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<boolean> | undefined;
  let isToldOf = false;

  async function measured(): Promise<boolean> {
    const before = clock.monotonic();
    measuredAt = before;
    const there = await ask().catch(() => undefined);
    if (there === undefined) return false;
    const after = clock.monotonic();
    offset = there - (before + after) / 2;
    measuredAt = after;
    const ahead = Math.round(clock.now() - (after + offset));
    if (Math.abs(ahead) > WARNING_MS && !isToldOf)
      warn(`The clock of this machine is ${ahead} ms ahead of ${exchange}'s.`);
    isToldOf = Math.abs(ahead) > WARNING_MS;
    return true;
  }

  return {
    now: () => Math.trunc(offset === undefined ? clock.now() : clock.monotonic() + offset),
    measure() {
      underWay ??= measured().finally(() => {
        underWay = undefined;
      });
      return underWay;
    },
    isDue() {
      if (clock.monotonic() - measuredAt < FRESH_MS) return false;
      measuredAt = clock.monotonic();
      return true;
    },
  };
}
