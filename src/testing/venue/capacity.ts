/**
 * Request budgets: how much a venue lets a client ask, and what it says when that is used up.
 *
 * 1. A request costs so much of one or several buckets, and is refused when one of them would overflow; a refused request
 *    costs nothing but is counted.
 * 2. A `window` bucket empties at whole multiples of its span, as Binance's minute does; a `leaky` one drains all the time,
 *    as Kraken's counter does.
 * 3. It is asked with the venue's time; it holds no timer.
 */
type Bucket =
  | { readonly kind: 'window'; readonly name: string; readonly size: number; readonly spanMs: number }
  | { readonly kind: 'leaky'; readonly name: string; readonly size: number; readonly drainPerSecond: number };

export interface CapacityRules {
  readonly buckets: readonly Bucket[];
  /** What a request costs, by bucket; one of each bucket when absent. */
  readonly costs?: (route: string) => Readonly<Record<string, number>>;
  /** A client that goes on after a refusal so many times is shut out for so long (HTTP 418, `Temporary lockout`). */
  readonly lockout?: { readonly afterRefusals: number; readonly forMs: number };
}

interface Usage {
  readonly bucket: string;
  readonly used: number;
  readonly size: number;
  readonly remaining: number;
  /** Until there is room for one again, or the window is over. */
  readonly resetMs: number;
}

export type Admission =
  | { readonly kind: 'admitted'; readonly usage: readonly Usage[] }
  | {
      readonly kind: 'refused' | 'locked_out';
      readonly bucket: string;
      /** What `Retry-After` says, in ms. */
      readonly retryAfterMs: number;
      readonly usage: readonly Usage[];
    };

export interface Capacity {
  /** A request comes in at this time of the venue. */
  admit(route: string, at: number): Admission;
  /** What is used now, for the headers of an answer. */
  usage(at: number): readonly Usage[];
  /** How many requests were refused. */
  readonly refusals: number;
}

interface Level {
  readonly bucket: Bucket;
  used: number;
  since: number;
}

export function capacity({ buckets, costs, lockout }: CapacityRules): Capacity {
  const levels: Level[] = buckets.map((bucket) => ({ bucket, used: 0, since: Number.NEGATIVE_INFINITY }));
  let refusals = 0;
  let inARow = 0;
  let lockedUntil = Number.NEGATIVE_INFINITY;

  const costOf = (route: string, { name }: Bucket): number => (costs === undefined ? 1 : (costs(route)[name] ?? 0));

  function usage(at: number): readonly Usage[] {
    return levels.map((level) => {
      drain(level, at);
      const { bucket, used } = level;
      const { name, size } = bucket;
      return { bucket: name, used, size, remaining: Math.max(0, size - used), resetMs: resetOf(level, at, 1) };
    });
  }

  function refuse(kind: 'refused' | 'locked_out', bucket: string, retryAfterMs: number, at: number): Admission {
    refusals += 1;
    inARow += 1;
    if (lockout !== undefined && kind === 'refused' && inARow >= lockout.afterRefusals) {
      lockedUntil = at + lockout.forMs;
      inARow = 0;
    }
    return { kind, bucket, retryAfterMs, usage: usage(at) };
  }

  return {
    admit(route, at) {
      if (at < lockedUntil) return refuse('locked_out', 'lockout', lockedUntil - at, at);
      for (const level of levels) {
        drain(level, at);
        const cost = costOf(route, level.bucket);
        if (cost > 0 && level.used + cost > level.bucket.size) {
          return refuse('refused', level.bucket.name, resetOf(level, at, cost), at);
        }
      }
      for (const level of levels) level.used += costOf(route, level.bucket);
      inARow = 0;
      return { kind: 'admitted', usage: usage(at) };
    },
    usage,
    get refusals() {
      return refusals;
    },
  };
}

function drain(level: Level, at: number): void {
  const { bucket } = level;
  if (bucket.kind === 'window') {
    const begin = Math.floor(at / bucket.spanMs) * bucket.spanMs;
    if (begin > level.since) level.used = 0;
    level.since = Math.max(level.since, begin);
  } else {
    const passedMs = Number.isFinite(level.since) ? Math.max(0, at - level.since) : 0;
    level.used = Math.max(0, level.used - (passedMs / 1_000) * bucket.drainPerSecond);
    level.since = at;
  }
}

/** Until a request of this cost fits. */
function resetOf({ bucket, used }: Level, at: number, cost: number): number {
  if (bucket.kind === 'window') return bucket.spanMs - (at % bucket.spanMs);
  return Math.ceil((Math.max(0, used + cost - bucket.size) / bucket.drainPerSecond) * 1_000);
}
