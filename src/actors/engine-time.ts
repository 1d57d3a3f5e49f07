/**
 * The engine's own time: epoch-anchored, in whole ms, and monotonic within a process.
 *
 * 1. Wall time is read once, to anchor it; a clock step afterwards moves no deadline (T1).
 * 2. It never starts before the last time that the journal knows: a clock set back between two runs gives no
 *    execution more time than it had (T1, T4).
 * 3. Where monotonic readings outlive the process, the time between two runs counts in full, whatever wall time says (T4).
 */
import type { JournalRecord } from '../domain/journal.js';
import type { Clock } from '../domain/ports.js';
import type { ClockReading } from '../domain/time.js';

export type EngineTime = () => number;

/** What is recorded of the clock beside engine time; nothing where no other process could compare it. */
export function readingOf(clock: Clock): { readonly clock?: ClockReading } {
  const { monotonicOrigin: origin } = clock;
  return origin === undefined ? {} : { clock: { origin, monotonicMs: Math.floor(clock.monotonic()) } };
}

/** A reading of a clock, beside engine time. */
interface PastReading extends ClockReading {
  readonly at: number;
}

/** When the journal was written last, by engine time; and the newest reading of each clock that it knows. */
export interface PastTime {
  readonly at: number;
  readonly readings: readonly PastReading[];
}

const NO_PAST: PastTime = { at: 0, readings: [] };

/** Clocks that are remembered: the latest ones. */
const MOST_CLOCKS = 8;

/** @param records oldest first; @param before what is known of the records before them */
export function pastTimeOf(records: readonly JournalRecord[], before: PastTime = NO_PAST): PastTime {
  const newest = new Map<string, PastReading>();
  const keep = (reading: PastReading) => (newest.has(reading.origin) ? undefined : newest.set(reading.origin, reading));
  // A fact that was put off in a burst is recorded after later ones: the last record need not be the latest.
  let latest = before.at;
  for (const { at, fact } of records.toReversed()) {
    latest = Math.max(latest, at);
    const { origin, monotonicMs } = (fact['clock'] ?? {}) as Partial<ClockReading>;
    if (typeof origin === 'string' && Number.isFinite(monotonicMs)) keep({ origin, monotonicMs: monotonicMs ?? 0, at });
  }
  for (const reading of before.readings) keep(reading);
  return { at: latest, readings: [...newest.values()].slice(0, MOST_CLOCKS) };
}

/** @param past what the journal knows */
export function engineTime(clock: Clock, past = NO_PAST): EngineTime {
  const anchor = Math.max(Math.floor(clock.now()), past.at, byMonotonicTime(clock, past) ?? 0);
  const start = clock.monotonic();
  return () => anchor + Math.floor(clock.monotonic() - start);
}

/** Engine time now, by the newest reading of this very clock. */
function byMonotonicTime(clock: Clock, { readings }: PastTime): number | undefined {
  const known = readings.find(({ origin }) => origin === clock.monotonicOrigin);
  return known && known.at + Math.floor(clock.monotonic() - known.monotonicMs);
}
