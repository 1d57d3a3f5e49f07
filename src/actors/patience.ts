/**
 * How long a cancel or a protection waits for its record (B2, K3): {@link RISK_PATIENCE_MS}, and not longer.
 *
 * 1. Each has its own whole time. All take the same, so the first that waits is the first whose time is up: one timer does for all.
 * 2. Where nothing waits there is no timer.
 */
import type { Clock } from '../domain/ports.js';
import type { Durability } from '../journal/recorder.js';
import { RISK_PATIENCE_MS } from '../machines/host-protocol.js';

export interface Patience {
  /** What became of the record, or that the journal has not answered in time. */
  until(recorded: Promise<Durability>): Promise<Durability>;
}

interface Waiting {
  readonly dueAt: number;
  /** Absent once it is answered. */
  resolve: ((durability: Durability) => void) | undefined;
}

const NO_ANSWER: Durability = {
  durable: false,
  cause: `the journal has not answered within ${RISK_PATIENCE_MS} ms`,
};

export function patience(clock: Clock): Patience {
  /** In the order in which their time is up. */
  let line: Waiting[] = [];
  let first = 0;
  let waiting = 0;
  let timer: unknown;

  function answer(one: Waiting, durability: Durability): void {
    if (one.resolve === undefined) return;
    one.resolve(durability);
    one.resolve = undefined;
    waiting -= 1;
    if (waiting > 0) return;
    clock.clearTimeout(timer);
    timer = undefined;
    line = [];
    first = 0;
  }

  function schedule(dueAt: number): void {
    timer = clock.setTimeout(look, Math.max(0, dueAt - clock.monotonic()));
  }

  function look(): void {
    let one = line[first];
    for (; one !== undefined && (one.resolve === undefined || clock.monotonic() >= one.dueAt); one = line[first]) {
      first += 1;
      answer(one, NO_ANSWER);
    }
    if (one === undefined) return;
    line = line.slice(first);
    first = 0;
    schedule(one.dueAt);
  }

  return {
    until(recorded) {
      return new Promise((resolve) => {
        const one: Waiting = { dueAt: clock.monotonic() + RISK_PATIENCE_MS, resolve };
        line.push(one);
        waiting += 1;
        if (waiting === 1) schedule(one.dueAt);
        void recorded.then((durability) => answer(one, durability));
      });
    },
  };
}
