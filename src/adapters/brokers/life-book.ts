/**
 * What each life has spent of the venue's limits so far, as far as the adapter can know.
 *
 * 1. What is spent before an entry stands under a name of its own (its symbol), and goes over to the life that begins.
 * 2. The lives in flight are taken to be those that were seen last; no life counts for more than a life costs.
 */
import type { Cost } from './rate-meter.js';

export interface LifeBook {
  spend(tag: string, cost: Cost, now: number): void;
  begin(life: string, before: string | undefined, now: number): void;
  /** Units that the lives in flight have spent, at most `each` for one. */
  spentBy(inFlight: number, meter: string, each: number): number;
  /** The engine says how many are in flight: a rise is so many that were let in. */
  noteInFlight(inFlight: number, now: number): void;
  /** Lives let in since then. */
  begunSince(since: number): number;
}

interface Life {
  readonly spent: Map<string, number>;
  touchedAt: number;
}

/** A life that was not seen for so long is over. */
const FORGOTTEN_MS = 60_000;
const MOST_KEPT = 5_000;
/** Longer than any short window. */
const BEGUN_KEPT_MS = 10_000;

export function lifeBook(): LifeBook {
  /** In the order in which they were seen last. */
  const lives = new Map<string, Life>();
  const before = new Map<string, Life>();
  let begun: { readonly at: number; readonly lives: number }[] = [];
  let lastInFlight = 0;

  function add({ spent }: Life, cost: Iterable<readonly [string, number]>): void {
    for (const [name, units] of cost) spent.set(name, (spent.get(name) ?? 0) + units);
  }

  function touch(book: Map<string, Life>, tag: string, life: Life, now: number): void {
    life.touchedAt = now;
    book.delete(tag);
    book.set(tag, life);
    for (const [oldest, { touchedAt }] of book) {
      if (book.size <= MOST_KEPT && now - touchedAt < FORGOTTEN_MS) break;
      book.delete(oldest);
    }
  }

  return {
    spend(tag, cost, now) {
      const book = lives.has(tag) ? lives : before;
      const life = book.get(tag) ?? { spent: new Map(), touchedAt: now };
      add(life, Object.entries(cost));
      touch(book, tag, life, now);
    },
    begin(id, tag, now) {
      const life = lives.get(id) ?? { spent: new Map(), touchedAt: now };
      for (const name of [id, tag]) {
        const earlier = name === undefined ? undefined : before.get(name);
        if (name === undefined || earlier === undefined) continue;
        add(life, earlier.spent);
        before.delete(name);
      }
      touch(lives, id, life, now);
    },
    spentBy(inFlight, meter, each) {
      if (inFlight <= 0) return 0;
      const latest = [...lives.values()].slice(-inFlight);
      return latest.reduce((sum, { spent }) => sum + Math.min(each, spent.get(meter) ?? 0), 0);
    },
    noteInFlight(inFlight, now) {
      begun = begun.filter(({ at }) => at > now - BEGUN_KEPT_MS);
      if (inFlight > lastInFlight) begun.push({ at: now, lives: inFlight - lastInFlight });
      lastInFlight = inFlight;
    },
    begunSince: (since) => begun.reduce((sum, { at, lives: more }) => (at > since ? sum + more : sum), 0),
  };
}
