/**
 * What each life has spent of the venue's limits so far, as far as the adapter can know.
 *
 * 1. What is spent before an entry stands under a name of its own (its symbol), and goes over to the life that begins.
 * 2. The engine says how many lives are in flight. Those that have begun and are not known to have ended are taken to be
 *    among them, the latest first; the rest have not sent their entry yet, and have spent what stands under names.
 * 3. No life counts for more than a life costs.
 */
import type { Cost } from './rate-meter.js';

export interface LifeSpending {
  spend(tag: string, cost: Cost, now: number): void;
  begin(life: string, before: string | undefined, now: number): void;
  end(life: string): void;
  /** Units that the lives in flight have spent, at most `each` for one. */
  spentBy(inFlight: number, meter: string, each: number): number;
  /** Lives in flight that have not sent their entry yet. */
  pending(inFlight: number): number;
  /** Units that lives which have begun since then have not spent of `each` yet. */
  restOfBegunSince(since: number, meter: string, each: number): number;
}

interface Life {
  readonly spent: Map<string, number>;
  begunAt: number;
  touchedAt: number;
}

/** A life that was not seen for so long is over. */
const FORGOTTEN_MS = 60_000;
const MOST_KEPT = 5_000;

export function lifeSpending(): LifeSpending {
  /** In the order in which they were seen last. */
  const lives = new Map<string, Life>();
  const before = new Map<string, Life>();

  function add({ spent }: Life, cost: Iterable<readonly [string, number]>): void {
    for (const [name, units] of cost) spent.set(name, (spent.get(name) ?? 0) + units);
  }

  function touch(kept: Map<string, Life>, tag: string, life: Life, now: number): void {
    life.touchedAt = now;
    kept.delete(tag);
    kept.set(tag, life);
    for (const [oldest, { touchedAt }] of kept) {
      if (kept.size <= MOST_KEPT && now - touchedAt < FORGOTTEN_MS) break;
      kept.delete(oldest);
    }
  }

  const fresh = (now: number): Life => ({ spent: new Map(), begunAt: now, touchedAt: now });
  const pending = (inFlight: number): number => Math.max(0, inFlight - lives.size);

  function sumOf(kept: Map<string, Life>, count: number, meter: string, each: number): number {
    if (count <= 0) return 0;
    const latest = [...kept.values()].slice(-count);
    return latest.reduce((sum, { spent }) => sum + Math.min(each, spent.get(meter) ?? 0), 0);
  }

  return {
    spend(tag, cost, now) {
      const kept = lives.has(tag) ? lives : before;
      const life = kept.get(tag) ?? fresh(now);
      add(life, Object.entries(cost));
      touch(kept, tag, life, now);
    },
    begin(id, tag, now) {
      const life = lives.get(id) ?? fresh(now);
      for (const name of [id, tag]) {
        const earlier = name === undefined ? undefined : before.get(name);
        if (name === undefined || earlier === undefined) continue;
        add(life, earlier.spent);
        before.delete(name);
      }
      touch(lives, id, life, now);
    },
    end(id) {
      lives.delete(id);
    },
    spentBy: (inFlight, meter, each) =>
      sumOf(lives, inFlight, meter, each) + sumOf(before, pending(inFlight), meter, each),
    pending,
    restOfBegunSince(since, meter, each) {
      let rest = 0;
      for (const { begunAt, spent } of lives.values()) {
        if (begunAt > since) rest += Math.max(0, each - (spent.get(meter) ?? 0));
      }
      return rest;
    },
  };
}
