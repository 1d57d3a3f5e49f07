/**
 * Brings events to the listeners, in batches.
 *
 * 1. Events wait for each other for a few milliseconds (250 with 1,000 listeners) and leave together: one write a listener and
 *    batch. How a thing stands is written out once for each batch, however often it changed in between.
 * 2. Listeners never hold up orders: they are written to for a few milliseconds at a time, everything else that is due has its
 *    turn in between, and after a batch they rest for a multiple of what it took. What they cost has a bound; who cannot take
 *    what piles up meanwhile is dropped, and told so.
 * 3. A listener is told what was put after it joined, once, in order.
 */
import type { Clock } from '../../domain/ports.js';
import { type Frame, isWanted, type Listener } from './listener.js';

interface Delivery {
  readonly size: number;
  join(listener: Listener): void;
  leave(listener: Listener): void;
  put(frame: Frame): void;
  /** Something stands differently: it is written out when the batch leaves. */
  touch(key: string, make: () => Frame | undefined): void;
  /** Tells what is left, and this as the last. */
  close(last: Frame): void;
}

/** Many listeners are told less often: what telling them costs must not grow with both. */
const LISTENERS_PER_MS = 4;
/** Written for at a time. */
const SLICE_MS = 8;
/** Rest after a batch, as a multiple of what it took: at most a third of the time goes to listeners. */
const REST = 2;

export function delivery(clock: Clock, batchMs: number): Delivery {
  const listeners = new Set<Listener>();
  /** Those that joined since the last batch: how many events had been put by then. */
  const joinedAt = new Map<Listener, number>();
  const dirty = new Map<string, () => Frame | undefined>();
  let queue: Frame[] = [];
  /** Events put before those that wait. */
  let before = 0;
  let batch: Batch | undefined;
  let restMs = 0;
  let timer: unknown;
  let isClosed = false;

  function due(): void {
    if (timer !== undefined || batch !== undefined || isClosed) return;
    timer = clock.setTimeout(begin, Math.max(batchMs, listeners.size / LISTENERS_PER_MS, restMs));
  }

  function begin(): void {
    const makes = [...dirty.values()];
    dirty.clear();
    // Whoever looks at a thing has it take up all that came to it, and that is told here: it leaves with the next batch.
    const stands = makes.map((make) => make()).filter((made) => made !== undefined);
    clock.clearTimeout(timer);
    timer = undefined;
    const joined = [...joinedAt].map(([one, count]): [Listener, number] => [one, count - before]);
    const frames = [...queue, ...stands];
    before += queue.length;
    queue = [];
    joinedAt.clear();
    if (frames.length === 0) {
      if (dirty.size > 0) due();
      return;
    }
    batch = newBatch(frames, [...listeners], new Map(joined));
    slice(batch);
  }

  function slice(current: Batch): void {
    timer = undefined;
    const begun = clock.monotonic();
    let spentMs = 0;
    for (let one = current.next(); one !== undefined; one = spentMs < SLICE_MS ? current.next() : undefined) {
      one();
      spentMs = clock.monotonic() - begun;
    }
    current.spentMs += spentMs;
    if (!current.isOver) timer = clock.setTimeout(() => slice(current), 0);
    else {
      batch = undefined;
      restMs = current.spentMs * REST;
      if (queue.length > 0 || dirty.size > 0) due();
    }
  }

  return {
    get size() {
      return listeners.size;
    },
    join(one) {
      listeners.add(one);
      joinedAt.set(one, before + queue.length);
    },
    leave(one) {
      listeners.delete(one);
      joinedAt.delete(one);
    },
    put(frame) {
      if (listeners.size === 0) return;
      queue.push(frame);
      due();
    },
    touch(key, make) {
      if (listeners.size === 0) return;
      dirty.set(key, make);
      due();
    },
    close(last) {
      clock.clearTimeout(timer);
      for (let one = batch?.next(); one !== undefined; one = batch?.next()) one();
      // The second brings what telling the first has brought up.
      for (let round = 0; round < 2; round += 1) {
        begin();
        clock.clearTimeout(timer);
        for (let one = batch?.next(); one !== undefined; one = batch?.next()) one();
      }
      isClosed = true;
      for (const one of [...listeners]) one.end(last.bytes);
    },
  };
}

interface Batch {
  spentMs: number;
  readonly isOver: boolean;
  /** The write to the next listener; undefined when each has been written to. */
  next(): (() => void) | undefined;
}

/** @param joined events at the beginning of the batch that a listener is not told: they were put before it joined */
function newBatch(
  frames: readonly Frame[],
  targets: readonly Listener[],
  joined: ReadonlyMap<Listener, number>,
): Batch {
  let at = 0;
  let all: Buffer | undefined;

  function write(one: Listener): void {
    const skipped = joined.get(one) ?? 0;
    if (one.takesAll && skipped === 0) {
      all ??= Buffer.concat(frames.map(({ bytes }) => bytes));
      one.write(all);
      return;
    }
    const own = frames.slice(skipped).filter((each) => isWanted(one.wanted, each));
    const [first, ...others] = own;
    if (first !== undefined)
      one.write(others.length === 0 ? first.bytes : Buffer.concat(own.map(({ bytes }) => bytes)));
  }

  return {
    spentMs: 0,
    get isOver() {
      return at >= targets.length;
    },
    next() {
      const one = targets[at];
      at += 1;
      return one === undefined ? undefined : () => write(one);
    },
  };
}
