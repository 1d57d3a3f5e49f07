/**
 * The engine's own time: epoch-anchored, in whole ms, and monotonic within a process.
 *
 * 1. Wall time is read once, to anchor it; a clock step afterwards moves no deadline (T1).
 * 2. It never starts before the last time that the journal knows: a clock set back between two runs gives no
 *    execution more time than it had (T1, T4).
 */
import type { Clock } from '../domain/ports.js';

export type EngineTime = () => number;

/** @param notBefore the greatest engine time on record, in ms */
export function engineTime(clock: Clock, notBefore = 0): EngineTime {
  const anchor = Math.max(Math.floor(clock.now()), notBefore);
  const start = clock.monotonic();
  return () => anchor + Math.floor(clock.monotonic() - start);
}
