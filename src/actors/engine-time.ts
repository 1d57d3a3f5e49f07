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

/** @param records what the journal holds, oldest first */
export function engineTime(clock: Clock, records: readonly JournalRecord[] = []): EngineTime {
  const notBefore = records.at(-1)?.at ?? 0;
  const anchor = Math.max(Math.floor(clock.now()), notBefore, byMonotonicTime(clock, records) ?? 0);
  const start = clock.monotonic();
  return () => anchor + Math.floor(clock.monotonic() - start);
}

/** Engine time now, from the newest record that tells both engine time and a reading of this very clock. */
function byMonotonicTime(clock: Clock, records: readonly JournalRecord[]): number | undefined {
  if (clock.monotonicOrigin === undefined) return undefined;
  for (const { at, fact } of records.toReversed()) {
    const { origin, monotonicMs } = (fact['clock'] ?? {}) as Partial<ClockReading>;
    if (origin !== clock.monotonicOrigin || !Number.isFinite(monotonicMs)) continue;
    return at + Math.floor(clock.monotonic() - (monotonicMs ?? 0));
  }
  return undefined;
}
