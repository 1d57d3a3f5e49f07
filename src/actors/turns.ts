/**
 * Turns of the event loop, shared by everything that very many executions hear at the same moment: it is taken in slices, so that
 * timers, switches and answers have their turn in between (E4, K5).
 *
 * 1. While there is time in the slice, and nobody waits, nothing is put off. Where no time passes, nothing ever is.
 * 2. What is put off is done in the order in which it came, what may lead to a cancel or a protection (`act`) before what is
 *    only to be written down or asked (`book`).
 * 3. Where it is held, everything is put off until it is released.
 * 4. While a kill switch is being told, what is only to be written down waits: the cancels go first (K3).
 */
import type { Clock } from '../domain/ports.js';
import { nextTurn, SLICE_MS } from './next-turn.js';

/** What of two things goes first: what may lead to a cancel or a protection, or what is only to be written down. */
export type Urgency = 'act' | 'book';

export interface Turns {
  /** Whether it may be done now. @param withinMs only in so much of the slice, from its beginning; in all of it by default */
  isFree(urgency: Urgency, withinMs?: number): boolean;
  /** Does it in a later turn, unless it is taken up before. */
  later(urgency: Urgency, work: () => void): void;
  /** Puts everything off, until it is released; that resolves when all that was put off by then is done. */
  hold(): { release(): Promise<void> };
}

/** Two pieces of work that lie further apart than this do not belong to one turn, on a clock that cannot tell turns. */
const GAP_MS = 2;

interface Telling {
  /** Resolves when no kill switch is being told any more; `undefined` when none is. */
  readonly underWay: Promise<void> | undefined;
}

export function turns(clock: Clock, telling: Telling): Turns {
  const waiting = { act: queue(), book: queue() };
  let seenAt = Number.NEGATIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  let isComing = false;
  let isSameTurn = false;
  let isToldFirst = false;
  let holds = 0;

  /** Work goes on: is there time left for it in this turn? */
  function hasTime(withinMs = SLICE_MS): boolean {
    const now = clock.monotonic();
    if (now - seenAt > GAP_MS && !isSameTurn) end = now + SLICE_MS;
    else if (now > seenAt && !isSameTurn) watchTurn();
    seenAt = now;
    return now <= end - SLICE_MS + withinMs;
  }

  /** Work that came to rest for a while in the midst of a turn, for the collector or for another process, is still in that turn. */
  function watchTurn(): void {
    if (clock.nextTurn === undefined) return;
    isSameTurn = true;
    clock.nextTurn(() => {
      isSameTurn = false;
      seenAt = Number.NEGATIVE_INFINITY;
    });
  }

  function slice(): void {
    isComing = false;
    seenAt = clock.monotonic();
    end = seenAt + SLICE_MS;
    do {
      const work = waiting.act.take() ?? (telling.underWay === undefined ? waiting.book.take() : undefined);
      if (work === undefined) break;
      work();
    } while (hasTime());
    come();
  }

  /** Comes back, if anything waits. */
  function come(): void {
    if (holds > 0) return;
    const { underWay } = telling;
    if (waiting.act.size > 0 || (waiting.book.size > 0 && underWay === undefined)) {
      if (!isComing) nextTurn(clock, slice);
      isComing = true;
    } else if (waiting.book.size > 0 && !isToldFirst) {
      isToldFirst = true;
      void underWay?.then(() => {
        isToldFirst = false;
        come();
      });
    }
  }

  return {
    isFree(urgency, withinMs) {
      if (holds > 0) return false;
      const isWaitedFor = waiting.act.size > 0 || (urgency === 'book' && waiting.book.size > 0);
      return hasTime(withinMs) && !isWaitedFor && (urgency === 'act' || telling.underWay === undefined);
    },
    later(urgency, work) {
      waiting[urgency].put(work);
      come();
    },
    hold() {
      holds += 1;
      return {
        release() {
          holds -= 1;
          return new Promise((resolve) => {
            // Behind all that waits, of either kind.
            waiting.act.put(() => waiting.book.put(resolve));
            if (holds === 0) slice();
          });
        },
      };
    },
  };
}

/** First in, first out, at the same cost however many there are. */
function queue(): { readonly size: number; put(work: () => void): void; take(): (() => void) | undefined } {
  let taken: (() => void)[] = [];
  let put: (() => void)[] = [];
  return {
    get size() {
      return taken.length + put.length;
    },
    put: (work) => void put.push(work),
    take() {
      if (taken.length === 0) [taken, put] = [put.reverse(), taken];
      return taken.pop();
    },
  };
}
