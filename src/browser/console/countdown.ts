/**
 * The countdown to T = 30 s and to T = 32 s. Pure.
 */
import { HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS } from '../../domain/limits.js';
import type { Execution } from '../../service/api/executions.js';

interface Countdown {
  readonly label: 'order ends in' | 'late window ends in' | 'deadlines passed';
  /** Of the span that runs, never below 0. */
  readonly leftMs: number;
  /** From 0 to 1: how much of T = 32 s is used. */
  readonly share: number;
  readonly tone: 'calm' | 'soon' | 'over';
}

const SOON_MS = 10_000;
const WHOLE_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS;

/** Undefined before the first submission, and when the execution is done. */
export function countdown(
  { timeout, result }: Pick<Execution, 'timeout' | 'result'>,
  now: number,
): Countdown | undefined {
  if (timeout.startedAt === undefined || result !== undefined) return undefined;
  const elapsed = Math.max(0, now - Date.parse(timeout.startedAt));
  const share = Math.min(1, elapsed / WHOLE_MS);
  if (elapsed < HARD_TIMEOUT_MS) {
    const leftMs = HARD_TIMEOUT_MS - elapsed;
    return { label: 'order ends in', leftMs, share, tone: leftMs < SOON_MS ? 'soon' : 'calm' };
  }
  const leftMs = Math.max(0, WHOLE_MS - elapsed);
  return leftMs > 0
    ? { label: 'late window ends in', leftMs, share, tone: 'over' }
    : { label: 'deadlines passed', leftMs: 0, share: 1, tone: 'over' };
}
