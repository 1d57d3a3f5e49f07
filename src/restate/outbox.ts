/**
 * What a worker took down, on its way to the log: in batches, soon, and never in the way of an execution.
 *
 * 1. Nothing waits for it. What is lost with the process is brought again by the worker that takes the execution over, and
 *    all of it once more at its end.
 * 2. One batch is under way at a time; one that failed is sent again, later and later.
 * 3. It is bounded: while Restate does not answer, the oldest entries go first.
 */
import type { Clock } from '../domain/ports.js';
import type { Ingress } from './ingress.js';
import type { LogEntry } from './log.js';
import { ALL, LOG } from './names.js';

export interface Outbox {
  add(entry: LogEntry): void;
  close(): void;
}

const SOON_MS = 100;
const LATEST_MS = 5_000;
const LIMIT_MS = 5_000;
const MOST_AT_ONCE = 200;
const MOST_KEPT = 10_000;

export function outbox(ingress: Ingress, clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>): Outbox {
  let waiting: LogEntry[] = [];
  let timer: unknown;
  let isSending = false;
  let isClosed = false;
  let failures = 0;

  function arm(): void {
    if (timer !== undefined || isSending || isClosed || waiting.length === 0) return;
    timer = clock.setTimeout(() => void send(), Math.min(LATEST_MS, SOON_MS * 2 ** failures));
  }

  async function send(): Promise<void> {
    timer = undefined;
    isSending = true;
    const batch = waiting.slice(0, MOST_AT_ONCE);
    try {
      await ingress.call(LOG, ALL, 'append', batch, LIMIT_MS);
      const sent = new Set(batch);
      waiting = waiting.filter((entry) => !sent.has(entry));
      failures = 0;
    } catch {
      failures += 1;
    }
    isSending = false;
    arm();
  }

  return {
    add(entry) {
      if (waiting.length >= MOST_KEPT) waiting.shift();
      waiting.push(entry);
      arm();
    },
    close() {
      isClosed = true;
      clock.clearTimeout(timer);
    },
  };
}
