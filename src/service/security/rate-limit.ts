/**
 * How many requests each caller may make: a bucket that fills at a steady rate.
 *
 * 1. A bucket is forgotten when it is full again: what is kept is bounded by who calls now.
 */
import type { Clock } from '../../domain/ports.js';

export interface RateLimit {
  /** Seconds to wait; 0 when the request may go on. */
  take(key: string): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MS_PER_SECOND = 1_000;
const SWEEP_AT = 10_000;

export function rateLimit(perSecond: number, burst: number, clock: Pick<Clock, 'monotonic'>): RateLimit {
  const buckets = new Map<string, Bucket>();

  const filled = ({ tokens, at }: Bucket, now: number): number =>
    Math.min(burst, tokens + ((now - at) / MS_PER_SECOND) * perSecond);

  function forgetFull(now: number): void {
    for (const [key, bucket] of buckets) if (filled(bucket, now) >= burst) buckets.delete(key);
  }

  return {
    take(key) {
      const now = clock.monotonic();
      if (buckets.size >= SWEEP_AT) forgetFull(now);
      const bucket = buckets.get(key) ?? { tokens: burst, at: now };
      const tokens = filled(bucket, now);
      const isFree = tokens >= 1;
      buckets.set(key, { tokens: isFree ? tokens - 1 : tokens, at: now });
      return isFree ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond));
    },
  };
}
