/**
 * How executions are let in: so many side by side, as the broker's rate budget carries them, and never all in one turn (E4).
 *
 * 1. What waits has no chart, no timer and no record: it is an advisory and a promise. It counts E3's bound from when it begins.
 * 2. Executions begin in slices, so that the event loop is free between them, whatever is handed in.
 * 3. A kill switch refuses what waits without waiting for a free place.
 * 4. Each admission is counted in its own turn: no two see the same free place.
 */

import type { BrokerAdapter, Clock } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import type { ExecutionInput } from '../machines/execution.facts.js';

interface Waiting {
  readonly input: ExecutionInput;
  /** Since when it waits, monotonic ms of the clock. */
  readonly since: number;
  /** Begins in this turn. */
  readonly begin: () => void;
}

export interface Admission {
  /** Begins now, when there is a free place and this turn has begun few; else it waits, and false is returned. */
  enter(entry: Omit<Waiting, 'since'>): boolean;
  readonly waiting: ReadonlySet<Waiting>;
  /** A place may be free. */
  onDone(): void;
  /** A switch has changed. */
  onSwitch(): void;
  close(): void;
}

interface AdmissionParts {
  readonly clock: Clock;
  readonly broker: BrokerAdapter;
  readonly maxConcurrent: number;
  /** How many have begun and not ended. */
  readonly running: () => number;
  readonly isKilled: (symbol: string | undefined) => boolean;
}

/** Begun in one turn of the event loop, at most. */
const SLICE = 50;
/** While the rate budget carries no further life, it is asked again after so long. */
const ASK_AGAIN_MS = 250;
/** No venue's limits take longer to come free again than a minute. */
const LONGEST_WAIT_MS = 61_000;

/** Whether the broker's rate budget carries another whole life beside so many. An adapter without the question carries any number. */
export function hasCapacity(broker: BrokerAdapter, inFlight: number): boolean {
  const carried = attempt(() => broker.capacity?.(inFlight));
  return typeof carried !== 'number' || Number.isNaN(carried) || carried >= 1;
}

export function admission({ clock, broker, maxConcurrent, running, isKilled }: AdmissionParts): Admission {
  const waiting = new Set<Waiting>();
  let begunInTurn = 0;
  let lastBegunAt = Number.NEGATIVE_INFINITY;
  let timer: unknown;
  let timerIsDueAt = Number.POSITIVE_INFINITY;
  /** A switch may cover any of those that wait: all are looked at once. */
  let mustLookAtAll = false;

  const isFree = (): boolean => running() < maxConcurrent && hasCapacity(broker, running());
  /** With nothing in flight and nothing let in for so long, what waits is refused, in its own words. */
  const hasWaitedInVain = ({ since }: Waiting): boolean =>
    running() === 0 && clock.monotonic() - Math.max(since, lastBegunAt) >= LONGEST_WAIT_MS;

  function begin(entry: Pick<Waiting, 'begin'>): void {
    if (begunInTurn === 0) void Promise.resolve().then(() => (begunInTurn = 0));
    begunInTurn += 1;
    lastBegunAt = clock.monotonic();
    entry.begin();
  }

  function pump(): void {
    timer = undefined;
    timerIsDueAt = Number.POSITIVE_INFINITY;
    let begun = 0;
    let isFull = false;
    for (const entry of waiting) {
      if (begun >= SLICE) {
        pumpIn(0);
        return;
      }
      isFull ||= !isFree() && !hasWaitedInVain(entry);
      if (!isFull || (mustLookAtAll && isKilled(entry.input.snapshot.symbol))) {
        waiting.delete(entry);
        lastBegunAt = clock.monotonic();
        entry.begin();
        begun += 1;
      } else if (!mustLookAtAll) break;
    }
    mustLookAtAll = false;
    if (waiting.size > 0 && running() < maxConcurrent) pumpIn(ASK_AGAIN_MS);
  }

  function pumpIn(ms: number): void {
    if (waiting.size === 0 || clock.monotonic() + ms >= timerIsDueAt) return;
    if (timer !== undefined) clock.clearTimeout(timer);
    timerIsDueAt = clock.monotonic() + ms;
    timer = clock.setTimeout(pump, ms);
  }

  return {
    enter(entry) {
      const isNext = waiting.size === 0 && begunInTurn < SLICE;
      if (isNext && (isFree() || isKilled(entry.input.snapshot.symbol))) {
        begin(entry);
        return true;
      }
      if (isKilled(entry.input.snapshot.symbol)) mustLookAtAll = true;
      waiting.add({ ...entry, since: clock.monotonic() });
      pumpIn(0);
      return false;
    },
    waiting,
    onDone: () => pumpIn(0),
    onSwitch() {
      mustLookAtAll = true;
      pumpIn(0);
    },
    close() {
      if (timer !== undefined) clock.clearTimeout(timer);
      timerIsDueAt = Number.NEGATIVE_INFINITY;
      waiting.clear();
    },
  };
}
