/**
 * The heartbeats of a session.
 *
 * 1. After a heartbeat interval without a message of ours a Heartbeat goes out.
 * 2. After 1.5 intervals without one of the counterparty's it is asked for a sign (TestRequest), after 2.5 it is given up.
 * 3. A process that stood still has not read what came meanwhile: it reads first, and judges the silence on the next tick.
 */
import type { FixSettings } from './settings.js';

interface PulseParts {
  beat(): void;
  test(id: string): void;
  /** Called on every tick. */
  look(): void;
  silent(): void;
}

const TEST_AFTER = 1.5;
const SILENT_AFTER = 2.5;
const MOST_TICK_MS = 1_000;
/** A tick that comes so long after its time, in ms: the process stood still. */
const LATE_MS = 1_000;

export function pulse({ clock, heartbeatSeconds }: Pick<FixSettings, 'clock' | 'heartbeatSeconds'>, parts: PulseParts) {
  const intervalMs = heartbeatSeconds * 1_000;
  let sentAt = clock.monotonic();
  let heardAt = sentAt;
  let isTested = false;
  let tests = 0;
  let timer: unknown;
  let dueAt = sentAt;

  function test(): void {
    tests += 1;
    parts.test(`fillchart-${clock.now().toString(36)}-${tests}`);
  }

  function tick(): void {
    const isLate = clock.monotonic() - dueAt >= LATE_MS;
    schedule();
    const now = clock.monotonic();
    parts.look();
    if (now - heardAt >= SILENT_AFTER * intervalMs && !isLate) parts.silent();
    else if (now - heardAt >= TEST_AFTER * intervalMs && !isTested) {
      isTested = true;
      test();
    }
    if (now - sentAt >= intervalMs) parts.beat();
  }

  function schedule(): void {
    const now = clock.monotonic();
    const dues = [sentAt + intervalMs, heardAt + TEST_AFTER * intervalMs, heardAt + SILENT_AFTER * intervalMs];
    const waits = dues.map((due) => due - now).filter((wait) => wait > 0);
    const waitMs = Math.min(intervalMs / 10, MOST_TICK_MS, ...waits);
    dueAt = now + waitMs;
    timer = clock.setTimeout(tick, waitMs);
  }

  return {
    start: schedule,
    stop: () => clock.clearTimeout(timer),
    sent() {
      sentAt = clock.monotonic();
    },
    heard() {
      heardAt = clock.monotonic();
      isTested = false;
    },
    test,
  };
}
