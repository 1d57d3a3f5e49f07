/**
 * One limit of a venue, and how much of it is used.
 *
 * 1. A window takes so many units in any `perMs`; a bucket takes `limit` at once and loses `limit` in `perMs`.
 * 2. What the venue tells of its own count is believed: what others spent is added, what it has forgotten is dropped.
 *    Units taken after the request that was answered are not in that count and stay.
 */

/** Units of each limit, by its name. */
export type Cost = Readonly<Record<string, number>>;

export interface Meter {
  readonly kind: 'window' | 'bucket';
  readonly limit: number;
  readonly perMs: number;
}

/** What the venue told of a limit with an answer. */
export interface Told {
  readonly limit?: number;
  readonly used?: number;
  readonly remaining?: number;
  /** After so many ms the count begins anew. */
  readonly resetMs?: number;
}

export interface RateMeter {
  readonly limit: number;
  readonly perMs: number;
  /** Units in use at a time. */
  used(now: number): number;
  /** Units that polls of orders have in use at a time. */
  usedByWatch(now: number): number;
  spend(now: number, units: number, mark: number, isWatch: boolean): void;
  /** Time until `units` fit below `most`, in ms; 0 when they do now. */
  waitMs(now: number, units: number, most: number): number;
  believe(now: number, told: Told, mark: number): void;
}

interface Spending {
  /** Counts until then. */
  until: number;
  units: number;
  readonly mark: number;
  readonly isWatch: boolean;
}

export const rateMeter = (meter: Meter): RateMeter => (meter.kind === 'bucket' ? bucket(meter) : slidingWindow(meter));

/** As many units as the venue's count shows, at least none. */
function countOf({ used, remaining, limit }: Told, known: number): number | undefined {
  if (used !== undefined) return Math.max(0, used);
  return remaining === undefined ? undefined : Math.max(0, (limit ?? known) - remaining);
}

function slidingWindow({ limit: configured, perMs }: Meter): RateMeter {
  const sent: Spending[] = [];
  let limit = configured;
  let total = 0;
  let watched = 0;

  function drop(spending: Spending, units: number): void {
    spending.units -= units;
    total -= units;
    if (spending.isWatch) watched -= units;
  }

  function tidy(now: number): void {
    for (let first = sent[0]; first !== undefined && (first.until <= now || first.units <= 0); first = sent[0]) {
      drop(first, first.units);
      sent.shift();
    }
  }

  function spend(until: number, units: number, mark: number, isWatch: boolean): void {
    if (units <= 0) return;
    const spending = { until, units, mark, isWatch };
    let at = sent.length;
    for (let before = sent[at - 1]; before !== undefined && before.until > until; before = sent[at - 1]) at -= 1;
    sent.splice(at, 0, spending);
    total += units;
    if (isWatch) watched += units;
  }

  return {
    get limit() {
      return limit;
    },
    perMs,
    used(now) {
      tidy(now);
      return total;
    },
    usedByWatch(now) {
      tidy(now);
      return watched;
    },
    spend: (now, units, mark, isWatch) => spend(now + perMs, units, mark, isWatch),
    waitMs(now, units, most) {
      tidy(now);
      let excess = total + units - most;
      if (excess <= 0) return 0;
      for (const spending of sent) {
        excess -= spending.units;
        if (excess <= 0) return Math.max(0, spending.until - now);
      }
      return perMs;
    },
    believe(now, told, mark) {
      if (told.limit !== undefined && told.limit > 0) limit = told.limit;
      const count = countOf(told, limit);
      if (count === undefined) return;
      tidy(now);
      const later = sent.reduce((sum, spending) => (spending.mark > mark ? sum + spending.units : sum), 0);
      const difference = count + later - total;
      if (difference > 0) spend(now + Math.min(perMs, told.resetMs ?? perMs), difference, mark, false);
      let surplus = -difference;
      for (const spending of sent) {
        if (surplus <= 0) break;
        if (spending.mark > mark) continue;
        const units = Math.min(surplus, spending.units);
        drop(spending, units);
        surplus -= units;
      }
    },
  };
}

function bucket({ limit: configured, perMs }: Meter): RateMeter {
  let limit = configured;
  let level = 0;
  let watched = 0;
  let at = Number.NEGATIVE_INFINITY;

  function leak(now: number): void {
    const lost = now > at ? ((now - at) * limit) / perMs : 0;
    level = Math.max(0, level - lost);
    watched = Math.min(level, Math.max(0, watched - lost));
    at = now;
  }

  return {
    get limit() {
      return limit;
    },
    perMs,
    used(now) {
      leak(now);
      return level;
    },
    usedByWatch(now) {
      leak(now);
      return watched;
    },
    spend(now, units, _mark, isWatch) {
      leak(now);
      level += units;
      if (isWatch) watched += units;
    },
    waitMs(now, units, most) {
      leak(now);
      const excess = level + units - most;
      return excess <= 0 ? 0 : Math.ceil((excess * perMs) / limit);
    },
    believe(now, told) {
      if (told.limit !== undefined && told.limit > 0) limit = told.limit;
      const count = countOf(told, limit);
      if (count === undefined) return;
      leak(now);
      level = count;
      watched = Math.min(watched, level);
    },
  };
}
